"""Vectors of whole pictures: each distinct one once, equal pixels of any source for nothing."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kgbuild.cache import Cache
from kgbuild.config import Config
from kgbuild.embeddings.pictures import content, embed_pictures, whole_pictures
from kgbuild.embeddings.tables import pack, stack, unpack
from kgbuild.types import Box, EmbeddingTable, Segment, Target, TextPosition

PLUG_IN = """
import numpy as np

CALLS = []


class Mean:
    name, version, space, dim = "mean", "1", "mean-colour", 3

    def encode(self, images):
        CALLS.append(len(images))
        return np.stack([i.reshape(-1, 3).mean(0) / np.linalg.norm(i.reshape(-1, 3).mean(0)) for i in images]).astype("f4")


def encoder(config):
    return Mean()
"""


def segment(number: int, blob: str, modality: str = "picture") -> Segment:
    target = Target("https://x.org/source/a", (Box(0, 0, 9, 9),) if blob else (TextPosition(0, 4),))
    return Segment(f"https://x.org/source/a#segment-{number}", target, modality, blob=blob)


def png(colour: tuple[int, int, int]) -> bytes:
    data = BytesIO()
    Image.new("RGB", (9, 9), colour).save(data, "PNG")
    return data.getvalue()


def test_each_picture_once_and_equal_ones_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mean_colour.py").write_text(PLUG_IN, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    config = Config.load(overrides={"embeddings.vision": "mean_colour:encoder"})
    cache = Cache(str(tmp_path / "cache"))
    cache.put("blobs", "red", png((255, 0, 0)))
    cache.put("blobs", "blue", png((0, 0, 255)))
    segments = [
        segment(0, "", "text"), segment(1, "red"), segment(2, "blue", "frame"), segment(3, "red"),
        segment(4, "red", "label"), segment(5, "gone"),
    ]  # fmt: skip
    assert [s.id[-1] for s in whole_pictures(segments)] == ["1", "2", "3", "5"]
    found = embed_pictures(segments, config, cache)
    assert list(found) == ["pictures"]  # one colour has no part
    table = found["pictures"]
    assert table.space == "mean-colour"
    assert [i[-1] for i in table.ids] == ["1", "2"]
    assert np.allclose(table.matrix, [[1, 0, 0], [0, 0, 1]])
    again = embed_pictures([segment(7, "blue"), segment(8, "red")], config, cache)["pictures"]
    assert [i[-1] for i in again.ids] == ["7", "8"] and (again.matrix == table.matrix[::-1]).all()
    import mean_colour

    assert mean_colour.CALLS == [1, 1]


def test_no_pictures_no_table(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path))
    assert embed_pictures([segment(0, "", "text")], Config.load(), cache) == {}
    assert embed_pictures([segment(1, "red")], Config.load(overrides={"embeddings.vision": "none"}), cache) == {}


def test_what_fills_a_slide() -> None:
    slide = np.full((540, 960, 3), 255, np.uint8)
    slide[30:60, 100:700:3] = 0  # a title
    slide[150:450, 250:700:9] = 40  # a drawing
    slide[150:450:20, 250:700] = 40
    part = content(slide)
    assert part is not None and abs(part.shape[0] - 300) < 16 and abs(part.shape[1] - 450) < 16
    assert content(slide[150:450, 250:700]) is None and content(np.zeros((5, 9, 3), np.uint8)) is None


def test_tables_come_back_by_name() -> None:
    one = EmbeddingTable("a", ("x", "y"), np.arange(6, dtype="f4").reshape(2, 3))
    two = EmbeddingTable("b", (), np.zeros((0, 5), "f4"))
    found = unpack(pack({"mentions": one, "pictures": two}))
    assert list(found) == ["mentions", "pictures"] and found["pictures"].matrix.shape == (0, 5)
    assert (found["mentions"].matrix == one.matrix).all() and found["mentions"].ids == one.ids
    both = stack([one, EmbeddingTable("a", ("z",), np.ones((1, 3), "f4"))])
    assert both.ids == ("x", "y", "z") and both.matrix.shape == (3, 3) and stack([]).ids == ()
