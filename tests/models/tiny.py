"""Tiny checkpoints in the hub's own formats, made by the tests: a few thousand weights, rigged so that what they
say is known. No network, nothing of a third party.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch

START, END, UNKNOWN = "<|startoftext|>", "<|endoftext|>", "<unk>"
LAYERS = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
HALF = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "size": {"height": 32, "width": 32}}


def save_tokenizer(folder: Path, words: Sequence[str], **special: str) -> None:
    """A tokenizer that knows whole words, lowercased; the first are START, END and UNKNOWN, in this order."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    known = {w: n for n, w in enumerate(dict.fromkeys((START, END, UNKNOWN, *words)))}
    made = Tokenizer(models.WordLevel(known, unk_token=UNKNOWN))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        single=f"{START} $A {END}", special_tokens=[(START, 0), (END, 1)]
    )
    tokens = {"pad_token": END, "eos_token": END, "bos_token": START, "unk_token": UNKNOWN, **special}
    PreTrainedTokenizerFast(tokenizer_object=made, **tokens).save_pretrained(folder)


def save_clip(folder: Path, words: Sequence[str], *, kind: str = "clip") -> Path:
    """A CLIP or SigLIP ("siglip") with random weights, 32 pixels wide, that knows ``words``."""
    from transformers import CLIPConfig, CLIPModel, SiglipConfig, SiglipModel

    torch.manual_seed(1)
    text = {**LAYERS, "vocab_size": len(words) + 3, "max_position_embeddings": 8, "bos_token_id": 0, "eos_token_id": 1}
    seen = {**LAYERS, "image_size": 32, "patch_size": 16}
    model: Any = (
        CLIPModel(CLIPConfig(text_config=text, vision_config=seen, projection_dim=12))
        if kind == "clip"
        else SiglipModel(SiglipConfig(text_config=text, vision_config=seen))
    )
    return save(folder, model, words, HALF)


def save(folder: Path, model: Any, words: Sequence[str] = (), preprocessor: dict[str, Any] | None = None) -> Path:
    """Model, tokenizer and preprocessing in a folder, as the hub has them."""
    model.save_pretrained(folder)
    if words:
        save_tokenizer(folder, words)
    if preprocessor is not None:
        (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor), "utf-8")
    return folder


def png(image: np.ndarray) -> bytes:
    """PNG bytes of uint8 RGB (h, w, 3)."""
    from PIL import Image

    data = BytesIO()
    Image.fromarray(image).save(data, "PNG")
    return data.getvalue()
