"""A picture of extreme form is read within bounded memory."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from kgbuild.workers import Bounds, Frames, Worker

SIZE = (12_000, 60)


def serve_ocr(setup: bytes) -> Callable[[bytes], Frames]:
    """A child that reads a picture of grey levels."""
    from kgbuild.mentions.ppocr import PpOcr

    reader = PpOcr()

    def answer(request: bytes) -> Frames:
        grey = np.frombuffer(request, np.uint8).reshape(SIZE[1], SIZE[0], 1)
        return [line.text.encode() for line in reader(np.repeat(grey, 3, axis=2))]

    return answer


def test_a_wide_low_picture_takes_no_gigabytes() -> None:
    picture = Image.new("L", SIZE, 255)
    for x in (100, 6_000, 11_000):
        ImageDraw.Draw(picture).text((x, 18), "Gate Keeper", fill=0, font=ImageFont.load_default(24))
    worker = Worker(f"{__name__}:serve_ocr", b"", Bounds(held_mb=1200))
    try:
        assert worker.ask(picture.tobytes())[:3] == [b"Gate Keeper"] * 3
    finally:
        worker.close()
