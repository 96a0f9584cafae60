"""Evidence in RDF: W3C Web Annotation and PROV-O, as few triples as say it (docs/evidence.md).

A statement and a mention are annotations: their bodies are a triple and a thing, their targets places. A place is one
IRI, the source's with a fragment. Who found something, and in what, is said of the extraction, once for all it made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from kgbuild.entities.link import Link
from kgbuild.graphs.data import GraphData
from kgbuild.graphs.events import stated_events
from kgbuild.graphs.terms import Said, decimal, iri, label, literal, text
from kgbuild.identity import agent_iri, extraction_iri, link_iri, place_iri
from kgbuild.mentions.photos import is_seen
from kgbuild.types import Event, Mention, Statement, Target, Value
from kgbuild.vocab import CORE, LABEL, OA, PROV, RDF, TYPE

_A, _SUBJECT, _PREDICATE, _OBJECT = map(iri, (TYPE, RDF + "subject", RDF + "predicate", RDF + "object"))
_BODY, _TARGET, _SOURCE = (iri(OA + name) for name in ("hasBody", "hasTarget", "hasSource"))
_BY, _WITH = iri(PROV + "wasGeneratedBy"), iri(PROV + "wasAssociatedWith")
_MENTION, _CONFIDENCE, _SURFACE, _RULE, _NOTE, _PREMISE, _REASON = (
    iri(CORE + name) for name in ("Mention", "confidence", "surface", "rule", "note", "premise", "reason")
)
_OF_ALL = (_OBJECT, _PREDICATE, _SUBJECT, _A, _CONFIDENCE)  # what is said of every statement
_PICTURE = "picture"  # the modality of what shows the same picture
_FRAME = "frame"  # of what happens in a video


def spo(s: Statement) -> tuple[str, str, str]:
    """The fact that a statement states."""
    return iri(s.subject), iri(s.predicate), literal(s.object) if isinstance(s.object, Value) else iri(s.object)


def provenance(data: GraphData) -> Iterator[Said]:
    """All evidence of a graph: mentions of things, same pictures, statements, what was inferred, links, agents."""
    for m in data.mentions:
        if m.id in data.entity_of:  # a date or a number is evidence only as part of a statement's place
            yield from _mention(data, m)
    for d in data.depictions:
        places = [_place(target, "") for target in (d.left, d.right)]
        yield from places
        yield (
            iri(d.id),
            (
                f"{_A} {iri(CORE + 'SamePicture')}",
                *sorted({f"{_TARGET} {place}" for place, _ in places}),
                f"{_BY} {_extraction(data.base, d.agent, _PICTURE)}",
                f"{_CONFIDENCE} {decimal(d.score)}",
            ),
        )
    for event in stated_events(data):
        yield from shown(data, event)
    for s in data.asserted:
        yield from stated(data, s, "Statement")
    for s in data.inferred:
        yield from stated(data, s, "InferredStatement")
    for link in data.identities:
        yield _link(data, link)
    yield from _extractions(data, _made_by(data))


def quarantine(data: GraphData) -> Iterator[Said]:
    """Refused statements with their evidence and the reason; they stand nowhere as plain triples."""
    for s in data.quarantined:
        yield from stated(data, s, "QuarantinedStatement")


def stated(data: GraphData, s: Statement, kind: str) -> Iterator[Said]:
    """A statement as an annotation; of an inferred one also what it follows by and from, of a refused one why."""
    places = [_place(e.target, e.surface) for e in s.evidence]
    yield from places
    subject, predicate, object = spo(s)
    said = [f"{_OBJECT} {object}", f"{_PREDICATE} {predicate}", f"{_SUBJECT} {subject}", f"{_A} {iri(CORE + kind)}"]
    said += sorted({f"{_TARGET} {place}" for place, _ in places})
    said += sorted({f"{_BY} {_extraction(data.base, e.agent, e.modality)}" for e in s.evidence})
    said.append(f"{_CONFIDENCE} {decimal(s.confidence)}")
    if s.note and kind == "Statement":  # of a refused one the reason holds it
        said.append(f"{_NOTE} {text(s.note)}")
    said += sorted({f"{_PREMISE} {iri(premise)}" for premise in s.premises})
    if refused := s.status == "quarantined":
        said.append(f"{_REASON} {text(s.reason)}")
    if s.rule:
        said.append(f"{_RULE} {text(s.rule)}")
    if refused:
        held = {data.relation[e.id].status for e in s.evidence} - {"asserted"}
        said += [f"{iri(CORE + 'status')} {text(status)}" for status in sorted(held)]
    yield iri(s.id), said


def _mention(data: GraphData, m: Mention) -> tuple[Said, Said]:
    place = _place(m.target, "" if is_seen(m) else m.surface)  # the word for a thing stands nowhere
    return place, (iri(m.id), (
        f"{_A} {_MENTION}", f"{_BODY} {iri(data.entity_of[m.id].id)}", f"{_TARGET} {place[0]}",
        f"{_BY} {_extraction(data.base, m.agent, m.modality)}", f"{_CONFIDENCE} {decimal(m.score)}",
    ))  # fmt: skip


@lru_cache(1 << 16)  # most statements share their sentence with others
def _place(target: Target, surface: str) -> Said:
    """The place that an annotation points to: its source, and what stands there to the letter."""
    source = f"{_SOURCE} {iri(target.source)}"
    return iri(place_iri(target)), (source, f"{_SURFACE} {text(surface)}") if surface else (source,)


def shown(data: GraphData, event: Event) -> Iterator[Said]:
    """Where an event is seen: its time and box, of a movement both boxes; how sure it is, and who says so."""
    at, into = _place(event.target, ""), None if event.into is None else _place(event.into, "")
    yield from (at,) if into is None else (at, into)
    yield (
        iri(event.id),
        (
            *sorted({f"{_TARGET} {place[0]}" for place in (at, into) if place is not None}),
            f"{_BY} {iri(extraction_iri(data.base, event.agent, _FRAME))}",
            f"{_CONFIDENCE} {decimal(event.score)}",
            *(() if into is None else (f"{iri(CORE + 'movesTo')} {into[0]}",)),
        ),
    )


def _link(data: GraphData, link: Link) -> Said:
    """Why an entity is held to be an item of a reference."""
    return iri(link_iri(data.base, link.entity, link.item)), (
        f"{_OBJECT} {iri(link.item)}", f"{_PREDICATE} {iri(link.predicate)}", f"{_SUBJECT} {iri(link.entity)}",
        f"{_A} {iri(CORE + 'Link')}", f"{_CONFIDENCE} {decimal(link.score)}", f"{_REASON} {text(link.reason)}",
    )  # fmt: skip


def _made_by(data: GraphData) -> set[tuple[str, str]]:
    """(agent, modality) of everything that stands in the graph, refused or not."""
    found = {(m.agent, m.modality) for m in data.mentions if m.id in data.entity_of}
    found |= {(d.agent, _PICTURE) for d in data.depictions} | {(e.agent, _FRAME) for e in stated_events(data)}
    return found | {(e.agent, e.modality) for s in data.statements for e in s.evidence}


def _extractions(data: GraphData, made_by: Iterable[tuple[str, str]]) -> Iterator[Said]:
    for name, modality in sorted(made_by):
        extraction, agent = _extraction(data.base, name, modality), _agent(data, name)
        kind, _, version = name.partition("/")
        yield extraction, (
            f"{_A} {iri(PROV + 'Activity')}", f"{_WITH} {agent}", f"{iri(CORE + 'modality')} {text(modality)}",
        )  # fmt: skip
        yield agent, (
            f"{_A} {iri(PROV + 'SoftwareAgent')}", f"{iri(LABEL)} {label(f'kgbuild {kind} extractor', 'en')}",
            f"{iri(CORE + 'version')} {text(version)}",
        )  # fmt: skip


@lru_cache(1024)  # said of every mention and every piece of evidence
def _extraction(base: str, agent: str, modality: str) -> str:
    return iri(extraction_iri(base, agent, modality))


def _agent(data: GraphData, name: str) -> str:
    return iri(agent_iri(data.base, *name.split("/", 1)))


def provenance_per_fact(data: GraphData) -> float:
    """Triples about statements that sources state and about their places, per statement and source that states it.

    Counted from what ``stated`` makes triples of; ``benchmarks/provenance.py`` counts the same, and the whole graph,
    from the published quads.
    """
    facts = {(s.id, e.target.source) for s in data.asserted for e in s.evidence}
    places, surfaces, own = set[Target](), set[tuple[Target, str]](), 0
    for s in data.asserted:
        where, by = {e.target for e in s.evidence}, {(e.agent, e.modality) for e in s.evidence}
        own += len(_OF_ALL) + len(where) + len(by) + bool(s.rule) + bool(s.note) + len({*s.premises})
        places |= where
        surfaces.update((e.target, e.surface) for e in s.evidence if e.surface)
    return round((own + len(places) + len(surfaces)) / len(facts), 2) if facts else 0.0
