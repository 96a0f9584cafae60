"""Many boxes at once: which hold a point, lie in a box, or are near; a scan of an array, in the order given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kgbuild.sources.drawing import Point, Rect


class Boxes:
    """Named boxes (x0, y0, x1, y1) that do not change."""

    def __init__(self, named: Iterable[tuple[str, Rect]]) -> None:
        import numpy as np

        pairs = list(named)
        self.keys = [key for key, _ in pairs]
        self._rows = np.array([box for _, box in pairs], dtype=np.float64).reshape(-1, 4)

    def around(self, point: Point) -> list[str]:
        """The boxes that hold a point."""
        return self.meeting((*point, *point), 0.0)

    def meeting(self, box: Rect, margin: float) -> list[str]:
        """The boxes that come as near as ``margin`` to a box, in x and in y."""
        x0, y0, x1, y1 = self._rows.T
        hit = (x0 - margin <= box[2]) & (box[0] <= x1 + margin) & (y0 - margin <= box[3]) & (box[1] <= y1 + margin)
        return self._named(hit)

    def within(self, box: Rect) -> list[str]:
        """The boxes that lie in a box, itself too if it is one of them."""
        x0, y0, x1, y1 = self._rows.T
        return self._named((box[0] <= x0) & (box[1] <= y0) & (x1 <= box[2]) & (y1 <= box[3]))

    def _named(self, hit: Any) -> list[str]:
        return [self.keys[n] for n in hit.nonzero()[0]]
