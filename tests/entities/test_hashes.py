"""Perceptual hashes propose copies and crops without a model, and few others; pixels decide."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from photos import jpeg, scene
from PIL import Image

from kgbuild.cache import Cache
from kgbuild.entities.copies import compare, look
from kgbuild.entities.hashes import NEAREST, alike, hashes_of, picture_hashes

PICTURES = {f"photo {n}": scene(n, size=(320, 240)) for n in range(12)}


def small(picture: Image.Image) -> Image.Image:
    return picture.resize((120, 90))


CHANGES = {
    "recompressed": lambda p: Image.open(BytesIO(jpeg(p, quality=15))).convert("RGB"),
    "scaled": small,
    "grey": lambda p: p.convert("L").convert("RGB"),
    "cropped": lambda p: p.crop((40, 20, 290, 230)),
    "cropped to a corner": lambda p: p.crop((128, 96, 320, 240)),
}


@pytest.mark.parametrize("way", CHANGES)
def test_a_changed_copy_is_proposed_and_confirmed(way: str) -> None:
    hashes = {name: picture_hashes(np.asarray(p)) for name, p in PICTURES.items()}
    found = 0
    for name, picture in PICTURES.items():
        changed = np.asarray(CHANGES[way](picture))
        pairs = alike({**hashes, "query": picture_hashes(changed)})
        proposed = [a if b == "query" else b for a, b in pairs if "query" in (a, b)]
        assert len(proposed) <= NEAREST + len(PICTURES)
        held = [p for p in proposed if compare(look(np.asarray(PICTURES[p])), look(changed)) is not None]
        assert set(held) <= {name}
        found += held == [name]
    assert found >= 11


def test_different_pictures_are_seldom_proposed() -> None:
    assert len(alike({name: picture_hashes(np.asarray(p)) for name, p in PICTURES.items()})) <= 2


def test_what_shows_nothing_is_like_nothing(tmp_path) -> None:
    flat = {"a": np.full((50, 60, 3), 255, np.uint8), "b": np.full((50, 60, 3), 255, np.uint8)}
    cache = Cache(str(tmp_path))
    assert alike(hashes_of([*flat, "c"], lambda name: flat.get(name), cache)) == []

    def never(name: str) -> np.ndarray:
        raise AssertionError(name)

    again = hashes_of([*flat, "c"], never, cache)
    assert [len(own) for own in again.values()] == [0, 0, 0]
