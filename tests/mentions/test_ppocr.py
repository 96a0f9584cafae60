"""The text reader: every crop is read alone and once, faint type is found, pictures of any size are read."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from kgbuild.mentions.ppocr import PpOcr, cut, extent, low
from kgbuild.mentions.unread import contrast, unread

NONE = np.zeros((0, 4, 2), dtype=np.float32)


@pytest.fixture(scope="module")
def reader() -> PpOcr:
    return PpOcr()


def drawn(*texts: tuple[str, int, int], ground: str = "white", ink: str = "black", size: int = 22) -> np.ndarray:
    image = Image.new("RGB", (640, 320), ground)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size)
    for text, x, y in texts:
        draw.text((x, y), text, ink, font)
    return np.asarray(image)


def test_a_crop_reads_the_same_whatever_was_read_before_it(reader: PpOcr) -> None:
    crop = drawn(("Load Balancer", 10, 10))[:50, :200]
    first = PpOcr().read(crop)
    reader(drawn(("Load Balancer", 40, 40), ("a long line of other words below it", 40, 200)))
    assert first == reader.read(crop) == reader.read(crop) and first[0] == "Load Balancer"


def test_faint_type_is_read(reader: PpOcr) -> None:
    picture = drawn(("Receive message", 60, 80), ground="#333333", ink="#008000", size=15)
    assert [f.text for f in reader(picture)] == ["Receive message"]


def test_rows_of_letters_outside_of_known_lines() -> None:
    picture = drawn(("Receive message", 60, 80))
    (corners,) = unread(contrast(picture), NONE)
    assert abs(corners[0] - (60, 80)).max() < 16
    assert len(unread(contrast(picture), np.array([[(50, 70), (260, 70), (260, 120), (50, 120)]], np.float32))) == 0
    assert len(unread(contrast(drawn()), NONE)) == 0


@pytest.mark.parametrize("scale", [0.6, 5])
def test_large_and_small_pictures(scale: float, reader: PpOcr) -> None:
    picture = Image.fromarray(drawn(("Object Store", 60, 80), size=30))
    resized = picture.resize((round(640 * scale), round(320 * scale)), Image.Resampling.LANCZOS)
    (found,) = reader(np.asarray(resized))
    assert found.text == "Object Store" and abs(found.corners[0] / scale - (60, 88)).max() < 20


def test_crops_are_cut_to_their_ink() -> None:
    crop = drawn(("Queue", 100, 20))[10:60]
    start, end = extent(crop)
    assert 90 <= start <= 100 and 150 <= end <= 175
    assert extent(drawn()[10:60]) == (0, 0)
    upright = np.array([(10, 10), (40, 10), (40, 200), (10, 200)], np.float32)
    assert cut(drawn(), upright).shape == (30, 190, 3)


def test_long_lines_are_cut_close_to_their_letters(reader: PpOcr) -> None:
    text = "every word of this long line is read at little more than half its width"
    crop = drawn((text, 4, 40), size=17)[20:90]
    close = low(crop)
    assert 16 <= close.shape[0] <= 26 and (close != 255).sum() == (crop != 255).sum()
    assert reader.read(crop)[0] == text
    assert low(drawn()[:30]).shape[0] == 30
