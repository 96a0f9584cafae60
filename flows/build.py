"""The build as a Prefect flow: batches of sources as tasks, retried when a failure may pass.

    kgbuild build FOLDER --out OUT --flow [--runner dask]
    prefect deploy --name nightly        # prefect.yaml holds the schedule

The same stage functions as ``kgbuild.pipeline``; the graph is the same, byte for byte, wherever the batches run.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kgbuild_flows.runners import Shared, task_runner
from prefect import flow, get_run_logger, task
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact
from prefect.runtime import task_run

from kgbuild.config import Config
from kgbuild.errors import KgbuildError, StorageError
from kgbuild.history import StageRun
from kgbuild.pipeline import copy_graph, publish
from kgbuild.progress import Silent
from kgbuild.publish import build_key
from kgbuild.report import Report, published_report
from kgbuild.stages import Job, extract_sources, list_sources, passing_failures, read_sources
from kgbuild.types import Source
from kgbuild.workspace import Workspace

RETRIES = 2
BATCHES_PER_WORKER = 2
BATCH = 500  # sources at most: what a worker that dies has lost
ROWS = 500  # files in an artifact; all stand in report.json


class PassingFailure(KgbuildError):
    """Some sources of a batch failed for a reason that may pass: the task is tried again."""


def may_pass(task: Any, run: Any, state: Any) -> bool:
    """Only what lies in the machine's load is tried again; a wrong configuration or a full disk stays what it is."""
    try:
        state.result()
    except (PassingFailure, StorageError):
        return True
    except Exception:
        return False
    return False


@task(name="read", retries=RETRIES, retry_delay_seconds=[2, 10], retry_condition_fn=may_pass)
def read_batch(job: Job, sources: Sequence[Source], shared: Shared | None = None) -> StageRun:
    """Read a batch; sources that time out or run out of memory are tried again."""
    if shared:
        shared.check(job)
    took = read_sources(job, sources)
    _retry_if_passing(job, sources, extracted=False)
    return took


@task(name="extract", retries=RETRIES, retry_delay_seconds=[2, 10], retry_condition_fn=may_pass)
def extract_batch(
    job: Job, sources: Sequence[Source], shared: Shared | None = None, former: Mapping[str, Source] | None = None
) -> StageRun:
    """Mentions, relations and vectors of a batch, from cache to cache. ``former``: some of it as it was, by path."""
    if shared:
        shared.check(job)
    took = extract_sources(job, sources, former=former or {})
    _retry_if_passing(job, sources, extracted=True)
    return took


@task(name="publish")
def publish_graph(job: Job, workspace: Workspace, found: Any, done: dict[str, StageRun], started: float) -> Report:
    """Assemble the graph from the cache and publish it."""
    sources, left_out = found
    before, _ = published_report(workspace)
    return publish(job, workspace, sources, left_out, before, done=done, started=started, progress=Silent())


@task(name="copy", retries=RETRIES, retry_delay_seconds=[10, 60], retry_condition_fn=may_pass)
def copy_task(job: Job, workspace: Workspace) -> None:
    """Copy the published graph to ``run.publish``."""
    copy_graph(job, workspace)


@flow(name="kgbuild-build", validate_parameters=False)
def build(
    corpus: str,
    out: str,
    config: str | None = None,
    overrides: dict[str, Any] | None = None,
    runner: str = "threads",
) -> Report:
    """Build the graph of a folder. It fails if nothing was extracted; files that fail are in its artifact.

    ``runner``: where the batches run, as ``kgbuild_flows.runners.task_runner`` has it; ``run.workers`` says how many
    workers there are.
    """
    log, started = get_run_logger(), time.time()
    workspace = Workspace(out)
    job = Job.of(corpus, workspace, Config.load(config, overrides=overrides))
    pool = task_runner(runner, job.workers)
    sources, left_out = list_sources(job)
    with workspace.lock():
        key, (before, _) = build_key(job, sources, left_out), published_report(workspace)
        if before is not None and before.holds(key):
            report = replace(before, unchanged=True)
        else:
            shared = None if runner == "threads" else Shared.offer(job)
            done = run_batches(pool, job, sources, shared, before.former(sources) if before else {})
            if shared:
                shared.withdraw(job)
            report = publish_graph(job, workspace, (sources, left_out), done, started)
        copy_task(job, workspace)
    log.info("%s: %s", report.status, report.counts)
    leave_artifacts(report)
    return report


def run_batches(
    pool: Any, job: Job, sources: Sequence[Source], shared: Shared | None, former: Mapping[str, Source]
) -> dict[str, StageRun]:
    """Read and extract all sources on the workers of a task runner; what both stages cost."""
    done: dict[str, StageRun] = {}
    part = replace_workers(job, 1)
    dealt = batches(sources, max(job.workers * BATCHES_PER_WORKER, len(sources) // BATCH))
    given: list[dict[str, Any]] = [{"job": part, "sources": batch, "shared": shared} for batch in dealt]
    also = [own | {"former": {s.path: former[s.path] for s in own["sources"] if s.path in former}} for own in given]
    with pool:
        for name, stage, each in (("read", read_batch, given), ("extract", extract_batch, also)):
            begun = time.monotonic()
            runs = [pool.submit(stage, own) for own in each]
            done[name] = StageRun.joined(begun, [run.result() for run in runs])
    return done


def leave_artifacts(report: Report) -> None:
    """What a person looks for first: the summary with what failed, the files, and where the report lies."""
    said = f"{report.status}: {report.out}"
    create_markdown_artifact(markdown(report), key="kgbuild-build", description=said)
    rows = [{k: r.get(k, "") for k in ("path", "media_type", "outcome", "reason")} for r in report.sources]
    create_table_artifact(rows[:ROWS], key="kgbuild-files", description=f"{said}, {len(rows)} files")
    page = Path(report.out, "report.html").resolve()
    create_link_artifact(page.as_uri(), key="kgbuild-report", link_text="report.html", description=said)


def batches(sources: Sequence[Source], count: int) -> list[list[Source]]:
    """At most ``count`` batches of like size in bytes: large files are dealt out first."""
    made: list[list[Source]] = [[] for _ in range(min(count, len(sources)))]
    loads = [0] * len(made)
    for source in sorted(sources, key=lambda s: (-s.size, s.path)):
        n = loads.index(min(loads))
        made[n].append(source)
        loads[n] += source.size + 10_000
    return made


def replace_workers(job: Job, workers: int) -> Job:
    """The same job with so many workers in each task: the tasks themselves run side by side."""
    sections = job.config.as_dict()
    sections["run"]["workers"] = workers
    return replace(job, config=Config.of(sections))


def markdown(report: Report) -> str:
    """The report as a Prefect artifact."""
    rows = "\n".join(f"| {name} | {value} |" for name, value in report.counts.items())
    failed = [r for r in report.sources if r["outcome"] == "rejected"]
    lines = "\n".join(f"- `{r['path']}`: {r['reason']}" for r in failed) or "None."
    return f"# {report.status}\n\n| what | count |\n|---|---|\n{rows}\n\n## Files that failed\n\n{lines}\n"


def _retry_if_passing(job: Job, sources: Sequence[Source], *, extracted: bool) -> None:
    failures = passing_failures(job, sources, extracted=extracted)
    if failures and (task_run.run_count or 1) <= RETRIES:
        raise PassingFailure(f"{failures[0].source}: {failures[0].message}; and {len(failures) - 1} more")
