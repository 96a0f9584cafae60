"""``kgbuild build``: a folder in, a graph out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer


def build(
    corpus: Annotated[Path, typer.Argument(help="Folder (or one file) to build from.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Workspace to write; made if absent.")],
    config: Annotated[Path | None, typer.Option(help="TOML file over the defaults.")] = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes that extract; 0 = as many as cores.")] = 0,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="One key: --set align.min_score=0.8 (repeatable).")
    ] = None,
    flow: Annotated[bool, typer.Option("--flow", help="Drive the stages by the Prefect flow.")] = False,
    runner: Annotated[
        str, typer.Option(help="Where the flow's batches run: threads, dask, ray, tcp://HOST:8786 or ray://HOST:10001.")
    ] = "",
    report_jsonl: Annotated[
        Path | None,
        typer.Option("--report-jsonl", help="Also write path, status and reason of each file, a line each."),
    ] = None,
    profile: Annotated[
        Path | None,
        typer.Option("--profile", help="Write a profile (pstats) of this process; print the stages' costs."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Build a knowledge graph from documents, pictures and videos.

    Only what changed since the last build is read again. Exit codes: 0 success, 1 partial
    (some files failed, all are listed), 2 wrong usage, 3 nothing extracted.
    """
    from kgbuild.cli.console import Bars, print_json, print_report
    from kgbuild.cli.profile import print_profile, profiled
    from kgbuild.config import Config, parse_overrides
    from kgbuild.pipeline import build as run

    overrides, used = parse_overrides(set_ or []), list[float]()
    if workers:
        overrides["run.workers"] = workers
    if flow or runner:
        # For the temporary server that Prefect starts where none is named: a busy machine takes longer than 20 s,
        # and it need not report to anybody. Prefect reads both when it is imported.
        os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
        os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
        from kgbuild_flows.build import build as run_flow

        path = str(config) if config else None
        report = run_flow(str(corpus), str(out), config=path, overrides=overrides, runner=runner or "threads")
    else:
        settings = Config.load(config, overrides=overrides)
        with Bars(quiet=as_json) as bars, profiled(profile) as used:
            report = run(corpus, out=out, config=settings, progress=bars)
    if report_jsonl:
        report.write_lines(report_jsonl)
    if as_json:
        print_json(report.as_dict())
    else:
        print_report(report)
    if profile and not as_json:
        print_profile(profile, report, used)
    raise typer.Exit(0 if report.status == "success" else 1)
