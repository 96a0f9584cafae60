"""``kgbuild watch``: build again whenever the corpus changes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def watch(
    corpus: Annotated[Path, typer.Argument(help="Folder (or one file) to build from.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Workspace to write; made if absent.")],
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks at the corpus.")] = 5.0,
    config: Annotated[Path | None, typer.Option(help="TOML file over the defaults.")] = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes that extract; 0 = as many as cores.")] = 0,
    set_: Annotated[list[str] | None, typer.Option("--set", help="One key, as of build (repeatable).")] = None,
    limit: Annotated[int, typer.Option(min=0, help="Changes shown of each kind after a build.")] = 10,
) -> None:
    """Keep a graph fresh: build now, and again when files came, changed or went; say what changed in the graph.

    A build waits until the corpus has been at rest for one look. Ctrl-C ends it.
    """
    from kgbuild.cli.console import Bars, console, escape
    from kgbuild.cli.diff import print_changes
    from kgbuild.config import Config, parse_overrides
    from kgbuild.errors import KgbuildError
    from kgbuild.queries.diff import since_last
    from kgbuild.watch import watch as run
    from kgbuild.workspace import Workspace

    overrides = parse_overrides(set_ or [])
    if workers:
        overrides["run.workers"] = workers
    with Bars(quiet=not sys.stderr.isatty()) as bars:
        settings = Config.load(config, overrides=overrides)
        for report in run(corpus, out=out, config=settings, every_s=every, progress=bars):
            if isinstance(report, KgbuildError):
                console.print(f"[red]Not built:[/] {escape(str(report))}")
            elif report.unchanged:
                console.print(f"{out}: nothing had changed")
            else:
                files = ", ".join(f"{n} {kind}" for kind, n in report.changes.items())
                console.print(f"{report.started} {report.status}: {files} in {sum(report.seconds.values()):.1f} s")
                if Workspace(out).previous is not None:
                    print_changes(since_last(out), limit)
            console.print("[dim]Waiting for a change.[/]")
            sys.stdout.flush()
