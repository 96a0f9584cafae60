"""A picture as it comes back elsewhere: cropped, scaled, on a slide, recompressed, in a frame of a video."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import cv2
import numpy as np

from kgbuild.training.drawings.parts import draw_slide
from kgbuild.training.drawings.wear import add_noise

Picture = np.ndarray  # uint8 RGB (h, w, 3)
Slide = tuple[Picture, tuple[int, int, int, int]]  # pixels, and the room for a picture: left, top, right, bottom


def slides(seeds: range, *, width: int = 480) -> list[Slide]:
    """Slides of these seeds, each with room for a picture."""
    made = []
    for seed in seeds:
        sheet, _, box = draw_slide(Random(f"slide {seed}"))
        zoom = width / sheet.width
        x0, y0, x1, y1 = (round(v * zoom) for v in box)
        made.append((sheet.picture(zoom=zoom), (x0, y0, x1, y1)))
    return made


def recompress(picture: Picture, random: Random, *, low: int = 20, high: int = 90) -> Picture:
    """JPEG of a quality by chance."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, random.randint(low, high)]
    data = cv2.imencode(".jpg", picture[:, :, ::-1], quality)[1]
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[:, :, ::-1])


def crop(picture: Picture, random: Random, *, least: float = 0.55) -> Picture:
    """A part of at least this share of each side."""
    height, width = picture.shape[:2]
    w, h = (max(8, round(v * random.uniform(least, 1.0))) for v in (width, height))
    x, y = random.randint(0, max(0, width - w)), random.randint(0, max(0, height - h))
    return picture[y : y + h, x : x + w]


def scale(picture: Picture, random: Random, *, low: float = 0.25, high: float = 0.8) -> Picture:
    """The picture smaller, its sides nearly in proportion."""
    share = random.uniform(low, high)
    stretch = random.uniform(0.92, 1.08)
    size = (max(8, round(picture.shape[1] * share * stretch)), max(8, round(picture.shape[0] * share)))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def frame(picture: Picture, random: Random, pool: Sequence[Slide]) -> Picture:
    """The picture on a slide, in the room that the slide has for it."""
    ground, (x0, y0, x1, y1) = random.choice(pool)
    made = ground.copy()
    fit = min((x1 - x0) / picture.shape[1], (y1 - y0) / picture.shape[0]) * random.uniform(0.7, 1.0)
    w, h = max(4, round(picture.shape[1] * fit)), max(4, round(picture.shape[0] * fit))
    x, y = (x0 + x1 - w) // 2, (y0 + y1 - h) // 2
    mode = cv2.INTER_AREA if fit < 1 else cv2.INTER_LINEAR
    made[y : y + h, x : x + w] = cv2.resize(picture, (w, h), interpolation=mode)
    return made


def video(picture: Picture, random: Random, pool: Sequence[Slide]) -> Picture:
    """A frame of a video that shows a slide with the picture: small, soft, its colours a little off."""
    seen = frame(picture, random, pool)
    seen = scale(seen, random, low=0.5, high=1.0)
    seen = cv2.GaussianBlur(seen, (3, 3), random.uniform(0.4, 1.0))
    return recompress(light(seen, random), random, low=15, high=60)


def light(picture: Picture, random: Random) -> Picture:
    """Other brightness, contrast and tint."""
    gain = np.array([random.uniform(0.85, 1.1)] * 3) * [random.uniform(0.95, 1.05) for _ in range(3)]
    table = np.clip(np.arange(256)[:, None] * gain + random.uniform(-14, 14), 0, 255).astype(np.uint8)
    return np.stack([cv2.LUT(picture[:, :, c], table[:, c]) for c in range(3)], axis=2)


def grey(picture: Picture) -> Picture:
    """The picture without colour."""
    return np.repeat(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2)


# Each way in which a copy differs, by itself: what is measured.
WAYS: dict[str, Callable[[Picture, Random, Sequence[Slide]], Picture]] = {
    "recompressed": lambda p, r, _: recompress(p, r, low=10, high=40),
    "scaled": lambda p, r, _: scale(p, r),
    "cropped": lambda p, r, _: crop(p, r, least=0.6),
    "on a slide": frame,
    "video frame": video,
    "light and grey": lambda p, r, _: grey(light(p, r)),
}


def mild(picture: Picture, random: Random) -> Picture:
    """The picture nearly as it is."""
    seen = recompress(picture, random, low=60, high=95) if random.random() < 0.3 else picture
    return crop(seen, random, least=0.9) if random.random() < 0.4 else seen


def wild(picture: Picture, random: Random, pool: Sequence[Slide], *, whole: bool) -> Picture:
    """The picture changed in several ways; ``whole``: it is a whole drawing, no single thing."""
    chance, seen = random.random(), picture
    if random.random() < (0.45 if whole else 0.3):
        seen = crop(seen, random, least=0.5 if whole else 0.8)
    if chance < (0.25 if whole else 0.08):
        seen = frame(seen, random, pool)
    elif chance < (0.5 if whole else 0.16):
        seen = video(seen, random, pool)
    elif chance < 0.7:
        seen = scale(seen, random)
    if random.random() < 0.35:
        seen = light(seen, random)
    if random.random() < 0.12:
        seen = grey(seen)
    if random.random() < 0.15:
        seen = add_noise(seen, random.uniform(2, 8), random.randrange(1 << 30))
    return recompress(seen, random) if random.random() < 0.5 else seen
