"""The vision tower: unit vectors that do not depend on their company, in the space of texts; damage is named."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import torch

from kgbuild.config import Config
from kgbuild.embeddings.text import TextEncoder
from kgbuild.embeddings.vision import SIDE, TOWER_TOKENS, TOWER_WIDTH, VisionTower
from kgbuild.errors import ModelError
from kgbuild.models.arrays import letterbox


@pytest.fixture(scope="module")
def tower(config: Config) -> VisionTower:
    return VisionTower(config)


def picture(seed: int, height: int = 90, width: int = 200) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)


def disc(colour: tuple[int, int, int]) -> np.ndarray:
    ys, xs = np.mgrid[:200, :200]
    made = np.full((200, 200, 3), 255, np.uint8)
    made[(ys - 100) ** 2 + (xs - 100) ** 2 < 70**2] = colour
    return made


def test_vectors_do_not_depend_on_their_neighbours(tower: VisionTower) -> None:
    pictures = [picture(1), picture(2, 40, 40), picture(3, 1, 1), picture(1), picture(4, 2000, 30)]
    together = tower.encode(pictures)
    assert together.shape == (5, 384) and together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert (together == np.concatenate([tower.encode([p]) for p in pictures])).all()
    assert (together[0] == together[3]).all() and not np.allclose(together[0], together[1])
    assert tower.encode([]).shape == (0, 384)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_pictures_in_any_order_and_number_give_the_same_bytes(tower: VisionTower, threads: int) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        _any_order(tower)
    finally:
        torch.set_num_threads(before)


def _any_order(tower: VisionTower) -> None:
    pictures = [picture(n) for n in range(7)]
    found, order = tower.encode(pictures), [3, 6, 0, 5, 1, 4, 2]
    assert (tower.encode([pictures[n] for n in order]) == found[order]).all()
    for count in (1, 2, 3, 5):
        assert (tower.encode(pictures[:count]) == found[:count]).all()
    assert tower.encode([]).shape == (0, 384)


def test_what_looks_the_same_is_encoded_once(tower: VisionTower, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    convolve = tower._convolve
    monkeypatch.setattr(tower, "_convolve", lambda squares: seen.append(len(squares)) or convolve(squares))
    found = tower.tokens([picture(1), picture(2), picture(1), picture(3), picture(2)])
    assert seen == [3] and (found[0] == found[2]).all() and (found[1] == found[4]).all()
    assert not np.allclose(found[0], found[1]) and not np.allclose(found[0], found[3])


def test_half_precision_is_near_and_as_free_of_company(tower: VisionTower) -> None:
    half = VisionTower(Config.load(overrides={"embeddings.half": True}))
    pictures = [picture(n) for n in range(5)]
    found, whole = half.encode(pictures), tower.encode(pictures)
    assert found.dtype == np.float32 and not (found == whole).all() and ((found * whole).sum(1) > 0.999).all()
    for count in (1, 2, 3):
        assert (half.encode(pictures[:count]) == found[:count]).all()


@pytest.mark.parametrize("half", [False, True])
def test_without_onednn_the_network_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch, half: bool) -> None:
    config = Config.load(overrides={"embeddings.half": half})
    pictures = [picture(n) for n in range(3)]
    found = VisionTower(config).tokens(pictures)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    plain = VisionTower(config)
    assert plain._convolve is plain._network.layers and (plain.tokens(pictures) == found).all()


def test_states_before_pooling(tower: VisionTower) -> None:
    states = tower.tokens([picture(1), picture(2)])
    assert states.shape == (2, TOWER_TOKENS, TOWER_WIDTH) == (2, TOWER_TOKENS, tower.width)
    assert (tower.pool(states) == tower.encode([picture(1), picture(2)])).all()


def test_its_space_is_that_of_sentences(tower: VisionTower, config: Config) -> None:
    texts = ["a red circle", "a blue circle", "a green circle"]
    assert (tower.texts(texts) == TextEncoder(config).encode(texts)).all()
    likeness = tower.encode([disc((211, 47, 47)), disc((31, 95, 196)), disc((46, 139, 61))]) @ tower.texts(texts).T
    assert likeness.argmax(1).tolist() == [0, 1, 2]


def test_nothing_of_a_wide_picture_is_cut_off() -> None:
    wide = np.zeros((10, 400, 3), np.uint8)
    square = letterbox(wide, SIDE)
    assert square.shape == (SIDE, SIDE, 3)
    rows = np.nonzero((square == 0).all(2).all(1))[0]
    assert 2 <= len(rows) <= 4 and abs(rows.mean() - SIDE / 2) <= 2 and (square[0] == 255).all()


def test_damaged_or_foreign_weights_are_refused(tmp_path: Path) -> None:
    home = files("kgbuild.weights")
    for name in ("vision.safetensors", "vision.json"):
        shutil.copy(str(home.joinpath(name)), tmp_path)
    assert (tmp_path / "vision.safetensors").stat().st_size < 8_000_000
    data = bytearray((tmp_path / "vision.safetensors").read_bytes())
    data[-9] ^= 1
    (tmp_path / "vision.safetensors").write_bytes(data)
    with pytest.raises(ModelError, match="does not belong"):
        VisionTower(folder=tmp_path)
    facts = (tmp_path / "vision.json").read_text("utf-8")
    (tmp_path / "vision.json").write_text(facts.replace('"format": 1', '"format": 0'), "utf-8")
    with pytest.raises(ModelError, match="another backbone or release"):
        VisionTower(folder=tmp_path)
    (tmp_path / "vision.json").unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        VisionTower(folder=tmp_path)
