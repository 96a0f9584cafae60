"""Ink: thin strokes of any colour on any ground, and the flat regions of colour between them."""

from __future__ import annotations

from typing import Any

import numpy as np

STRONG, WEAK = 28, 18  # grey levels between a stroke and its ground
_STEP = 12  # grey levels between neighbours that part two regions


def away_from(picture: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """Grey levels between each pixel and a colour, the greatest of the channels, uint8 (h, w)."""
    import cv2

    return greatest(cv2.absdiff(picture, np.broadcast_to(colour.astype(np.uint8), picture.shape)))


def greatest(picture: np.ndarray) -> np.ndarray:
    """The greatest of three channels, (h, w)."""
    import cv2

    first, second, third = cv2.split(picture)
    return cv2.max(cv2.max(first, second), third)


def strokes(picture: np.ndarray, *, reach: int = 15) -> np.ndarray:
    """Contrast of thin structures against the ground around them, uint8 of shape (h, w), 0 on flat ground.

    ``picture`` is uint8 RGB (h, w, 3); ``reach`` (odd, pixels) is the window in which a stroke must be the
    minority. The lesser of two answers: distance to the window's median, and top-hat or black-hat of the channels
    (morphology keeps corners of filled shapes out, the median gaps between parallel strokes).
    """
    import cv2

    ground = cv2.medianBlur(picture, reach)
    away = greatest(cv2.absdiff(picture, ground))
    kernel = np.ones((reach - 4, reach - 4), np.uint8)
    dark = greatest(cv2.morphologyEx(picture, cv2.MORPH_BLACKHAT, kernel))
    light = greatest(cv2.morphologyEx(picture, cv2.MORPH_TOPHAT, kernel))
    return np.minimum(away, np.maximum(dark, light))


def binary(contrast: np.ndarray) -> np.ndarray:
    """Strokes as bool (h, w) by hysteresis: weak pixels count where they touch strong ones.

    A pixel beside a darker one is antialiasing of that stroke and does not count.
    """
    import cv2

    crest = cv2.dilate(contrast, np.ones((3, 3), np.uint8))
    weak = (contrast >= WEAK) & (contrast.astype(np.int16) * 5 >= crest.astype(np.int16) * 2)
    count, labels = cv2.connectedComponents(weak.astype(np.uint8), connectivity=8)
    kept = np.zeros(count, bool)
    kept[np.unique(labels[contrast >= STRONG])] = True
    kept[0] = False
    return kept[labels]


def flat(picture: np.ndarray) -> tuple[np.ndarray, Any]:
    """Regions of even colour: labels int32 (h, w), 0 between regions; and OpenCV's statistics per label."""
    import cv2

    kernel = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    span = greatest(cv2.subtract(cv2.dilate(picture, kernel), cv2.erode(picture, kernel)))
    _, labels, stats, _ = cv2.connectedComponentsWithStats((span <= _STEP).astype(np.uint8), connectivity=4)
    return labels, stats
