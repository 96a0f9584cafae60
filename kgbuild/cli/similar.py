"""``kgbuild similar``: the entities nearest to a text."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer


def similar(
    out: Annotated[Path, typer.Argument(help="Workspace of a build.")],
    text: Annotated[str, typer.Argument(help="Words to compare with.")],
    k: Annotated[int, typer.Option("--k", "-k", min=1, help="How many.")] = 10,
    type_: Annotated[str, typer.Option("--type", help="Only this class, for example Organisation.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find entities by likeness to a text (cosine of sentence vectors)."""
    from kgbuild.cli.console import print_json, print_table
    from kgbuild.queries.graph import open as open_graph

    with open_graph(out) as graph:
        found = graph.similar(text, k=k, type=type_)
    if as_json:
        print_json([asdict(n) for n in found])
    else:
        rows = [[f"{n.score:.3f}", n.label, n.type, n.surface, n.entity.rsplit("/", 1)[-1]] for n in found]
        print_table(("score", "entity", "type", "nearest mention", "id"), rows)
