"""Tracks: one text or object over the frames of a video, from where it appears to where it disappears.

Frames are joined pairwise by the assignment that leaves most overlap (Kuhn 1955, as ``scipy`` has it): first what
stays at its place, then, of what is left, what has moved. Only what has the same name can be the same; whose face it
is nobody asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kgbuild.types import Box

_STAYS = 0.3  # overlap (intersection over union) from which a thing stands still, as SORT has it (Bewley et al. 2016)
_MISSED = 1  # shots in a row in which a thing may be missed: a line is not read, a hand is before it
_FAR = 1e6


@dataclass(frozen=True, slots=True)
class Item:
    """Something seen in a shot: a key by which it is known again, its place in pixels, the id of what says so (a label
    segment or a mention), its words.
    """

    key: str
    box: Box
    id: str
    text: str = ""


@dataclass(slots=True)
class Track:
    """One thing over shots: (number of the shot, item) in the order of time; ``moves``: indexes into ``seen`` of those
    at another place than the one before.
    """

    seen: list[tuple[int, Item]]
    moves: list[int] = field(default_factory=list)

    @property
    def first(self) -> int:
        return self.seen[0][0]

    @property
    def last(self) -> int:
        return self.seen[-1][0]


def tracks(shots: Sequence[Sequence[Item]]) -> list[Track]:
    """The tracks of a scene, in the order of their beginnings, then from top to bottom."""
    done: list[Track] = []
    live: list[Track] = []
    for number, items in enumerate(shots):
        free = list(items)
        for moved in (False, True):
            pairs = _assign([t.seen[-1][1] for t in live if t.last < number], free, moved=moved)
            waiting = [t for t in live if t.last < number]
            for a, b in pairs:
                waiting[a].seen.append((number, free[b]))
                if moved:
                    waiting[a].moves.append(len(waiting[a].seen) - 1)
            free = [item for n, item in enumerate(free) if n not in {b for _, b in pairs}]
        done += [t for t in live if number - t.last > _MISSED]
        live = [t for t in live if number - t.last <= _MISSED] + [Track([(number, item)]) for item in free]
    return sorted(done + live, key=lambda t: (t.first, t.seen[0][1].box.y, t.seen[0][1].box.x, t.seen[0][1].key))


def _assign(olds: Sequence[Item], news: Sequence[Item], *, moved: bool) -> list[tuple[int, int]]:
    """Pairs of indexes of one key: those that overlap most; ``moved``: of any distance, the nearest."""
    from scipy.optimize import linear_sum_assignment

    if not olds or not news:
        return []
    cost = np.full((len(olds), len(news)), _FAR)
    for a, old in enumerate(olds):
        for b, new in enumerate(news):
            if old.key == new.key:
                shared = overlap(old.box, new.box)
                if moved:
                    cost[a, b] = np.hypot(old.box.x - new.box.x, old.box.y - new.box.y)
                elif shared >= _STAYS:
                    cost[a, b] = 1 - shared
    rows, columns = linear_sum_assignment(cost)
    return [(a, b) for a, b in zip(rows.tolist(), columns.tolist(), strict=True) if cost[a, b] < _FAR]


def overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    w = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
    h = min(a.y + a.h, b.y + b.h) - max(a.y, b.y)
    shared = max(0, w) * max(0, h)
    return shared / (a.w * a.h + b.w * b.h - shared) if shared else 0.0
