"""Pictures made ready for reading: without noise, lit evenly, at a size that is read well and fast.

Nothing is done to a clean rendering of usual size. What is read is mapped back by ``Prepared.restore``. Skewed pictures
are read as they are: turning them first was measured and cost more than it gave (see training/NOTES.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kgbuild.mentions.diagram import Diagram, Group, Node
from kgbuild.mentions.ocr import Line

_LOW, _HIGH, _AIM = 12.0, 40.0, 24.0  # pixels: text lower or higher than these is brought to the last
_LARGEST = 3200  # pixels: longer sides are made that short
_EQUAL = 0.6  # share of neighbours of one colour below which a picture is worn


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture as it is read, its lines of text there, and how many times as large as the original it is."""

    picture: np.ndarray
    lines: list[Line]
    scale: float

    def restore(self, diagram: Diagram) -> Diagram:
        """The diagram with its boxes and points in the original picture."""
        if self.scale == 1:
            return diagram
        items: list[Node | Group] = [*diagram.nodes.values(), *diagram.groups]
        for item in items:
            if item.box is not None:
                (x0, y0), (x1, y1) = item.box[:2], item.box[2:]
                item.box = (
                    math.floor(x0 / self.scale), math.floor(y0 / self.scale),
                    math.ceil(x1 / self.scale), math.ceil(y1 / self.scale),
                )  # fmt: skip
        diagram.edges = [
            replace(e, points=tuple((x / self.scale, y / self.scale) for x, y in e.points)) for e in diagram.edges
        ]
        return diagram


def prepare(picture: np.ndarray, lines: Sequence[Line]) -> Prepared:
    """A picture (uint8 RGB, (h, w, 3)) and its lines of text, fit to be read."""
    import cv2

    if not lines:
        return Prepared(picture, [], 1.0)
    scale = _scale(picture, lines)
    if scale != 1:
        size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
        lines = [
            Line(n.text, n.x0 * scale, n.y0 * scale, n.x1 * scale, n.y1 * scale, n.score) for n in lines
        ]  # fmt: skip
    return Prepared(clean(picture) if is_worn(picture) else picture, list(lines), scale)


def _scale(picture: np.ndarray, lines: Sequence[Line]) -> float:
    """Large type and large pictures are made smaller, small type larger."""
    size = float(np.median([n.height for n in lines]))
    wanted = 1.0 if _LOW <= size <= _HIGH else float(np.clip(_AIM / max(size, 1.0), 0.02, 4.0))
    return min(wanted, _LARGEST / max(picture.shape[:2]))


def is_worn(picture: np.ndarray) -> bool:
    """Whether neighbours of exactly one colour are rare, as in scans and photographs and never in renderings."""
    if picture.shape[1] < 2:
        return False
    return float((picture[:, 1:] == picture[:, :-1]).all(axis=2).mean()) < _EQUAL


def clean(picture: np.ndarray) -> np.ndarray:
    """A worn picture without noise (bilateral filter, Tomasi and Manduchi 1998) and evenly lit."""
    import cv2

    smooth = cv2.bilateralFilter(picture, 7, 50, 3)  # a median or Gaussian filter would take thin lines away
    height, width = picture.shape[:2]
    small = cv2.resize(smooth, (max(8, width // 8), max(8, height // 8)), interpolation=cv2.INTER_AREA)
    reach = max(5, min(small.shape[:2]) // 5) | 1
    light = float(np.median(small)) > 100
    # The ground is what is brightest over a wide neighbourhood, on dark pictures what is darkest.
    ground = cv2.morphologyEx(small, cv2.MORPH_CLOSE if light else cv2.MORPH_OPEN, np.ones((reach, reach), np.uint8))
    ground = cv2.resize(cv2.GaussianBlur(ground, (0, 0), reach / 3), (width, height)).astype(np.float32)
    level = np.median(ground.reshape(-1, 3), axis=0)
    even = smooth * (level / np.maximum(ground, 1.0)) if light else smooth + (level - ground)
    made: np.ndarray = np.clip(even, 0, 255).astype(np.uint8)
    return made
