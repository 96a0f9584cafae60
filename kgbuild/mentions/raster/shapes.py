"""Closed shapes: flat regions with their holes filled, told apart by how they fill their box."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from kgbuild.mentions.raster.ink import away_from, flat

_LEAST = 8  # pixels: no shape is smaller
_LID = 3  # pixels: no part of a shape is thinner
_DRAWN = 40  # grey levels between a block and the picture's ground


@dataclass(slots=True, eq=False)
class Shape:
    """A closed outline: its polygon (n, 2) in pixels, half-open box (x0, y0, x1, y1), area, kind, mean colour."""

    outline: np.ndarray
    box: tuple[int, int, int, int]
    area: float
    solidity: float
    kind: str
    colour: tuple[int, int, int]
    parts: list[Shape] = field(default_factory=list)

    @property
    def centre(self) -> tuple[float, float]:
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2

    @property
    def size(self) -> tuple[int, int]:
        return self.box[2] - self.box[0], self.box[3] - self.box[1]

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies inside the outline."""
        import cv2

        if not (self.box[0] <= x < self.box[2] and self.box[1] <= y < self.box[3]):
            return False
        return cv2.pointPolygonTest(self.outline, (float(x), float(y)), False) >= 0


def find_shapes(picture: np.ndarray, ink: np.ndarray, letters: np.ndarray) -> list[Shape]:
    """Every region of one colour or enclosed by ``ink`` (bool) that is not the picture's ground, smallest first.

    Regions are enclosed once with the ink in ``letters`` (bool, boxes of text) and once without: letters that touch
    an outline break regions up.
    """
    import cv2

    found = _regions(picture, *flat(picture))
    for strokes in (ink, ink & ~letters):
        _, labels, stats, _ = cv2.connectedComponentsWithStats((~strokes).astype(np.uint8), connectivity=4)
        boxes = np.array([s.box for s in found]).reshape(-1, 4)
        for shape in _regions(picture, labels, stats):
            away = np.abs(boxes - np.array(shape.box)).max(axis=1) if len(boxes) else np.array([np.inf])
            if away.min() > 4:
                found.append(shape)
            elif found[int(away.argmin())].solidity < shape.solidity - 0.05:
                found[int(away.argmin())] = shape
    return sorted(found, key=lambda s: (s.area, s.box))


def find_solids(picture: np.ndarray, *, size: float) -> list[Shape]:
    """Blocks that differ from the picture's ground and are thicker than lines and arrowheads: filled nodes.

    A stack of boxes with its shadows is one block. ``size`` is the height of type in pixels.
    """
    import cv2

    labels, stats = flat(picture)
    largest = int(stats[1:, cv2.CC_STAT_AREA].argmax()) + 1 if len(stats) > 1 else 0
    ground = np.median(picture[labels == largest][::97], axis=0)
    drawn = (away_from(picture, ground) > _DRAWN).astype(np.uint8)
    thick = max(9, int(1.3 * size))
    block = cv2.morphologyEx(drawn, cv2.MORPH_OPEN, np.ones((thick, thick), np.uint8))
    _, blocks, stats, _ = cv2.connectedComponentsWithStats(block, connectivity=4)
    return _regions(picture, blocks, stats)


def _regions(picture: np.ndarray, labels: np.ndarray, stats: np.ndarray) -> list[Shape]:
    """The labelled regions that do not reach the picture's border on two sides, holes filled."""
    import cv2

    height, width = labels.shape
    found = []
    for number in range(1, len(stats)):
        x, y, w, h, area = (int(v) for v in stats[number])
        if min(w, h) < _LID or max(w, h) < _LEAST or (min(w, h) < _LEAST and w < 4 * h) or area < 40:
            continue
        if (x <= 0) + (y <= 0) + (x + w >= width) + (y + h >= height) >= 2:
            continue
        mask = (labels[y : y + h, x : x + w] == number).astype(np.uint8)
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        outline = max(contours, key=cv2.contourArea)
        filled = float(cv2.contourArea(outline))
        if filled < 48:
            continue
        hull = cv2.convexHull(outline)
        solidity = filled / max(1.0, float(cv2.contourArea(hull)))
        inside = picture[y : y + h, x : x + w][mask.astype(bool)]
        colour = tuple(int(v) for v in np.median(inside[:: max(1, len(inside) // 500)], axis=0))
        kind = kind_of(outline, filled, solidity)
        shifted = (outline + np.array([[x, y]])).astype(np.int32)
        found.append(Shape(shifted, (x, y, x + w, y + h), filled, solidity, kind, colour))  # type: ignore[arg-type]
    return found


def kind_of(outline: np.ndarray, area: float, solidity: float) -> str:
    """The name of a closed outline by the share of its box that it fills and by its corners."""
    import cv2

    _, _, w, h = cv2.boundingRect(outline)
    extent = area / max(1.0, float((w - 1) * (h - 1)))
    if extent > 0.975:
        return "rectangle"
    corners = cv2.approxPolyDP(cv2.convexHull(outline), 0.02 * cv2.arcLength(outline, True), True)
    if solidity > 0.93 and 0.44 < extent < 0.6:
        return "triangle" if len(corners) == 3 else "diamond"
    if solidity > 0.95 and 0.74 < extent < 0.83 and len(corners) > 5:
        return "ellipse"
    if solidity > 0.95 and len(corners) == 6 and extent < 0.95:
        return "hexagon"
    if solidity > 0.95 and extent > 0.8:
        return "rounded" if len(corners) != 4 or extent > 0.9 else "parallelogram"
    if solidity > 0.85 and extent > 0.75:
        return "cylinder"
    return "other"
