"""Whether one picture is in another: a copy, a part, on a slide, in a frame of a video. Decided by geometry and pixels.

Corners are matched (ORB, Rublee et al. 2011), an affine map is fitted (RANSAC), made exact (enhanced correlation,
Evangelidis & Psarakis 2008), and the two are laid over each other: where either has lines, the other must have them
too. Two different diagrams of one style share corners, but not all their lines.
"""

from __future__ import annotations

from dataclasses import dataclass
import numpy as np

from kgbuild.types import Box

VERSION = "1"
Corners = tuple[np.ndarray, np.ndarray]
SIDE = 640  # pixels of the longer side at which pictures are compared
LEAST = 40  # pixels: what is smaller on a side is no picture of its own
AGREE = 0.8  # share of the lines' blocks that must agree
DEBUG: list = []
_CORNERS = 1000
_INLIERS = 12  # matched corners that an affine map must hold together
_SURE = 40  # and as many settle it
_STRETCH = 1.5  # of one side against the other, at most
_RATIO = 0.85  # of the distance to the best and the next best corner
_BLOCK = 12  # pixels of a block's side
_FAINT = 3.0  # grey levels: a block whose deviation is less is empty
_ALIKE = 0.5  # correlation from which two blocks are the same
_WHOLE = 0.9  # share of the lines of one picture that lie in the other


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

    found, described = cv2.ORB_create(_CORNERS, fastThreshold=10, edgeThreshold=16).detectAndCompute(seen, None)
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
    # Laid over each other at the resolution of the coarser one: the finer is blurred as the other is.
    if scale > 1:
        found = _overlay(b, a, _inverse(there))
        return Copy(found[0], found[2], found[1]) if found else None
    found = _overlay(a, b, there)
    return Copy(*found) if found else None


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


def _inverse(map: np.ndarray) -> np.ndarray:
    import cv2

    made: np.ndarray = cv2.invertAffineTransform(map).astype(np.float32)
    return made


def _overlay(a: Look, b: Look, there: np.ndarray) -> tuple[float, Box, Box] | None:
    """Lay ``a`` over ``b``, at the resolution of ``b``: agreement, the common part in ``a`` and in ``b``."""
    import cv2

    size = (b.grey.shape[1], b.grey.shape[0])
    scale = float(np.sqrt(np.linalg.det(there[:, :2])))
    softened = cv2.GaussianBlur(a.grey, (0, 0), 0.5 / scale) if scale < 0.8 else a.grey
    there = _refined(softened, b.grey, there)
    laid = cv2.warpAffine(softened, there, size, flags=cv2.INTER_LINEAR)
    inside = cv2.warpAffine(np.full(a.grey.shape, 255, np.uint8), there, size) > 254
    ys, xs = np.nonzero(inside)
    if len(ys) < LEAST * LEAST:
        return None
    x0, y0, x1, y1 = xs.min(), ys.min(), xs.max() + 1, ys.max() + 1
    agreement, ink, patch = _agreement(laid[y0:y1, x0:x1], b.grey[y0:y1, x0:x1], inside[y0:y1, x0:x1])
    back = _inverse(there)
    corners = np.array([[x0, y0, 1], [x1, y1, 1]], np.float32) @ back.T
    part_a = a.grey[_clip(corners[0, 1], 0, a.grey.shape[0]) : _clip(corners[1, 1], 0, a.grey.shape[0]),
                    _clip(corners[0, 0], 0, a.grey.shape[1]) : _clip(corners[1, 0], 0, a.grey.shape[1])]  # fmt: skip
    shares = (_ink(part_a) / max(1.0, _ink(a.grey)), ink / max(1.0, _ink(b.grey)))
    DEBUG.append((agreement, patch, shares))
    if agreement < AGREE or max(shares) < _WHOLE:
        return None
    return round(float(agreement), 4), _box(a, *corners[0], *corners[1]), _box(b, x0, y0, x1, y1)


def _clip(value: float, low: int, high: int) -> int:
    return int(min(max(round(float(value)), low), high))


def _box(of: Look, x0: float, y0: float, x1: float, y1: float) -> Box:
    """A part in the pixels of the picture itself."""
    fit = of.width / of.grey.shape[1]
    left, top = _clip(x0 * fit, 0, of.width - 1), _clip(y0 * fit, 0, of.height - 1)
    right, bottom = _clip(x1 * fit, left + 1, of.width), _clip(y1 * fit, top + 1, of.height)
    return Box(left, top, right - left, bottom - top)


def _refined(a: np.ndarray, b: np.ndarray, there: np.ndarray) -> np.ndarray:
    """The map made exact to parts of a pixel; as it was where that fails."""
    import cv2

    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 1e-4)
    try:
        _, back = cv2.findTransformECC(b, a, _inverse(there), cv2.MOTION_AFFINE, stop, None, 5)
    except cv2.error:
        return there
    made = _inverse(back)
    return made if np.abs(made - there).max() < 12 else there


def _ink(grey: np.ndarray) -> float:
    """How much is drawn: the sum of the slopes that are seen."""
    import cv2

    if min(grey.shape) < 3:
        return 0.0
    slope = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    return float(slope[slope > 24].astype(np.float64).sum())


def _agreement(a: np.ndarray, b: np.ndarray, inside: np.ndarray) -> tuple:
    """Share of the blocks with lines in which both have the same lines, by how strong they are; ink of ``b``."""
    import cv2

    def mean(values: np.ndarray) -> np.ndarray:
        found: np.ndarray = cv2.blur(values, (_BLOCK, _BLOCK), borderType=cv2.BORDER_REFLECT)
        return found[_BLOCK // 2 :: _BLOCK // 2, _BLOCK // 2 :: _BLOCK // 2]

    x, y = (cv2.GaussianBlur(v, (0, 0), 1.2).astype(np.float32) for v in (a, b))
    mx, my = mean(x), mean(y)
    sx, sy = (np.sqrt(np.maximum(mean(v * v) - m * m, 0)) for v, m in ((x, mx), (y, my)))
    both = mean(x * y) - mx * my
    alike = both / np.maximum(sx * sy, 1e-6)
    strong = np.maximum(sx, sy)
    seen = (strong > _FAINT) & (mean(inside.astype(np.float32)) > 0.99)
    if not seen.any():
        return 0.0, 0.0, (0, 0)
    weight = np.where(seen, np.minimum(strong, 30.0), 0.0)
    good = (alike > _ALIKE) & (np.minimum(sx, sy) > 0.15 * strong)
    bad = np.where(good, 0.0, weight)
    count, labels = cv2.connectedComponents((bad > 0).astype(np.uint8), connectivity=8)
    sums = np.bincount(labels.ravel(), weights=bad.ravel(), minlength=2)[1:]
    cells = np.bincount(labels.ravel(), minlength=2)[1:]
    patch = (float(np.median(alike[seen & (strong > 8)])) if (seen & (strong > 8)).any() else 0.0, int(cells.max()) if bad.any() else 0)
    return float((weight * good).sum() / weight.sum()), _ink(np.where(inside, b, 255).astype(np.uint8)), patch
