"""Pictures and vectors as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")


def unit(matrix: np.ndarray) -> np.ndarray:
    """Rows scaled to length one, float32; zero rows stay zero."""
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    return (matrix / np.maximum(lengths, 1e-12)).astype(np.float32)


def product(rows: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Each row (n, d) times a matrix (d, m), by itself: how a BLAS sums many hangs on how many there are."""
    made: np.ndarray = (rows[:, None] @ matrix)[:, 0]
    return made


def once_each(items: Sequence[Item]) -> tuple[list[Item], list[int]]:
    """The items without those that are the same object again, which fill up a batch; and the place of each in them."""
    found = {id(item): item for item in items}
    places = {key: n for n, key in enumerate(found)}
    return list(found.values()), [places[id(item)] for item in items]


def letterbox(image: np.ndarray, side: int) -> np.ndarray:
    """uint8 RGB (h, w, 3) scaled into the middle of a white square (side, side, 3)."""
    import cv2

    height, width = image.shape[:2]
    fit = side / max(height, width, 1)
    w, h = max(1, round(width * fit)), max(1, round(height * fit))
    mode = cv2.INTER_AREA if fit < 1 else cv2.INTER_LINEAR
    made = np.full((side, side, 3), 255, np.uint8)
    top, left = (side - h) // 2, (side - w) // 2
    made[top : top + h, left : left + w] = cv2.resize(np.ascontiguousarray(image), (w, h), interpolation=mode)
    return made


def pixels(png: bytes) -> np.ndarray:
    """uint8 RGB (h, w, 3) of a picture of the cache or a published one."""
    from PIL import Image

    with Image.open(BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"))
