"""Relations between two boxes of one picture, page or frame. x grows to the right, y downwards.

Boxes that do not lie in one whole (``fragments.together``) have no relation: None, an error in SPARQL.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kgbuild.queries.functions.fragments import Box, together, where


def _left_of(a: Box, b: Box) -> bool:
    return a[0] + a[2] <= b[0]


def _above(a: Box, b: Box) -> bool:
    return a[1] + a[3] <= b[1]


def _inside(a: Box, b: Box) -> bool:
    return a[0] >= b[0] and a[1] >= b[1] and a[0] + a[2] <= b[0] + b[2] and a[1] + a[3] <= b[1] + b[3]


def _shared(a: Box, b: Box) -> float:
    """Pixels that lie in both."""
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(wide, 0.0) * max(high, 0.0)


def _distance(a: Box, b: Box) -> float:
    """Pixels between the nearest points; 0 for boxes that touch."""
    wide = max(b[0] - a[0] - a[2], a[0] - b[0] - b[2], 0.0)
    high = max(b[1] - a[1] - a[3], a[1] - b[1] - b[3], 0.0)
    return float((wide * wide + high * high) ** 0.5)


def _iou(a: Box, b: Box) -> float | None:
    """Intersection over union."""
    shared = _shared(a, b)
    whole = a[2] * a[3] + b[2] * b[3] - shared
    return shared / whole if whole else None


_RELATIONS: dict[str, Callable[[Box, Box], Any]] = {
    "leftOf": _left_of,
    "rightOf": lambda a, b: _left_of(b, a),
    "above": _above,
    "below": lambda a, b: _above(b, a),
    "inside": _inside,
    "encloses": lambda a, b: _inside(b, a),
    "overlaps": lambda a, b: _shared(a, b) > 0,
    "distance": _distance,
    "iou": _iou,
}


def functions() -> dict[str, Callable[..., Any]]:
    """By local name, over the text of two places."""

    def related(relation: Callable[[Box, Box], Any]) -> Callable[[str, str], Any]:
        def of(one: str, other: str) -> Any:
            a, b = where(one), where(other)
            return relation(a.box, b.box) if a.box and b.box and together(a, b) else None

        return of

    return {name: related(relation) for name, relation in _RELATIONS.items()}
