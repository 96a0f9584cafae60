"""``plan``: what a build would do, why, and about how long it would take; nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kgbuild.config import Config
from kgbuild.history import PastRun, changes, contents, read_runs
from kgbuild.models.spending import Ledger, Spent
from kgbuild.publish import build_key
from kgbuild.report import Report, published_report
from kgbuild.stages import Job, extracted, list_sources, load_reading
from kgbuild.types import TRANSIENT, Issue, Source
from kgbuild.workspace import Workspace, damaged

LOOKED_AT = 10  # last runs whose times are used


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file and what a build would do with it. ``change`` as in ``kgbuild.history.FileChange``, or ``left out``;
    ``stages``: those that would work on it; ``why``: one sentence.
    """

    path: str
    change: str
    stages: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Asking:
    """What a language model would be asked: how often, tokens of the questions, of the answers at most, and money."""

    questions: int
    prompt: int
    answer: int
    cost: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What a build would do. ``why``: the reasons of the build, empty if there is nothing to do. ``asking``: None if no
    language model would be asked anything.

    ``work``: files by stage; ``seconds``: by stage from the times of ``runs`` earlier runs, empty if there are none.
    """

    out: str
    why: tuple[str, ...]
    files: tuple[PlannedFile, ...]
    work: dict[str, int]
    seconds: dict[str, float]
    runs: int
    asking: Asking | None = None

    @property
    def counts(self) -> Counter[str]:
        """Number of files by change."""
        return Counter(file.change for file in self.files)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "counts": dict(self.counts)}


def plan(corpus: str | Path, *, out: str | Path, config: Config | str | Path | None = None) -> Plan:
    """What ``build`` with the same arguments would do. Raises what it would raise before its first stage."""
    settings = config if isinstance(config, Config) else Config.load(config)
    workspace = Workspace(out)
    job = Job.of(corpus, workspace, settings)
    sources, left_out = list_sources(job)
    key = build_key(job, sources, left_out)
    report, damage = published_report(workspace)
    files, work = _files(job, sources, left_out, report or _told(workspace))
    why = _reasons(job, report, damage, key, files)
    if not why:
        work = dict.fromkeys(work, 0)
        files = tuple(PlannedFile(f.path, f.change, (), f.why) for f in files)
    runs = read_runs(workspace.current)[-LOOKED_AT:]
    stages = {f.path: f.stages for f in files}
    todo = {stage: [s for s in sources if stage in stages[s.path]] for stage in ("read", "extract")}
    seconds = estimate(runs, todo, len(sources), job.workers) if why else dict.fromkeys(work, 0.0)
    asking = _asking(job, todo["extract"]) if settings["llm"]["endpoint"] else None
    return Plan(str(out), why, files, work, seconds, len(runs), asking)


def _told(workspace: Workspace) -> Report | None:
    """The report of a damaged graph, if that is whole: which files it was built of is known all the same."""
    folder = workspace.current
    return None if folder is None or damaged(folder, "report.json") else Report.load(folder / "report.json")


def _asking(job: Job, sources: Sequence[Source]) -> Asking | None:
    """What is asked about the texts of some sources; those that no build has read yet are read for it, and not kept."""
    from kgbuild.mentions.llm import extractor
    from kgbuild.sources import ReaderPool

    one, cache = extractor(job.config), job.store()
    one.share(cache, Ledger(job.config))
    with ReaderPool(Path(job.root), job.config, 1) as pool:
        readings = (
            load_reading(job, s) if cache.has("readings", job.reading_key(s)) else pool.read(s) for s in sources
        )
        found = one.estimate(readings)
    if not found:
        return None
    total = sum(found.values(), Spent())
    return Asking(len(found), total.prompt, total.answer, round(total.cost(job.config), 6))


def _files(
    job: Job, sources: Sequence[Source], left_out: Sequence[Issue], report: Report | None
) -> tuple[tuple[PlannedFile, ...], dict[str, int]]:
    cache, by_path = job.store(), {s.path: s for s in sources}
    before = contents(report.sources) if report else {}
    made = []
    for change in changes(before, {s.path: s.sha256 for s in sources}):
        if change.kind == "deleted":
            made.append(PlannedFile(change.path, "deleted", (), "gone: what only it said is taken away"))
            continue
        source = by_path[change.path]
        todo = [] if cache.has("readings", job.reading_key(source)) else ["read"]
        todo += [] if extracted(job, cache, source) else ["extract"]
        made.append(PlannedFile(change.path, change.kind, tuple(todo), _why(change.kind, change.was, todo)))
    prefix = f"{job.config['graph']['base']}source/"
    made += [PlannedFile(i.source.removeprefix(prefix), "left out", (), i.message) for i in left_out]
    work = {stage: sum(stage in f.stages for f in made) for stage in ("read", "extract")}
    work |= dict.fromkeys(("assemble", "write"), len(sources))
    return tuple(sorted(made, key=lambda f: f.path)), work


def _why(kind: str, was: str, todo: Sequence[str]) -> str:
    if kind == "unchanged" and todo:
        return "not in the cache: made with other settings, code or weights, failed for a passing reason, or damaged"
    if kind != "unchanged" and not todo:
        return "known from an earlier run: nothing to read"
    return {
        "new": "was not there",
        "changed": "its bytes changed",
        "renamed": f"was {was}: names of things hold the path, so it is read again",
        "unchanged": "as it was",
    }[kind]


def _reasons(job: Job, report: Report | None, damage: str, key: str, files: Sequence[PlannedFile]) -> tuple[str, ...]:
    if report is None:
        return (damage or "nothing was published yet",)
    failed = sorted({i["source"] for i in report.issues if i["code"] in TRANSIENT})
    retry: tuple[str, ...] = (f"failed for a reason that may pass: {', '.join(failed[:5])}",) if failed else ()
    if report.build_key == key:
        return retry
    counts = Counter(f.change for f in files)
    moved = [f"{counts[kind]} {kind}" for kind in ("new", "changed", "renamed", "deleted") if counts[kind]]
    made: tuple[str, ...] = (f"files: {', '.join(moved)}",) if moved else ()
    unlike = _unlike(report.config, job.config.as_dict())
    made += (f"configuration: {', '.join(unlike)}",) if unlike else ()
    made += retry
    return made or ("kgbuild itself, its weights, a file that the configuration names, or what is left out",)


def _unlike(before: Mapping[str, Any], now: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Keys of the configuration that differ, but for those that change nothing in what is written."""
    return sorted(
        f"{section}.{key}"
        for section, values in now.items()
        for key, value in values.items()
        if section not in ("run", "queries") and before.get(section, {}).get(key, value) != value
    )


def estimate(
    runs: Sequence[PastRun], todo: Mapping[str, Sequence[Source]], sources: int, workers: int
) -> dict[str, float]:
    """Seconds by stage, from what the same media types took per byte in earlier runs; empty without earlier runs."""
    if not runs:
        return {}
    found = {}
    for stage, files in todo.items():
        past = [run for run in runs if run.work.get(stage)]
        rates = {
            type: _rate([r.work[stage][type] for r in past if type in r.work[stage]]) for type in _types(past, stage)
        }
        overall = _rate([row for r in past for row in r.work[stage].values()])
        busy = sum(s.size * rates.get(s.media_type, overall) for s in files)
        start = min((r.start.get(stage, 0.0) for r in past), default=0.0) if files else 0.0
        found[stage] = start + busy / max(1, min(workers, len(files)))
    last = runs[-1]
    then = max(1.0, sum(last.counts.get(f"sources {o}", 0) for o in ("processed", "rejected")))
    for stage in ("assemble", "write"):
        found[stage] = last.seconds.get(stage, 0.0) * sources / then
    return {stage: round(value, 1) for stage, value in found.items()}


def _types(runs: Sequence[PastRun], stage: str) -> set[str]:
    return {type for run in runs for type in run.work[stage]}


def _rate(rows: Sequence[Sequence[float]]) -> float:
    """Seconds a byte over rows of [files, bytes, seconds]."""
    return sum(row[2] for row in rows) / max(1.0, sum(row[1] for row in rows))
