"""Whether a closed shape is drawn around its text, or left between lines, or laid under a label."""

from __future__ import annotations

import numpy as np

from kgbuild.mentions.raster.body import Body
from kgbuild.mentions.raster.shapes import Shape

_PATCH = 48  # grey levels: the ground of a label differs less than that from the picture's


def plausible(shape: Shape, body: Body, picture: np.ndarray, contrast: np.ndarray, size: float) -> bool:
    """Whether a shape is drawn around its text, and not left between lines, or the ground of a label."""
    if shape.solidity < 0.85 or (shape.kind == "triangle" and shape.area < 9 * size * size):
        return False
    x0, y0 = min(n.x0 for n in body.lines), min(n.y0 for n in body.lines)
    x1, y1 = max(n.x1 for n in body.lines), max(n.y1 for n in body.lines)
    w, h = shape.size
    off_x = abs((x0 + x1) / 2 - shape.centre[0]) / w
    off_y = abs((y0 + y1) / 2 - shape.centre[1]) / h
    if shape.kind in ("rectangle", "rounded"):
        if not (off_x < 0.15 or x0 - shape.box[0] < 2.5 * size) or off_y > 0.4:
            return False
    elif off_x > 0.2 or off_y > 0.25 or (step(shape, picture) < 8 and symmetric(shape) < 0.92):
        return False
    return not is_patch(shape, (x0, y0, x1, y1), picture, contrast, size)


def is_patch(
    shape: Shape, text: tuple[float, float, float, float], picture: np.ndarray, contrast: np.ndarray, size: float
) -> bool:
    """Whether a shape is the ground laid under a label: tight around the text, without an outline."""
    x0, y0, x1, y1 = shape.box
    tight = min(text[0] - x0, x1 - text[2], text[1] - y0, y1 - text[3]) < 0.45 * size
    if not tight or shape.kind not in ("rectangle", "rounded"):
        return False
    return ring(shape.box, contrast) < 0.5 and step(shape, picture) < _PATCH


def step(shape: Shape, picture: np.ndarray) -> int:
    """How much a shape's colour differs from the ground just outside, in grey levels."""
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = shape.box
    around = []
    for d in (7, 9):
        around += [picture[max(0, y0 - d), x0:x1], picture[min(height - 1, y1 - 1 + d), x0:x1]]
        around += [picture[y0:y1, max(0, x0 - d)], picture[y0:y1, min(width - 1, x1 - 1 + d)]]
    ground = np.median(np.concatenate(around).astype(np.int16), axis=0)
    return int(np.abs(ground - np.array(shape.colour)).max())


def symmetric(shape: Shape) -> float:
    """Overlap (intersection over union) of a shape with itself mirrored or turned round, whichever is greater."""
    import cv2

    w, h = shape.size
    mask = np.zeros((h, w), np.uint8)
    cv2.drawContours(mask, [shape.outline - np.array([[shape.box[0], shape.box[1]]])], -1, 1, -1)
    own = mask.astype(bool)

    def like(other: np.ndarray) -> float:
        return float((own & other).sum() / max(1, (own | other).sum()))

    return max(like(own[:, ::-1]), like(own[::-1, ::-1]))


def ring(box: tuple[int, int, int, int], contrast: np.ndarray) -> float:
    """The share of a box's border that is drawn as a stroke."""
    height, width = contrast.shape
    x0, y0, x1, y1 = box
    sides = []
    for a in (y0, y1 - 1):
        band = contrast[max(0, a - 4) : min(height, a + 5), max(0, x0) : min(width, x1)]
        sides.append(band.max(axis=0) if band.size else np.zeros(1))
    for a in (x0, x1 - 1):
        band = contrast[max(0, y0) : min(height, y1), max(0, a - 4) : min(width, a + 5)]
        sides.append(band.max(axis=1) if band.size else np.zeros(1))
    return float((np.concatenate(sides) > 24).mean())
