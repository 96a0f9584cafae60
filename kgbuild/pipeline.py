"""``build``: the stages in order, from a folder to a published graph."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from kgbuild.cache import Cache, code_version
from kgbuild.config import Config
from kgbuild.errors import EmptyGraphError
from kgbuild.progress import Progress, Silent
from kgbuild.publish import Report, assemble_graph, make_report, write_graph
from kgbuild.queries.report import write_report
from kgbuild.stages import Job, extract_sources, list_sources, read_sources
from kgbuild.types import Issue, Source
from kgbuild.workspace import Workspace


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
    job = Job(str(Path(corpus).resolve()), workspace.cache_url, settings)
    sources, left_out = list_sources(job)
    with workspace.lock():
        key = build_key(job, sources, left_out)
        if (known := published(workspace, key)) is not None:
            return known
        seconds: dict[str, float] = {}
        for name, stage in (("read", read_sources), ("extract", extract_sources)):
            begun = time.monotonic()
            stage(job, sources, progress=progress)
            seconds[name] = time.monotonic() - begun
        return publish(job, workspace, sources, left_out, seconds=seconds, started=started, progress=progress)


def publish(
    job: Job, workspace: Workspace, sources: list[Source], left_out: list[Issue], *,
    seconds: dict[str, float], started: float, progress: Progress,
) -> Report:  # fmt: skip
    """Assemble the graph from the cache, write it beside the published one, swap."""
    begun = time.monotonic()
    graph = assemble_graph(job, sources, progress=progress)
    if not graph.data.entities:
        reasons = "; ".join(sorted({i.message for i in (*left_out, *graph.issues)})[:5]) or "no file holds any"
        raise EmptyGraphError(f"nothing was extracted from {len(sources)} files: {reasons}. Nothing was published.")
    seconds = {**seconds, "assemble": time.monotonic() - begun}
    with workspace.generation() as folder:
        begun = time.monotonic()
        write_graph(job, graph, folder, progress=progress)
        seconds["write"] = time.monotonic() - begun
        key = build_key(job, sources, left_out)
        report = make_report(job, graph, left_out, out=str(workspace.out), seconds=seconds, started=started, key=key)
        write_report(report.as_dict(), graph.data, graph.alignment.merges, folder)
    return report


def build_key(job: Job, sources: list[Source], left_out: list[Issue]) -> str:
    """Digest of all that the published graph depends on."""
    rooms = [code_version(room) for room in ("entities", "statements", "graphs", "queries", "ontologies")]
    decisions = job.config["statements"]["decisions"]
    decided = Path(decisions).read_bytes() if decisions and Path(decisions).is_file() else b""
    vectors = [job.vectors_key(s) for s in sources]
    return Cache.key(job.config.sha256(), *rooms, *vectors, decided, *(f"{i.source} {i.code}" for i in left_out))


def published(workspace: Workspace, key: str) -> Report | None:
    """The published report if it was made from the same input and no file failed for a passing reason."""
    from kgbuild.stages import TRANSIENT

    folder = workspace.current
    if folder is None or not (folder / "report.json").is_file():
        return None
    report = Report.load(folder / "report.json")
    passing = any(issue["code"] in TRANSIENT for issue in report.issues)
    return replace(report, unchanged=True) if report.build_key == key and not passing else None
