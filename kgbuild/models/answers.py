"""Answers to questions about a picture: BLIP for questions and ViLT, through ``transformers``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kgbuild.config import Config
from kgbuild.errors import ModelUnavailable
from kgbuild.models.captioners import chosen
from kgbuild.models.devices import batches
from kgbuild.models.loading import load, pretrained

ROLE = "answers"
_TOKENS = 20  # of an answer at most


@dataclass(frozen=True, slots=True, eq=False)
class Answerer:
    """A model that answers questions about pictures, on its device."""

    config: Config
    model: Any
    images: Any  # pictures to the model's input
    words: Any  # the tokenizer

    def __call__(self, image: np.ndarray, question: str) -> tuple[str, float]:
        """The answer to a question about a picture (uint8 RGB), and how sure the model is of its words, in [0, 1].

        "" if the model says nothing of use.
        """
        return batches([image], self.config, lambda some: [self._run(some[0], question)], role=ROLE)[0]

    def _run(self, image: np.ndarray, question: str) -> tuple[str, float]:
        given = {**self.images(images=[image], return_tensors="pt"), **self.words([question], return_tensors="pt")}
        given = {k: v.to(self.model.device) for k, v in given.items() if k != "token_type_ids"}
        if hasattr(self.model, "classifier"):  # one of a list of answers
            shares = self.model(**given).logits[0].float().sigmoid()
            best = int(shares.argmax())
            text, score = self.model.config.id2label[best], float(shares[best])
        else:
            out = self.model.generate(
                **given, max_new_tokens=_TOKENS, do_sample=False, num_beams=1, output_scores=True,
                return_dict_in_generate=True,
            )  # fmt: skip
            text = " ".join(self.words.batch_decode(out.sequences, skip_special_tokens=True)[0].split())
            said = chosen(out, self.model.config.text_config.pad_token_id)[0]
            score = math.exp(float(said.mean())) if len(said) else math.nan
        return (text, score) if text and math.isfinite(score) else ("", 0.0)


def load_answerer(config: Config) -> Answerer:
    """The model that ``models.answers`` names. Raises ``ModelUnavailable``."""
    return load(config, ROLE, make_answerer)


def make_answerer(folder: Path, config: Config, role: str) -> Answerer:
    """A model of visual questions from a folder in the hub's format."""
    from transformers import AutoConfig, AutoImageProcessor, AutoModelForVisualQuestionAnswering, AutoTokenizer
    from transformers.models.auto import modeling_auto

    kind = AutoConfig.from_pretrained(folder, local_files_only=True).model_type
    if kind not in modeling_auto.MODEL_FOR_VISUAL_QUESTION_ANSWERING_MAPPING_NAMES:
        raise ModelUnavailable(f"a model of the kind {kind!r} answers no questions about pictures", lasting=True)
    return Answerer(
        config, pretrained(AutoModelForVisualQuestionAnswering, folder, config, role),
        AutoImageProcessor.from_pretrained(folder, local_files_only=True, backend="pil"),
        AutoTokenizer.from_pretrained(folder, local_files_only=True),
    )  # fmt: skip
