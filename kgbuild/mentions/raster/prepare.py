"""Pictures made ready for reading: turned upright, lit evenly, without noise, at a size that is read well and fast.

Nothing is done to a clean rendering of usual size. What is read is mapped back by ``Prepared.restore``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kgbuild.mentions.diagram import Diagram, Group, Node
from kgbuild.mentions.ocr import Line

_HIGH, _AIM = 40.0, 24.0  # pixels: text higher than the one is made smaller, to the other
_LARGEST = 3200  # pixels: longer sides are made that short
_LEAST_SKEW, _MOST_SKEW = 0.6, 8.0  # degrees that are set right
_EQUAL = 0.6  # share of neighbours of one colour; the least in 128 diagrams is 0.87


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture as it is read, its lines of text there, and the affine map (2, 3) from the original to it."""

    picture: np.ndarray
    lines: list[Line]
    matrix: np.ndarray

    def restore(self, diagram: Diagram) -> Diagram:
        """The diagram with its boxes and points in the original picture."""
        if np.array_equal(self.matrix, np.eye(2, 3)):
            return diagram
        back = np.linalg.inv(np.vstack([self.matrix, [0, 0, 1]]))[:2]
        items: list[Node | Group] = [*diagram.nodes.values(), *diagram.groups]
        for item in items:
            if item.box is not None:
                x0, y0, x1, y1 = _hull(item.box, back)
                item.box = (max(0, math.floor(x0)), max(0, math.floor(y0)), math.ceil(x1), math.ceil(y1))
        diagram.edges = [
            replace(
                e, points=tuple((float(x), float(y)) for x, y in _moved(np.array(e.points), back)) if e.points else ()
            )
            for e in diagram.edges
        ]
        return diagram


def prepare(picture: np.ndarray, lines: Sequence[Line]) -> Prepared:
    """A picture (uint8 RGB, (h, w, 3)) and its lines of text, fit to be read."""
    import cv2

    if not lines:
        return Prepared(picture, [], np.eye(2, 3))
    scale = _scale(picture, lines)
    matrix = np.eye(2, 3) * scale
    if scale < 1:
        size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        lines = [_scaled(n, scale) for n in lines]
    if is_worn(picture):
        picture = clean(picture)
    angle = skew(picture, lines)
    if _LEAST_SKEW <= abs(angle) <= _MOST_SKEW:
        height, width = picture.shape[:2]
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
        edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
        ground = tuple(int(v) for v in np.median(edge, axis=0))
        picture = cv2.warpAffine(picture, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=ground)
        lines = [_turned(n, turn, math.radians(abs(angle))) for n in lines]
        matrix = turn @ np.vstack([matrix, [0, 0, 1]])
    return Prepared(picture, list(lines), matrix)


def _scale(picture: np.ndarray, lines: Sequence[Line]) -> float:
    """At most 1: large type and large pictures are made smaller; small type stays, what is lost is lost."""
    size = float(np.median([n.height for n in lines]))
    wanted = _AIM / size if size > _HIGH else 1.0
    return min(1.0, max(wanted, 0.02), _LARGEST / max(picture.shape[:2]))


def is_worn(picture: np.ndarray) -> bool:
    """Whether neighbours of exactly one colour are rare, as in scans and photographs and never in renderings."""
    return float((picture[:, 1:] == picture[:, :-1]).all(axis=2).mean()) < _EQUAL if picture.shape[1] > 1 else False


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


def skew(picture: np.ndarray, lines: Sequence[Line]) -> float:
    """Degrees by which a picture is turned clockwise, 0 where it is not or cannot be told.

    Text tells roughly, straight strokes tell exactly; without those nothing is turned.
    """
    rough = _slope_of_text(picture, lines)
    if abs(rough) < 0.4:
        return 0.0
    strokes = _slopes_of_strokes(picture, longest=2 * float(np.median([n.height for n in lines])))
    near = strokes[np.abs(strokes[:, 0] - rough) < max(1.5, 0.4 * abs(rough))]
    level = strokes[np.abs(strokes[:, 0]) < 0.25, 1].sum()
    if near[:, 1].sum() > max(0.3 * strokes[:, 1].sum(), 1.5 * level) > 0:
        order = np.argsort(near[:, 0])
        total = near[order, 1].cumsum()
        return float(near[order, 0][np.searchsorted(total, total[-1] / 2)])
    return 0.0


def _slopes_of_strokes(picture: np.ndarray, *, longest: float) -> np.ndarray:
    """(n, 2): degrees from level or upright, at most 10, and length in pixels, of straight strokes that long."""
    import cv2

    segments = cv2.createLineSegmentDetector().detect(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))[0]
    if segments is None:
        return np.zeros((0, 2))
    x0, y0, x1, y1 = segments.reshape(-1, 4).T.astype(float)
    length = np.hypot(x1 - x0, y1 - y0)
    slope = (np.degrees(np.arctan2(y1 - y0, x1 - x0)) + 45) % 90 - 45
    kept = (length > longest) & (np.abs(slope) < 10)
    made: np.ndarray = np.stack([slope, length], axis=1)[kept]
    return made


def _slope_of_text(picture: np.ndarray, lines: Sequence[Line]) -> float:
    """Degrees by which lines of text run downhill, 0 where they do not agree.

    Each line's own is the main axis of its pixels; boxes of text are hulls, upright, of what may be turned.
    """
    found, weights = [], []
    for line in lines:
        if line.x1 - line.x0 < 3.2 * line.height and len(line.text) < 10:
            continue
        part = picture[max(0, int(line.y0)) : int(line.y1) + 1, max(0, int(line.x0)) : int(line.x1) + 1].astype(
            np.int16
        )
        if min(part.shape[:2], default=0) < 4:
            continue
        away = np.abs(part - np.median(part.reshape(-1, 3), axis=0)).max(axis=2)
        ys, xs = np.nonzero(away > max(40, 0.5 * float(away.max())))
        if len(xs) < 30:
            continue
        (xx, xy), (_, yy) = np.cov(np.stack([xs, ys]))
        found.append(math.degrees(0.5 * math.atan2(2 * xy, xx - yy)))
        weights.append(line.x1 - line.x0)
    if len(found) < 3:
        return 0.0
    order = np.argsort(found)
    angles, total = np.array(found)[order], np.cumsum(np.array(weights)[order])
    middle = float(angles[np.searchsorted(total, total[-1] / 2)])
    agree = np.abs(angles - middle) < max(0.8, 0.3 * abs(middle))
    return middle if float(agree.mean()) > 0.6 else 0.0


def _scaled(line: Line, scale: float) -> Line:
    return Line(line.text, line.x0 * scale, line.y0 * scale, line.x1 * scale, line.y1 * scale, line.score)


def _turned(line: Line, matrix: np.ndarray, turn: float) -> Line:
    """The upright box of a line whose present box is the hull of it when turned."""
    wide, high = line.x1 - line.x0, line.y1 - line.y0
    twice = math.cos(2 * turn)
    w = (wide * math.cos(turn) - high * math.sin(turn)) / twice
    h = max((high * math.cos(turn) - wide * math.sin(turn)) / twice, 0.35 * high)
    x, y = _moved(np.array([[(line.x0 + line.x1) / 2, (line.y0 + line.y1) / 2]]), matrix)[0]
    return Line(line.text, float(x - w / 2), float(y - h / 2), float(x + w / 2), float(y + h / 2), line.score)


def _moved(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    made: np.ndarray = points @ matrix[:, :2].T + matrix[:, 2]
    return made


def _hull(box: tuple[int, int, int, int], matrix: np.ndarray) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = box
    points = _moved(np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], float), matrix)
    (a, b), (c, d) = points.min(axis=0), points.max(axis=0)
    return float(a), float(b), float(c), float(d)
