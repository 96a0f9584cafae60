"""Towers of the hub in the place of our own, from tiny checkpoints made here in the hub's own format."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import save_clip

from kgbuild.config import Config
from kgbuild.embeddings.pictures import check_encoder, encoder_key, load_encoder
from kgbuild.errors import ConfigError, ModelError, ModelUnavailable
from kgbuild.models.towers import load_tower

WORDS = ["a", "red", "blue", "circle", "diagram"]
PICTURES = [np.random.default_rng(n).integers(0, 255, (60, 30 + 40 * n, 3), dtype=np.uint8) for n in range(3)]


def vision(name: str) -> Config:
    return Config.load(overrides={"embeddings.vision": name})


def save_open_clip(folder: Path) -> Path:
    import open_clip
    from safetensors.torch import save_file

    folder.mkdir()
    seen = {"image_size": 32, "layers": 1, "width": 16, "head_width": 8, "patch_size": 16}
    text = {"context_length": 16, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1}
    facts = {"model_cfg": {"embed_dim": 12, "vision_cfg": seen, "text_cfg": text}, "preprocess_cfg": {}}
    (folder / "open_clip_config.json").write_text(json.dumps(facts), "utf-8")
    torch.manual_seed(1)
    model = open_clip.model.CLIP(**facts["model_cfg"])
    save_file({n: t.contiguous() for n, t in model.state_dict().items()}, folder / "open_clip_model.safetensors")
    return folder


@pytest.mark.parametrize(("kind", "dim", "patches"), [("clip", 12, 5), ("siglip", 16, 4), ("open_clip", 12, 4)])
def test_a_local_checkpoint_is_a_tower(tmp_path: Path, kind: str, dim: int, patches: int) -> None:
    folder = tmp_path / kind
    library = "open_clip" if kind == "open_clip" else "transformers"
    made = save_open_clip(folder) if kind == "open_clip" else save_clip(folder, WORDS, kind=kind)
    tower = load_encoder(vision(f"{library}:{made}"))
    assert tower.space == f"{library}:{made}" and tower.dim == dim and tower.width == 16
    vectors = tower.encode(PICTURES)
    assert vectors.shape == (3, dim) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(vectors, np.concatenate([tower.encode([p]) for p in PICTURES]), atol=1e-6)
    assert tower.scale >= 1
    assert tower.tokens(PICTURES).shape == (3, patches, 16)
    texts = tower.texts(["a red circle", "a blue diagram", "a red circle"])
    assert texts.shape == (3, dim) and np.allclose(np.linalg.norm(texts, axis=1), 1, atol=1e-5)
    assert (texts[0] == texts[2]).all() and not np.allclose(texts[0], texts[1])


def test_another_model_under_the_same_name_is_another_encoder(tmp_path: Path) -> None:
    config = vision(f"transformers:{save_clip(tmp_path / 'm', WORDS)}")
    before = encoder_key(config)
    assert encoder_key(config) == before
    save_clip(tmp_path / "m", WORDS, kind="siglip")
    assert encoder_key(config) != before != encoder_key(vision("tower"))


def test_one_checkpoint_of_two_roles_is_loaded_once(tmp_path: Path) -> None:
    folder = save_clip(tmp_path / "m", WORDS)
    one = load_tower(vision("none"), "zero_shot", str(folder))
    other = load_encoder(vision(f"transformers:{folder}"))
    assert one.picture is other.picture and (one.role, other.role) == ("zero_shot", "vision")


def test_a_model_without_texts_is_no_tower(tmp_path: Path) -> None:
    from transformers import ViTConfig, ViTModel

    ViTModel(
        ViTConfig(hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=1)
    ).save_pretrained(tmp_path)
    with pytest.raises(ModelUnavailable, match=r"it is a ViTModel, which has no side of texts"):
        load_encoder(vision(f"transformers:{tmp_path}"))


@pytest.mark.parametrize("name", ["transformers:openai/clip-vit-base-patch32-of-nobody", "open_clip:ViT-B-32/nobodys"])
def test_nothing_is_downloaded_unasked(name: str) -> None:
    with pytest.raises(ModelError, match="cannot be used"):
        load_encoder(vision(name))


def test_names_of_encoders() -> None:
    assert load_encoder(vision("none")) is None
    check_encoder(vision("none"))
    check_encoder(vision("kgbuild.embeddings.vision:VisionTower"))
    assert load_encoder(vision("kgbuild.embeddings.vision:VisionTower")).name == "tower"
    with pytest.raises(ConfigError, match="no picture_encoder named 'towr'"):
        check_encoder(vision("towr"))
    with pytest.raises(ConfigError, match="takes no name"):
        load_encoder(vision("tower:large"))
