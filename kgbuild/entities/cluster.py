"""Groups to clusters: best pairs first, each union checked against types, decisions and chains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from kgbuild.entities.decisions import Decisions
from kgbuild.entities.group import Group
from kgbuild.entities.keys import compatible, key
from kgbuild.entities.records.merge import rows_apart
from kgbuild.entities.score import allowed, features, probability, readings
from kgbuild.entities.union import Union
from kgbuild.types import Match

_CHAIN = 0.5  # mean score that two clusters' known pairs must reach


def cluster(
    groups: Sequence[Group], pairs: Sequence[tuple[int, int]], min_score: float, decisions: Decisions
) -> tuple[list[list[int]], list[Match]]:
    """Clusters of group numbers and the matches that joined them."""
    union = Union(len(groups))
    members: dict[int, list[int]] = {i: [i] for i in range(len(groups))}
    forbidden = forbidden_pairs(groups, decisions) | set(rows_apart(groups, pairs))
    links: list[Match] = []

    def join(a: int, b: int, match: Match) -> None:
        a, b = union.find(a), union.find(b)
        root = union.join(a, b)
        members[root] = members.pop(a) + members.pop(b)
        links.append(match)

    for a, b in _wanted(groups, decisions):
        if union.find(a) != union.find(b):
            join(a, b, Match(groups[a].id, groups[b].id, 1.0, (("decision", 1.0),)))
    scored = _scores(groups, pairs)
    for (a, b), match in sorted(scored.items(), key=lambda kv: (-kv[1].score, kv[0])):
        if match.score < min_score:
            break
        x, y = union.find(a), union.find(b)
        if x == y or not _may_join(groups, members[x], members[y], forbidden):
            continue
        known = [
            scored[min(i, j), max(i, j)].score
            for i in members[x]
            for j in members[y]
            if (min(i, j), max(i, j)) in scored
        ]
        if sum(known) / len(known) >= _CHAIN:
            join(a, b, match)
    return [sorted(m) for _, m in sorted(members.items())], links


def _scores(groups: Sequence[Group], pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Match]:
    shared = Counter(name for g in groups for name in g.keys)
    meanings = readings(groups)
    scored = {}
    for a, b in pairs:
        if allowed(groups[a], groups[b]):
            rarity = 1 / min(shared[groups[a].key], shared[groups[b].key]) ** 0.5
            found = features(groups[a], groups[b], rarity, meanings)
            score = round(probability(found), 4)
            shown = tuple((k, round(v, 4)) for k, v in found.items() if k != "bias" and v)
            scored[a, b] = Match(groups[a].id, groups[b].id, score, shown)
    return scored


def _may_join(groups: Sequence[Group], left: list[int], right: list[int], forbidden: set[tuple[int, int]]) -> bool:
    types_left = {groups[i].guard for i in left}
    types_right = {groups[i].guard for i in right}
    if not all(compatible(a, b) for a in types_left for b in types_right):
        return False
    return not any((min(i, j), max(i, j)) in forbidden for i in left for j in right) if forbidden else True


def _matching(groups: Sequence[Group], name: str) -> list[int]:
    """Groups that a decision's name or IRI means."""
    wanted = key(name)
    return [
        i
        for i, g in enumerate(groups)
        if wanted in g.keys or name == g.source or any(name == m.id or wanted == key(m.surface) for m in g.mentions)
    ]


def forbidden_pairs(groups: Sequence[Group], decisions: Decisions) -> set[tuple[int, int]]:
    """Pairs of group numbers that the user keeps apart."""
    return {
        (min(i, j), max(i, j))
        for a, b in decisions.different
        for i in _matching(groups, a)
        for j in _matching(groups, b)
        if i != j
    }


def _wanted(groups: Sequence[Group], decisions: Decisions) -> list[tuple[int, int]]:
    found = []
    for a, b in decisions.same:
        both = sorted(set(_matching(groups, a)) | set(_matching(groups, b)))
        found += list(pairwise(both))
    return found
