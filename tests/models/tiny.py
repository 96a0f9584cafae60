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


def save_whisper(folder: Path, said: str, *, timed: bool = True) -> Path:
    """A Whisper of English and German that says ``said``, in English, whatever it hears.

    Its position embeddings name the next token, and no other part of it adds anything. ``timed``: it names the heads
    whose attention says when a word is spoken.
    """
    from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration, WhisperTokenizer

    words = [w for w in said.replace(" ", " Ġ").split(" ") if w]
    known = {w: n for n, w in enumerate(dict.fromkeys(words))}
    special = ["<|startoftranscript|>", "<|en|>", "<|de|>", "<|translate|>", "<|transcribe|>", "<|notimestamps|>"]
    tokenizer = WhisperTokenizer(vocab={**known, END: len(known)}, merges=[])
    tokenizer.add_special_tokens({"extra_special_tokens": special})
    tokenizer.add_tokens([f"<|{n * 0.02:.2f}|>" for n in range(1501)])
    ids = {name: tokenizer.convert_tokens_to_ids(name) for name in (END, *special)}
    torch.manual_seed(0)
    width, places = 32, 64
    model = WhisperForConditionalGeneration(
        WhisperConfig(
            vocab_size=len(tokenizer), num_mel_bins=8, d_model=width, encoder_layers=1, decoder_layers=1,
            encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32,
            max_source_positions=1500, max_target_positions=places, pad_token_id=ids[END], bos_token_id=ids[END],
            eos_token_id=ids[END], decoder_start_token_id=ids[special[0]], suppress_tokens=[], begin_suppress_tokens=[],
        )
    )  # fmt: skip
    then = [ids["<|en|>"], ids["<|transcribe|>"], ids["<|notimestamps|>"], *(known[w] for w in words), ids[END]]
    with torch.no_grad():
        decoder = model.model.decoder
        names = torch.nn.functional.normalize(torch.randn(len(tokenizer), width), dim=1)
        decoder.embed_tokens.weight.copy_(4 * names)
        decoder.embed_positions.weight.copy_(
            torch.stack([30 * names[then[min(n, len(then) - 1)]] for n in range(places)])
        )
        for layer in decoder.layers:
            for part in (layer.self_attn.out_proj, layer.encoder_attn.out_proj, layer.fc2):
                part.weight.zero_()
                part.bias.zero_()
    told = model.generation_config
    told.update(
        lang_to_id={name: ids[name] for name in ("<|en|>", "<|de|>")}, is_multilingual=True, max_length=places,
        task_to_id={"translate": ids["<|translate|>"], "transcribe": ids["<|transcribe|>"]},
        no_timestamps_token_id=ids["<|notimestamps|>"], **({"alignment_heads": [[0, 0], [0, 1]]} if timed else {}),
    )  # fmt: skip
    told._from_model_config = False
    save(folder, model)
    tokenizer.save_pretrained(folder)
    WhisperFeatureExtractor(feature_size=8).save_pretrained(folder)
    return folder


def save_videomae(folder: Path, labels: Sequence[str], sure: str) -> Path:
    """A VideoMAE of four frames of 32 pixels that sees the action ``sure``, whatever happens."""
    from transformers import VideoMAEConfig, VideoMAEForVideoClassification

    torch.manual_seed(0)
    model = VideoMAEForVideoClassification(
        VideoMAEConfig(
            **LAYERS, image_size=32, patch_size=16, num_frames=4, tubelet_size=2,
            id2label=dict(enumerate(labels)), label2id={name: n for n, name in enumerate(labels)},
        )
    )  # fmt: skip
    with torch.no_grad():
        model.classifier.weight.zero_()
        model.classifier.bias.copy_(torch.tensor([3.0 if name == sure else 0.0 for name in labels]))
    return save(folder, model, preprocessor=HALF)
