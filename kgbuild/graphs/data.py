"""Everything that exporters write, in one frozen bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from kgbuild.entities.group import called
from kgbuild.entities.link import Link
from kgbuild.types import Depiction, Entity, Event, Mention, Reading, RelationMention, Statement
from kgbuild.vocab import shown


@dataclass(frozen=True)
class GraphData:
    """The graph before it has a format. All tuples are sorted by id; ``readings`` carry no blobs.

    ``links``: (source IRI, predicate IRI, source IRI). ``depictions``: places that show the same picture. ``gates``: of
    mentions by id, how much each modality decided. ``identities``: entities that are items of a reference.
    ``events``: what happens in videos.
    """

    base: str
    readings: tuple[Reading, ...]
    mentions: tuple[Mention, ...]
    relations: tuple[RelationMention, ...]
    entities: tuple[Entity, ...]
    statements: tuple[Statement, ...]
    links: tuple[tuple[str, str, str], ...]
    depictions: tuple[Depiction, ...] = ()
    gates: Mapping[str, tuple[tuple[str, float], ...]] = field(default_factory=dict)
    identities: tuple[Link, ...] = ()
    events: tuple[Event, ...] = ()

    @cached_property
    def entity_of(self) -> Mapping[str, Entity]:
        """The entity of each mention id."""
        return {m: e for e in self.entities for m in e.mentions}

    @cached_property
    def label(self) -> Mapping[str, str]:
        """What entities and sources are called, by IRI: preferred labels, and paths."""
        return {r.source.id: r.source.path for r in self.readings} | {e.id: e.pref_label for e in self.entities}

    @cached_property
    def mention(self) -> Mapping[str, Mention]:
        """Mentions by id."""
        return {m.id: m for m in self.mentions}

    @cached_property
    def relation(self) -> Mapping[str, RelationMention]:
        """Relation mentions by id."""
        return {r.id: r for r in self.relations}

    @cached_property
    def modalities(self) -> Mapping[str, tuple[str, ...]]:
        """The modalities in which each entity (by IRI) was seen, sorted."""
        found: dict[str, set[str]] = {e.id: set() for e in self.entities}
        for e in self.entities:
            found[e.id].update(self.mention[m].modality for m in e.mentions)
        return {e: tuple(sorted(m)) for e, m in found.items()}

    @cached_property
    def phrases(self) -> Mapping[str, str]:
        """The words of each open relation by its IRI, as they are shown: "is part of" for "be part of"."""
        found = {r.predicate: r.phrase for r in sorted(self.relations, key=lambda r: r.phrase) if r.phrase}
        return {iri: shown(phrase) for iri, phrase in found.items()}

    @cached_property
    def phrase_languages(self) -> Mapping[str, str]:
        """The language of the words of each open relation, by its IRI."""
        return {r.predicate: self.mention[r.subject].language for r in self.relations if r.phrase}

    @cached_property
    def languages(self) -> Mapping[str, str]:
        """The language of each entity's preferred label, by IRI: the commonest among the mentions written so."""
        found: dict[str, str] = {}
        for e in self.entities:
            mentions = [self.mention[i] for i in e.mentions]
            said = [m.language for m in mentions if m.language and called(m) == e.pref_label]
            found[e.id] = min({*said}, key=lambda code: (-said.count(code), code), default="")
        return found

    @property
    def asserted(self) -> tuple[Statement, ...]:
        return tuple(s for s in self.statements if s.status == "asserted")

    @property
    def inferred(self) -> tuple[Statement, ...]:
        return tuple(s for s in self.statements if s.status == "inferred")

    @property
    def quarantined(self) -> tuple[Statement, ...]:
        return tuple(s for s in self.statements if s.status == "quarantined")
