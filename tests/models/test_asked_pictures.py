"""Questions about pictures, put to a model by name where the graph knows nothing; and captioners of other kinds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import HALF, LAYERS, save, save_captioner, save_clip, save_tokenizer, save_vilt

from kgbuild.config import Config
from kgbuild.errors import ModelUnavailable
from kgbuild.models.answers import load_answerer
from kgbuild.models.captioners import load_captioner

GREY = np.full((50, 70, 3), 120, np.uint8)
WORDS = ("what", "is", "this", "a", "zebu")


def named(role: str, folder: Path) -> Config:
    return Config.load(overrides={f"models.{role}": str(folder)})


def small_text(count: int) -> dict[str, object]:
    return {
        **LAYERS, "vocab_size": count, "max_position_embeddings": 40, "encoder_hidden_size": 16, "bos_token_id": 2,
        "sep_token_id": 1, "eos_token_id": 1, "pad_token_id": 0, "projection_dim": 16,
    }  # fmt: skip


def save_blip(folder: Path, kind: str) -> Path:
    from transformers import BlipConfig, BlipForConditionalGeneration, BlipForQuestionAnswering

    torch.manual_seed(2)
    config = BlipConfig(
        text_config=small_text(len(WORDS) + 3), vision_config={**LAYERS, "image_size": 32, "patch_size": 16},
        projection_dim=16, image_text_hidden_size=16,
    )  # fmt: skip
    model = (BlipForConditionalGeneration if kind == "captioner" else BlipForQuestionAnswering)(config)
    with torch.no_grad():  # "zebu", then the end
        head = model.text_decoder.cls.predictions
        head.decoder.weight.zero_()
        head.decoder.bias[-1] = 2
        head.decoder.bias[1] = 1.9
    save(folder, model, WORDS, {**HALF, "image_processor_type": "BlipImageProcessor"})
    save_tokenizer(folder, WORDS, pad_token="<unk>")
    return folder


def save_git(folder: Path) -> Path:
    from transformers import GitConfig, GitForCausalLM

    config = GitConfig(
        **LAYERS, vision_config={**LAYERS, "image_size": 32, "patch_size": 16}, vocab_size=len(WORDS) + 3, max_position_embeddings=80,
        bos_token_id=2, eos_token_id=1, pad_token_id=0, tie_word_embeddings=False,
    )  # fmt: skip
    model = GitForCausalLM(config)
    with torch.no_grad():
        model.output.weight.zero_()
        model.output.bias.zero_()
        model.output.bias[7] = 3
    save(folder, model, WORDS, {**HALF, "image_processor_type": "CLIPImageProcessor", "crop_size": HALF["size"]})
    save_tokenizer(folder, WORDS, pad_token="<unk>")
    return folder


def test_captioners_say_sentences(tmp_path: Path) -> None:
    said = load_captioner(named("captioner", save_captioner(tmp_path / "vit", ["a", "zebu", "eats"])))([GREY, GREY])
    assert [c.text for c in said] == ["A zebu eats."] * 2 and all(0.5 < c.score <= 1 for c in said)


def test_one_word_again_and_again_is_no_caption(tmp_path: Path) -> None:
    assert load_captioner(named("captioner", save_git(tmp_path / "git")))([GREY])[0].text == ""
    assert load_captioner(named("captioner", save_blip(tmp_path / "blip", "captioner")))([GREY])[0].text == ""
    with pytest.raises(ModelUnavailable, match="'clip' makes no captions"):
        load_captioner(named("captioner", save_clip(tmp_path / "clip", WORDS)))


def test_answers_of_a_list_and_of_words(tmp_path: Path) -> None:
    text, score = load_answerer(named("answers", save_vilt(tmp_path / "vilt", WORDS, ["a pond", "a zebu"])))(
        GREY, "what is this?"
    )
    assert text == "a zebu" and score == pytest.approx(torch.tensor(3.0).sigmoid().item(), abs=1e-3)
    text, score = load_answerer(named("answers", save_blip(tmp_path / "blip", "answers")))(GREY, "what is this?")
    assert set(text.split()) == {"zebu"} and 0 < score < 1
    with pytest.raises(ModelUnavailable, match="'clip' answers no questions"):
        load_answerer(named("answers", save_clip(tmp_path / "clip", WORDS)))
