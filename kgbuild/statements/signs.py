"""What the other facts of one source say for and against each of them, and whether its names can be names.

A sign lies in [0, 1]; 0 is none. Which facts go together, follow from each other and have one value was counted in
documents that people read whole (``Knowledge``, in ``weights/judge.json``); rules of two premises as in AMIE (Galarraga
et al., WWW 2013).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

Shares = Mapping[str, Mapping[str, float]]
_Edge = tuple[str, tuple[str, str, str], float]  # the other thing of a fact, the fact, how sure it is read
Path = tuple[str, bool, str, bool]  # two properties, and whether each is walked from object to subject

SIGNS = {
    "rival": "another value of the same thing is said",
    "shared": "another thing is said to have the same value",
    "clash": "the two are said to be related in a way that seldom goes with it",
    "joined": "the two are also related in a way that goes with it",
    "back": "the other direction is said in a way that goes with it",
    "unreturned": "the other direction mostly goes with it and is not said",
    "borne out": "what follows from it with another fact is said",
    "not borne out": "what follows from it with another fact is not said",
    "small": "a name begins with a small letter",
    "empty": "a name is nothing but a small word or a title",
}  # fmt: skip
MOST = 10_000  # pairs of facts around one thing beyond which no rule of two premises is tried there
_EMPTY = frozenset((
    "the", "a", "an", "of", "in", "and", "or", "by", "for", "from", "to", "at", "his", "her", "its", "this", "that",
    "no", "dr.", "mr.", "mrs.", "st.", "north", "south", "east", "west",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """What a source says (a literal object as text), how sure it is read, and if a name is ``small`` or ``empty``."""

    source: str
    subject: str
    predicate: str
    object: str
    confidence: float
    small: bool = False
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Counted shares. ``one``: of a property's subjects, those with one value; ``one_of``: of its values, those of one
    subject; ``joined``: of the pairs with the first property, those with the second; ``back``: the same turned round;
    ``follows``: of the paths of two facts, those whose ends have a property.
    """

    one: Mapping[str, float]
    one_of: Mapping[str, float]
    joined: Shares
    back: Shares
    follows: Mapping[Path, Mapping[str, float]]


def is_small(name: str) -> bool:
    return name[:1].islower()


@lru_cache(1 << 15)  # most things are spoken of more than once
def is_empty(name: str) -> bool:
    return name != "" and all(word.lower() in _EMPTY for word in name.split())


def signs(facts: Sequence[Fact], known: Knowledge) -> list[tuple[float, ...]]:
    """The signs of each fact of one source, in the order of ``SIGNS``."""
    pairs: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    values: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    things: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for f in facts:
        pairs[f.subject, f.object][f.predicate] = f.confidence
        values[f.subject, f.predicate][f.object] = f.confidence
        things[f.predicate, f.object][f.subject] = f.confidence
    held, broken = _consequences(facts, pairs, known)
    found: list[tuple[float, ...]] = []
    for f in facts:
        p, key = f.predicate, (f.subject, f.predicate, f.object)
        here, turned = pairs[f.subject, f.object], pairs.get((f.object, f.subject), {})
        with_it, returned, others = known.joined.get(p, {}), known.back.get(p, {}), len(here) > 1
        found.append((
            known.one.get(p, 0.0) * _most_beside(values[f.subject, p], f.object),
            known.one_of.get(p, 0.0) * _most_beside(things[p, f.object], f.subject),
            _most(c * (1 - min(1.0, 2 * with_it.get(q, 0.0))) for q, c in here.items() if q != p) if others else 0.0,
            _most(c * known.joined.get(q, {}).get(p, 0.0) for q, c in here.items() if q != p) if others else 0.0,
            _most(c * known.back.get(q, {}).get(p, 0.0) for q, c in turned.items()) if turned else 0.0,
            _most(share * (1 - turned.get(q, 0.0)) for q, share in returned.items())
            if turned else _most(returned.values()),
            held.get(key, 0.0), broken.get(key, 0.0), float(f.small), float(f.empty),
        ))  # fmt: skip
    return found


def _most(values: Iterable[float]) -> float:
    return max(values, default=0.0)


def _most_beside(row: Mapping[str, float], own: str) -> float:
    return _most(c for name, c in row.items() if name != own) if len(row) > 1 else 0.0


def _consequences(
    facts: Sequence[Fact], pairs: Mapping[tuple[str, str], Mapping[str, float]], known: Knowledge
) -> tuple[dict[tuple[str, str, str], float], dict[tuple[str, str, str], float]]:
    """By fact: how surely something that follows from it with another fact is said, and is not said."""
    around: dict[str, dict[tuple[str, bool], list[_Edge]]] = defaultdict(lambda: defaultdict(list))
    for f in facts:
        key = f.subject, f.predicate, f.object
        around[f.object][f.predicate, False].append((f.subject, key, f.confidence))
        around[f.subject][f.predicate, True].append((f.object, key, f.confidence))
    held: dict[tuple[str, str, str], float] = {}
    broken: dict[tuple[str, str, str], float] = {}
    for edges in around.values():
        for (p, first), arriving in edges.items():
            for (q, turned), leaving in edges.items():
                rules = known.follows.get((p, first, q, not turned))
                if not rules or len(arriving) * len(leaving) > MOST:
                    continue
                surest = max(rules.values())
                for start, one, sure in arriving:
                    for end, other, as_sure in leaving:
                        if start == end:
                            continue
                        said = pairs.get((start, end))
                        for key, confidence in ((one, as_sure), (other, sure)):
                            if said is None:  # as mostly: then the surest rule is broken most
                                broken[key] = max(broken.get(key, 0.0), surest * confidence)
                                continue
                            for r, share in rules.items():
                                weight, there = share * confidence, said.get(r, 0.0)
                                held[key] = max(held.get(key, 0.0), weight * there)
                                broken[key] = max(broken.get(key, 0.0), weight * (1 - there))
    return held, broken
