"""Junctions: the arms that meet there are paired so that lines go on as straight as can be."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from kgbuild.mentions.raster.lines import Canvas
from kgbuild.mentions.raster.web import End, Web, bend_of


def cross(web: Web, centres: list[np.ndarray], width: float, canvas: Canvas, size: float) -> None:
    """At each junction the arms are paired so that lines go on as straight as can be."""
    parent = list(range(len(centres)))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    short, long = max(7.0, 3 * width), 1.6 * size
    inner: set[int] = set()
    arms: dict[int, list[End]] = {}
    for number, chain in enumerate(web.chains):
        for side in (0, 1):
            if chain.ends[side] >= 0:
                arms.setdefault(chain.ends[side], []).append((number, side))
    for number, chain in enumerate(web.chains):
        a, b = chain.ends
        if a < 0 or b < 0:
            continue
        if chain.length <= short or (a != b and chain.length <= long and _is_shared(web, number, arms[a], arms[b])):
            inner.add(number)
            parent[root(a)] = root(b)
    arms = {}
    for number, chain in enumerate(web.chains):
        for side in (0, 1):
            if chain.ends[side] >= 0 and number not in inner:
                arms.setdefault(root(chain.ends[side]), []).append((number, side))
    for place in sorted(arms):
        at = arms[place]
        stubs = [e for e in at if _is_stub(web, e, canvas)]
        if stubs or min(canvas.near(web.chains[n].tip(s)) for n, s in at) <= 5 + width:
            _pair_at_node(web, [e for e in at if e not in stubs])
            for number, _ in stubs:
                web.chains[number].ends = [-2, -2]
        else:
            _pair(web, at, close=min(canvas.near(web.chains[n].tip(s)) for n, s in at) < 1.5 * size)


def _is_stub(web: Web, end: End, canvas: Canvas) -> bool:
    """Whether an arm is the last little piece before a node."""
    chain, other = web.chains[end[0]], 1 - end[1]
    return chain.ends[other] == -1 and chain.length < 10 and canvas.near(chain.tip(other)) < 8


def _pair_at_node(web: Web, arms: list[End]) -> None:
    """Lines that meet close to a node: those that go on straight pass by, the others end there."""
    cost = {(a, b): bend_of(web, a, b) for a, b in combinations(arms, 2)}
    best = [(a, b) for a, b in _matching(arms, cost) if cost[a, b] < 60] if 1 < len(arms) <= 8 else []
    for a, b in best:
        web.link(a, b)
    for number, side in arms:
        if all((number, side) not in pair for pair in best):
            web.chains[number].ends[side] = -1


def _is_shared(web: Web, number: int, left: list[End], right: list[End]) -> bool:
    """Whether a chain between two junctions is a stretch that two lines share while they cross at a small angle."""
    a, b = ([e for e in arms if e[0] != number] for arms in (left, right))
    if len(a) != 2 or len(b) != 2 or {e[0] for e in a} & {e[0] for e in b}:
        return False
    best = min(
        max(bend_of(web, a[0], b[i]), bend_of(web, a[1], b[1 - i])) for i in (0, 1)
    )  # fmt: skip
    return best < 40


def _pair(web: Web, arms: list[End], *, close: bool) -> None:
    if len(arms) == 1:
        web.chains[arms[0][0]].ends[arms[0][1]] = -1
        return
    if len(arms) == 2:
        if not close or bend_of(web, *arms) < 130:
            web.link(*arms)
        else:  # two lines that leave one place
            for number, side in arms:
                web.chains[number].ends[side] = -1
        return
    cost = {
        (a, b): bend_of(web, a, b) for a, b in combinations(arms, 2) if a[0] != b[0] or web.chains[a[0]].length > 40
    }
    best = _matching(arms, cost) if len(arms) <= 8 else _greedy(arms, cost)
    paired = {e for pair in best for e in pair}
    for a, b in best:
        web.link(a, b)
    for arm in arms:  # what is left joins the line that goes on straightest
        if arm not in paired:
            options = sorted((cost.get((arm, o), cost.get((o, arm), 180.0)), o) for o in arms if o != arm)
            if options and options[0][0] < 70:
                web.follow.setdefault(arm, []).append(options[0][1])


def _greedy(arms: list[End], cost: dict[tuple[End, End], float]) -> list[tuple[End, End]]:
    used: set[End] = set()
    made = []
    for (a, b), turn in sorted(cost.items(), key=lambda c: (c[1], c[0])):
        if turn < 60 and a not in used and b not in used:
            used |= {a, b}
            made.append((a, b))
    return made


def _matching(arms: list[End], cost: dict[tuple[End, End], float]) -> list[tuple[End, End]]:
    """The pairs of least total bend; an arm left alone costs as much as a bend of 45 degrees."""
    alone = 45.0

    def solve(rest: tuple[End, ...]) -> tuple[float, list[tuple[End, End]]]:
        if not rest:
            return 0.0, []
        first, others = rest[0], rest[1:]
        total, pairs = solve(others)
        best = (total + alone, pairs)
        for k, other in enumerate(others):
            turn = cost.get((first, other), 180.0)
            if turn < 2 * alone:
                total, pairs = solve(others[:k] + others[k + 1 :])
                if total + turn < best[0]:
                    best = (total + turn, [(first, other), *pairs])
        return best

    return solve(tuple(arms))[1]
