"""Whether one picture is in another: a copy, a part, on a slide, in a frame of a video. Decided by geometry and pixels.

Corners are matched (ORB, Rublee et al. 2011), an affine map is fitted (RANSAC, Fischler & Bolles 1981), and the two
are laid over each other (see ``overlay``). Two different diagrams of one style share corners, but not all their lines.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kgbuild.entities.overlay import LEAST, Part, inverse, overlay
from kgbuild.types import Box

VERSION = "1"
Corners = tuple[np.ndarray, np.ndarray]
SIDE = 960  # pixels of the longer side at which pictures are compared
_CORNERS = 1000
_INLIERS = 12  # matched corners that an affine map must hold together
_SURE = 40  # and as many settle it
_STRETCH = 1.5  # of one side against the other, at most
_RATIO = 0.85  # of the distance to the best and the next best corner


@dataclass(frozen=True, slots=True)
class Look:
    """A picture made ready: its size in pixels, grey at ``SIDE`` at most, and its corners in full and at half size.

    Corners: (n, 2) in pixels of ``grey`` with descriptors (n, 32).
    """

    width: int
    height: int
    grey: np.ndarray
    corners: tuple[Corners, Corners]


@dataclass(frozen=True, slots=True)
class Copy:
    """Two pictures that show the same: how much of what lies over each other agrees, and where it lies in each."""

    score: float
    left: Box
    right: Box


def look(picture: np.ndarray) -> Look:
    """What ``compare`` needs of a picture, uint8 RGB (h, w, 3)."""
    import cv2

    height, width = picture.shape[:2]
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    fit = min(1.0, SIDE / max(height, width))
    if fit < 1:
        grey = cv2.resize(grey, (max(1, round(width * fit)), max(1, round(height * fit))), interpolation=cv2.INTER_AREA)
    half = cv2.resize(grey, (max(1, grey.shape[1] // 2), max(1, grey.shape[0] // 2)), interpolation=cv2.INTER_AREA)
    return Look(width, height, grey, (_corners(grey, grey.shape), _corners(half, grey.shape)))


def _corners(seen: np.ndarray, whole: tuple[int, ...]) -> Corners:
    import cv2

    found, described = cv2.ORB.create(_CORNERS, fastThreshold=10, edgeThreshold=16).detectAndCompute(seen, None)
    at = np.array([k.pt for k in found], np.float32).reshape(-1, 2)
    at *= (whole[1] / seen.shape[1], whole[0] / seen.shape[0])
    return at, described if described is not None else np.zeros((0, 32), np.uint8)


def compare(a: Look, b: Look) -> Copy | None:
    """How ``a`` and ``b`` show the same, None if they do not."""
    if min(a.grey.shape + b.grey.shape) < LEAST:
        return None
    there = _fit(a, b)
    if there is None:
        return None
    scale = float(np.sqrt(abs(np.linalg.det(there[:, :2]))))
    if not 1 / 12 < scale < 12:
        return None
    if scale > 1:  # laid over each other at the resolution of the coarser one
        found = overlay(b.grey, a.grey, inverse(there))
        return Copy(round(found[0], 4), _box(a, found[2]), _box(b, found[1])) if found else None
    found = overlay(a.grey, b.grey, there)
    return Copy(round(found[0], 4), _box(a, found[1]), _box(b, found[2])) if found else None


def _fit(a: Look, b: Look) -> np.ndarray | None:
    """The affine map (2, 3) from ``a`` to ``b`` that most matched corners agree on, None if few do."""
    best, most = None, _INLIERS - 1
    for m, n in ((0, 0), (1, 0), (0, 1)):  # a picture on a slide is about half as large there
        there, held = _matched(a.corners[m], b.corners[n])
        if there is not None and held > most:
            best, most = there, held
        if most >= _SURE:
            break
    return best


def _matched(a: Corners, b: Corners) -> tuple[np.ndarray | None, int]:
    import cv2

    if min(len(a[0]), len(b[0])) < _INLIERS:
        return None, 0
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(a[1], b[1], k=2)
    kept = [p[0] for p in pairs if len(p) == 2 and p[0].distance < _RATIO * p[1].distance]
    if len(kept) < _INLIERS:
        return None, 0
    source, target = a[0][[m.queryIdx for m in kept]], b[0][[m.trainIdx for m in kept]]
    cv2.setRNGSeed(0)
    there, inside = cv2.estimateAffine2D(source, target, ransacReprojThreshold=4.0, maxIters=4000, confidence=0.999)
    if there is None:
        return None, 0
    long, short = np.linalg.svd(there[:, :2], compute_uv=False)
    if short <= 0 or long / short > _STRETCH or np.linalg.det(there[:, :2]) <= 0:
        return None, 0  # no slide stretches a picture so, none mirrors it
    return there.astype(np.float32), int(inside.sum())


def _box(of: Look, part: Part) -> Box:
    """A part of ``grey`` in the pixels of the picture itself."""
    fit = of.width / of.grey.shape[1]
    x0, x1 = (int(np.clip(round(v * fit), 0, of.width)) for v in (part[0], part[2]))
    y0, y1 = (int(np.clip(round(v * fit), 0, of.height)) for v in (part[1], part[3]))
    return Box(min(x0, of.width - 1), min(y0, of.height - 1), max(1, x1 - x0), max(1, y1 - y0))
