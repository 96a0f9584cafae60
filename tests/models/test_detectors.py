"""Detectors of objects from tiny checkpoints whose weights are rigged: right words, boxes in the picture's pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import save_colour_clip, save_owl, save_yolos

from kgbuild.config import Config
from kgbuild.errors import ModelUnavailable
from kgbuild.models.detectors import Corners, Detected, asked, distinct, likely, load_detector, overlap
from kgbuild.models.zero_shot import load_zero_shot

COLOURS = {"fox": 0, "frog": 1, "lake": 2}


def named(name: Path, role: str = "detector", **more: Any) -> Config:
    return Config.load(overrides={f"models.{role}": str(name), **more})


def picture(height: int, width: int, *patches: tuple[int, int, int, int, tuple[int, int, int]]) -> np.ndarray:
    """A black picture with rectangles (x0, y0, x1, y1, colour)."""
    made = np.zeros((height, width, 3), np.uint8)
    for x0, y0, x1, y1, colour in patches:
        made[y0:y1, x0:x1] = colour
    return made


RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def test_a_detector_with_its_own_words(tmp_path: Path) -> None:
    folder = save_yolos(
        tmp_path / "yolos",
        [
            ("dog", (0.25, 0.5, 0.3, 0.4)),
            ("dog", (0.26, 0.5, 0.3, 0.4)),
            ("sofa", (0.7, 0.6, 0.5, 0.5)),
            ("cup", (0.5, 0.999, 0.2, 0.001)),
        ],
    )
    ((objects, nonsense),) = load_detector(named(folder))([picture(200, 400)], ["fox"])
    assert [o.word for o in objects] == ["dog", "sofa"] and nonsense == 1  # the cup's box has no height
    assert np.allclose(objects[0].box, (40, 60, 160, 140), atol=5)  # of two nearly the same, the surer one
    assert np.allclose(objects[1].box, (180, 70, 380, 170), atol=3)  # half of the height, cut to the picture
    assert all(0.9 < o.score <= 1 for o in objects)


def test_boxes_that_are_no_numbers_are_counted(tmp_path: Path) -> None:
    folder = save_yolos(tmp_path / "yolos", [("dog", (0.25, 0.5, 0.3, 0.4)), ("cat", (0.7, 0.6, 0.5, 0.5))], nan=True)
    found = load_detector(named(folder))([picture(64, 64), picture(80, 64)], [])
    assert [objects for objects, _ in found] == [[], []] and all(bad >= 2 for _, bad in found)


@pytest.mark.parametrize(
    ("box", "left"),
    [
        ((-9.0, 5.0, -1.0, 20.0), None), ((500.0, 5.0, 520.0, 20.0), None), ((40.0, 40.0, 10.0, 10.0), None),
        ((5.0, 5.0, float("inf"), 20.0), None), ((float("nan"), 5.0, 9.0, 20.0), None),
        ((-3.0, -4.0, 30.0, 20.0), (0.0, 0.0, 30.0, 20.0)), ((-900.0, -900.0, 900.0, 900.0), None),
    ],
)  # fmt: skip
def test_boxes_that_cannot_be_are_left_out(tmp_path: Path, box: Corners, left: Corners | None) -> None:
    detector = load_detector(named(save_yolos(tmp_path / "yolos", [("dog", (0.5, 0.5, 0.5, 0.5))])))
    found = detector._checked("dog", box, 0.9, picture(60, 80), ["dog"])
    assert (found and found.box) == left
    assert detector._checked("dog", (5.0, 5.0, 30.0, 20.0), float("nan"), picture(60, 80), ["dog"]) is None
    assert detector._checked("dog", (5.0, 5.0, 30.0, 20.0), 1.5, picture(60, 80), ["dog"]) is None
    assert detector._checked("eel", (5.0, 5.0, 30.0, 20.0), 0.9, picture(60, 80), ["dog", "cat"]) is None


def test_of_thousands_of_boxes_the_surest_stay(tmp_path: Path) -> None:
    thousands = save_owl(tmp_path / "owl", COLOURS, side=512)  # 4,096 patches, each of which is a thing
    detector = load_detector(named(thousands, **{"photos.object_score": 0.05}))
    ((objects, left_out),) = detector([picture(512, 512, (0, 0, 512, 512, RED))], ["fox"])
    assert len(objects) == 200 and left_out > 3000
    assert {o.word for o in objects} == {"fox"}


def test_a_detector_that_is_asked_for_words(tmp_path: Path) -> None:
    folder = save_owl(tmp_path / "owl", COLOURS)
    shown = picture(64, 64, (0, 0, 16, 16, RED), (32, 48, 48, 64, BLUE))
    detector = load_detector(named(folder, **{"photos.object_score": 0.7}))
    assert detector.words == ()
    ((objects, nonsense),) = detector([shown], list(COLOURS))
    assert {o.word for o in objects} == {"fox", "lake"} and nonsense == 0
    assert np.allclose(
        next(o.box for o in objects if o.word == "fox"), (8, 8, 24, 24), atol=1
    )  # its box lies at a patch's corner
    assert np.allclose(next(o.box for o in objects if o.word == "lake"), (40, 56, 56, 64), atol=1)  # cut to the picture
    ((objects, _),) = detector([shown], ["lake"])
    assert [o.word for o in objects] == ["lake"]
    assert detector([shown], []) == [([], 0)]


def test_a_model_that_detects_nothing_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="a model of the kind 'clip' detects no objects"):
        load_detector(named(save_colour_clip(tmp_path / "clip", COLOURS)))


def test_one_object_is_one_box() -> None:
    dog, again, cat = (
        Detected("dog", (0, 0, 10, 10), 0.9),
        Detected("dog", (1, 0, 11, 10), 0.8),
        Detected("cat", (3, 0, 13, 10), 0.7),
    )
    assert overlap(dog.box, again.box) == pytest.approx(9 / 11)
    assert distinct([cat, again, dog]) == [dog, cat]
    kinds = ["traffic light", "stop sign", "cup"]
    assert [asked(w, kinds) for w in ("cup", "light", "stop sign cup", "stop cup sign light", "")] == [
        "cup", "traffic light", "stop sign", "stop sign", "",
    ]  # fmt: skip
    assert asked("fox lake", ["fox", "lake"]) == ""  # either
    assert likely(0.2, 0.2) == 0.5 and likely(1.0, 0.2) == 1.0


def test_classes_of_pictures_by_their_words(tmp_path: Path) -> None:
    config = named(
        save_colour_clip(tmp_path / "clip", {**COLOURS, "nothing": 1}), "zero_shot",
        **{"photos.none_of_these": ["nothing"], "photos.templates": ["{}"]},
    )  # fmt: skip
    looks = load_zero_shot(config, ["fox", "lake"])
    found, bad = looks([picture(40, 40, (0, 0, 40, 40, c)) for c in (RED, GREEN, BLUE)])
    assert not any(bad) and [f and f[0] for f in found] == ["fox", None, "lake"]
    assert all(0.5 <= f[1] <= 1 for f in found if f)
    assert looks is load_zero_shot(config, ["fox", "lake"])
    assert load_zero_shot(config, [])([picture(40, 40)]) == ([None], [False])
