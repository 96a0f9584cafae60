"""Sentences about pictures: BLIP, GIT and other image-to-text models, ViT-GPT2, through ``transformers``."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from kgbuild.config import Config
from kgbuild.errors import ModelUnavailable
from kgbuild.models.arrays import once_each
from kgbuild.models.devices import each
from kgbuild.models.loading import load, pretrained

ROLE = "captioner"
_TOKENS = 40  # of a caption at most
_TIRED = 0.5  # share of one word among six or more from which a model goes round in circles


@dataclass(frozen=True, slots=True)
class Caption:
    """A sentence about a picture and the mean probability of its words; "" if the model said nothing of use."""

    text: str
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Captioner:
    """A captioner on its device."""

    config: Config
    model: Any
    images: Any  # pictures to the model's input
    words: Any  # the tokenizer

    def __call__(self, images: Sequence[np.ndarray]) -> list[Caption]:
        """The caption of each picture (uint8 RGB), the likeliest word by word: the same every time."""
        return each(images, self.config, self._run, role=ROLE)

    def _run(self, images: Sequence[np.ndarray]) -> list[Caption]:
        some, places = once_each(images)
        given = self.images(images=some, return_tensors="pt")["pixel_values"][places].to(self.model.device)
        out = self.model.generate(
            pixel_values=given, max_new_tokens=_TOKENS, do_sample=False, num_beams=1, output_scores=True,
            return_dict_in_generate=True,
        )  # fmt: skip
        texts = self.words.batch_decode(out.sequences, skip_special_tokens=True)
        return [_caption(text, row) for text, row in zip(texts, chosen(out, self.words.pad_token_id), strict=True)]


def chosen(out: Any, pad: int | None) -> list[np.ndarray]:
    """Logarithms of the probabilities of the words chosen, of each picture, without what fills up short captions."""
    import torch

    logs = torch.stack(out.scores).float().log_softmax(-1)  # (steps, pictures, words)
    words = out.sequences[:, -len(logs) :]
    rows = logs.gather(-1, words.T[..., None])[..., 0].T.cpu().numpy()
    return [row[own.cpu().numpy() != pad] for row, own in zip(rows, words, strict=True)]


def _caption(text: str, logs: np.ndarray) -> Caption:
    """Without what cannot be a caption: no words, no numbers, one word again and again."""
    said = logs[np.isfinite(logs)]
    words = text.split()
    turning = len(words) >= 6 and Counter(words).most_common(1)[0][1] > _TIRED * len(words)
    if not words or np.isnan(logs).any() or not len(said) or turning:
        return Caption("", 0.0)
    sentence = " ".join(words).rstrip(" .")
    return Caption(f"{sentence[0].upper()}{sentence[1:]}.", min(1.0, math.exp(float(said.mean()))))


def load_captioner(config: Config) -> Captioner:
    """The captioner that ``models.captioner`` names. Raises ``ModelUnavailable``."""
    return replace(load(config, ROLE, make_captioner), config=config)


def make_captioner(folder: Path, config: Config, role: str) -> Captioner:
    """A captioner from a folder in the hub's format."""
    from transformers import AutoConfig, AutoImageProcessor, AutoModelForImageTextToText, AutoTokenizer
    from transformers import VisionEncoderDecoderModel as EncoderDecoder
    from transformers.models.auto import modeling_auto

    kind = AutoConfig.from_pretrained(folder, local_files_only=True).model_type
    known = modeling_auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES
    if kind != "vision-encoder-decoder" and kind not in known:
        raise ModelUnavailable(f"a model of the kind {kind!r} makes no captions", lasting=True)
    model = pretrained(
        EncoderDecoder if kind == "vision-encoder-decoder" else AutoModelForImageTextToText, folder, config, role
    )
    return Captioner(
        config, model, AutoImageProcessor.from_pretrained(folder, local_files_only=True, backend="pil"),
        AutoTokenizer.from_pretrained(folder, local_files_only=True),
    )  # fmt: skip
