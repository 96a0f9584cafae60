"""``kgbuild quarantine``: what was refused and why, and how to let it in."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from kgbuild.cli.out import Out


def quarantine(
    out: Out,
    kind: Annotated[str, typer.Option(help="Only this kind of reason, as the summary names it.")] = "",
    text: Annotated[str, typer.Option(help="Only those in whose words or reason this stands.")] = "",
    limit: Annotated[int, typer.Option(min=0, help="Statements shown, the surest first.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, all of them.")] = False,
) -> None:
    """List the statements that were refused, each with its reason."""
    from kgbuild.cli.console import print_json, print_table
    from kgbuild.queries.quarantine import kinds
    from kgbuild.queries.quarantine import quarantine as refused

    found = refused(out, kind=kind, text=text)
    if as_json:
        print_json([asdict(r) for r in found])
        return
    print_table(("refused", "because of"), [[str(n), name] for name, n in kinds(found)])
    rows = [[f"{r.confidence:.2f}", r.text, r.reason, ", ".join(r.sources) or r.rule, r.id] for r in found[:limit]]
    if rows:
        print_table(("confidence", "statement", "reason", "source", "id"), rows)
        typer.echo(
            f"{len(found) - len(rows)} more: --limit {len(found)}. `kgbuild why {out} ID` shows the evidence; a line "
            "`accept ID` in the file of statements.decisions lets one in."
        )
