"""The web of lines: chains, where each goes on at its ends, and walks along them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from kgbuild.mentions.raster.arrows import Head
from kgbuild.mentions.raster.skeleton import Chain

End = tuple[int, int]  # chain, side


@dataclass(slots=True)
class Web:
    """Chains, for each end where a line goes on: the ends of chains that it enters; heads drawn as strokes."""

    chains: list[Chain]
    follow: dict[End, list[End]] = field(default_factory=dict)
    heads: list[Head] = field(default_factory=list)

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


def angle(a: np.ndarray, b: np.ndarray) -> float:
    """Degrees between two unit vectors; 90 where one is unknown."""
    if not a.any() or not b.any():
        return 90.0
    return math.degrees(math.acos(float(np.clip(a @ b, -1, 1))))


def bend(a: Chain, side_a: int, b: Chain, side_b: int, *, reach: int = 12) -> float:
    """Degrees by which a line turns that leaves ``a`` and goes on in ``b``, over the gap between them."""
    out, into = a.heading(side_a, reach=reach), -b.heading(side_b, reach=reach)
    gap = b.tip(side_b) - a.tip(side_a)
    turn = angle(out, into)
    distance = float(np.hypot(*gap))
    if distance > 3:
        way = gap / distance
        turn = max(turn, (angle(out, way) + angle(way, into)) * min(1.0, distance / 8))
    return turn


def bend_of(web: Web, a: End, b: End) -> float:
    """``bend`` of two ends of a web."""
    return bend(web.chains[a[0]], a[1], web.chains[b[0]], b[1])
