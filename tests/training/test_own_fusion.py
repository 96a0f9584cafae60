"""The fusion learned with a picture model by name, from the pictures of a user's own graph and the words about them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("resvg_py")
sys.path.insert(0, str(Path(__file__).parents[1] / "models"))
from tiny import save_clip

import kgbuild
from kgbuild.cli.app import run
from kgbuild.config import Config
from kgbuild.embeddings.fuse import FusedEncoder, frozen
from kgbuild.embeddings.hub_states import grid, tower_key
from kgbuild.errors import UsageError
from kgbuild.training.fusion_own import own_corpus

PAGE = """# Animals

The zoo keeps animals.

![A grey heron at a pond](heron.png)

The heron eats fish. Ada Brown feeds it.
"""
RECIPE = ["worlds=1", "matched=1", "chosen=1", "tested=1", "epochs=1", "mixed=2", "warmup=2", "width=32", "layers=1"]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "animals.md").write_text(PAGE, "utf-8")
    noise = np.random.default_rng(0).integers(0, 255, (90, 120, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "corpus" / "heron.png")
    save_clip(folder / "clip", ("a", "heron", "pond"))
    kgbuild.build(folder / "corpus", out=folder / "out", config=Config.load(overrides={"run.workers": 1}))
    return folder / "out"


def test_states_of_patches_on_a_grid() -> None:
    states = np.arange(65, dtype=np.float32)[None, :, None] * np.ones(3, np.float32) + np.array([1, 2, 3], np.float32)
    made = grid(states)  # a class token and 8 x 8 patches
    assert made.shape == (1, 16, 3) and np.allclose(np.linalg.norm(made, axis=-1), 1)
    first = np.mean([1, 2, 9, 10]) + np.array([1, 2, 3])
    assert np.allclose(made[0, 0], first / np.linalg.norm(first))
    assert grid(np.ones((2, 4, 5), np.float32)).shape == (2, 16, 5)


def test_a_picture_and_its_words_are_one_thing(out: Path, tmp_path: Path) -> None:
    config = Config.load(overrides={"embeddings.vision": f"transformers:{out.parent / 'clip'}"})
    encoder, key = frozen(config)
    corpus = own_corpus(out, encoder)
    assert key == tower_key(config) and len(corpus) == 2 * len(np.unique(corpus.thing))
    drawn = corpus.drawn == 1
    assert drawn.sum() == len(corpus) // 2
    assert not corpus.states.words[drawn].any() and corpus.states.words[~drawn].any()
    assert corpus.states.region[drawn].any() and not corpus.states.region[~drawn].any()
    assert corpus.states.region.shape[-1] == 16 + 7  # the model's own width, and colours
    with pytest.raises(UsageError, match="no graph is published there"):
        own_corpus(tmp_path, encoder)


def test_fusion_is_trained_and_used_with_it(out: Path, tmp_path: Path) -> None:
    vision = f"transformers:{out.parent / 'clip'}"
    given = [
        "--out",
        str(tmp_path / "w"),
        "--checkpoints",
        str(tmp_path / "c"),
        "--vision",
        vision,
        "--corpus",
        str(out),
    ]
    assert run(["train", "fusion", *given, *(a for n in RECIPE for a in ("--set", n))]) == 0
    made = FusedEncoder(folder=tmp_path / "w")
    assert made.facts["shape"]["patch"] == 16 + 7
    overrides = {
        "run.workers": 1, "embeddings.vision": vision, "embeddings.fusion": "attention",
        "embeddings.fusion_weights": str(tmp_path / "w"),
    }  # fmt: skip
    report = kgbuild.build(out.parent / "corpus", out=tmp_path / "out", config=Config.load(overrides=overrides))
    assert report.status == "success"
