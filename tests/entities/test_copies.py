"""A picture is found in its copies, parts and slides, and in no other drawing, however like it is."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import cv2
import numpy as np
import pytest

pytest.importorskip("resvg_py")

from kgbuild.entities.copies import compare, look
from kgbuild.training import views
from kgbuild.training.drawings import draw
from kgbuild.types import Box

SHEET = draw(2_000_050)
PICTURE = SHEET.picture(zoom=900 / max(SHEET.width, SHEET.height))
SLIDE = np.full((720, 1280, 3), 255, np.uint8)
cv2.putText(SLIDE, "How it is built", (60, 70), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (0, 0, 0), 3)


def on_slide(picture: np.ndarray, share: float = 0.6) -> tuple[np.ndarray, Box]:
    small = cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    made, (height, width) = SLIDE.copy(), small.shape[:2]
    made[120 : 120 + height, 300 : 300 + width] = small
    return made, Box(300, 120, width, height)


def near(a: Box, b: Box, by: int = 8) -> bool:
    return max(abs(a.x - b.x), abs(a.y - b.y), abs(a.w - b.w), abs(a.h - b.h)) <= by


@pytest.mark.parametrize("way", ["recompressed", "scaled", "cropped", "light and grey"])
def test_copies_are_found(way: str) -> None:
    changed = np.ascontiguousarray(views.WAYS[way](PICTURE, Random(5), []))
    found = compare(look(PICTURE), look(changed))
    assert found is not None and found.score > 0.95
    assert near(found.right, Box(0, 0, changed.shape[1], changed.shape[0]))


def test_where_it_lies_on_a_slide() -> None:
    slide, place = on_slide(PICTURE)
    found = compare(look(PICTURE), look(slide))
    assert found is not None and near(found.right, place)
    assert near(found.left, Box(0, 0, PICTURE.shape[1], PICTURE.shape[0]))
    back = compare(look(slide), look(PICTURE))
    assert back is not None and near(back.left, place)


def test_another_drawing_of_the_same_style_is_another() -> None:
    label = max((t for t in SHEET.texts), key=lambda t: len(t[0]))[0]
    changed = SHEET.svg.replace(f">{label}<", f">{'Quartz Meadow'[: len(label)]}<")
    assert changed != SHEET.svg
    other = replace(SHEET, svg=changed).picture(zoom=900 / max(SHEET.width, SHEET.height))
    assert compare(look(PICTURE), look(other)) is None
    assert compare(look(PICTURE), look(on_slide(other)[0])) is None
    assert compare(look(PICTURE), look(draw(2_000_002).picture())) is None


def test_the_same_slide_with_another_picture_is_another() -> None:
    other = draw(2_000_007).picture(zoom=0.5)
    assert compare(look(on_slide(PICTURE)[0]), look(on_slide(other[:580, :900])[0])) is None


def test_what_shows_nothing_is_no_copy() -> None:
    blank, tiny = np.full((300, 400, 3), 255, np.uint8), np.zeros((5, 5, 3), np.uint8)
    assert compare(look(blank), look(blank)) is None and compare(look(tiny), look(PICTURE)) is None
    assert compare(look(PICTURE), look(np.ascontiguousarray(PICTURE[:, ::-1]))) is None
