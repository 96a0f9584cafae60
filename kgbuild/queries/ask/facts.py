"""The published graph as questions see it: things by name, facts by end, sources by what they hold.

Read from the tables of the workspace once; answers come from the SPARQL that is made from it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from kgbuild.identity import normalise
from kgbuild.queries.places import parse_fragment
from kgbuild.queries.store import generation
from kgbuild.types import Box, Selector, TimeSpan
from kgbuild.vocab import XSD, said

LIKELY = 0.4  # confidence of a fact in quarantine that still may answer a question


@dataclass(frozen=True, slots=True)
class Thing:
    """An entity: its label, all its names, the IRI of its finest class, and where it is named."""

    id: str
    label: str
    names: tuple[str, ...]
    type: str
    mentions: int
    sources: frozenset[str]


@dataclass(frozen=True, slots=True)
class Fact:
    """An asserted or inferred statement. ``relation``: the words of its predicate, as extractors say them ("be part
    of"); ``datatype`` is set for literals.
    """

    id: str
    subject: str
    predicate: str
    relation: str
    object: str
    literal: bool
    datatype: str
    confidence: float
    sources: frozenset[str]

    def other(self, end: str) -> str:
        """The end that is not ``end``."""
        return self.object if end == self.subject else self.subject

    @property
    def is_time(self) -> bool:
        """Whether the object is a date, year or period."""
        return self.literal and (self.datatype.startswith((XSD + "date", XSD + "gY")) or "EDTF" in self.datatype)

    @property
    def is_amount(self) -> bool:
        """Whether the object is a number, with a unit or without."""
        return self.literal and not self.is_time and self.object[:1].isdigit()


@dataclass(frozen=True, slots=True)
class Origin:
    """A source: its path and the modalities of what it holds."""

    id: str
    path: str
    modalities: frozenset[str]

    @property
    def words(self) -> frozenset[str]:
        """The words of its file's name."""
        return frozenset(normalise(PurePosixPath(self.path).stem.replace("-", " ")).split())


@dataclass(frozen=True, slots=True)
class Sighting:
    """A mention: the entity named at a place of a source."""

    id: str
    entity: str
    source: str
    surface: str
    modality: str
    selectors: tuple[Selector, ...]

    def inner(self, kind: type) -> Selector | None:
        """The innermost selector of one kind."""
        return next((s for s in reversed(self.selectors) if isinstance(s, kind)), None)

    @property
    def time(self) -> TimeSpan | None:
        found = self.inner(TimeSpan)
        return found if isinstance(found, TimeSpan) else None

    @property
    def box(self) -> Box | None:
        found = self.inner(Box)
        return found if isinstance(found, Box) else None


class Facts:
    """Everything that a question may be answered from. Raises ``WorkspaceError`` if there is no graph."""

    def __init__(self, out: str | Path) -> None:
        from pyarrow import parquet

        self.folder = generation(out)
        entities = parquet.read_table(
            self.folder / "entities.parquet", columns=["id", "label", "alt_labels", "type", "mentions", "sources"]
        )
        self.things = {
            e["id"]: Thing(
                e["id"], e["label"], (e["label"], *e["alt_labels"]), e["type"], e["mentions"], frozenset(e["sources"])
            )
            for e in entities.to_pylist()
        }
        self.out: dict[str, list[Fact]] = defaultdict(list)
        self.into: dict[str, list[Fact]] = defaultdict(list)
        self.doubtful: dict[str, list[Fact]] = defaultdict(list)  # by end: held back for their low confidence alone
        self.facts: list[Fact] = []
        statements = parquet.read_table(
            self.folder / "statements.parquet",
            columns=["id", "subject", "predicate", "relation", "object", "datatype", "confidence", "status", "sources",
                     "reason"],
        )  # fmt: skip
        for s in statements.to_pylist():
            held_back = s["status"] == "quarantined"
            if held_back and not (s["reason"].startswith("confidence") and s["confidence"] >= LIKELY):
                continue
            fact = Fact(
                s["id"], s["subject"], s["predicate"], said(s["relation"]), s["object"],
                s["object"] not in self.things, s["datatype"], s["confidence"], frozenset(s["sources"]),
            )  # fmt: skip
            if held_back:
                for end in {fact.subject, fact.object} & set(self.things):
                    self.doubtful[end].append(fact)
                continue
            self.facts.append(fact)
            self.out[fact.subject].append(fact)
            if not fact.literal:
                self.into[fact.object].append(fact)

    def about(self, ids: Iterable[str]) -> list[Fact]:
        """The facts that have one of the things at an end, each once."""
        found = {f.id: f for i in ids for f in (*self.out.get(i, ()), *self.into.get(i, ()))}
        return list(found.values())

    @cached_property
    def names(self) -> dict[str, list[str]]:
        """Ids of things by each of their normalised names, the often named first."""
        found: dict[str, list[str]] = defaultdict(list)
        for thing in sorted(self.things.values(), key=lambda t: (-t.mentions, t.id)):
            for name in thing.names:
                key = normalise(name)
                for form in {key, key.removeprefix("the ")}:
                    if form and thing.id not in found[form]:
                        found[form].append(thing.id)
        return dict(found)

    @cached_property
    def by_word(self) -> dict[str, list[str]]:
        """Ids of things by each word of their names."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for key, ids in self.names.items():
            for word in key.split():
                found[word].update(dict.fromkeys(ids))
        return {word: list(ids) for word, ids in found.items()}

    @cached_property
    def origins(self) -> dict[str, Origin]:
        """The sources by IRI."""
        from pyarrow import parquet

        table = parquet.read_table(self.folder / "segments.parquet", columns=["source", "path", "modality"])
        paths, kinds = {}, defaultdict(set)
        for row in table.to_pylist():
            paths[row["source"]] = row["path"]
            kinds[row["source"]].add(row["modality"])
        return {s: Origin(s, path, frozenset(kinds[s])) for s, path in paths.items()}

    @cached_property
    def sightings(self) -> list[Sighting]:
        """All mentions of entities."""
        from pyarrow import parquet

        table = parquet.read_table(
            self.folder / "mentions.parquet", columns=["id", "entity", "source", "surface", "modality", "place"]
        )
        return [
            Sighting(
                m["id"], m["entity"], m["source"], m["surface"], m["modality"],
                tuple(parse_fragment(f) for f in m["place"].split(";") if f),
            )
            for m in table.to_pylist()
            if m["entity"]
        ]  # fmt: skip

    def label(self, end: str) -> str:
        """What a thing is called; a source by its path, a literal as it is."""
        if end in self.things:
            return self.things[end].label
        return self.origins[end].path if end in self.origins else end
