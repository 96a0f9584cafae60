"""OCR and labels: drawn words are found with boxes around their pixels."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image, ImageDraw, ImageFont

from kgbuild.config import Config
from kgbuild.mentions import extract, load
from kgbuild.mentions.labels import names, names_a_thing
from kgbuild.mentions.ocr import Line, blocks, extractor, tidy
from kgbuild.types import Box, Reading, Segment, Source, Target, TextQuote, TimeSpan

WORDS = {"Web Server": (60, 60), "Load Balancer": (420, 60), "Object Store": (60, 300), "Queue": (420, 300)}
SOURCE = Source("https://x.org/source/a.png", "a.png", "image/png", "0", 1)


@pytest.fixture(scope="module")
def png() -> tuple[bytes, dict[str, tuple[int, int, int, int]]]:
    """A drawn picture and the true box of each label."""
    picture = Image.new("RGB", (720, 420), "white")
    draw, font, boxes = ImageDraw.Draw(picture), ImageFont.load_default(26), {}
    for text, (x, y) in WORDS.items():
        draw.rectangle((x - 20, y - 20, x + 220, y + 60), outline="black", width=2)
        draw.text((x, y), text, "black", font)
        boxes[text] = draw.textbbox((x, y), text, font)
    data = BytesIO()
    picture.save(data, "PNG")
    return data.getvalue(), boxes


def overlap(a: Box, b: tuple[int, int, int, int]) -> float:
    """Intersection over union."""
    w = min(a.x + a.w, b[2]) - max(a.x, b[0])
    h = min(a.y + a.h, b[3]) - max(a.y, b[1])
    common = max(0, w) * max(0, h)
    return common / (a.w * a.h + (b[2] - b[0]) * (b[3] - b[1]) - common)


def reading(data: bytes, *selectors) -> Reading:
    place = Target(SOURCE.id, (*selectors, Box(0, 0, 720, 420)))
    modality = "frame" if selectors else "picture"
    segment = Segment(f"{SOURCE.id}#segment-1", place, modality, context=(("caption", "The parts"),), blob="b")
    return Reading(SOURCE, (segment,), blobs={"b": data})


def test_words_are_found_where_they_are_drawn(png, config: Config) -> None:
    data, boxes = png
    found = {s.text: s.target.find(Box) for s in extractor(config).derive([reading(data)])[0].segments}
    assert set(found) == set(WORDS)
    for text, box in found.items():
        assert box is not None and overlap(box, boxes[text]) > 0.5


def test_labels_become_mentions_with_box_and_quote(png, config: Config) -> None:
    _, made = extract(reading(png[0]), load(config))
    mentions = {m.surface: m for m in made.mentions if m.agent.startswith("labels")}
    assert set(mentions) == set(WORDS)
    for surface, m in mentions.items():
        assert m.modality == "picture" and m.context == "The parts"
        assert m.target.find(TextQuote) == TextQuote(surface) and m.target.find(Box) is not None


def test_frames_keep_their_time(png, config: Config) -> None:
    _, made = extract(reading(png[0], TimeSpan(1.0, 2.0)), load(config))
    assert {m.modality for m in made.mentions} == {"frame"}
    assert all(m.target.find(TimeSpan) == TimeSpan(1.0, 2.0) for m in made.mentions)


def test_ocr_can_be_switched_off(png) -> None:
    off = extractor(Config.load(overrides={"ocr.enabled": False}))
    assert off.derive([reading(png[0])])[0].segments == ()


def test_lines_of_one_box_are_one_label() -> None:
    lines = [
        Line("Object", 10, 10, 70, 28, 0.9),
        Line("Store", 15, 31, 65, 49, 0.8),
        Line("Far", 10, 120, 60, 138, 0.9),
    ]
    assert [(b.text, b.score) for b in blocks(lines)] == [("Object Store", 0.8), ("Far", 0.9)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("· Ka-band", "Ka-band"),
        ("raw data 中", "raw data"),
        ("数据库", "数据库"),
        ("Queue |", "Queue"),
        ("a ~ b", "a ~ b"),
    ],
)
def test_strokes_are_no_letters(text: str, wanted: str) -> None:
    assert tidy(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Web Server", True),
        ("42", False),
        ("a", False),
        ("It is open to everybody.", False),
        ("https://x.org", False),
        ("CPU 2", True),
    ],
)
def test_what_can_be_a_name(text: str, wanted: bool) -> None:
    assert names_a_thing(text) is wanted


@pytest.mark.parametrize("size", [(1, 20000), (20000, 1), (1, 1), (7, 300)])
def test_slivers_hold_no_words(config: Config, size: tuple[int, int]) -> None:
    data = BytesIO()
    Image.new("RGB", size, "black").save(data, "PNG")
    assert extractor(config).lines(data.getvalue()) == []


@pytest.mark.parametrize(
    ("label", "wanted"),
    [
        ("Deep Space Network", ["Deep Space Network"]),
        ("Webb: NASA, ESA and CSA", ["Webb", "NASA", "ESA", "CSA"]),
        ("Research and Development", ["Research and Development"]),
        ("Goldstone, California", ["Goldstone", "California"]),
        ("James Webb Space Telescope: on board", ["James Webb Space Telescope"]),
        ("it works. really", []),
        ("2021", []),
        ("1. Write to cache", ["Write to cache"]),
    ],
)
def test_labels_that_list_things(label: str, wanted: list[str]) -> None:
    assert [label[a:b] for a, b in names(label)] == wanted
