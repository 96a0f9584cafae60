"""The stages as functions over batches of sources: the pipeline and the Prefect flow call the same.

Per-source stages write their results to the cache and hand on only counts, so a batch
can run in any process on any machine that sees the corpus and the cache.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from kgbuild import registry
from kgbuild.cache import Cache, code_version
from kgbuild.config import Config
from kgbuild.crash import point
from kgbuild.errors import StorageError, WorkspaceError
from kgbuild.history import StageRun
from kgbuild.models.catalog import ROLES, fingerprints, named
from kgbuild.progress import Progress, Silent
from kgbuild.serialise import from_json, to_json
from kgbuild.sources.sound import subtitled
from kgbuild.storage import absolute, open_storage
from kgbuild.types import TRANSIENT, Box, EmbeddingTable, Extraction, Issue, Reading, Source
from kgbuild.workers import Bounds, WorkerDied, WorkerPool, side_by_side
from kgbuild.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np


log = logging.getLogger(__name__)

_WORTH_A_WORKER = 10_000  # characters of work: to start a process and load its models costs about as much
WARM = b""  # asks an extractor for nothing but to load its models
# What begins the answer of a worker to whom the cache failed.
FAILURES = {b"unwritable": WorkspaceError, b"unreached": StorageError}

_KEYS = {"timeout": " (run.extract_s)", "memory": " (run.extract_mb)"}
_NOT_SOON = frozenset({"model-unavailable", "llm-cap"})
_OF_PICTURES = ("detector", "zero_shot", "captioner")  # roles whose models take pictures of many sources in a batch
_PIXELS = 48_000_000  # of the pictures that a worker gets at once


@dataclass(frozen=True, slots=True)
class Job:
    """What the stages of one build share. ``root`` is the corpus, ``cache`` a path or fsspec URL; ``ledger``: the file
    that its language model's expenses are kept in, and the id of the run, if one is named.
    """

    root: str
    cache: str
    config: Config
    ledger: tuple[str, str] = ("", "")
    _known: dict[str, str] = field(default_factory=dict, compare=False, repr=False)  # what keys of all sources share

    @classmethod
    def of(cls, corpus: str | Path, workspace: Workspace, config: Config) -> Job:
        """The job of a build into a workspace; its cache lies there unless ``run.cache`` names another place.

        Raises ``ConfigError`` if that, or ``run.publish``, is a URL that cannot be opened.
        """
        for key in ("cache", "publish"):
            if config["run"][key]:
                open_storage(config["run"][key], f"run.{key}")
        cache, ledger = absolute(config["run"]["cache"] or workspace.cache_url), ("", "")
        if config["llm"]["endpoint"]:
            ledger = str(workspace.out.resolve() / ".llm-spent.json"), os.urandom(8).hex()
        return cls(str(Path(corpus).resolve()), cache, config, ledger)

    @property
    def workers(self) -> int:
        return self.config["run"]["workers"] or min(4, os.cpu_count() or 1)

    def store(self) -> Cache:
        return Cache(self.cache)

    def reading_key(self, source: Source) -> str:
        config = self.config.sha256("graph", "sources", "video", "audio")
        return Cache.key(
            code_version("sources"), config, source.sha256, source.path, source.media_type, *self._asked_for(source)
        )

    def _asked_for(self, source: Source) -> list[str]:
        """What models want of a file of sound or moving pictures, for which it is read in another way."""
        models, root = self.config["models"], Path(self.root)
        if not source.media_type.startswith(("audio/", "video/")) or not (models["speech"] or models["actions"]):
            return []
        written = root.is_dir() and subtitled(root / source.path)
        return [f"{bool(models['speech'])} {bool(models['actions'])} {written}"]

    def extraction_key(self, source: Source) -> str:
        return Cache.key(self._shared("mentions", self._of_extractions), self.reading_key(source))

    def _shared(self, name: str, make: Callable[[], str]) -> str:
        """What ``make`` makes, once a job: models and ontologies are looked at once a build."""
        if name not in self._known:
            self._known[name] = make()
        return self._known[name]

    def _of_extractions(self) -> str:
        config = self.config.sha256("mentions", "text", "ocr", "models", "photos")
        own = Path(self.config["text"]["weights"], "text.json")  # names the weights by their digest
        weights = own.read_bytes() if self.config["text"]["weights"] and own.is_file() else b""
        models = fingerprints(self.config)
        if self.config["llm"]["endpoint"]:
            from kgbuild.mentions.prompt import fingerprint

            models += fingerprint(self.config)
        return Cache.key(code_version("mentions"), config, weights, models)

    def vectors_key(self, source: Source) -> str:
        return Cache.key(self._shared("embeddings", self._of_vectors), self.extraction_key(source))

    def groups_key(self, source: Source) -> str:
        return Cache.key(self._shared("entities", lambda: code_version("entities")), self.vectors_key(source))

    def _of_vectors(self) -> str:
        from kgbuild.embeddings.pictures import encoder_key

        config, own = self.config.sha256("embeddings"), self.config["embeddings"]["fusion_weights"]
        fusion = Path(own, "fusion.json").read_bytes() if own and Path(own, "fusion.json").is_file() else b""
        key = encoder_key(self.config)
        return Cache.key(code_version("embeddings"), config, fusion, key)


def list_sources(job: Job) -> tuple[list[Source], list[Issue]]:
    """The files of the corpus in the order of their paths, and what was left out and why."""
    from kgbuild.sources import discover

    return discover(Path(job.root), job.config)


def read_sources(job: Job, sources: Sequence[Source], *, progress: Progress | None = None) -> StageRun:
    """Read each source in a killable child, into the cache. Returns what it cost."""
    from kgbuild.sources import ReaderPool

    progress, cache, begun = progress or Silent(), job.store(), time.monotonic()
    known = cache.each(lambda s: cache.has("readings", job.reading_key(s)), sources)
    todo = [s for s, there in zip(sources, known, strict=True) if not there]
    took, peak = dict[str, float](), 0.0
    progress.start("read", len(sources))
    progress.advance("read", len(sources) - len(todo))
    if todo:
        size = sum(s.size for s in todo)
        workers = min(job.workers, len(todo), 1 + len(todo) // 16 + size // 65_536)  # a few small files need but one
        with ReaderPool(Path(job.root), job.config, workers) as pool:

            def read(source: Source) -> tuple[float, Reading]:
                before = time.monotonic()
                reading = pool.read(source)
                return time.monotonic() - before, reading

            for source, (seconds, reading) in side_by_side(read, todo, workers, stop=pool.kill):
                took[source.path] = seconds
                _log_source("read", source, reading.outcome, reading.issues, seconds)
                _store_reading(job, cache, source, reading)
                progress.advance("read", note=source.path)
            peak = pool.peak_mb
    progress.finish("read")
    point("stage.read")
    return StageRun.since(begun, took, peak)


def _store_reading(job: Job, cache: Cache, source: Source, reading: Reading) -> None:
    for sha, png in sorted(reading.blobs.items()):
        cache.put("blobs", sha, png)
    passing = any(issue.code in TRANSIENT for issue in reading.issues)
    stage = "readings-transient" if passing else "readings"
    cache.put(stage, job.reading_key(source), _encode(replace(reading, blobs={})))


def load_reading(job: Job, source: Source) -> Reading:
    """What ``read_sources`` stored, without blobs."""
    cache, key = job.store(), job.reading_key(source)
    found = cache.get("readings", key) or cache.get("readings-transient", key)
    if found is None:
        issue = Issue("read", "io", "its reading is missing or damaged in the cache; build again", source.id)
        return Reading(source, issues=(issue,), outcome="rejected")
    return from_json(Reading, _decode(found))


def extractors(job: Job) -> WorkerPool:
    """The workers of ``extract_sources``; none is started before something is asked of it."""
    bounds = Bounds(held_mb=_memory_mb(job), again=True)
    return WorkerPool("kgbuild.extracting:serve_extractor", _setup(job), job.workers, bounds)


def extract_sources(
    job: Job, sources: Sequence[Source], *, progress: Progress | None = None, pool: WorkerPool | None = None,
    former: Mapping[str, Source] = MappingProxyType({}),
) -> StageRun:  # fmt: skip
    """Mentions, relation mentions and vectors of each source read. Returns what it cost.

    ``former``: some of them as they were, by path (``Report.former``): vectors of what stands there as before are kept.

    A source that kills its worker is reported in its extraction; the others lose nothing. ``pool``: the job's
    ``extractors``, if one of them may have been started; they are closed here.
    """
    progress, cache, begun = progress or Silent(), job.store(), time.monotonic()
    # What could not be read this time is not extracted: the empty result would be kept for good.
    missing = cache.each(lambda s: not extracted(job, cache, s) and cache.has("readings", job.reading_key(s)), sources)
    todo = [s for s, wanted in zip(sources, missing, strict=True) if wanted]
    took: dict[str, float] = {}
    weights = {s: _weight(job, s) for s in todo}
    todo.sort(key=lambda s: (-weights[s], s.path))  # long ones first: no worker ends alone with the longest
    progress.start("extract", len(sources))
    progress.advance("extract", len(sources) - len(todo))
    workers = max(1, min(job.workers, len(todo), sum(weights.values()) // _WORTH_A_WORKER))
    groups, was = _groups(job, todo, workers), dict(former)
    with pool or extractors(job) as pool:
        while groups:
            alone: list[Sequence[Source]] = []  # sources of groups that killed their worker: whose fault it was, shows
            for group, answer in pool.map(
                groups, lambda some: to_json(tuple((s, was.get(s.path)) for s in some)).encode(),
                lambda some: _patience(job, sum(weights[s] for s in some)), count=workers,
            ):  # fmt: skip
                if isinstance(answer, WorkerDied):
                    if len(group) > 1:
                        alone += [[source] for source in group]
                        continue
                    if was.pop(group[0].path, None):  # both versions may have been too much
                        alone.append(group)
                        continue
                    _store_death(job, cache, group[0], answer)
                elif answer[0] in FAILURES:
                    raise FAILURES[answer[0]](answer[1].decode())
                else:
                    for source, seconds in zip(group, json.loads(answer[0]), strict=True):
                        took[source.path] = seconds
                        _log_source("extract", source, "processed", (), seconds)
                for source in group:
                    progress.advance("extract", note=source.path)
            groups = alone
    progress.finish("extract")
    point("stage.extract")
    return StageRun.since(begun, took, pool.peak_mb)


def extracted(job: Job, cache: Cache, source: Source) -> tuple[bytes, bytes] | None:
    """The extraction and the vectors of a source as the cache has them; None if one of them is absent or damaged."""
    vectors = cache.get("vectors", job.vectors_key(source))
    found = None if vectors is None else cache.get("extractions", job.extraction_key(source))
    return None if vectors is None or found is None else (found, vectors)


def grouped(job: Job, cache: Cache, source: Source) -> bytes | None:
    """The groups of a source's mentions as the cache has them (``entities.grouped``)."""
    return cache.get("groups", job.groups_key(source))


def store_groups(job: Job, cache: Cache, source: Source, packed: bytes) -> None:
    """Keep what ``grouped`` gives."""
    cache.put("groups", job.groups_key(source), packed)


def _store_death(job: Job, cache: Cache, source: Source, death: WorkerDied) -> None:
    """A source whose extraction was killed is rejected: nothing is taken of it, and the next build tries again."""
    reading = load_reading(job, source)
    issue = Issue("extract", death.code, f"extraction: {death}{_KEYS.get(death.code, '')}", source.id)
    rejected = Reading(reading.source, issues=(*reading.issues, issue), outcome="rejected")
    cache.drop("extractions", job.extraction_key(source))  # if it was the vectors of what was found that killed it
    store_extraction(job, source, rejected, Extraction(source.id), "extractions-transient")
    _log_source("extract", source, "rejected", (issue,), 0.0)


def _log_source(stage: str, source: Source, outcome: str, issues: Sequence[Issue], seconds: float) -> None:
    """A line for each source that a stage is done with; ``extra`` holds the parts for structured logs."""
    problem = next((i for i in issues if i.severity == "error"), None)
    told = {"stage": stage, "source": source.path, "outcome": outcome, "seconds": round(seconds, 3)}
    if problem is not None:
        told["code"] = problem.code
    level = logging.WARNING if problem else logging.INFO
    log.log(level, "%s %s: %s", stage, source.path, problem.message if problem else outcome, extra=told)


def _setup(job: Job) -> bytes:
    given = {"root": job.root, "cache": job.cache, "config": job.config.as_dict(), "ledger": job.ledger}
    return json.dumps(given).encode()


def _groups(job: Job, sources: Sequence[Source], workers: int) -> list[Sequence[Source]]:
    """What a worker gets at once: each source alone; where models of pictures are named, sources with pictures together
    until they fill a batch, or hold many pixels, or no worker would be left without work. Texts that are too few for a
    second worker go to the first at once, which does half of them in a copy of itself.
    """
    if workers == 1 < job.workers and texts_only(job, [load_reading(job, s) for s in sources]):
        return [sources] if sources else []
    if not any(job.config["models"][role] for role in _OF_PICTURES):
        return [[source] for source in sources]
    groups, group, pictures, pixels = list[Sequence[Source]](), list[Source](), 0, 0
    most = max(1, min(job.config["models"]["batch"], len(sources) // (2 * workers)))
    for source in sources:
        boxes = {s.blob: s.target.find(Box) for s in load_reading(job, source).segments if s.blob}
        held = sum(box.w * box.h for box in boxes.values() if box)
        if group and (not boxes or pictures + len(boxes) > most or pixels + held > _PIXELS):
            groups.append(group)
            group, pictures, pixels = [], 0, 0
        group.append(source)
        pictures, pixels = pictures + (len(boxes) or most), pixels + held  # texts go alone
    return [*groups, group] if group else groups


def texts_only(job: Job, readings: Sequence[Reading]) -> bool:
    """Whether these are texts, and nothing but kgbuild's own extractors reads them: what keeps no threads."""
    config = job.config
    given = [
        ("encoders", config["embeddings"]["encoder"]),
        *(("extractors", n) for n in config["mentions"]["extractors"]),
    ]
    own = not named(config) and not config["llm"]["endpoint"] and all(registry.own(*plugin) for plugin in given)
    return own and not any(s.blob for r in readings for s in r.segments)


def _weight(job: Job, source: Source) -> int:
    """A rough guess of the work in a source: a picture costs about as much as 6,000 characters."""
    reading = load_reading(job, source)
    return len(reading.text) + 6000 * len({s.blob for s in reading.segments if s.blob})


def _patience(job: Job, weight: int) -> float:
    """Seconds that extracting a source of this weight may take: native code and regular expressions can hang."""
    models = any(job.config["models"][role] for role in ROLES) or bool(job.config["llm"]["endpoint"])
    return float(job.config["run"]["extract_s"] * (1 + weight / 100_000) * (20 if models else 1))


def _memory_mb(job: Job) -> int:
    """MiB that an extraction worker may hold: what the configuration says, and twice the weights of named models,
    which are in memory twice while they load.
    """
    allowed: int = job.config["run"]["extract_mb"]
    return allowed + 2 * sum(model.bytes for model in named(job.config)) // (1 << 20) if allowed else 0


def passing_failures(job: Job, sources: Sequence[Source], *, extracted: bool) -> list[Issue]:
    """What failed for a reason that may pass soon (load, memory, a changed file) in reading, or in extraction as well.

    A model that cannot be used is no such reason: what could be read without it was.
    """
    found: list[Issue] = []
    for source in sources:
        reading, extraction = load_extraction(job, source) if extracted else (load_reading(job, source), None)
        issues = (*reading.issues, *(extraction.issues if extraction else ()))
        found += [i for i in issues if i.code in TRANSIENT - _NOT_SOON]
    return found


def store_extraction(
    job: Job, source: Source, reading: Reading, extraction: Extraction, stage: str = "extractions"
) -> None:
    """Keep what was found in a source, under ``extractions-transient`` if the next build may find more."""
    value = _encode(replace(reading, blobs={})) + b"\n" + _encode(extraction)
    job.store().put(stage, job.extraction_key(source), value)


def load_extraction(job: Job, source: Source) -> tuple[Reading, Extraction]:
    """The reading with its derived segments and the extraction that ``extract_sources`` stored."""
    cache, key = job.store(), job.extraction_key(source)
    found = cache.get("extractions", key) or cache.get("extractions-transient", key)
    if found is None:
        reading = load_reading(job, source)
        if any(i.code in TRANSIENT for i in reading.issues):
            return reading, Extraction(source.id)
        issue = Issue("extract", "io", "its extraction is missing or damaged in the cache; build again", source.id)
        return reading, Extraction(source.id, issues=(issue,))
    return unpacked(found)


def unpacked(value: bytes) -> tuple[Reading, Extraction]:
    """What ``store_extraction`` kept."""
    return from_json(Reading, _decode(value.partition(b"\n")[0])), extraction_of(value)


def extraction_of(value: bytes) -> Extraction:
    """The extraction alone."""
    return from_json(Extraction, _decode(value.partition(b"\n")[2]))


@dataclass(frozen=True, slots=True)
class Vectors:
    """The vectors of all sources: of mentions, whole pictures and parts of them, and where there are any of what stands
    around mentions, fused ones and gates, as one table each; of open relations by source.
    """

    mentions: EmbeddingTable
    pictures: EmbeddingTable
    parts: EmbeddingTable
    relations: dict[str, EmbeddingTable]
    around: EmbeddingTable | None = None
    fused: EmbeddingTable | None = None
    gates: EmbeddingTable | None = None


def load_tables(job: Job, source: Source) -> dict[str, EmbeddingTable]:
    """The vectors that ``extract_sources`` stored for a source, by name; empty if it stored none."""
    from kgbuild.embeddings.tables import unpack

    cache, key = job.store(), job.vectors_key(source)
    value = cache.get("vectors", key) or cache.get("vectors-transient", key)
    return {} if value is None else unpack(value)


def joined(found: Mapping[str, Mapping[str, EmbeddingTable]]) -> Vectors:
    """The vectors of all sources, each under its id, in the order given."""
    from kgbuild.embeddings import around
    from kgbuild.embeddings.tables import stack

    def whole(name: str) -> EmbeddingTable:
        return stack([tables[name] for tables in found.values() if name in tables])

    beside = [whole(name) for name in (around.SPACE, "fused", "gates")]
    return Vectors(
        whole("mentions"), whole("pictures"), whole("parts"),
        {id: tables["relations"] for id, tables in found.items() if "relations" in tables},
        *(t if t.ids else None for t in beside),
    )  # fmt: skip


def property_vectors(job: Job, texts: Sequence[tuple[str, str, Sequence[str]]]) -> tuple[np.ndarray, dict[str, Any]]:
    """Vectors of properties (label, description, aliases), from the cache if nothing changed, and the calibration."""
    import numpy as np

    from kgbuild.embeddings.relation import RelationEncoder, facts

    key = Cache.key(code_version("embeddings"), job.config.sha256("embeddings", "models"), json.dumps(texts))
    found = job.store().get("properties", key)
    if found is None:
        matrix = np.ascontiguousarray(RelationEncoder(job.config).properties(texts), dtype="<f4")
        job.store().put("properties", key, matrix.tobytes())
        found = matrix.tobytes()
    return np.frombuffer(found, dtype="<f4").reshape(len(texts), -1), facts()["calibration"]


def class_vectors(job: Job, texts: Sequence[tuple[str, str, Sequence[str]]]) -> np.ndarray:
    """Sentence vectors (n, 3, 384) of the label, description and names of classes, from the cache if they are there."""
    import numpy as np

    from kgbuild.backbone import WIDTH
    from kgbuild.embeddings.relation import RelationParts
    from kgbuild.embeddings.text import TextEncoder

    if not texts:
        return np.zeros((0, 3, WIDTH), dtype=np.float32)
    key = Cache.key(code_version("embeddings"), job.config.sha256("embeddings", "models"), json.dumps(texts))
    found = job.store().get("classes", key)
    if found is None:
        matrix = RelationParts(TextEncoder(job.config)).properties(texts)
        found = np.ascontiguousarray(matrix, dtype="<f4").tobytes()
        job.store().put("classes", key, found)
    return np.frombuffer(found, dtype="<f4").reshape(len(texts), 3, -1)


def text_vectors(job: Job, texts: Sequence[str]) -> np.ndarray:
    """Sentence vectors (n, 384) of texts, from the cache if the same were asked for before."""
    import numpy as np

    from kgbuild.backbone import WIDTH
    from kgbuild.embeddings.text import TextEncoder

    if not texts:
        return np.zeros((0, WIDTH), dtype=np.float32)
    key = Cache.key(code_version("embeddings"), job.config.sha256("embeddings", "models"), json.dumps(texts))
    found = job.store().get("texts", key)
    if found is None:
        found = np.ascontiguousarray(TextEncoder(job.config).encode(texts), dtype="<f4").tobytes()
        job.store().put("texts", key, found)
    return np.frombuffer(found, dtype="<f4").reshape(len(texts), -1)


def _encode(value: object) -> bytes:
    return to_json(value).encode("utf-8", "surrogatepass")


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")
