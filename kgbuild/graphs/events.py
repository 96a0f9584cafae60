"""What happens in videos, as RDF: things of their own with class, seconds, what they show and are part of."""

from __future__ import annotations

from collections.abc import Iterator

from kgbuild.graphs.data import GraphData
from kgbuild.graphs.terms import Said, iri, label, literal
from kgbuild.identity import seconds
from kgbuild.types import Event, TimeSpan, Value
from kgbuild.vocab import CORE, DCTERMS, TYPE, XSD


def things_of(data: GraphData, event: Event) -> list[str]:
    """The entities that an event shows, by IRI."""
    return sorted({data.entity_of[m].id for m in event.mentions if m in data.entity_of})


def stated_events(data: GraphData) -> list[Event]:
    """Events of things of the graph, and those of no thing: a date that appears is no thing."""
    return [e for e in data.events if not e.mentions or things_of(data, e)]


def happens(data: GraphData, event: Event) -> Said:
    """What a source states of an event."""
    return iri(event.id), tuple(_happens(data, event))


def _happens(data: GraphData, event: Event) -> Iterator[str]:
    span = event.target.find(TimeSpan)
    yield f"{iri(DCTERMS + 'isPartOf')} {iri(event.part_of or event.target.source)}"
    if event.label:  # the label of what it shows finds that alone
        yield f"{iri(DCTERMS + 'title')} {label(event.label, '')}"
    for kind in (event.kind, "Scene") if event.kind == "BuildUp" else (event.kind,):
        yield f"{iri(TYPE)} {iri(CORE + kind)}"
    if span is not None:
        yield f"{iri(CORE + 'endOffset')} {literal(Value(seconds(span.end), XSD + 'decimal'))}"
    if event.resumes:
        yield f"{iri(CORE + 'resumes')} {iri(event.resumes)}"
    for thing in things_of(data, event):
        yield f"{iri(CORE + 'shows')} {iri(thing)}"
    if span is not None:
        yield f"{iri(CORE + 'startOffset')} {literal(Value(seconds(span.start), XSD + 'decimal'))}"
