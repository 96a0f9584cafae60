"""Evidence in RDF: W3C Web Annotation and PROV-O, as few triples as say it (docs/evidence.md).

A statement and a mention are annotations: their bodies are a triple and a thing, their targets places. A place is one
IRI, the source's with a fragment. Who found something, and in what, is said of the extraction, once for all it made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kgbuild.entities.link import Link
from kgbuild.graphs.data import GraphData
from kgbuild.graphs.events import stated_events
from kgbuild.graphs.terms import Triple, decimal, iri, label, literal, text
from kgbuild.identity import agent_iri, extraction_iri, link_iri, place_iri
from kgbuild.mentions.photos import is_seen
from kgbuild.types import Event, Mention, Statement, Target, Value
from kgbuild.vocab import CORE, LABEL, OA, PROV, RDF, TYPE

_PICTURE = "picture"  # the modality of what shows the same picture
_FRAME = "frame"  # of what happens in a video


def spo(s: Statement) -> Triple:
    """The fact that a statement states."""
    return iri(s.subject), iri(s.predicate), literal(s.object) if isinstance(s.object, Value) else iri(s.object)


def provenance(data: GraphData) -> Iterator[Triple]:
    """All evidence of a graph: mentions of things, same pictures, statements, what was inferred, links, agents."""
    for m in data.mentions:
        if m.id in data.entity_of:  # a date or a number is evidence only as part of a statement's place
            yield from _mention(data, m)
    for d in data.depictions:
        yield iri(d.id), iri(TYPE), iri(CORE + "SamePicture")
        yield iri(d.id), iri(CORE + "confidence"), decimal(d.score)
        yield iri(d.id), iri(PROV + "wasGeneratedBy"), iri(extraction_iri(data.base, d.agent, _PICTURE))
        for target in (d.left, d.right):
            yield from _target(iri(d.id), target, "")
    for event in stated_events(data):
        yield from shown(data, event)
    for s in data.asserted:
        yield from stated(data, s, "Statement")
    for s in data.inferred:
        yield from stated(data, s, "InferredStatement")
    for link in data.identities:
        yield from _link(data, link)
    yield from _extractions(data, _made_by(data))


def quarantine(data: GraphData) -> Iterator[Triple]:
    """Refused statements with their evidence and the reason; they stand nowhere as plain triples."""
    for s in data.quarantined:
        yield from stated(data, s, "QuarantinedStatement")
        yield iri(s.id), iri(CORE + "reason"), text(s.reason)
        for status in sorted({data.relation[e.id].status for e in s.evidence} - {"asserted"}):
            yield iri(s.id), iri(CORE + "status"), text(status)


def stated(data: GraphData, s: Statement, kind: str) -> Iterator[Triple]:
    """A statement as an annotation; of an inferred one also what it follows by and from."""
    node, (subject, predicate, object) = iri(s.id), spo(s)
    yield node, iri(TYPE), iri(CORE + kind)
    yield node, iri(RDF + "subject"), subject
    yield node, iri(RDF + "predicate"), predicate
    yield node, iri(RDF + "object"), object
    yield node, iri(CORE + "confidence"), decimal(s.confidence)
    for e in s.evidence:
        yield node, iri(PROV + "wasGeneratedBy"), iri(extraction_iri(data.base, e.agent, e.modality))
        yield from _target(node, e.target, e.surface)
    if s.rule:
        yield node, iri(CORE + "rule"), text(s.rule)
    for premise in s.premises:
        yield node, iri(CORE + "premise"), iri(premise)


def _mention(data: GraphData, m: Mention) -> Iterator[Triple]:
    s = iri(m.id)
    yield s, iri(TYPE), iri(CORE + "Mention")
    yield s, iri(OA + "hasBody"), iri(data.entity_of[m.id].id)
    yield s, iri(CORE + "confidence"), decimal(m.score)
    yield s, iri(PROV + "wasGeneratedBy"), iri(extraction_iri(data.base, m.agent, m.modality))
    yield from _target(s, m.target, "" if is_seen(m) else m.surface)  # the word for a thing stands nowhere


def _target(s: str, target: Target, surface: str) -> Iterator[Triple]:
    """The place that an annotation points to, its source, and what stands there to the letter."""
    place = iri(place_iri(target))
    yield s, iri(OA + "hasTarget"), place
    yield place, iri(OA + "hasSource"), iri(target.source)
    if surface:
        yield place, iri(CORE + "surface"), text(surface)


def shown(data: GraphData, event: Event) -> Iterator[Triple]:
    """Where an event is seen: its time and box, of a movement both boxes; how sure it is, and who says so."""
    node = iri(event.id)
    yield node, iri(CORE + "confidence"), decimal(event.score)
    yield node, iri(PROV + "wasGeneratedBy"), iri(extraction_iri(data.base, event.agent, _FRAME))
    yield from _target(node, event.target, "")
    if event.into is not None:
        yield from _target(node, event.into, "")
        yield node, iri(CORE + "movesTo"), iri(place_iri(event.into))


def _link(data: GraphData, link: Link) -> Iterator[Triple]:
    """Why an entity is held to be an item of a reference."""
    node = iri(link_iri(data.base, link.entity, link.item))
    yield node, iri(TYPE), iri(CORE + "Link")
    yield node, iri(RDF + "subject"), iri(link.entity)
    yield node, iri(RDF + "predicate"), iri(link.predicate)
    yield node, iri(RDF + "object"), iri(link.item)
    yield node, iri(CORE + "confidence"), decimal(link.score)
    yield node, iri(CORE + "reason"), text(link.reason)


def _made_by(data: GraphData) -> set[tuple[str, str]]:
    """(agent, modality) of everything that stands in the graph, refused or not."""
    found = {(m.agent, m.modality) for m in data.mentions if m.id in data.entity_of}
    found |= {(d.agent, _PICTURE) for d in data.depictions} | {(e.agent, _FRAME) for e in stated_events(data)}
    return found | {(e.agent, e.modality) for s in data.statements for e in s.evidence}


def _extractions(data: GraphData, made_by: Iterable[tuple[str, str]]) -> Iterator[Triple]:
    for name, modality in sorted(made_by):
        extraction, agent = iri(extraction_iri(data.base, name, modality)), _agent(data, name)
        yield extraction, iri(TYPE), iri(PROV + "Activity")
        yield extraction, iri(PROV + "wasAssociatedWith"), agent
        yield extraction, iri(CORE + "modality"), text(modality)
        kind, _, version = name.partition("/")
        yield agent, iri(TYPE), iri(PROV + "SoftwareAgent")
        yield agent, iri(LABEL), label(f"kgbuild {kind} extractor", "en")
        yield agent, iri(CORE + "version"), text(version)


def _agent(data: GraphData, name: str) -> str:
    return iri(agent_iri(data.base, *name.split("/", 1)))


def provenance_per_fact(data: GraphData) -> float:
    """Triples about statements that sources state and about their places, per statement and source that states it.

    ``benchmarks/provenance.py`` counts the same, and the whole graph, from the published quads.
    """
    facts = {(s.id, e.target.source) for s in data.asserted for e in s.evidence}
    triples = {t for s in data.asserted for t in stated(data, s, "Statement")}
    return round(len(triples) / len(facts), 2) if facts else 0.0
