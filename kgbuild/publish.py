"""The stages over all sources: align, assemble, write; and the record of a run."""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, fields, replace
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgbuild import registry
from kgbuild.cache import Cache, code_version
from kgbuild.contributions import Contributions
from kgbuild.crash import point
from kgbuild.embeddings import LITERALS
from kgbuild.embeddings.index import VectorIndex
from kgbuild.embeddings.pictures import check_encoder, whole_pictures
from kgbuild.embeddings.spaces import MODALITIES
from kgbuild.entities import Alignment, align, read_decisions, read_records
from kgbuild.entities.copies import Look, look
from kgbuild.entities.decisions import unknown
from kgbuild.entities.depicted import Comparer, depictions
from kgbuild.entities.hashes import alike, hashes_of
from kgbuild.entities.identify import Merge
from kgbuild.entities.link import Link, Linking
from kgbuild.forks import beside
from kgbuild.graphs.data import GraphData
from kgbuild.graphs.tables import OF_SOURCES, TABLES, write_tables
from kgbuild.history import PastRun, StageRun, changes, contents, work_of
from kgbuild.identity import text_name
from kgbuild.linking import check_references, link_entities
from kgbuild.models.advice import advice
from kgbuild.models.arrays import pixels
from kgbuild.progress import Progress
from kgbuild.report import Report
from kgbuild.stages import Job, Vectors, class_vectors, joined, property_vectors
from kgbuild.statements import Ontology, assemble, check_logic, load_ontology, source_links
from kgbuild.statements.closed import ClosedTyper, general_properties, meanings, own_properties
from kgbuild.statements.correct import corrections
from kgbuild.statements.fine import SPACE as FINE_SPACE
from kgbuild.statements.fine import ClassTable, FineTyper, class_matrix, fine_classes
from kgbuild.statements.heads import by_head
from kgbuild.statements.ontology import Property, ontology_texts
from kgbuild.statements.typing import Forms, PropertyTable, Typer, candidates
from kgbuild.types import (
    UNSEEN,
    Depiction,
    EmbeddingTable,
    Entity,
    Extraction,
    Issue,
    Mention,
    Reading,
    Source,
    TimeSpan,
)
from kgbuild.workspace import Before

if TYPE_CHECKING:
    import numpy as np

log = logging.getLogger(__name__)

_HALF = ("nquads", "graphml")  # exporters that take about as long as all others
_LEAST, _LONGEST = 16, 50  # pixels of a picture's shorter side; times that its longer side may be as long


@dataclass(frozen=True, slots=True)
class Aligned:
    """What the sources hold, and which of their mentions are of one thing: ``extractions`` in the order of
    ``readings``, mentions by id, ``alignment`` with the entities as references have them; ``forms``: base forms of the
    words of relations.
    """

    readings: tuple[Reading, ...]
    extractions: tuple[Extraction, ...]
    mentions: tuple[Mention, ...]
    vectors: Vectors
    alignment: Alignment
    linking: Linking
    issues: tuple[Issue, ...]
    forms: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Graph:
    """What the stages over all sources made."""

    data: GraphData
    issues: tuple[Issue, ...]


def align_sources(
    job: Job, sources: Sequence[Source], *, progress: Progress, given: Contributions | None = None
) -> Aligned:
    """Entities of all sources from the cache; the same whatever order the sources came in.

    ``given``: what they give, of which some may have been made ahead.
    """
    progress.start("assemble", 3)
    with _blas_alone():
        return _aligned(job, sources, progress, given or Contributions(job))


def _blas_alone() -> AbstractContextManager[object]:
    """Products of small matrices: more threads would only wait for each other, and share sums out by the machine's
    cores.
    """
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1, user_api="blas")


def _aligned(job: Job, sources: Sequence[Source], progress: Progress, given: Contributions) -> Aligned:
    decisions = read_decisions(job.config["statements"]["decisions"])
    sources = sorted(sources, key=lambda s: s.path)
    parts = given.of(sources)
    readings, extractions = [p.reading for p in parts], [p.extraction for p in parts]
    mentions = sorted((m for e in extractions for m in e.mentions), key=lambda m: m.id)
    vectors = joined({s.id: p.tables for s, p in zip(sources, parts, strict=True)})
    groups = sorted((g for p in parts for g in p.groups), key=lambda g: g.id)
    around = {id: words for p in parts for id, words in p.around.items()}
    forms = {words: form for p in parts for words, form in p.forms.items()}
    told = [i for p in parts for i in (*p.reading.issues, *p.extraction.issues)]
    del parts  # with the tables that are stacked now
    relations = sorted((r for e in extractions for r in e.relations), key=lambda r: r.id)
    progress.advance("assemble", note="sources loaded")
    alignment = align(
        mentions, vectors.mentions, config=job.config, decisions=decisions, relations=relations,
        states=vectors.around, fused=vectors.fused, records=read_records(readings, mentions),
        groups=groups, around=around,
    )  # fmt: skip
    del groups, around
    linking = link_entities(job, alignment.entities, mentions, decisions)
    alignment = replace(alignment, entities=linking.entities)
    progress.advance("assemble", note="entities aligned")
    return Aligned(
        tuple(readings), tuple(extractions), tuple(mentions), vectors, alignment, linking, (*told, *linking.issues),
        forms,
    )  # fmt: skip


def assemble_graph(job: Job, aligned: Aligned, *, progress: Progress) -> Graph:
    """The graph of aligned sources: classes of things, and what is stated of them."""
    with _blas_alone():
        graph = _assembled(job, aligned)
    progress.advance("assemble", note="statements gated")
    progress.finish("assemble")
    return graph


def _assembled(job: Job, aligned: Aligned) -> Graph:
    config, mentions, vectors = job.config, aligned.mentions, aligned.vectors
    decisions = read_decisions(config["statements"]["decisions"])
    ontology = load_ontology(config["statements"]["ontologies"])
    entities = _type_entities(job, aligned.alignment.entities, vectors.mentions, ontology)
    entities, misnamed = by_head(
        entities, {m.id: m for m in mentions}, ontology, base=config["graph"]["base"], decisions=decisions
    )
    extractions = _type_relations(job, aligned, entities, ontology)
    statements, entities, unmet = assemble(
        extractions, entities, ontology, config=config, decisions=decisions,
        sources=[r.source for r in aligned.readings],
    )  # fmt: skip
    statements = sorted([*statements, *misnamed], key=lambda s: s.id)
    used = {e.id for s in statements for e in s.evidence}
    relations = sorted((r for e in extractions for r in e.relations if r.id in used), key=lambda r: r.id)
    data = GraphData(
        config["graph"]["base"], aligned.readings, mentions, tuple(relations), entities,
        tuple(statements), tuple(source_links(aligned.readings)), _same_pictures(job, aligned.readings, vectors),
        _gates(vectors),
        identities=tuple(i for i in aligned.linking.links if i.predicate),
        events=tuple(sorted((event for e in extractions for event in e.events), key=lambda event: event.id)),
    )  # fmt: skip
    return Graph(data, (*aligned.issues, *unknown(decisions, statements, mentions), *unmet))


def _gates(vectors: Vectors) -> dict[str, tuple[tuple[str, float], ...]]:
    """How much each modality decided of each mention's fused vector, by mention id."""
    if vectors.gates is None:
        return {}
    rows = zip(vectors.gates.ids, vectors.gates.matrix, strict=True)
    return {id: tuple((m, round(float(v), 4)) for m, v in zip(MODALITIES, row, strict=True)) for id, row in rows}


def _same_pictures(job: Job, readings: Sequence[Reading], vectors: Vectors) -> tuple[Depiction, ...]:
    """What different sources show of one picture; pictures compared before are not laid over each other again.

    Vectors propose which to compare; where ``embeddings.vision`` makes none, perceptual hashes do.
    """
    cache = job.store()
    shown = [s for r in readings for s in whole_pictures(r.segments)]

    def picture(blob: str) -> np.ndarray | None:
        png = cache.get("blobs", blob)
        shown = None if png is None else pixels(png)
        if shown is None or min(shown.shape[:2]) < _LEAST or max(shown.shape[:2]) > _LONGEST * min(shown.shape[:2]):
            return None  # a line of pixels shows nothing that could be found again
        return shown

    def read(blob: str) -> Look | None:
        return None if (shown := picture(blob)) is None else look(shown)

    comparer = Comparer(read, cache=cache)
    near = [] if vectors.pictures.ids else alike(hashes_of(sorted({s.blob for s in shown}), picture, cache))
    return depictions(shown, (vectors.pictures, vectors.parts), comparer, base=job.config["graph"]["base"], near=near)


def _type_entities(
    job: Job, entities: tuple[Entity, ...], vectors: EmbeddingTable, ontology: Ontology
) -> tuple[Entity, ...]:
    """Entities with finer classes of the loaded ontologies; only the built-in encoder's vectors are calibrated."""
    threshold = job.config["statements"]["fine_typing_threshold"]
    wanted = entities and threshold <= 1 and vectors.space == FINE_SPACE
    classes = fine_classes(ontology) if wanted else []
    parts = class_vectors(job, [(c.label, c.description, c.aliases) for c in classes])
    table = ClassTable(tuple(c.iri for c in classes), class_matrix(parts))
    typer = FineTyper(table, ontology, dict(zip(vectors.ids, vectors.matrix, strict=True)), threshold=threshold)
    return typer(entities)


def _type_relations(job: Job, aligned: Aligned, entities: Sequence[Entity], ontology: Ontology) -> Sequence[Extraction]:
    """Open relations typed by the ontologies, closed ones by the user's own; without any, nothing is loaded."""
    settings, vectors = job.config["statements"], aligned.vectors.relations
    extractions: Sequence[Extraction] = aligned.extractions
    properties = candidates(ontology) if vectors else []
    if properties:
        matrix, calibration = property_vectors(job, _texts(properties))
        table = PropertyTable(tuple(p.iri for p in properties), matrix, calibration)
        cache, key = job.store(), Cache.key(code_version("mentions"))
        known = json.loads(cache.get("forms", key) or b"{}")
        forms = Forms(known, aligned.forms)
        typer = Typer(table, entities, ontology, threshold=settings["typing_threshold"], forms=forms)
        extractions = [typer(e, vectors[e.source]) if e.source in vectors else e for e in extractions]
        if forms.new:
            cache.put("forms", key, json.dumps(known | forms.new, sort_keys=True).encode())
    general, own = general_properties(load_ontology(["general"])), own_properties(ontology)
    known = {p.iri for p in general}
    if not own or not any(r.predicate in known for e in extractions for r in e.relations):
        return extractions
    scores = None
    if settings["closed_typing_threshold"] <= 1:
        matrix, _ = property_vectors(job, _texts([*own, *general]))
        scores = matrix[: len(own)] @ matrix[len(own) :].T
    found = meanings(own, general, scores, ontology, threshold=settings["closed_typing_threshold"])
    keep = known <= ontology.properties.keys()
    closed = ClosedTyper(found, entities, ontology, keep=keep)
    return [closed(e) for e in extractions]


def _texts(properties: Sequence[Property]) -> list[tuple[str, str, Sequence[str]]]:
    return [(p.label, p.description, p.aliases) for p in properties]


@contextmanager
def write_aligned(job: Job, aligned: Aligned, folder: Path) -> Iterator[Callable[[], object]]:
    """What hangs on no statement: vectors, merges and links, tables of mentions and segments. A copy of this process
    writes it while the block runs; the function given waits until all is written.
    """
    vectors, merges, links = aligned.vectors, aligned.alignment.merges, aligned.linking.links
    readings, mentions, entities = aligned.readings, aligned.mentions, aligned.alignment.entities
    del aligned  # the rest of it need not be held until all is written

    def files() -> bytes:
        for name, table in (("vectors", vectors.mentions), ("pictures", vectors.pictures)):
            if table is vectors.mentions or table.ids:
                VectorIndex.build(table, device="cpu").save(folder / f"{name}.faiss")
        for name, rows in (("merges", merges), ("links", links)):
            (folder / f"{name}.json").write_text(_listed(rows), "utf-8")
        base, gates = job.config["graph"]["base"], _gates(vectors)
        write_tables(GraphData(base, readings, mentions, (), entities, (), (), gates=gates), folder, OF_SOURCES)
        return b""

    with beside(files) as done:
        yield done


@contextmanager
def write_graph(
    job: Job, graph: Graph, folder: Path, *, progress: Progress, before: Before | None = None
) -> Iterator[None]:
    """All exports of the graph into a folder, beside what ``write_aligned`` has written: RDF, GraphML, tables, texts,
    pictures. A copy of this process writes about half and may go on while the block runs; after it all is written.

    ``before``: the generation whose texts and pictures need not be written again where they are the same.
    """
    names = {"nquads": "graph.nq", "turtle": "facts.ttl", "graphml": "graph.graphml"}
    exporters = sorted(registry.available("exporters"))
    progress.start("write", len(exporters) + 1)

    def export(name: str) -> None:
        if name == "parquet":
            write_tables(graph.data, folder, [table for table in TABLES if table not in OF_SOURCES])
        else:
            registry.load("exporters", name)(graph.data, folder / names.get(name, name))
        point("write.export")

    def half() -> bytes:
        for name in _HALF:
            export(name)
        return b""

    with beside(half) as done:
        for name in exporters:
            if name not in _HALF:
                export(name)
                progress.advance("write", note=name)
        _write_sources(job, graph.data, folder, before or Before(None))
        progress.advance("write", note="texts and pictures")
        yield
        done()
    progress.advance("write", len(_HALF), note="the rest")
    progress.finish("write")


def _write_sources(job: Job, data: GraphData, folder: Path, before: Before) -> None:
    """The texts and pictures of all sources."""
    cache, shown = job.store(), set[str]()
    (folder / "texts").mkdir()
    (folder / "pictures").mkdir()
    for reading in data.readings:
        if reading.text:
            name = text_name(reading.source.path, reading.source.id)
            before.write(folder, f"texts/{name}", reading.text.encode("utf-8", "surrogatepass"))
        shown |= {s.blob for s in reading.segments if s.blob and s.modality not in UNSEEN}
    for blob in sorted(shown):  # several sources may show the same
        if (png := cache.get("blobs", blob)) is not None:
            before.write(folder, f"pictures/{blob}.png", png)
    point("write.texts")


def _listed(rows: Sequence[Merge] | Sequence[Link]) -> str:
    """A list in JSON, a row a line. There may be a million: dataclasses' ``asdict`` would copy every number."""
    return "[" + ",\n ".join(json.dumps({f.name: getattr(row, f.name) for f in fields(row)}) for row in rows) + "]\n"


def make_report(
    job: Job,
    merges: Sequence[Merge],
    graph: Graph,
    left_out: Sequence[Issue],
    *,
    out: str,
    done: Mapping[str, StageRun],
    started: float,
    key: str,
    before: Report | None = None,
) -> Report:
    """The record of a run: outcome of each file, counts, what failed and why."""
    from kgbuild.graphs.provenance import provenance_per_fact

    data = graph.data
    per_source = Counter(m.target.source for m in data.mentions)
    rows = [_row(reading, per_source[reading.source.id]) for reading in data.readings]
    path_of = {r.source.id: r.source.path for r in data.readings}
    for issue in left_out:
        outcome = "rejected" if issue.severity == "error" else "skipped"
        path = issue.source.removeprefix(f"{data.base}source/")
        rows.append({"path": path, "media_type": "", "outcome": outcome, "reason": issue.message, "code": issue.code})
    issues = [
        {
            "stage": i.stage, "code": i.code, "message": i.message, "severity": i.severity,
            "source": path_of.get(i.source, i.source.removeprefix(f"{data.base}source/")),
        }
        for i in (*left_out, *graph.issues)
    ]  # fmt: skip
    failed = any(row["outcome"] == "rejected" for row in rows) or any(i["severity"] == "error" for i in issues)
    across = sum(len({_kind(m) for m in data.modalities[e.id]}) > 1 for e in data.entities)
    outcomes = Counter(row["outcome"] for row in rows)
    counts: dict[str, int | float] = {
        "sources processed": outcomes["processed"],
        "sources rejected": outcomes["rejected"],
        "sources skipped": outcomes["skipped"],
        "mentions": len(data.mentions),
        "entities": len(data.entities),
        "entities seen in several modalities": across,
        "merges between sources": len(merges),
        "links to references": len(data.identities),
        "relation statements": len(data.asserted),
        "inferred statements": len(data.inferred),
        "quarantined statements": len(data.quarantined),
        **corrections(data.statements),
        "literals": sum(m.label in LITERALS for m in data.mentions),
        "provenance triples per fact": provenance_per_fact(data),
    }
    return Report(
        "partial" if failed else "success", out, counts, rows, issues,
        {name: stage.seconds for name, stage in done.items()}, key, job.config.as_dict(),
        time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(started)),
        changes=dict(Counter(c.kind for c in changes(contents(before.sources) if before else {}, contents(rows)))),
        memory_mb={name: [stage.memory_mb, stage.children_mb] for name, stage in done.items()},
        advice=advice(job.config, data.readings),
    )  # fmt: skip


def past_run(job: Job, report: Report, done: Mapping[str, StageRun]) -> PastRun:
    """The run as a line of the workspace's history."""
    files = {row["path"]: (row["media_type"], row.get("size", 0)) for row in report.sources}
    work = {name: work_of(stage, files, job.workers) for name, stage in done.items() if stage.worked}
    return PastRun(
        report.started, report.status, version("kgbuild"), job.workers, report.seconds, report.counts, report.changes,
        {name: made for name, (made, _) in work.items()}, {name: start for name, (_, start) in work.items()},
        max((max(pair) for pair in report.memory_mb.values()), default=0.0),
    )  # fmt: skip


def _kind(modality: str) -> str:
    """Text, picture or video: cues are text that is spoken."""
    return {"frame": "video", "cue": "speech", "text": "text", "diagram": "diagram"}.get(modality, "picture")


def _row(reading: Reading, mentions: int) -> dict[str, Any]:
    source = reading.source
    problem = next((i for i in reading.issues if i.severity == "error"), None)
    boxes = [s.target.selectors[-1] for s in reading.segments if s.modality in ("picture", "frame")]
    times = [t.end for s in reading.segments if (t := s.target.find(TimeSpan)) is not None]
    return {
        "path": source.path, "id": source.id, "media_type": source.media_type, "outcome": reading.outcome,
        "reason": problem.message if problem else "", "code": problem.code if problem else "", "size": source.size,
        "sha256": source.sha256,
        "mentions": mentions,
        "pictures": len(boxes), "duration": max(times, default=0.0),
    }  # fmt: skip


def build_key(job: Job, sources: list[Source], left_out: list[Issue]) -> str:
    """Digest of all that the published graph depends on.

    Raises ``ConfigError`` or ``OntologyError`` for what the configuration names and nobody finds: before any work.
    """
    for kind, names in (
        ("extractors", job.config["mentions"]["extractors"]),
        ("encoders", [job.config["embeddings"]["encoder"]]),
    ):
        for name in names:
            registry.check(kind, name)
    check_encoder(job.config)
    rooms = [code_version(room) for room in ("entities", "statements", "graphs", "queries", "ontologies")]
    ontologies = ontology_texts(job.config["statements"]["ontologies"])
    decisions, rules = (job.config["statements"][name] for name in ("decisions", "rules"))
    read_decisions(decisions)
    decided = Path(decisions).read_bytes() if decisions else b""
    references = check_references(job)
    vectors = [job.vectors_key(s) for s in sources]
    check_logic(job.config)
    decided += b"".join(Path(rule).read_bytes() for rule in rules)
    decided += files("kgbuild.weights").joinpath("judge.json").read_bytes()
    weights = Path(job.config["align"]["weights"])
    decided += weights.read_bytes() if weights.is_file() else b""
    skipped = [f"{i.source} {i.code}" for i in left_out]
    return Cache.key(job.config.sha256(), *rooms, *vectors, ontologies, decided, *references, *skipped)
