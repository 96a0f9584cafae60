"""``build``: the stages in order, from a folder to a published graph."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kgbuild.collector import paused
from kgbuild.config import Config
from kgbuild.crash import point
from kgbuild.errors import EmptyGraphError
from kgbuild.history import StageRun, contents, read_runs, write_runs
from kgbuild.mirror import send
from kgbuild.progress import Progress, Silent
from kgbuild.report import Report, published_report
from kgbuild.stages import WARM, Job, extract_sources, extractors, list_sources, read_sources
from kgbuild.types import Issue, Source
from kgbuild.workspace import Before, Workspace

if TYPE_CHECKING:
    from kgbuild.contributions import Contributions

log = logging.getLogger(__name__)


def build(
    corpus: str | Path,
    *,
    out: str | Path,
    config: Config | str | Path | None = None,
    progress: Progress | None = None,
) -> Report:
    """Build the graph of a folder (or one file) into the workspace ``out``.

    Only what changed since the last build is read again; the published files are swapped
    at the end. Raises ``EmptyGraphError`` if nothing was extracted, ``WorkspaceError`` if
    ``out`` is locked or no workspace, ``ConfigError`` for a wrong configuration.
    """
    settings = config if isinstance(config, Config) else Config.load(config)
    progress, workspace, started = progress or Silent(), Workspace(out), time.time()
    job = Job.of(corpus, workspace, settings)
    sources, left_out = list_sources(job)
    with workspace.lock(), extractors(job) as pool:
        if _any_new(workspace, sources):
            pool.warm(WARM)
        from kgbuild.contributions import Contributions  # these load much: meanwhile the extractor does so too
        from kgbuild.publish import build_key

        key = build_key(job, sources, left_out)
        before, _ = published_report(workspace)
        if before is not None and before.holds(key):
            copy_graph(job, workspace)  # the copy of last time may have failed
            return replace(before, unchanged=True)
        done, given = dict[str, StageRun](), Contributions(job)
        with given.ahead(sources):
            done["read"] = read_sources(job, sources, progress=progress)
            former = before.former(sources) if before else {}
            done["extract"] = extract_sources(job, sources, progress=progress, pool=pool, former=former)
        for name, run in done.items():
            log.info("%s ended", name, extra={"stage": name, "seconds": run.seconds, "files": len(sources)})
        report = publish(
            job, workspace, sources, left_out, before, done=done, started=started, progress=progress, given=given
        )
        copy_graph(job, workspace)
        return report


def _any_new(workspace: Workspace, sources: Sequence[Source]) -> bool:
    """Whether some file is not as it was when the published graph was built: a guess, by its report alone."""
    try:
        known = contents(Report.load(workspace.current / "report.json").sources) if workspace.current else {}
    except (OSError, ValueError, TypeError):
        return False  # damaged: what has to be done shows in its turn
    return any(known.get(s.path) != s.sha256 for s in sources)


def copy_graph(job: Job, workspace: Workspace) -> None:
    """Bring the copy of the published graph at ``run.publish`` up to date, if one is wanted.

    Raises ``StorageError`` if the URL does not answer: the graph is published here, its copy is the one before.
    """
    if url := job.config["run"]["publish"]:
        send(workspace.out, url)


def publish(
    job: Job, workspace: Workspace, sources: list[Source], left_out: list[Issue], before: Report | None, *,
    done: dict[str, StageRun], started: float, progress: Progress, given: Contributions | None = None,
) -> Report:  # fmt: skip
    """Assemble the graph from the cache, write it beside the published one, swap.

    ``before``: the report of that one, if it has been found whole (``published_report``); ``done``: the stages before;
    ``given``: what the sources give, of which some may have been made ahead.
    """
    with paused():
        return _publish(job, workspace, sources, left_out, before, done, started, progress, given)


def _publish(
    job: Job, workspace: Workspace, sources: list[Source], left_out: list[Issue], before: Report | None,
    done: dict[str, StageRun], started: float, progress: Progress, given: Contributions | None,
) -> Report:  # fmt: skip
    from kgbuild import publish as stage
    from kgbuild.queries.report import write_report

    begun = time.monotonic()
    aligned = stage.align_sources(job, sources, progress=progress, given=given)
    if not aligned.alignment.entities:
        reasons = "; ".join(sorted({i.message for i in (*left_out, *aligned.issues)})[:5]) or "no file holds any"
        raise EmptyGraphError(f"nothing was extracted from {len(sources)} files: {reasons}. Nothing was published.")
    past = read_runs(workspace.current)
    kept = Before(workspace.current if before else None)
    merges = aligned.alignment.merges
    with workspace.generation() as folder, stage.write_aligned(job, aligned, folder) as written:
        graph = stage.assemble_graph(job, aligned, progress=progress)
        del aligned
        point("stage.assemble")
        done = {**done, "assemble": StageRun.since(begun)}
        begun = time.monotonic()
        with stage.write_graph(job, graph, folder, progress=progress, before=kept):
            written()
            done["write"] = StageRun.since(begun)
            key = stage.build_key(job, sources, left_out)
            report = stage.make_report(
                job, merges, graph, left_out, out=str(workspace.out), done=done, started=started, key=key,
                before=before,
            )  # fmt: skip
            runs = (*past, stage.past_run(job, report, done))
            write_runs(runs, folder)
            point("history.written")
            write_report(report.as_dict(), graph.data, merges, folder, runs=runs)
        point("report.written")
    for name in ("assemble", "write"):
        log.info("%s ended", name, extra={"stage": name, "seconds": done[name].seconds, "files": len(sources)})
    log.info("published, %s", report.status, extra={"stage": "publish", "outcome": report.status})
    return report
