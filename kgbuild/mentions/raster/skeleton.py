"""Thinning of strokes to lines of one pixel, and the chains of pixels between ends and junctions.

Thinning is Zhang and Suen's (CACM 27(3), 1984), with the neighbourhood as an 8-bit code into a table.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

# Bits clockwise from north: N NE E SE S SW W NW
_RING = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))


def _tables() -> tuple[np.ndarray, np.ndarray]:
    first, second = np.zeros(256, bool), np.zeros(256, bool)
    for code in range(256):
        n = [(code >> k) & 1 for k in range(8)]
        turns = sum(n[k] == 0 and n[(k + 1) % 8] == 1 for k in range(8))
        if 2 <= sum(n) <= 6 and turns == 1:
            first[code] = not (n[0] and n[2] and n[4]) and not (n[2] and n[4] and n[6])
            second[code] = not (n[0] and n[2] and n[6]) and not (n[0] and n[4] and n[6])
    return first, second


_FIRST, _SECOND = _tables()


def thin(mask: np.ndarray) -> np.ndarray:
    """The skeleton of a bool mask (h, w), 8-connected."""
    image = np.pad(mask, 1).astype(np.uint8)
    width = image.shape[1]
    flat = image.ravel()
    steps = np.array([dy * width + dx for dy, dx in _RING])
    weights = (1 << np.arange(8)).astype(np.int32)
    live = np.flatnonzero(flat)
    todo = live
    while len(todo):
        changed = []
        for table in (_FIRST, _SECOND):
            code = (flat[todo[:, None] + steps] * weights).sum(axis=1)
            gone = todo[table[code]]
            flat[gone] = 0
            changed.append(gone)
            todo = todo[flat[todo] > 0]
        removed = np.concatenate(changed)
        if not len(removed):
            break
        near = np.unique((removed[:, None] + steps).ravel())
        todo = near[flat[near] > 0]
    bones = image[1:-1, 1:-1].astype(bool)
    _keep_dots(mask, bones)
    return bones


def _keep_dots(mask: np.ndarray, bones: np.ndarray) -> None:
    """Squares of two by two pixels vanish under these rules: one pixel of each stays."""
    import cv2

    count, labels, _, middles = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    left = np.zeros(count, bool)
    left[np.unique(labels[bones])] = True
    for number in np.flatnonzero(~left[1:]) + 1:
        x, y = (round(float(v)) for v in middles[number])
        bones[y, x] = True


@dataclass(slots=True, eq=False)
class Chain:
    """Pixels in order, float (n, 2) as x, y; the junction at each end, or -1 where the chain ends freely, -2 where it
    is dropped; its length in pixels."""

    points: np.ndarray
    ends: list[int] = field(default_factory=lambda: [-1, -1])
    length: float = field(init=False)

    def __post_init__(self) -> None:
        steps = np.diff(self.points, axis=0)
        self.length = float(np.hypot(steps[:, 0], steps[:, 1]).sum())

    def tip(self, end: int) -> np.ndarray:
        """The point at end 0 or 1."""
        return self.points[0 if end == 0 else -1]

    def heading(self, end: int, *, reach: int = 12, skip: int = 2) -> np.ndarray:
        """Unit vector in which the chain leaves at an end, from its last pixels; zero for a dot."""
        points = self.points if end == 1 else self.points[::-1]
        if len(points) > reach:
            points = points[-reach:]
        if len(points) > skip + 4:
            points = points[:-skip]
        if len(points) < 2:
            return np.zeros(2)
        middle = len(points) // 2
        way = points[middle:].mean(axis=0) - points[:middle].mean(axis=0)
        norm = float(np.hypot(*way))
        return way / norm if norm else np.zeros(2)


def chains(skeleton: np.ndarray) -> tuple[list[Chain], list[np.ndarray]]:
    """Chains between junctions, and each junction's centre (x, y)."""
    import cv2

    image = np.pad(skeleton, 1).astype(np.uint8)
    height, width = image.shape
    flat = image.ravel()
    steps = np.array([dy * width + dx for dy, dx in _RING])
    on = np.flatnonzero(flat)
    around = flat[on[:, None] + steps]
    turns = ((around == 0) & (np.roll(around, -1, axis=1) == 1)).sum(axis=1)
    crossing = on[(turns >= 3) | (around.sum(axis=1) >= 5)]
    junctions = np.zeros_like(flat)
    around_crossing = (crossing[:, None] + steps).ravel()  # the arms' first pixels touch each other: they go as well
    crossing = np.unique(np.concatenate([crossing, around_crossing[flat[around_crossing] > 0]]))
    junctions[crossing] = 1
    _, labels, _, centres = cv2.connectedComponentsWithStats(junctions.reshape(height, width), connectivity=8)
    label = labels.ravel()
    rest = flat.copy()
    rest[crossing] = 0
    made: list[Chain] = []
    seen: set[int] = set()
    pixels = set(np.flatnonzero(rest).tolist())
    step_list = [int(s) for s in (steps[0], steps[2], steps[4], steps[6], steps[1], steps[3], steps[5], steps[7])]

    def neighbours(p: int) -> list[int]:
        return [p + s for s in step_list if p + s in pixels and p + s not in seen]

    def walk(start: int) -> list[int]:
        path: list[int] = []
        p = start
        while True:
            following = neighbours(p)
            if not following:
                return path
            p = following[0]
            seen.add(p)
            path.append(p)

    degree = {p: sum((p + s) in pixels for s in step_list) for p in pixels}
    for start in sorted(pixels, key=lambda p: (degree[p] > 1, p)):
        if start in seen:
            continue
        seen.add(start)
        path = [start, *walk(start)]
        back = walk(start)
        path = [*reversed(back), *path]
        points = np.array([(p % width - 1, p // width - 1) for p in path], float)
        ends = []
        for p in (path[0], path[-1]):
            near = {int(label[p + s]) for s in step_list if label[p + s]}
            ends.append(near)
        chain = Chain(points)
        first = sorted(ends[0])
        last = sorted(ends[1] - set(first[:1]) or (ends[1] if len(path) > 2 else set()))
        chain.ends = [first[0] if first else -1, last[0] if last else -1]
        if len(path) <= 2 and len(first) > 1 and chain.ends[1] == -1:
            chain.ends[1] = first[1]
        made.append(chain)
    return made, [np.array(c) - 1 for c in centres]
