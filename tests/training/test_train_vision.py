"""Training of the tower on a few drawings: the same bytes twice, also after a break; scenes and views are their seeds'."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch

pytest.importorskip("resvg_py")

from kgbuild.config import Config
from kgbuild.embeddings.tower import Network, Shape, folded
from kgbuild.embeddings.vision import VisionTower
from kgbuild.errors import ConfigError
from kgbuild.training import views, vision
from kgbuild.training.drawings.icons import ICONS
from kgbuild.training.drawings.parts import glyphs
from kgbuild.training.scenes import SHARES, scene

SMALL = ["scenes=12", "steps=4", "batch=6", "captions=16", "memory=12", "warmup=2", "small=64"]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory, config: Config) -> Path:
    folder = tmp_path_factory.mktemp("tower")
    vision.train(folder / "out", config=config, recipe=vision.Recipe().but(SMALL), checkpoints=folder)
    return folder


def test_a_break_changes_nothing(drawn: Path, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = (drawn / "out" / "vision.safetensors").read_bytes()
    (drawn / "state.safetensors").unlink(missing_ok=True)
    monkeypatch.setattr(vision, "_EVERY", 3)
    vision.train(drawn / "again", config=config, recipe=vision.Recipe().but(SMALL), checkpoints=drawn)
    assert (drawn / "again" / "vision.safetensors").read_bytes() == wanted
    vision.train(drawn / "resumed", config=config, recipe=vision.Recipe().but(SMALL), checkpoints=drawn)
    assert (drawn / "resumed" / "vision.safetensors").read_bytes() == wanted
    with pytest.raises(ConfigError, match="another recipe"):
        other = vision.Recipe().but([*SMALL, "rate=0.5"])
        vision.train(drawn / "other", config=config, recipe=other, checkpoints=drawn)


def test_what_is_written_loads(drawn: Path, config: Config) -> None:
    tower = VisionTower(config, folder=drawn / "out")
    assert tower.encode([scene(3).picture]).shape == (1, 384)


def test_folding_changes_no_vector() -> None:
    torch.manual_seed(2)
    network = Network(Shape(), norm=True)
    squares = torch.rand(4, 3, 64, 64)
    network(squares)  # moves the running statistics
    network.eval()
    plain = Network(Shape())
    plain.load_state_dict(folded(network.state_dict()))
    with torch.no_grad():
        assert torch.allclose(network(squares), plain(squares), atol=1e-4)


def test_scenes_are_their_seeds() -> None:
    seen = [scene(n) for n in range(40)]
    assert all((a.picture == scene(n).picture).all() and a.captions for n, a in enumerate(seen[:4]))
    assert {s.kind for s in seen} <= set(SHARES) and len({s.kind for s in seen}) >= 6
    assert all(s.picture.dtype == np.uint8 and max(s.picture.shape[:2]) <= 330 for s in seen)
    assert len(glyphs()) > 800 and len(ICONS) > 25


def test_each_way_makes_another_picture() -> None:
    picture, slides = scene(1).picture, views.slides(range(2))
    for way, change in views.WAYS.items():
        one, two = (change(picture, Random(3), slides) for _ in range(2))
        assert one.shape != picture.shape or (one != picture).any(), way
        assert one.shape == two.shape and (one == two).all()
