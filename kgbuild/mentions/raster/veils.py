"""Lines seen faintly through the half-transparent ground that renderers lay under labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kgbuild.mentions.ocr import Line

_FAINT = 8  # grey levels between a veiled stroke and the veil
_REACH = 11  # pixels: window in which a veiled stroke is the minority
_MOST = 0.2  # share of a label's ground that veiled strokes cover; more of it is noise


def unveil(picture: np.ndarray, ink: np.ndarray, left: np.ndarray, labels: Sequence[Line], *, size: float) -> None:
    """Add to ``left`` (bool (h, w), lines) what shows faintly under ``labels``; ``ink`` (bool) holds the letters too.

    ``picture`` is uint8 RGB; ``size`` is the height of type in pixels.
    """
    import cv2

    height, width = ink.shape
    pad = int(0.6 * size)
    for label in labels:
        x0, y0 = max(0, int(label.x0) - pad), max(0, int(label.y0) - pad)
        x1, y1 = min(width, int(label.x1) + pad + 1), min(height, int(label.y1) + pad + 1)
        if min(x1 - x0, y1 - y0) < 3:
            continue
        contrast = _faint(picture[y0:y1, x0:x1], ink[y0:y1, x0:x1])
        crest = cv2.dilate(contrast, np.ones((3, 3), np.uint8)).astype(np.int16)
        letters = cv2.dilate(ink[y0:y1, x0:x1].astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
        faint = (contrast >= _FAINT) & (contrast.astype(np.int16) * 5 >= crest * 2) & ~letters
        if not 0 < faint.mean() < _MOST:
            continue
        _, parts, stats, _ = cv2.connectedComponentsWithStats(faint.astype(np.uint8), connectivity=8)
        long = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
        kept = (long >= max(3, 0.25 * size)) & (stats[:, cv2.CC_STAT_AREA] <= 3.5 * long)
        kept[0] = False
        left[y0:y1, x0:x1] |= kept[parts]


def _faint(part: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Contrast of thin strokes that differ from their ground as the letters do: all darker, or all lighter."""
    import cv2

    part = np.ascontiguousarray(part)
    if ink.any() and not ink.all() and part[ink].mean() > part[~ink].mean():
        part = 255 - part
    away = cv2.subtract(cv2.medianBlur(part, _REACH), part).max(axis=2)
    return np.minimum(
        away, cv2.morphologyEx(part, cv2.MORPH_BLACKHAT, np.ones((_REACH - 4,) * 2, np.uint8)).max(axis=2)
    )
