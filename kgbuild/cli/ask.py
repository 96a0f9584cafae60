"""``kgbuild ask``: a question in English."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from kgbuild.cli.out import ONCE, Out


def ask(
    out: Out,
    question: Annotated[str, typer.Argument(help="The question, in English.")],
    image: Annotated[Path | None, typer.Option(help="A picture file that the question is about.")] = None,
    config: Annotated[Path | None, typer.Option(help="Configuration that the graph was built with.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Answer a question from the graph, with the SPARQL and the evidence, or say that it is not in the graph."""
    from kgbuild.cli.console import console, escape, print_json
    from kgbuild.config import Config
    from kgbuild.queries.graph import open as open_graph

    with open_graph(out, config=Config.load(config, overrides=ONCE)) as graph:
        reply = graph.ask(question, image=image)
    if as_json:
        print_json(asdict(reply) | {"text": reply.text})
        return
    sure = f"   confidence {reply.confidence:.2f}" if reply.answers else ""
    console.print(f"[bold]{escape(reply.text)}[/]{sure}")
    if reply.reason:
        console.print(f"  {escape(reply.reason)}")
    for piece in reply.evidence:
        console.print(f"\n{escape(piece.path)}, {escape(piece.place)}")
        if piece.marked:
            line = [escape(" ".join(part.split())) for part in (piece.before, piece.marked, piece.after)]
            console.print(f"  … {line[0]} [bold reverse]{line[1]}[/] {line[2]} …")
        else:
            console.print(f"  [bold]{escape(piece.surface)}[/]")
    if reply.sparql:
        console.print(f"\n[dim]{escape(reply.sparql)}[/]")
