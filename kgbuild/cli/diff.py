"""``kgbuild diff``: what changed from one published graph to another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgbuild.cli.out import Out, at_hand

if TYPE_CHECKING:
    from kgbuild.queries.diff import Change


def diff(
    before: Out,
    after: Annotated[
        Path | None,
        typer.Argument(help="Workspace of another build, or a URL; left out: since the run before.", callback=at_hand),
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="Changes shown of each kind.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, all of them.")] = False,
) -> None:
    """Show sources, entities and statements that differ. Exit code 1 if there are any, as diff has it."""
    from kgbuild.cli.console import print_json
    from kgbuild.queries.diff import diff as compare
    from kgbuild.queries.diff import since_last

    found = compare(before, after) if after else since_last(before)
    if as_json:
        print_json([asdict(c) for c in found])
        raise typer.Exit(1 if found else 0)
    print_changes(found, limit)
    raise typer.Exit(1 if found else 0)


def print_changes(found: Sequence[Change], limit: int) -> None:
    """Changes by kind, at most ``limit`` of each."""
    from kgbuild.cli.console import console, escape

    for kind in ("source", "entity", "statement"):
        own = [c for c in found if c.kind == kind]
        counts = Counter(c.sign for c in own)
        plural = {"entity": "entities"}.get(kind, f"{kind}s")
        console.print(f"[bold]{plural}[/]: {counts['+']} added, {counts['-']} removed, {counts['~']} changed")
        for c in own[:limit]:
            console.print(f"  {c.sign} {escape(c.text)}{'  [dim]' + escape(c.what) + '[/]' if c.what else ''}")
        if len(own) > limit:
            console.print(f"  {len(own) - limit} more: --limit {len(own)}")
