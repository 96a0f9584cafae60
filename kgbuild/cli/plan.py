"""``kgbuild plan``: what a build would do, and how long it would take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SHOWN = ("new", "changed", "renamed", "deleted")


def plan(
    corpus: Annotated[Path, typer.Argument(help="Folder (or one file) that would be built from.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Workspace that would be written; it is only looked at.")],
    config: Annotated[Path | None, typer.Option(help="TOML file over the defaults.")] = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes that would extract; 0 = as many as cores.")] = 0,
    set_: Annotated[list[str] | None, typer.Option("--set", help="One key, as of build (repeatable).")] = None,
    limit: Annotated[int, typer.Option(min=0, help="Files shown.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, all files.")] = False,
) -> None:
    """Show what `kgbuild build` with the same arguments would do; nothing is written.

    Exit code 0 whether or not there is something to do: `--json` tells.
    """
    from kgbuild.cli.console import console, duration, escape, print_json
    from kgbuild.config import Config, parse_overrides
    from kgbuild.plan import plan as make

    overrides = parse_overrides(set_ or [])
    if workers:
        overrides["run.workers"] = workers
    made = make(corpus, out=out, config=Config.load(config, overrides=overrides))
    if as_json:
        print_json(made.as_dict())
        return
    counts = made.counts
    console.print("Files: " + ", ".join(f"{counts[k]} {k}" for k in (*SHOWN, "unchanged", "left out") if counts[k]))
    if not made.why:
        console.print("Nothing to do: the published graph is that of these files.")
        return
    shown = [f for f in made.files if f.stages or f.change in SHOWN]
    for f in shown[:limit]:
        steps = f" [dim]({', '.join(f.stages)})[/]" if f.stages else ""
        console.print(f"  {f.change:<9} {escape(f.path)}: {escape(f.why)}{steps}")
    if len(shown) > limit:
        console.print(f"  {len(shown) - limit} more: --limit {len(shown)}")
    console.print(f"Why:    {escape('; '.join(made.why))}")
    console.print("Stages: " + ", ".join(f"{stage} {n}" for stage, n in made.work.items()))
    if (asked := made.asking) is not None:
        money = f", at most {asked.cost:.2f} in money" if asked.cost else ""
        console.print(
            f"Asks:   the language model {asked.questions} times: about {asked.prompt} tokens of questions, "
            f"at most {asked.answer} of answers{money}"
        )
    if made.seconds:
        each = ", ".join(f"{stage} {duration(s)}" for stage, s in made.seconds.items())
        console.print(f"Time:   about {duration(sum(made.seconds.values()))} ({each}), from {made.runs} earlier runs")
    else:
        console.print("Time:   not known before the first run")
