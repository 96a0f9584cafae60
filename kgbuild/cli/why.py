"""``kgbuild why``: where a statement comes from."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgbuild.cli.out import Out

if TYPE_CHECKING:
    from kgbuild.queries.why import Explanation


def why(
    out: Out,
    what: Annotated[
        str, typer.Argument(help="IRI of a statement, entity, mention or event, or its last part; path of a source.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Pieces of evidence shown.")] = 10,
    crops: Annotated[
        Path | None, typer.Option(help="Folder for the parts of pictures and frames that are evidence, boxes drawn.")
    ] = None,
) -> None:
    """Show the evidence of a statement, where an entity is named (span, box, time), or where a picture is shown too."""
    from kgbuild.cli.console import console, escape, print_json
    from kgbuild.queries.graph import open as open_graph
    from kgbuild.queries.shares import told

    with open_graph(out) as graph:
        found = graph.why(what)
        drawn = [graph.crop(piece) for piece in found.evidence[:limit]] if crops is not None else []
    if crops is not None:
        crops.mkdir(parents=True, exist_ok=True)
        for number, png in enumerate(drawn, 1):
            if png:
                (crops / f"{number}.png").write_bytes(png)
    if as_json:
        print_json(asdict(found))
        return
    console.print(f"[bold]{escape(found.text)}[/]   {found.kind}, confidence {found.confidence:.2f}")
    if found.decided:
        console.print(f"fused vector decided by {told(found.decided)}")
    if found.note:
        console.print(f"confidence: {escape(found.note)}")
    if found.reason:
        console.print(f"refused: {escape(found.reason)}")
    _show_premises(found, "")
    for number, piece in enumerate(found.evidence[:limit], 1):
        console.print(
            f"\n{escape(piece.path)}, {escape(piece.place)}  [dim]{piece.modality}, {piece.confidence:.2f}[/]"
        )
        if piece.marked:
            line = [escape(" ".join(part.split())) for part in (piece.before, piece.marked, piece.after)]
            console.print(f"  … {line[0]} [bold reverse]{line[1]}[/] {line[2]} …")
        else:
            console.print(f"  [bold]{escape(piece.surface)}[/]")
        if piece.decided and len(found.evidence) > 1:
            console.print(f"  [dim]{told(piece.decided)}[/]")
        if piece.picture:
            console.print(f"  {escape(str((crops / f'{number}.png') if crops else out / piece.picture))}")
    if len(found.evidence) > limit:
        console.print(f"\n{len(found.evidence) - limit} more: --limit {len(found.evidence)}")


def _show_premises(found: Explanation, indent: str) -> None:
    """The rule, and each premise with the best of its evidence."""
    from kgbuild.cli.console import console, escape

    if found.premises:
        made = "follows by" if found.kind == "InferredStatement" else "corrected:"
        console.print(f"{indent}{made} {escape(found.rule)}, from:")
    for premise in found.premises:
        console.print(f"{indent}  [bold]{escape(premise.text)}[/]  [dim]{premise.confidence:.2f}[/]")
        for piece in premise.evidence[:1]:
            console.print(f"{indent}    {escape(piece.path)}, {escape(piece.place)}: {escape(piece.surface)}")
        _show_premises(premise, indent + "  ")
