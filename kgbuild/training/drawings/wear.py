"""What happens to pictures on their way: compression, noise, grey scans, skew, photographs of a screen or a sheet."""

from __future__ import annotations

import math
from io import BytesIO

import numpy as np

Picture = np.ndarray  # uint8 RGB (h, w, 3)


def compress(picture: Picture, quality: int) -> Picture:
    """The picture after JPEG of this quality (1 to 95)."""
    from PIL import Image

    data = BytesIO()
    Image.fromarray(picture).save(data, "JPEG", quality=quality)
    with Image.open(BytesIO(data.getvalue())) as image:
        return np.asarray(image.convert("RGB"))


def add_noise(picture: Picture, sigma: float, seed: int) -> Picture:
    """Gaussian noise of ``sigma`` grey levels."""
    noise = np.random.default_rng(seed).normal(0, sigma, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def scan(picture: Picture, seed: int) -> Picture:
    """A grey scan: a little blurred, noisy, compressed, its white a light grey."""
    import cv2

    grey = cv2.cvtColor(cv2.GaussianBlur(picture, (3, 3), 0.7), cv2.COLOR_RGB2GRAY).astype(float)
    grey = 18 + grey * 0.88
    return compress(add_noise(np.repeat(grey[:, :, None], 3, axis=2).astype(np.uint8), 6, seed), 60)


def resize(picture: Picture, width: int) -> Picture:
    """The picture at another width, its sides in proportion."""
    from PIL import Image

    height = max(1, round(picture.shape[0] * width / picture.shape[1]))
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS))


def skew(picture: Picture, degrees: float) -> Picture:
    """The picture turned about its middle on a larger sheet of its own ground."""
    import cv2

    height, width = picture.shape[:2]
    turn = math.radians(abs(degrees))
    w, h = (
        round(width * math.cos(turn) + height * math.sin(turn)),
        round(width * math.sin(turn) + height * math.cos(turn)),
    )
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    matrix[:, 2] += ((w - width) / 2, (h - height) / 2)
    return cv2.warpAffine(picture, matrix, (w, h), flags=cv2.INTER_CUBIC, borderValue=_ground(picture))


def photograph(picture: Picture, seed: int, *, strength: float = 1.0) -> Picture:
    """A picture of the picture: perspective, uneven light, blur, noise, compression."""
    import cv2

    random = np.random.default_rng(seed)
    height, width = picture.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    pad = 0.06 * min(width, height)
    moved = corners + pad + (random.uniform(0, 0.03, (4, 2)) * strength * (width, height)).astype(np.float32)
    size = (int(width * 1.03 + 2 * pad), int(height * 1.03 + 2 * pad))
    matrix = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    seen = cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_CUBIC, borderValue=_ground(picture))
    ys, xs = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    cx, cy = random.uniform(0.2, 0.8, 2) * size
    away = np.hypot(xs - cx, ys - cy) / np.hypot(*size)
    light = (1.0 - 0.55 * strength * away) * random.uniform(0.85, 0.98)
    warm = np.array([1.0, 0.98, 0.92])
    lit = np.clip(cv2.GaussianBlur(seen, (0, 0), 0.8).astype(float) * light[:, :, None] * warm, 0, 255).astype(np.uint8)
    return compress(add_noise(lit, 3, seed), 80)


def _ground(picture: Picture) -> tuple[int, int, int]:
    edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    r, g, b = (int(v) for v in np.median(edge, axis=0))
    return r, g, b
