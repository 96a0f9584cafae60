"""How objects of one picture stand to each other, from their boxes: few relations, and only where they are clear.

They say what the picture shows, not how things lie in space: a person before a house is shown within it.
"""

from __future__ import annotations

from collections.abc import Sequence

from kgbuild.models.detectors import Corners
from kgbuild.vocab import CORE

WITHIN, ON, LEFT_OF = CORE + "shownWithin", CORE + "shownOn", CORE + "shownLeftOf"
_HELD = 0.95  # share of a box that lies in the one it is shown within
_SMALLER = 0.6  # share of that one's area that it has at most
_STANDS = 0.6  # share of its width over the one that it is shown on
_UPPER = 0.6  # part of that one, from above, in which its lower edge lies
_ABOVE = 0.4  # share of its height that rises above it
_BESIDE = 0.5  # share of the lower one's height that two have in common side by side
_GAP = 1.0  # between them, in widths of the wider one


def relations(boxes: Sequence[Corners]) -> list[tuple[int, str, int, Corners]]:
    """(number, property, number, box around both) of each pair that stands clearly; at most one for a pair.

    ``core:shownWithin`` the smallest that holds it; else ``core:shownOn``; else ``core:shownLeftOf``, its nearest
    neighbour only.
    """
    found: list[tuple[int, str, int]] = []
    for a, box in enumerate(boxes):
        others = [b for b in range(len(boxes)) if b != a]
        holders = [b for b in others if _is_within(box, boxes[b])]
        if holders:
            found.append((a, WITHIN, min(holders, key=lambda b: (_area(boxes[b]), b))))
        found += [(a, ON, b) for b in others if b not in holders and _is_on(box, boxes[b])]
    joined = {frozenset((a, b)) for a, _, b in found}
    for a, box in enumerate(boxes):
        beside = [b for b in range(len(boxes)) if frozenset((a, b)) not in joined and _is_left_of(box, boxes[b])]
        if beside:
            found.append((a, LEFT_OF, min(beside, key=lambda b: (boxes[b][0], b))))
    return [(a, name, b, _around(boxes[a], boxes[b])) for a, name, b in found]


def _is_within(a: Corners, b: Corners) -> bool:
    return _common(a, b) >= _HELD * _area(a) and _area(a) <= _SMALLER * _area(b)


def _is_on(a: Corners, b: Corners) -> bool:
    over = min(a[2], b[2]) - max(a[0], b[0])
    stands = b[1] <= a[3] <= b[1] + _UPPER * (b[3] - b[1])
    return stands and over >= _STANDS * (a[2] - a[0]) and b[1] - a[1] >= _ABOVE * (a[3] - a[1])


def _is_left_of(a: Corners, b: Corners) -> bool:
    gap, wider = b[0] - a[2], max(a[2] - a[0], b[2] - b[0])
    level = min(a[3], b[3]) - max(a[1], b[1])
    return 0 <= gap <= _GAP * wider and level >= _BESIDE * min(a[3] - a[1], b[3] - b[1])


def _common(a: Corners, b: Corners) -> float:
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def _area(box: Corners) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _around(a: Corners, b: Corners) -> Corners:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])
