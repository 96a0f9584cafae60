"""The place of the letters in what text detection found: its boxes are wider or closer as a picture is sharp."""

from __future__ import annotations

import numpy as np

_FAINT = 24  # grey levels from its ground at which a pixel is ink
_MARGIN = 0.25  # around the letters, in heights of them: the usual one of detected boxes
_GROWTH = 0.1  # a box that is close already may be wider by that, in the same
_UPRIGHT = 1.5  # times as high as wide: a line that runs up or down
_LOW = 0.35  # share of the box's height below which a component is a dot or a dash
_WIDE = 0.7  # share of the box's width that letters fill with a letter's height; less is a piece of something else


def close_box(grey: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Corners of the level box around a line, float32 (4, 2), at the usual margin; ``grey`` is uint8 (h, w).

    Components that go over the box's border are strokes, not letters: with such, the sides stay as they are.
    """
    import cv2

    x0, y0 = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int)
    x1, y1 = np.ceil(corners.max(axis=0)).astype(int)
    part = grey[y0:y1, x0:x1]
    if not part.size or y1 - y0 >= _UPRIGHT * (x1 - x0):
        return corners
    ink = np.abs(part.astype(np.int16) - int(np.median(part))) > _FAINT
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    height, width = ink.shape
    x, y, w, h, _ = stats[1:].T
    cut = (x == 0) | (y == 0) | (x + w == width) | (y + h == height)
    whole = ~cut
    if not whole.any() or h[whole].max() < _LOW * height:
        return corners
    left, right = int(x[whole].min()), int((x + w)[whole].max())
    top, bottom = int(y[whole].min()), int((y + h)[whole].max())
    size = bottom - top
    if right - left + size < _WIDE * width:
        return corners
    near, far = np.array([x0 + left, y0 + top]), np.array([x0 + right, y0 + bottom])
    first, last = corners.min(axis=0), corners.max(axis=0)
    first, last = (
        np.maximum(first - _GROWTH * size, near - _MARGIN * size),
        np.minimum(last + _GROWTH * size, far + _MARGIN * size),
    )
    if cut.any():
        first[0], last[0] = corners[:, 0].min(), corners[:, 0].max()
    return np.array([first, (last[0], first[1]), last, (first[0], last[1])], dtype=np.float32)
