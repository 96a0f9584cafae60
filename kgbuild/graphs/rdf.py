"""RDF: sorted N-Quads of everything, Turtle of the facts. No blank nodes; equal graphs are equal bytes.

A fact stands in the graph of each source that states it, an inferred one in the inferred graph; evidence (W3C Web
Annotation, PROV-O) and derivations in the provenance graph; refused statements, reified only, in quarantine.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from kgbuild.graphs.data import GraphData
from kgbuild.graphs.provenance import provenance, quarantine, spo
from kgbuild.graphs.terms import Triple, decimal, iri, label, text
from kgbuild.identity import graph_iri
from kgbuild.sources.language import label_language
from kgbuild.sources.sniff import source_class
from kgbuild.statements.ontology import class_iri
from kgbuild.vocab import ALT_LABEL, CORE, DCTERMS, GENERAL, LABEL, PREFIXES, RDF, RDFS, TYPE, XSD

_DEPICTING = frozenset({"picture", "frame", "drawing", "label"})


def quads(data: GraphData) -> list[str]:
    """Every quad as a line of N-Quads without line end, sorted, each once."""
    lines: set[str] = set()
    for graph, triples in (
        (graph_iri(data.base, "sources"), _sources(data)),
        (graph_iri(data.base, "entities"), _entities(data)),
        (graph_iri(data.base, "relations"), _relations(data)),
        (graph_iri(data.base, "provenance"), provenance(data)),
        (graph_iri(data.base, "inferred"), map(spo, data.inferred)),
        (graph_iri(data.base, "quarantine"), quarantine(data)),
    ):
        end = f" {iri(graph)} ."
        lines.update(f"{s} {p} {o}{end}" for s, p, o in triples)
    for source, (s, p, o) in _facts(data):
        lines.add(f"{s} {p} {o} {iri(source)} .")
    return sorted(lines)


def _facts(data: GraphData) -> Iterator[tuple[str, Triple]]:
    """(source, triple): what each source states and names."""
    for entity in data.entities:
        e = iri(entity.id)
        for m in (data.mention[i] for i in entity.mentions):
            source = m.target.source
            relation = "depicts" if m.modality in _DEPICTING else "mentions"
            yield source, (iri(source), iri(CORE + relation), e)
            for kind in entity.types:
                yield source, (e, iri(TYPE), iri(class_iri(kind)))
            surface = " ".join(m.surface.split())
            if surface != entity.pref_label:
                yield source, (e, iri(ALT_LABEL), label(surface, m.language))
    for s in data.asserted:
        triple = spo(s)
        for evidence in s.evidence:
            yield evidence.target.source, triple
    for a, p, b in data.links:
        yield a, (iri(a), iri(p), iri(b))
    for d in data.depictions:
        for one, other in ((d.left, d.right), (d.right, d.left)):
            yield one.source, (iri(one.source), iri(CORE + "depictsSame"), iri(other.source))


def _sources(data: GraphData) -> Iterator[Triple]:
    for reading in data.readings:
        if reading.outcome == "processed":
            s = iri(reading.source.id)
            yield s, iri(TYPE), iri(CORE + source_class(reading.source.media_type))
            yield s, iri(CORE + "path"), text(reading.source.path)
            yield s, iri(CORE + "sha256"), text(reading.source.sha256)
            yield s, iri(DCTERMS + "format"), text(reading.source.media_type)
            title, language = reading.source.title, reading.source.language
            named = title != PurePosixPath(reading.source.path).stem  # else the title is the file's name
            yield s, iri(DCTERMS + "title"), label(title, label_language(title, language) if named else "")
            if language:
                yield s, iri(DCTERMS + "language"), text(language)


def _entities(data: GraphData) -> Iterator[Triple]:
    for entity in data.entities:
        yield iri(entity.id), iri(LABEL), label(entity.pref_label, data.languages[entity.id])
        if entity.type_score < 1:
            yield iri(entity.id), iri(CORE + "typeConfidence"), decimal(entity.type_score)
    for link in data.identities:
        yield iri(link.entity), iri(link.predicate), iri(link.item)


def _relations(data: GraphData) -> Iterator[Triple]:
    """Open relations that statements use: their words, and what they are below."""
    for predicate in sorted({s.predicate for s in data.statements} & set(data.phrases)):
        p = iri(predicate)
        yield p, iri(TYPE), iri(RDF + "Property")
        yield p, iri(LABEL), label(data.phrases[predicate], data.phrase_languages[predicate])
        yield p, iri(RDFS + "subPropertyOf"), iri(CORE + "openRelation")


def write_nquads(data: GraphData, path: Path) -> None:
    """All quads, sorted, UTF-8."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(line + "\n" for line in quads(data))


def write_turtle(data: GraphData, path: Path) -> None:
    """Entities with labels and types, and the facts between them, in Turtle; by subject."""
    import pyoxigraph

    lines = set()
    for s, p, o in (*_entities(data), *_relations(data)):
        lines.add(f"{s} {p} {o} .")
    for _, (s, p, o) in _facts(data):
        lines.add(f"{s} {p} {o} .")
    triples = pyoxigraph.parse("\n".join(sorted(lines)), format=pyoxigraph.RdfFormat.N_TRIPLES)
    prefixes = {k: v for k, v in PREFIXES.items() if v in (CORE, DCTERMS, GENERAL, RDF, RDFS, XSD) or k == "skos"}
    with path.open("wb") as file:
        pyoxigraph.serialize(triples, file, format=pyoxigraph.RdfFormat.TURTLE, prefixes=prefixes)
