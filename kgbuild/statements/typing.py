"""Open relations typed by the properties of the loaded ontologies, without training (zero-shot).

The best property whose domain and range fit the two ends, read forward or backward,
becomes one more relation mention at the same place; below the threshold the open
relation stays as it is. Words that are a property's own label or other name ("runs on")
mean it where its domain and range fit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kgbuild.embeddings import BACKWARD, LITERALS, vector_key
from kgbuild.embeddings.relation import probability
from kgbuild.identity import normalise, relation_iri
from kgbuild.mentions.lemmas import base_form
from kgbuild.mentions.wordlists import LIGHT
from kgbuild.statements.misfit import Kinds, may_begin, may_end
from kgbuild.statements.ontology import Ontology, Property, class_iri
from kgbuild.statements.values import literal
from kgbuild.types import EmbeddingTable, Entity, Extraction, RelationMention, Value
from kgbuild.vocab import CORE, GENERAL

AGENT = "typing/3"
_SMALL = frozenset((
    "a", "an", "the", "be", "have", "do", "of", "to", "in", "on", "at", "by", "for", "from", "with", "as", "and", "or",
))  # fmt: skip
_NAMED = 0.95  # chance of the property that the words name themselves
_READ = 0.85  # least chance of a property that text is read for: what its reader did not find, likeness seldom finds


@dataclass(frozen=True, slots=True, eq=False)
class PropertyTable:
    """Properties with their vectors: ``matrix`` float32 (len(iris), d), unit length; see ``probability``."""

    iris: tuple[str, ...]
    matrix: np.ndarray
    calibration: dict[str, Any]


def candidates(ontology: Ontology) -> list[Property]:
    """The properties that a relation may be typed by: all but those of kgbuild's own core."""
    return [p for iri, p in sorted(ontology.properties.items()) if not iri.startswith(CORE)]


class Typer:
    """Types the open relations of one extraction after the other."""

    def __init__(
        self, table: PropertyTable, entities: Sequence[Entity], ontology: Ontology, *, threshold: float,
        forms: Forms | None = None,
    ) -> None:  # fmt: skip
        self._base_form = base_form = forms or Forms()
        self._table, self._ontology = table, ontology
        self._least = [max(threshold, _READ) if iri.startswith(GENERAL) else threshold for iri in table.iris]
        self._kinds = {m: tuple(map(class_iri, e.types)) for e in entities for m in e.mentions}
        self._fits: dict[tuple[Callable[..., bool], Kinds], np.ndarray] = {}
        self._properties = [ontology.properties[iri] for iri in table.iris]
        self._named: dict[str, list[int]] = defaultdict(list)
        for row, p in enumerate(self._properties):
            for name in sorted({base_form(n) for n in (p.label, *p.aliases) if _is_said(n, base_form)}):
                self._named[name].append(row)

    def __call__(self, extraction: Extraction, vectors: EmbeddingTable) -> Extraction:
        """The extraction with typed relation mentions added; ``vectors`` as ``embed_relations`` made them."""
        keys = [key for key in vectors.ids if not key.endswith(BACKWARD)]
        if not keys or not self._properties:
            return extraction
        rows = {key: row for row, key in enumerate(keys)}
        ends: dict[str, Kinds] = {m.id: literal(m.label, m.surface) for m in extraction.mentions if m.label in LITERALS}
        ends |= {m.id: self._kinds[m.id] for m in extraction.mentions if m.id in self._kinds}
        scores = vectors.matrix @ self._table.matrix.T
        forward, backward = scores[: len(keys)], scores[len(keys) :]
        known: dict[tuple[int, str, Kinds, Kinds], tuple[Property, bool, float] | None] = {}  # cells of one column
        made = []
        for r in extraction.relations:
            row = rows.get(vector_key(r))
            if row is None or r.subject not in ends or r.object not in ends:
                continue
            subject, object = _kind(ends[r.subject]), _kind(ends[r.object])
            case = (row, r.phrase, subject, object)
            if case not in known:
                known[case] = self._best(r.phrase, subject, object, forward[row], backward[row])
            if (best := known[case]) is not None:
                made.append(_typed(r, *best))
        return replace(extraction, relations=(*extraction.relations, *made))

    def _best(
        self, phrase: str, subject: Kinds, object: Kinds, ahead: np.ndarray, back: np.ndarray
    ) -> tuple[Property, bool, float] | None:
        """The property that is meant, whether it is read from object to subject, and its chance; None if unsure."""
        as_said, turned = self._fitting(subject, object), self._fitting(object, subject)
        # Words tell the property better than its direction: where the ends fit one reading only, that one is meant.
        both = np.where(as_said | turned, np.maximum(ahead, back), -np.inf)
        best = int(both.argmax())
        if both[best] == -np.inf:
            return None
        named = [row for row in self._named.get(self._base_form(phrase), ()) if as_said[row]]
        if named and not self._exclude_each_other(named):
            best, sure = max(named, key=lambda row: both[row]), _NAMED
        else:
            rival = max(both[:best].max(initial=-np.inf), both[best + 1 :].max(initial=-np.inf))
            sure = float(probability(np.float64(both[best]), np.float64(rival), self._table.calibration))
        if sure < self._least[best]:
            return None
        p = self._properties[best]
        is_turned = bool(turned[best])
        if as_said[best]:  # a property's own words say it in its own direction, better than their vectors do
            is_turned &= not p.symmetric and bool(back[best] > ahead[best]) and not self._echoes(phrase, best)
        return p, is_turned, sure

    def _exclude_each_other(self, rows: Sequence[int]) -> bool:
        """Whether words name properties of which one may hold only: "son of" the father or the mother."""
        iris = [self._table.iris[row] for row in rows]
        return any(not self._ontology.limits.excludes.get(iri, frozenset()).isdisjoint(iris) for iri in iris)

    def _echoes(self, phrase: str, row: int) -> bool:
        """Whether a phrase has a word of a property's names and is not the passive of them."""
        p, own = self._properties[row], set(self._base_form(phrase).split())
        names = {w for name in (p.label, *p.aliases) for w in self._base_form(name).split()}
        return bool((own & names) - _SMALL) and ("by" in own) <= ("by" in names)

    def _fitting(self, subject: Kinds, object: Kinds) -> np.ndarray:
        """Which properties may stand between the two: bool (properties,)."""
        return self._able(may_begin, subject) & self._able(may_end, object)

    def _able(self, may: Callable[[Kinds, Property, Ontology], bool], end: Kinds) -> np.ndarray:
        if (may, end) not in self._fits:
            self._fits[may, end] = np.array([may(end, p, self._ontology) for p in self._properties])
        return self._fits[may, end]


def _kind(end: Kinds) -> Kinds:
    """A literal without its words: of these, only whether a number is whole says what it fits."""
    return Value("0.5" if "." in end.lexical else "0", end.datatype) if isinstance(end, Value) else end


def _typed(r: RelationMention, p: Property, is_turned: bool, sure: float) -> RelationMention:
    """A relation once more, under a property."""
    ends = (r.object, r.subject) if is_turned else (r.subject, r.object)
    iri = relation_iri(ends[0], p.iri, ends[1], r.target, AGENT)
    score = round(min(1.0, sure) * r.score, 4)
    return replace(r, id=iri, subject=ends[0], predicate=p.iri, object=ends[1], score=score, agent=AGENT, phrase="")


class Forms:
    """``base_form`` by what is known of it already: the tables of lemmas take a second to load.

    ``new`` holds the words that were looked up in them, each with its base form.
    """

    def __init__(self, *known: Mapping[str, str]) -> None:
        self._known, self.new = known, dict[str, str]()

    def __call__(self, words: str) -> str:
        for forms in (*self._known, self.new):
            if words in forms:
                return forms[words]
        self.new[words] = form = base_form(words)
        return form


def _is_said(name: str, base_form: Callable[[str], str]) -> bool:
    """Whether a property's name is words that relate two things: several, or a verb form ("reads").

    A noun ("state", "land") is the base form of a verb too often, and "makes" a decision is no maker.
    """
    return " " in normalise(name) or base_form(name) not in {normalise(name), *LIGHT}
