"""Towers of the hub in the place of our own, from tiny checkpoints made here in the hub's own format."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from kgbuild.config import Config
from kgbuild.embeddings.pictures import check_encoder, encoder_key, load_encoder
from kgbuild.errors import ConfigError, ModelError

WORDS = ["<|startoftext|>", "<|endoftext|>", "a", "red", "blue", "circle", "diagram"]
PICTURES = [np.random.default_rng(n).integers(0, 255, (60, 30 + 40 * n, 3), dtype=np.uint8) for n in range(3)]


def vision(name: str) -> Config:
    return Config.load(overrides={"embeddings.vision": name})


def save_tokenizer(folder: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.WordLevel({w: n for n, w in enumerate(WORDS)}, unk_token="a"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="<|endoftext|>", eos_token="<|endoftext|>", bos_token="<|startoftext|>"
    ).save_pretrained(folder)


def save_transformers(folder: Path, kind: str) -> Path:
    from transformers import CLIPConfig, CLIPModel, SiglipConfig, SiglipModel

    torch.manual_seed(1)
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    text = {**sizes, "vocab_size": len(WORDS), "max_position_embeddings": 8, "eos_token_id": 1, "bos_token_id": 0}
    seen = {**sizes, "image_size": 32, "patch_size": 16}
    if kind == "clip":
        model: torch.nn.Module = CLIPModel(CLIPConfig(text_config=text, vision_config=seen, projection_dim=12))
    else:
        model = SiglipModel(SiglipConfig(text_config=text, vision_config=seen))
    model.save_pretrained(folder)  # type: ignore[operator]
    save_tokenizer(folder)
    facts = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "size": {"height": 32, "width": 32}}
    (folder / "preprocessor_config.json").write_text(json.dumps(facts), "utf-8")
    return folder


def save_open_clip(folder: Path) -> Path:
    open_clip = pytest.importorskip("open_clip", exc_type=(ImportError, RuntimeError))  # type: ignore[arg-type]
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
    made = save_open_clip(folder) if kind == "open_clip" else save_transformers(folder, kind)
    tower = load_encoder(vision(f"{library}:{made}"))
    assert tower.space == f"{library}:{made}" and tower.dim == dim and tower.width == 16
    vectors = tower.encode(PICTURES)
    assert vectors.shape == (3, dim) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert (vectors == np.concatenate([tower.encode([p]) for p in PICTURES])).all()
    assert tower.tokens(PICTURES).shape == (3, patches, 16)
    texts = tower.texts(["a red circle", "a blue diagram", "a red circle"])
    assert texts.shape == (3, dim) and np.allclose(np.linalg.norm(texts, axis=1), 1, atol=1e-5)
    assert (texts[0] == texts[2]).all() and not np.allclose(texts[0], texts[1])


def test_another_model_under_the_same_name_is_another(tmp_path: Path) -> None:
    config = vision(f"transformers:{save_transformers(tmp_path / 'm', 'clip')}")
    before = encoder_key(config)
    assert encoder_key(config) == before
    save_transformers(tmp_path / "m", "siglip")
    assert encoder_key(config) != before != encoder_key(vision("tower"))


def test_pickled_weights_are_not_loaded(tmp_path: Path) -> None:
    folder = save_transformers(tmp_path / "clip", "clip")
    torch.save({}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_encoder(vision(f"transformers:{folder}"))


@pytest.mark.parametrize("name", ["transformers:openai/clip-vit-base-patch32-of-nobody", "open_clip:ViT-B-32/nobodys"])
def test_nothing_is_downloaded_unasked(name: str) -> None:
    with pytest.raises(ModelError, match="allow_download"):
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
