"""What happens in videos, as RDF: things of their own with class, seconds, what they show and are part of."""

from __future__ import annotations

from collections.abc import Iterator

from kgbuild.graphs.data import GraphData
from kgbuild.graphs.terms import Triple, iri, label, literal
from kgbuild.identity import seconds
from kgbuild.types import Event, TimeSpan, Value
from kgbuild.vocab import CORE, DCTERMS, TYPE, XSD


def things_of(data: GraphData, event: Event) -> list[str]:
    """The entities that an event shows, by IRI."""
    return sorted({data.entity_of[m].id for m in event.mentions if m in data.entity_of})


def stated_events(data: GraphData) -> list[Event]:
    """Events of things of the graph, and those of no thing: a date that appears is no thing."""
    return [e for e in data.events if not e.mentions or things_of(data, e)]


def happens(data: GraphData, event: Event) -> Iterator[Triple]:
    """What a source states of an event."""
    node, span = iri(event.id), event.target.find(TimeSpan)
    yield node, iri(TYPE), iri(CORE + event.kind)
    if event.kind == "BuildUp":
        yield node, iri(TYPE), iri(CORE + "Scene")
    if span is not None:
        for name, value in (("startOffset", span.start), ("endOffset", span.end)):
            yield node, iri(CORE + name), literal(Value(seconds(value), XSD + "decimal"))
    if event.label:
        yield node, iri(DCTERMS + "title"), label(event.label, "")  # the label of what it shows finds that alone
    for thing in things_of(data, event):
        yield node, iri(CORE + "shows"), iri(thing)
    yield node, iri(DCTERMS + "isPartOf"), iri(event.part_of or event.target.source)
    if event.resumes:
        yield node, iri(CORE + "resumes"), iri(event.resumes)
