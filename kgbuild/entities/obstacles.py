"""Pairs of groups that are, or cannot be, one thing, whatever the scores: the user's word, drawings and lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations, pairwise

import numpy as np

from kgbuild.entities.decisions import Decisions
from kgbuild.entities.group import Group
from kgbuild.entities.keys import key
from kgbuild.mentions.names import is_acronym
from kgbuild.types import Box, Mention, TextPosition

_DRAWN = ("pictures/", "diagrams/", "labels/")  # agents whose mentions are nodes or labels of a drawing
_MANY = 300  # nodes of a drawing, or members of a list, beyond which it is no longer looked at
_BETWEEN = (", ", " and ", " or ", ", and ", ", or ", " & ", " , ", " , and ", "; ", " / ")


def same(groups: Sequence[Group], decisions: Decisions) -> np.ndarray:
    """Pairs (n, 2) that the user joins."""
    found = [p for a, b in decisions.same for p in pairwise(sorted({*_meant(groups, a), *_meant(groups, b)}))]
    return np.array(found, np.int64).reshape(-1, 2)


def different(groups: Sequence[Group], decisions: Decisions) -> np.ndarray:
    """Pairs (n, 2) that the user keeps apart."""
    found = {
        (min(i, j), max(i, j))
        for a, b in decisions.different
        for i in _meant(groups, a)
        for j in _meant(groups, b)
        if i != j
    }
    return np.array(sorted(found), np.int64).reshape(-1, 2)


def _meant(groups: Sequence[Group], name: str) -> list[int]:
    """Groups that a decision's name or IRI means."""
    wanted = key(name)
    return [
        i
        for i, g in enumerate(groups)
        if wanted in g.keys or name == g.source or any(name == m.id or wanted == key(m.surface) for m in g.mentions)
    ]


def listed_apart(groups: Sequence[Group]) -> np.ndarray:
    """Pairs (n, 2) of two nodes of one drawing, or of two neighbours in a list, unless one is short for the other.

    "Cassandra, Redis and S3" are three things; "Content Delivery Network, CDN" may be one.
    """
    drawings: dict[object, set[int]] = defaultdict(set)
    sentences: dict[tuple[str, str], list[tuple[int, Mention, int]]] = defaultdict(list)
    for i, g in enumerate(groups):
        for m in g.mentions:
            if m.agent.startswith(_DRAWN):
                drawings[_drawing(m)].add(i)
            elif m.context and (place := m.target.find(TextPosition)) is not None:
                sentences[g.source, m.context].append((place.start, m, i))
    found: set[tuple[int, int]] = set()
    for nodes in drawings.values():
        if len(nodes) <= _MANY:
            found.update(combinations(sorted(nodes), 2))
    for told in sentences.values():
        told.sort(key=lambda t: (t[0], t[1].id))
        for (_, m, i), (_, n, j) in pairwise(told):
            if i != j and any(f"{m.surface}{word}{n.surface}" in m.context for word in _BETWEEN):
                found.add((min(i, j), max(i, j)))
    kept = sorted(p for p in found if not _short(groups[p[0]], groups[p[1]]))
    return np.array(kept, np.int64).reshape(-1, 2)


def _drawing(mention: Mention) -> object:
    """The whole drawing that a node stands in: its place without the node's own box or characters."""
    outer = tuple(s for s in mention.target.selectors if not isinstance(s, Box | TextPosition))
    return mention.target.source, tuple(map(repr, outer[:2]))


def _short(a: Group, b: Group) -> bool:
    return a.key == b.key or is_acronym(a.name, b.name) or is_acronym(b.name, a.name)
