"""Layout in numbers: shares of the picture and of the passage, marks of container and writing."""

from __future__ import annotations

import numpy as np
import pytest

from kgbuild.embeddings.layout import FEATURES, frames, layout
from kgbuild.types import Box, Mention, Page, Segment, Target, TextPosition, TimeSpan


def mention(surface: str, *place: Box | Page | TextPosition | TimeSpan, segment: str = "", **more: object) -> Mention:
    return Mention(f"m-{surface}", Target("s", place), surface, "Thing", 1.0, "t/1", segment=segment, **more)  # type: ignore[arg-type]


def row(m: Mention, *segments: Segment) -> dict[str, float]:
    (found,) = layout([m], segments)
    return dict(zip(FEATURES, map(float, found), strict=True))


def test_a_box_counts_as_a_share_of_its_picture() -> None:
    small = Segment("s#1", Target("s", (Box(0, 0, 200, 100),)), "picture", blob="x")
    large = Segment("s#1", Target("s", (Box(0, 0, 800, 400),)), "picture", blob="x")
    one = row(mention("A", Box(50, 25, 100, 50), segment="s#1", modality="picture"), small)
    other = row(mention("A", Box(200, 100, 400, 200), segment="s#1", modality="picture"), large)
    assert one == other
    assert one["box"] == 1 and one["middle x"] == 0 and one["width"] == 0.5 and one["as picture"] == 1
    corner = row(mention("A", Box(0, 0, 20, 10), segment="s#1", modality="picture"), small)
    assert corner["middle x"] < -0.8 and corner["area"] < one["area"] and corner["aspect"] == one["aspect"]


def test_a_label_lies_in_the_picture_that_shows_it() -> None:
    picture = Segment("s#1", Target("s", (Box(0, 0, 200, 100),)), "picture", blob="x")
    second = Segment("s#2", Target("s", (Box(300, 0, 200, 100),)), "picture", blob="x")
    label = Segment("s#3", Target("s", (Box(310, 10, 20, 10),)), "label", "A", blob="x")
    inside = mention("A", Box(310, 10, 20, 10), segment="s#3")
    assert frames([inside, mention("B", TextPosition(0, 1))], [picture, second, label]) == [Box(300, 0, 200, 100), None]


def test_time_page_place_and_container() -> None:
    passage = Segment(
        "s#1", Target("s", (TextPosition(100, 300),)), "text", "x" * 200, context=(("heading", "H"), ("column", "c"))
    )
    found = row(mention("the_Big api2", TextPosition(200, 212), segment="s#1", nominal=True), passage)
    assert found["place in passage"] == pytest.approx(0.5) and found["heading"] == found["cell"] == 1
    assert (
        found["joined words"] == found["digits"] == found["described"] == 1
        and found["caption"] == found["upper case"] == 0
    )
    shown = row(mention("API", TimeSpan(60, 72), Box(0, 0, 4, 4), modality="frame"))
    assert shown["time"] == 1 and 0 < shown["start"] < row(mention("API", TimeSpan(600, 612)))["start"]
    assert shown["upper case"] == 1 and shown["box"] == 1 and shown["width"] == 0  # in no picture that is known
    assert 0 < row(mention("A", Page(1)))["page number"] < row(mention("A", Page(9)))["page number"]


def test_nothing_leaves_its_bounds() -> None:
    picture = Segment("s#1", Target("s", (Box(0, 0, 1, 1),)), "picture", blob="x")
    wild = [
        mention("", Box(-50, 90000, 0, 0), segment="s#1"), mention("x" * 10_000, TextPosition(9, 3), Page(-3)),
        mention("a b " * 4000, TimeSpan(-5.0, 1e9), Box(10**9, 10**9, 10**9, 10**9), segment="s#1"),
    ]  # fmt: skip
    found = layout(wild, [picture])
    assert np.isfinite(found).all() and np.abs(found).max() <= 1
