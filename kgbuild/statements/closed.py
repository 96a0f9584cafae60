"""Closed relations read by a user's own ontology: which of its properties mean the same as a general one.

Exactly where the ontology says so; else by the likeness of the two properties' vectors, calibrated
(``benchmarks/closed_relations.py``) on properties written for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kgbuild.embeddings import LITERALS
from kgbuild.identity import relation_iri
from kgbuild.statements.misfit import Kinds, misfit
from kgbuild.statements.ontology import Ontology, Property, class_iri, iri
from kgbuild.statements.typing import AGENT
from kgbuild.statements.values import literal
from kgbuild.types import Entity, Extraction, RelationMention
from kgbuild.vocab import CORE, GENERAL

# Logistic function of cosine, lead over the best other general property, and whether the classes tell the
# direction (bias first), fitted on half of the properties of benchmarks/closed_relations.tsv.
WEIGHTS = (-5.75, 8.58, 3.54, 0.87)
_EQUAL, _WIDER = 3.0, 2.0  # rank above any likeness


@dataclass(frozen=True, slots=True)
class Meaning:
    """A user's property that says what a general one does; ``turned``: from object to subject.

    ``rank``: the chance in [0, 1] that it does, above 1 where the ontology says so itself.
    """

    iri: str
    turned: bool
    rank: float


def own_properties(ontology: Ontology) -> list[Property]:
    """The properties of the user's own ontologies, in the order of their IRIs."""
    return [p for i, p in sorted(ontology.properties.items()) if not i.startswith((CORE, GENERAL))]


def general_properties(ontology: Ontology) -> list[Property]:
    """The properties that closed relations are of, in the order of their IRIs."""
    return [p for i, p in sorted(ontology.properties.items()) if i.startswith(GENERAL)]


def meanings(
    own: Sequence[Property],
    general: Sequence[Property],
    scores: np.ndarray | None,
    ontology: Ontology,
    *,
    threshold: float,
) -> dict[str, list[Meaning]]:
    """For each general property what it may be called in the user's ontology, best first.

    ``scores``: cosines (len(own), len(general)), or None to take only what the ontology says itself.
    """
    at = {p.iri: n for n, p in enumerate(general)}
    found: dict[str, dict[tuple[str, bool], float]] = {p.iri: {} for p in general}
    for row, u in enumerate(own):
        stated = _stated(u, general, {p.iri: p for p in own})
        if not stated and scores is not None:
            stated = _alike(u, general, scores[row], ontology, threshold)
        for (name, turned), rank in stated.items():
            p = general[at[name]]
            for target, other in ((name, turned), *((i, not turned) for i in _inverses(p, general))):
                if not (other and u.literal):
                    known = found[target]
                    known[u.iri, other] = max(rank, known.get((u.iri, other), 0.0))
    made = {p: [Meaning(u, turned, rank) for (u, turned), rank in m.items()] for p, m in found.items() if m}
    return {p: sorted(held, key=lambda m: (-m.rank, m.iri, m.turned)) for p, held in made.items()}


def _inverses(p: Property, general: Sequence[Property]) -> list[str]:
    return sorted({q.iri for q in general if p.inverse == q.iri or q.inverse == p.iri})


def _stated(u: Property, general: Sequence[Property], own: dict[str, Property]) -> dict[tuple[str, bool], float]:
    """What the user's ontology says itself: {(general property, turned): rank}."""
    names = {iri(n): p.iri for p in general for n in (p.iri, *p.same)}
    names |= {n.replace("/prop/direct/", "/entity/"): p for n, p in names.items()}
    found: dict[tuple[str, bool], float] = {}
    wider, seen = [u], {u.iri}
    while wider:
        p = wider.pop()
        rank = _EQUAL if p is u else _WIDER
        for n in (p.iri, *p.same, *p.above):
            if (name := names.get(iri(n))) is not None:
                equal = _WIDER if n in p.above else rank
                found[name, False] = max(equal, found.get((name, False), 0.0))
            elif n in own and n not in seen:
                seen.add(n)
                wider.append(own[n])
        if p is u and (name := names.get(iri(p.inverse))) is not None:
            found[name, True] = _EQUAL
    return found


def _alike(
    u: Property, general: Sequence[Property], scores: np.ndarray, ontology: Ontology, threshold: float
) -> dict[tuple[str, bool], float]:
    """The general properties that are like enough and whose classes fit, as said or turned."""
    as_said = np.array([overlap(u, p, ontology) for p in general])
    turned = np.array([overlap(u, p, ontology, turned=True) for p in general])
    fitting = np.where(as_said | turned, scores, -1.0)
    found = {}
    for n in np.argsort(-fitting, kind="stable")[:3]:
        p = general[n]
        if fitting[n] < 0:
            continue
        akin = {p.iri, *_inverses(p, general)}
        rival = max((float(s) for s, q in zip(fitting, general, strict=True) if q.iri not in akin), default=0.0)
        sure = chance(float(fitting[n]), rival, bool(as_said[n] != turned[n]) or p.symmetric)
        if sure >= threshold:
            found[p.iri, not as_said[n]] = sure
    return found


def chance(score: float, rival: float, directed: bool) -> float:
    """How often two properties of this likeness say the same, in the direction that the classes tell."""
    bias, slope, lead, told = WEIGHTS
    return float(1 / (1 + np.exp(-(bias + slope * score + lead * (score - rival) + told * directed))))


def overlap(u: Property, p: Property, ontology: Ontology, *, turned: bool = False) -> bool:
    """Whether something may stand at both ends of both properties."""
    if takes_value(u) or takes_value(p):
        return not turned and takes_value(u) == takes_value(p) and _meet(u.domain, p.domain, ontology)
    domain, range = (u.range, u.domain) if turned else (u.domain, u.range)
    return _meet(domain, p.domain, ontology) and _meet(range, p.range, ontology)


def takes_value(p: Property) -> bool:
    """Whether the object of a property is a literal."""
    return p.literal or bool({r.rsplit("#", 1)[-1] for r in p.range} & {"Time", "Quantity"})


def _meet(a: frozenset[str], b: frozenset[str], ontology: Ontology) -> bool:
    return not a or not b or any(ontology.fits(c, b) for c in a)


class ClosedTyper:
    """Adds, to each closed relation of an extraction, what the user's ontology calls it.

    ``keep``: whether the general relation stays too (its ontology is loaded); else the user's takes its place.
    """

    def __init__(
        self, meanings: dict[str, list[Meaning]], entities: Sequence[Entity], ontology: Ontology, *, keep: bool
    ) -> None:
        self._meanings, self._ontology, self._keep = meanings, ontology, keep
        self._kinds = {m: tuple(map(class_iri, e.types)) for e in entities for m in e.mentions}

    def __call__(self, extraction: Extraction) -> Extraction:
        ends: dict[str, Kinds] = {m.id: literal(m.label, m.surface) for m in extraction.mentions if m.label in LITERALS}
        ends |= {m.id: self._kinds[m.id] for m in extraction.mentions if m.id in self._kinds}
        relations: list[RelationMention] = []
        for r in extraction.relations:
            typed = self._typed(r, ends)
            relations += [r] if typed is None else [r, typed] if self._keep else [typed]
        return replace(extraction, relations=tuple(relations))

    def _typed(self, r: RelationMention, ends: dict[str, Kinds]) -> RelationMention | None:
        for m in self._meanings.get(r.predicate, ()):
            subject, object = (r.object, r.subject) if m.turned else (r.subject, r.object)
            kind, other = ends.get(subject), ends.get(object)
            if not isinstance(kind, tuple) or other is None:
                continue
            if not misfit(kind, other, self._ontology.properties[m.iri], self._ontology):
                id = relation_iri(subject, m.iri, object, r.target, AGENT)
                return replace(r, id=id, subject=subject, predicate=m.iri, object=object, agent=AGENT)
        return None
