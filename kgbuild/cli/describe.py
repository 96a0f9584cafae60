"""``kgbuild describe``: a short text about a thing or a picture."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from kgbuild.cli.out import ONCE, Out


def describe(
    out: Out,
    what: Annotated[
        str, typer.Argument(help="A thing (name, IRI or its last part), or the path of a picture or video.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say in a short text what the graph knows of a thing or a picture, each clause with its evidence."""
    from kgbuild.cli.console import console, escape, print_json
    from kgbuild.config import Config
    from kgbuild.queries.graph import open as open_graph

    with open_graph(out, config=Config.load(overrides=ONCE)) as graph:
        found = graph.describe(what)
    if as_json:
        print_json(asdict(found) | {"text": found.text})
        return
    for clause in found.clauses:
        console.print(escape(clause.text))
        for piece in clause.evidence[:3]:
            console.print(f"    [dim]{escape(piece.path)}, {escape(piece.place)}[/]")
        if len(clause.evidence) > 3:
            console.print(f"    [dim]{len(clause.evidence) - 3} more[/]")
