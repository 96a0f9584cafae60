"""Rows of letters that text detection passes over: faint type, such as dark green on dark grey.

Connected components of letter size that stand side by side on one line. What is really text, reading decides.
"""

from __future__ import annotations

import numpy as np

LETTERS = 4  # in a row: fewer are dots, dashes and corners
_GROUND = 9  # window of the ground's colour, on every fourth pixel
_REACH = 31  # pixels within which the darkest stroke becomes black
_FAINT = 18  # levels of one colour from the ground at which a pixel is ink
_HEIGHTS = (6, 40)
_MANY = 1500  # components from which a picture is a photograph or texture
_ROWS = 40  # looked at in a picture, the longest


def contrast(picture: np.ndarray) -> np.ndarray:
    """How far each pixel is from its ground's colour: uint8 (h, w), of a picture (h, w, 3)."""
    import cv2

    ground = cv2.medianBlur(np.ascontiguousarray(picture[::4, ::4]), _GROUND)
    ground = cv2.resize(ground, picture.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.absdiff(picture, ground).max(axis=2))


def darkened(strength: np.ndarray) -> np.ndarray:
    """What ``contrast`` gave as dark ink on white: uint8 (h, w, 3)."""
    import cv2

    top = np.maximum(cv2.dilate(strength, np.ones((_REACH, _REACH), np.uint8)), 1)
    dark = 255 - np.minimum(255, strength.astype(np.float32) * 255 / top).astype(np.uint8)
    return np.repeat(dark[:, :, None], 3, axis=2)


def unread(strength: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Corners of the rows of letters in what ``contrast`` gave: float32 (m, 4, 2), from the top left on.

    ``known``: corners (n, 4, 2) of the lines found already; they are left out.
    """
    import cv2

    mask = (strength > _FAINT).astype(np.uint8)
    for corners in known:
        x0, y0 = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int)
        x1, y1 = np.ceil(corners.max(axis=0)).astype(int)
        mask[y0 : y1 + 1, x0 : x1 + 1] = 0
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    x, y, w, h, area = stats[1:].T
    low, high = _HEIGHTS
    is_letter = (h >= low) & (h <= high) & (w <= 1.5 * high) & (area >= 8) & (area >= 0.15 * w * h)
    letters = np.stack([x, y, x + w, y + h], axis=1)[is_letter]
    if not LETTERS <= len(letters) <= _MANY:
        return np.zeros((0, 4, 2), dtype=np.float32)
    boxes = [_union(row) for row in _rows(letters) if len(row) >= LETTERS]
    boxes = sorted((b for b in boxes if b[2] - b[0] > 1.5 * (b[3] - b[1])), key=lambda b: (b[0] - b[2], *b))[:_ROWS]
    corners = [[(a, b), (c, b), (c, d), (a, d)] for a, b, c, d in sorted(boxes)]
    return np.asarray(corners, dtype=np.float32).reshape(-1, 4, 2)


def _rows(letters: np.ndarray) -> list[list[np.ndarray]]:
    """Letters from left to right, each behind the nearest one of like height on its line."""
    rows: list[list[np.ndarray]] = []
    for one in letters[np.lexsort((letters[:, 1], letters[:, 0]))]:
        home = next((row for row in reversed(rows) if _follows(row[-1], one)), None)
        if home is None:
            rows.append([one])
        else:
            home.append(one)
    return rows


def _follows(a: np.ndarray, b: np.ndarray) -> bool:
    tall, short = max(a[3] - a[1], b[3] - b[1]), min(a[3] - a[1], b[3] - b[1])
    overlap = min(a[3], b[3]) - max(a[1], b[1])
    return bool(overlap > 0.6 * short and tall < 2.2 * short and -0.3 * tall <= b[0] - a[2] <= 0.9 * tall)


def _union(row: list[np.ndarray]) -> tuple[int, int, int, int]:
    """The box of a row with a margin as that of detected lines."""
    boxes = np.stack(row)
    x0, y0, x1, y1 = (int(v) for v in (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)))
    margin = max(2, round(0.3 * (y1 - y0)))
    return max(0, x0 - margin), max(0, y0 - margin), x1 + margin, y1 + margin
