"""Lines followed from end to end: straight on at crossings, over the gaps that labels, frames and dashes leave."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from kgbuild.mentions.raster.lines import Canvas
from kgbuild.mentions.raster.skeleton import Chain, chains, thin

End = tuple[int, int]  # chain, side


@dataclass(slots=True)
class Web:
    """Chains, and for each end where a line goes on: the ends of chains that it enters."""

    chains: list[Chain]
    follow: dict[End, list[End]] = field(default_factory=dict)

    def link(self, a: End, b: End) -> None:
        """Lines go on from a to b and from b to a."""
        self.follow.setdefault(a, []).append(b)
        self.follow.setdefault(b, []).append(a)

    def is_free(self, end: End) -> bool:
        return self.chains[end[0]].ends[end[1]] == -1 and end not in self.follow


@dataclass(slots=True, eq=False)
class Path:
    """A line from end to end: its chain ends, its points float (n, 2), how many gaps were bridged."""

    ends: tuple[End, End]
    points: np.ndarray
    chains: tuple[int, ...]


def spin(canvas: Canvas, ink: np.ndarray, *, size: float) -> Web:
    """The web of all lines of a canvas; ``ink`` is the canvas's own without arrowheads."""
    made, centres = chains(thin(ink))
    web = Web(made)
    width = canvas.width
    _drop_spurs(web, canvas, width)
    _cross(web, centres, width, canvas, size)
    _dashes(web, size)
    _bridge(web, canvas, size)
    return web


def _near(canvas: Canvas, point: np.ndarray) -> float:
    h, w = canvas.distance.shape
    x, y = min(w - 1, max(0, round(float(point[0])))), min(h - 1, max(0, round(float(point[1]))))
    return float(canvas.distance[y, x])


def _drop_spurs(web: Web, canvas: Canvas, width: float) -> None:
    """Short twigs with a free end are corners of arrowheads and remains of letters."""
    most = max(6.0, 2.5 * width + 2)
    for chain in web.chains:
        free = [e for e in (0, 1) if chain.ends[e] == -1]
        if len(free) != 1 or chain.length > most:
            continue
        near, base = _near(canvas, chain.tip(free[0])), _near(canvas, chain.tip(1 - free[0]))
        if near > 3.5 + width and (near > 8 or base - near < 0.5 * chain.length):
            chain.ends = [-2, -2]


def _angle(a: np.ndarray, b: np.ndarray) -> float:
    """Degrees between two unit vectors; 90 where one is unknown."""
    if not a.any() or not b.any():
        return 90.0
    return math.degrees(math.acos(float(np.clip(a @ b, -1, 1))))


def bend(a: Chain, side_a: int, b: Chain, side_b: int, *, reach: int = 12) -> float:
    """Degrees by which a line turns that leaves ``a`` and goes on in ``b``, over the gap between them."""
    out, into = a.heading(side_a, reach=reach), -b.heading(side_b, reach=reach)
    gap = b.tip(side_b) - a.tip(side_a)
    turn = _angle(out, into)
    distance = float(np.hypot(*gap))
    if distance > 3:
        way = gap / distance
        turn = max(turn, (_angle(out, way) + _angle(way, into)) * min(1.0, distance / 8))
    return turn


def _cross(web: Web, centres: list[np.ndarray], width: float, canvas: Canvas, size: float) -> None:
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
        if stubs or min(_near(canvas, web.chains[n].tip(s)) for n, s in at) <= 5 + width:
            _pair_at_node(web, [e for e in at if e not in stubs])
            for number, _ in stubs:
                web.chains[number].ends = [-2, -2]
        else:
            _pair(web, at)


def _is_stub(web: Web, end: End, canvas: Canvas) -> bool:
    """Whether an arm is the last little piece before a node."""
    chain, other = web.chains[end[0]], 1 - end[1]
    return chain.ends[other] == -1 and chain.length < 10 and _near(canvas, chain.tip(other)) < 8


def _pair_at_node(web: Web, arms: list[End]) -> None:
    """Lines that meet close to a node: those that go on straight pass by, the others end there."""
    cost = {(a, b): _bend_of(web, a, b) for a, b in combinations(arms, 2)}
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
        max(_bend_of(web, a[0], b[i]), _bend_of(web, a[1], b[1 - i])) for i in (0, 1)
    )  # fmt: skip
    return best < 40


def _bend_of(web: Web, a: End, b: End) -> float:
    return bend(web.chains[a[0]], a[1], web.chains[b[0]], b[1])


def _pair(web: Web, arms: list[End]) -> None:
    if len(arms) == 1:
        return
    if len(arms) == 2:
        web.link(*arms)
        return
    cost = {
        (a, b): bend(web.chains[a[0]], a[1], web.chains[b[0]], b[1])
        for a, b in combinations(arms, 2)
        if a[0] != b[0] or web.chains[a[0]].length > 40
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


def _dashes(web: Web, size: float) -> None:
    """Short strokes free at both ends are joined to their neighbours in line with them."""
    from scipy.spatial import cKDTree

    longest, gap = 1.4 * size + 4, 0.9 * size + 2
    short = {i for i, c in enumerate(web.chains) if c.ends == [-1, -1] and c.length <= longest}
    if len(short) < 2:
        return
    ends = [(i, s) for i, c in enumerate(web.chains) for s in (0, 1) if c.ends[s] == -1]
    tips = np.array([web.chains[i].tip(s) for i, s in ends])
    pairs = []
    for p, q in sorted(cKDTree(tips).query_pairs(gap)):
        a, b = ends[p], ends[q]
        if a[0] == b[0] or not (a[0] in short or b[0] in short):
            continue
        distance = float(np.hypot(*(tips[q] - tips[p])))
        turn = _dash_turn(web.chains[a[0]], a[1], web.chains[b[0]], b[1])
        if turn < 60:
            pairs.append((distance * (1 + turn / 45), a, b))
    for _, a, b in sorted(pairs):
        if a not in web.follow and b not in web.follow and _goes_on(web, a, b) and _goes_on(web, b, a):
            web.link(a, b)


def _goes_on(web: Web, a: End, b: End) -> bool:
    """Whether a link from ``a`` to ``b`` leads away from what the other side of ``a`` is linked to."""
    other = (a[0], 1 - a[1])
    if other not in web.follow or web.chains[a[0]].length >= 4.5:
        return True
    c = web.follow[other][0]
    if c[0] == b[0]:
        return False
    middle = web.chains[a[0]].points.mean(axis=0)
    back, on = web.chains[c[0]].tip(c[1]) - middle, web.chains[b[0]].tip(b[1]) - middle
    norm = float(np.hypot(*back) * np.hypot(*on))
    return norm > 0 and float(back @ on) / norm < -0.3


def _dash_turn(a: Chain, side_a: int, b: Chain, side_b: int) -> float:
    gap = b.tip(side_b) - a.tip(side_a)
    way = gap / max(1e-6, float(np.hypot(*gap)))
    turns = [0.0]
    for chain, side, sign in ((a, side_a, 1), (b, side_b, -1)):
        if chain.length >= 4.5:
            out = chain.points[-1] - chain.points[0] if side == 1 else chain.points[0] - chain.points[-1]
            turns.append(_angle(out / max(1e-6, float(np.hypot(*out))), sign * way))
    return max(turns)


def _bridge(web: Web, canvas: Canvas, size: float) -> None:
    """Free ends that face each other over a small gap or over a label are one line."""
    ends = [
        (i, s)
        for i, c in enumerate(web.chains)
        for s in (0, 1)
        if web.is_free((i, s)) and (c.length >= 3 or (i, 1 - s) in web.follow)
    ]
    small = max(9.0, 4 * canvas.width)
    wide = 30 * size
    options = []
    for a, b in combinations(ends, 2):
        if a[0] == b[0]:
            continue
        tip_a, tip_b = web.chains[a[0]].tip(a[1]), web.chains[b[0]].tip(b[1])
        gap = tip_b - tip_a
        distance = float(np.hypot(*gap))
        if distance > wide:
            continue
        covered = distance <= small or _covered(canvas.letters, tip_a, tip_b) > 0.6
        framed = not covered and distance < max(40, 3 * small) and _covered(canvas.hidden, tip_a, tip_b) > 0.5
        if not covered and not framed:
            continue
        if min(_near(canvas, tip_a), _near(canvas, tip_b)) < 3 + canvas.width or _blocked(canvas, tip_a, tip_b):
            continue
        way = gap / max(distance, 1e-6)
        turn_a, turn_b = _angle(_course(web, a), way), _angle(_course(web, b), -way)
        limit = 35 if framed else 70 if distance > small else 40 if distance > 4 else 60
        net = _angle(_course(web, a), -_course(web, b))
        if turn_a < limit and turn_b < limit and net < 100:
            options.append((distance * (1 + (turn_a + turn_b) / 20), a, b))
    for _, a, b in sorted(options):
        if a not in web.follow and b not in web.follow:
            web.link(a, b)


def _course(web: Web, end: End) -> np.ndarray:
    """The heading at an end, over several dashes where the chain is short."""
    chain = web.chains[end[0]]
    if chain.length >= 8:
        return chain.heading(end[1])
    points = walk(web, end).points[:16]
    if len(points) < 2:
        return np.zeros(2)
    way = points[0] - points[-1]
    return way / max(1e-6, float(np.hypot(*way)))


def _blocked(canvas: Canvas, a: np.ndarray, b: np.ndarray) -> bool:
    count = int(max(2, np.abs(b - a).max()))
    line = np.rint(np.linspace(a, b, count)).astype(int)
    return float(canvas.distance[line[:, 1], line[:, 0]].min()) < 2


def _covered(letters: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
    count = int(max(2, np.abs(b - a).max()))
    line = np.rint(np.linspace(a, b, count)).astype(int)
    return float(letters[line[:, 1], line[:, 0]].mean())


def walk(web: Web, start: End) -> Path:
    """The line that begins at a chain's end."""
    at, seen, parts = start, [], []
    while True:
        number, side = at
        chain = web.chains[number]
        parts.append(chain.points if side == 0 else chain.points[::-1])
        seen.append(number)
        out = (number, 1 - side)
        following = [e for e in web.follow.get(out, []) if e[0] not in seen]
        if not following:
            return Path((start, out), np.concatenate(parts), tuple(seen))
        at = following[0]
