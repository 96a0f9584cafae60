"""Two pictures laid over each other: where either has lines, the other must have them too."""

from __future__ import annotations

import numpy as np

Part = tuple[float, float, float, float]  # left, top, right, bottom in pixels

AGREE = 0.9  # share of the blocks with lines that must agree
LEAST = 40  # pixels: what is smaller on a side is no picture of its own
_HOPELESS = 0.3  # share from which a better fit is tried
_BLOCK = 12  # pixels of a block's side
_FAINT = 3.0  # grey levels: a block whose deviation is less is empty
_STRONG = 12.0  # and from here on its lines are seen in any copy
_PATCH = 8  # strong blocks, half over each other, that may differ in one place: more is another label
_ALIKE = 0.5  # correlation from which two blocks are the same
_WHOLE = 0.9  # share of the lines of one picture that lie in the other


def overlay(a: np.ndarray, b: np.ndarray, there: np.ndarray) -> tuple[float, Part, Part] | None:
    """Lay ``a`` over ``b`` (grey, uint8) by an affine map (2, 3) that makes it no larger.

    The share of lines that agree, and the common part in ``a`` and in ``b``; None if they do not show the same.
    """
    import cv2

    scale = float(np.sqrt(np.linalg.det(there[:, :2])))
    softened = cv2.GaussianBlur(a, (0, 0), 0.5 / scale) if scale < 0.8 else a  # as the copy is
    for attempt in range(2):
        there = _refined(softened, b, there) if attempt else there
        laid = cv2.warpAffine(softened, there, (b.shape[1], b.shape[0]), flags=cv2.INTER_LINEAR)
        inside = cv2.warpAffine(np.full(a.shape, 255, np.uint8), there, (b.shape[1], b.shape[0])) > 254
        ys, xs = np.nonzero(inside)
        if len(ys) < LEAST * LEAST:
            return None
        x0, y0, x1, y1 = int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1
        own = _corners(inverse(there), (x0, y0, x1, y1))
        shares = (_share(a, own), _share(np.where(inside, b, 255).astype(np.uint8), (x0, y0, x1, y1), of=b))
        if max(shares) < _WHOLE:
            return None
        agreement, patch = _agreement(laid[y0:y1, x0:x1], b[y0:y1, x0:x1], inside[y0:y1, x0:x1])
        if agreement >= AGREE and patch <= _PATCH:
            return agreement, own, (x0, y0, x1, y1)
        if agreement < _HOPELESS:
            return None
    return None


def inverse(map: np.ndarray) -> np.ndarray:
    """The affine map back."""
    import cv2

    made: np.ndarray = cv2.invertAffineTransform(map).astype(np.float32)
    return made


def _corners(map: np.ndarray, part: Part) -> Part:
    (x0, y0), (x1, y1) = np.array([[part[0], part[1], 1], [part[2], part[3], 1]], np.float32) @ map.T
    return float(x0), float(y0), float(x1), float(y1)


def _refined(a: np.ndarray, b: np.ndarray, there: np.ndarray) -> np.ndarray:
    """The map made exact to parts of a pixel (Evangelidis & Psarakis 2008); as it was where that fails."""
    import cv2

    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 1e-4)
    try:
        _, back = cv2.findTransformECC(b, a, inverse(there), cv2.MOTION_AFFINE, stop, None)
    except cv2.error:
        return there
    made = inverse(back)
    return made if np.abs(made - there).max() < 12 else there


def _share(grey: np.ndarray, part: Part, *, of: np.ndarray | None = None) -> float:
    """How much of what is drawn lies in a part."""
    height, width = grey.shape
    x0, x1 = (int(np.clip(round(v), 0, width)) for v in (part[0], part[2]))
    y0, y1 = (int(np.clip(round(v), 0, height)) for v in (part[1], part[3]))
    return _ink(grey[y0:y1, x0:x1]) / max(1.0, _ink(grey if of is None else of))


def _ink(grey: np.ndarray) -> float:
    """How much is drawn: the sum of the slopes that are seen."""
    import cv2

    if min(grey.shape) < 3:
        return 0.0
    slope = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    return float(slope[slope > 24].astype(np.float64).sum())


def _agreement(a: np.ndarray, b: np.ndarray, inside: np.ndarray) -> tuple[float, int]:
    """Share of the blocks with lines in which both have the same lines, by how strong they are.

    And how many strong ones that differ stand together.
    """
    import cv2

    def mean(values: np.ndarray) -> np.ndarray:
        found: np.ndarray = cv2.blur(values, (_BLOCK, _BLOCK), borderType=cv2.BORDER_REFLECT)
        return found[_BLOCK // 2 :: _BLOCK // 2, _BLOCK // 2 :: _BLOCK // 2]

    x, y = (cv2.GaussianBlur(v, (0, 0), 1.2).astype(np.float32) for v in (a, b))
    mx, my = mean(x), mean(y)
    sx, sy = (np.sqrt(np.maximum(mean(v * v) - m * m, 0)) for v, m in ((x, mx), (y, my)))
    alike = (mean(x * y) - mx * my) / np.maximum(sx * sy, 1e-6)
    strong = np.maximum(sx, sy)
    seen = (strong > _FAINT) & (mean(inside.astype(np.float32)) > 0.99)
    if not seen.any():
        return 0.0, 0
    weight = np.where(seen, np.minimum(strong, 30.0), 0.0)
    good = (alike > _ALIKE) & (np.minimum(sx, sy) > 0.15 * strong)
    wrong = ((strong > _STRONG) & seen & ~good).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(wrong, connectivity=8)
    return float((weight * good).sum() / weight.sum()), int(stats[1:, cv2.CC_STAT_AREA].max(initial=0))
