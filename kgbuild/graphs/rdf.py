"""RDF: sorted N-Quads of everything, Turtle of the facts. No blank nodes; equal graphs are equal bytes.

A fact stands in the graph of each source that states it, an inferred one in the inferred graph; evidence (W3C Web
Annotation, PROV-O) and derivations in the provenance graph; refused statements, reified only, in quarantine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain, groupby, islice
from pathlib import Path, PurePosixPath

from kgbuild.graphs.data import GraphData
from kgbuild.graphs.events import happens, stated_events
from kgbuild.graphs.provenance import provenance, quarantine, spo
from kgbuild.graphs.terms import Said, decimal, iri, label, literal, text
from kgbuild.identity import graph_iri, seconds
from kgbuild.sources.language import label_language
from kgbuild.sources.sniff import source_class
from kgbuild.statements.ontology import class_iri
from kgbuild.types import Reading, Statement, TimeSpan, Value
from kgbuild.vocab import ALT_LABEL, CORE, DCTERMS, GENERAL, LABEL, PREFIXES, RDF, RDFS, TYPE, XSD

_BLOCK = 1000  # subjects whose lines are written at once
_DEPICTING = frozenset({"picture", "frame", "drawing", "label"})


def quads(data: GraphData) -> Iterator[str]:
    """Every quad as a line of N-Quads, sorted, each once; all lines of a subject at a time."""

    def found() -> Iterator[tuple[str, Said]]:
        for name, parts in (
            ("sources", _sources), ("entities", _entities), ("relations", _relations), ("provenance", provenance),
            ("inferred", _inferred), ("quarantine", quarantine),
        ):  # fmt: skip
            end = f" {iri(graph_iri(data.base, name))} .\n"
            for said in parts(data):
                yield end, said
        for source, said in _facts(data):
            yield f" {iri(source)} .\n", said

    return _lines(found())


def _lines(found: Iterable[tuple[str, Said]]) -> Iterator[str]:
    """The lines of each subject in order, each once. ``found``: how the lines end, and what they say."""
    blocks = [f"{subject} {f'{end}{subject} '.join(said)}{end}" for end, (subject, said) in found]
    blocks.sort()  # no subject begins another: they end in ">"
    for _, same in groupby(blocks, key=lambda block: block[: block.index(" ")]):
        block, *more = same
        yield "".join(sorted({f"{line}\n" for b in (block, *more) for line in b[:-1].split("\n")})) if more else block


def _fact(s: Statement) -> Said:
    subject, predicate, object = spo(s)
    return subject, (f"{predicate} {object}",)


def _facts(data: GraphData) -> Iterator[tuple[str, Said]]:
    """(source, what it says): what each source states and names."""
    for entity in data.entities:
        e = iri(entity.id)
        types = sorted({f"{iri(TYPE)} {iri(class_iri(kind))}" for kind in entity.types})
        names: dict[str, set[str]] = defaultdict(set)
        for m in (data.mention[i] for i in entity.mentions):
            source = m.target.source
            relation = "depicts" if m.modality in _DEPICTING else "mentions"
            yield source, (iri(source), (f"{iri(CORE + relation)} {e}",))
            surface = " ".join(m.surface.split())
            own = names[source]
            if surface != entity.pref_label:
                own.add(f"{iri(ALT_LABEL)} {label(surface, m.language)}")
        for source, others in names.items():
            yield source, (e, (*types, *sorted(others)))
    for s in data.asserted:
        fact = _fact(s)
        for evidence in s.evidence:
            yield evidence.target.source, fact
    for a, p, b in data.links:
        yield a, (iri(a), (f"{iri(p)} {iri(b)}",))
    for event in stated_events(data):
        yield event.target.source, happens(data, event)
    for d in data.depictions:
        for one, other in ((d.left, d.right), (d.right, d.left)):
            yield one.source, (iri(one.source), (f"{iri(CORE + 'depictsSame')} {iri(other.source)}",))


def _inferred(data: GraphData) -> Iterator[Said]:
    return map(_fact, data.inferred)


def _sources(data: GraphData) -> Iterator[Said]:
    for reading in data.readings:
        if reading.outcome == "processed":
            yield iri(reading.source.id), tuple(_source(reading))


def _source(reading: Reading) -> Iterator[str]:
    source = reading.source
    yield f"{iri(DCTERMS + 'format')} {text(source.media_type)}"
    if source.language:
        yield f"{iri(DCTERMS + 'language')} {text(source.language)}"
    named = source.title != PurePosixPath(source.path).stem  # else the title is the file's name
    language = label_language(source.title, source.language) if named else ""
    yield f"{iri(DCTERMS + 'title')} {label(source.title, language)}"
    yield f"{iri(TYPE)} {iri(CORE + source_class(source.media_type))}"
    if source.media_type.startswith(("audio/", "video/")):
        ends = [t.end for p in reading.segments if (t := p.target.find(TimeSpan)) is not None]
        yield f"{iri(CORE + 'duration')} {literal(Value(seconds(max(ends, default=0.0)), XSD + 'decimal'))}"
    yield f"{iri(CORE + 'path')} {text(source.path)}"
    yield f"{iri(CORE + 'sha256')} {text(source.sha256)}"


def _entities(data: GraphData) -> Iterator[Said]:
    for entity in data.entities:
        yield iri(entity.id), (f"{iri(LABEL)} {label(entity.pref_label, data.languages[entity.id])}",)
        if entity.type_score < 1:
            yield iri(entity.id), (f"{iri(CORE + 'typeConfidence')} {decimal(entity.type_score)}",)
    for link in data.identities:
        yield iri(link.entity), (f"{iri(link.predicate)} {iri(link.item)}",)


def _relations(data: GraphData) -> Iterator[Said]:
    """Open relations that statements use: their words, and what they are below."""
    for predicate in sorted({s.predicate for s in data.statements} & set(data.phrases)):
        yield (
            iri(predicate),
            (
                f"{iri(TYPE)} {iri(RDF + 'Property')}",
                f"{iri(LABEL)} {label(data.phrases[predicate], data.phrase_languages[predicate])}",
                f"{iri(RDFS + 'subPropertyOf')} {iri(CORE + 'openRelation')}",
            ),
        )


def write_nquads(data: GraphData, path: Path) -> None:
    """All quads, sorted, UTF-8."""
    lines = quads(data)
    with path.open("wb") as file:
        while block := "".join(islice(lines, _BLOCK)):
            file.write(block.encode())


def write_turtle(data: GraphData, path: Path) -> None:
    """Entities with labels and types, and the facts between them, in Turtle; by subject."""
    import pyoxigraph

    found = chain(_entities(data), _relations(data), (said for _, said in _facts(data)))
    lines = "".join(_lines((" .\n", said) for said in found))
    triples = pyoxigraph.parse(lines, format=pyoxigraph.RdfFormat.N_TRIPLES)
    prefixes = {k: v for k, v in PREFIXES.items() if v in (CORE, DCTERMS, GENERAL, RDF, RDFS, XSD) or k == "skos"}
    with path.open("wb") as file:
        pyoxigraph.serialize(triples, file, format=pyoxigraph.RdfFormat.TURTLE, prefixes=prefixes)
