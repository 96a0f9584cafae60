"""Tiny checkpoints in the hub's own formats, made by the tests: a few thousand weights, rigged so that what they
say is known. No network, nothing of a third party.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kgbuild.operators import declare_operators

declare_operators()
START, END, UNKNOWN = "<|startoftext|>", "<|endoftext|>", "<unk>"
LAYERS = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
HALF = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "size": {"height": 32, "width": 32}}


def save_tokenizer(folder: Path, words: Sequence[str], **special: str) -> None:
    """A tokenizer that knows whole words, lowercased; the first are UNKNOWN, END and START, in this order."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    known = {w: n for n, w in enumerate(dict.fromkeys((UNKNOWN, END, START, *words)))}
    made = Tokenizer(models.WordLevel(known, unk_token=UNKNOWN))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        single=f"{START} $A {END}", special_tokens=[(START, 2), (END, 1)]
    )
    tokens = {"pad_token": END, "eos_token": END, "bos_token": START, "unk_token": UNKNOWN, **special}
    PreTrainedTokenizerFast(tokenizer_object=made, **tokens).save_pretrained(folder)


def save_clip(folder: Path, words: Sequence[str], *, kind: str = "clip") -> Path:
    """A CLIP or SigLIP ("siglip") with random weights, 32 pixels wide, that knows ``words``."""
    from transformers import CLIPConfig, CLIPModel, SiglipConfig, SiglipModel

    torch.manual_seed(1)
    text = {**LAYERS, "vocab_size": len(words) + 3, "max_position_embeddings": 8, "bos_token_id": 2, "eos_token_id": 1}
    seen = {**LAYERS, "image_size": 32, "patch_size": 16}
    model: Any = (
        CLIPModel(CLIPConfig(text_config=text, vision_config=seen, projection_dim=12))
        if kind == "clip"
        else SiglipModel(SiglipConfig(text_config=text, vision_config=seen))
    )
    return save(folder, model, words, HALF)


def see_colours(layer: Any, patches: Any) -> None:
    """Patches become their mean red, green and blue, in the first three numbers; nothing is mixed or changed."""
    with torch.no_grad():
        patches.weight.zero_()
        if patches.bias is not None:
            patches.bias.zero_()
        for c in range(3):
            patches.weight[c, c] = 1 / patches.weight[c, c].numel()
        pass_on(layer)


def pass_on(layer: Any, *, mix: bool = False) -> None:
    """A layer that changes nothing; with ``mix`` each state also gets the mean of those that it attends to."""
    with torch.no_grad():
        attention = layer.self_attn
        for part in (attention.q_proj, attention.k_proj, attention.v_proj, attention.out_proj, layer.mlp.fc2):
            part.weight.zero_()
            part.bias.zero_()
        if mix:
            attention.v_proj.weight.copy_(torch.eye(16))
            attention.out_proj.weight.copy_(torch.eye(16))


def mean_colours(embedding: Any, words: Sequence[str], colours: dict[str, int]) -> None:
    """Words mean red (0), green (1), blue (2), all others nothing."""
    with torch.no_grad():
        embedding.weight.zero_()
        known = list(dict.fromkeys((UNKNOWN, END, START, *words)))
        for word, colour in colours.items():
            embedding.weight[known.index(word), colour] = 1


def save_colour_clip(folder: Path, colours: dict[str, int]) -> Path:
    """A CLIP for which a word is a picture whose mean colour it means: red (0), green (1) or blue (2)."""
    from transformers import CLIPConfig, CLIPModel

    words = list(colours)
    text = {**LAYERS, "vocab_size": len(words) + 3, "max_position_embeddings": 8, "bos_token_id": 2, "eos_token_id": 1}
    seen = {**LAYERS, "image_size": 32, "patch_size": 16}
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=seen, projection_dim=12)).eval()
    vision, texts = model.vision_model, model.text_model
    see_colours(vision.encoder.layers[0], vision.embeddings.patch_embedding)
    mean_colours(texts.embeddings.token_embedding, words, colours)
    for layer in (vision.encoder.layers[0], texts.encoder.layers[0]):
        pass_on(layer, mix=True)
    with torch.no_grad():
        for plain in (
            vision.embeddings.class_embedding, vision.embeddings.position_embedding.weight,
            texts.embeddings.position_embedding.weight, model.visual_projection.weight, model.text_projection.weight,
        ):  # fmt: skip
            plain.zero_()
        for projection in (model.visual_projection, model.text_projection):
            projection.weight[range(3), range(3)] = 1
        model.logit_scale.fill_(3)
    return save(folder, model, words, HALF)


def save_owl(folder: Path, colours: dict[str, int], side: int = 32) -> Path:
    """An OWLv2 of patches of 8 pixels, 4 x 4 by default, for which each patch is a thing, as large as itself, of the word of its colour."""
    from transformers import Owlv2Config, Owlv2ForObjectDetection

    words = list(colours)
    text = {**LAYERS, "vocab_size": len(words) + 3, "max_position_embeddings": 16, "bos_token_id": 2, "eos_token_id": 1}
    seen = {**LAYERS, "image_size": side, "patch_size": 8}
    model = Owlv2ForObjectDetection(Owlv2Config(text_config=text, vision_config=seen, projection_dim=16)).eval()
    vision, texts = model.owlv2.vision_model, model.owlv2.text_model
    see_colours(vision.encoder.layers[0], vision.embeddings.patch_embedding)
    mean_colours(texts.embeddings.token_embedding, words, colours)
    pass_on(texts.encoder.layers[0], mix=True)
    head, boxes = model.class_head, model.box_head
    with torch.no_grad():
        for plain in (
            vision.embeddings.class_embedding, vision.embeddings.position_embedding.weight,
            texts.embeddings.position_embedding.weight, model.owlv2.text_projection.weight,
            head.dense0.weight, head.dense0.bias, head.logit_shift.weight, head.logit_scale.weight,
            boxes.dense2.weight, boxes.dense2.bias,
        ):  # fmt: skip
            plain.zero_()
        vision.post_layernorm.bias.fill_(1)  # what patches are multiplied by
        for projection in (model.owlv2.text_projection, head.dense0):
            projection.weight[range(3), range(3)] = 1
        head.logit_shift.bias.fill_(-0.5)
        head.logit_scale.bias.fill_(20)
    save(folder, model, words)
    facts = {
        **HALF,
        "size": {"height": side, "width": side},
        "image_processor_type": "Owlv2ImageProcessor",
        "processor_class": "Owlv2Processor",
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(facts), "utf-8")
    return folder


def save_yolos(
    folder: Path, found: Sequence[tuple[str, tuple[float, float, float, float]]], *, nan: bool = False
) -> Path:
    """A YOLOS that sees in every picture the same objects: word, and centre and size as shares of the picture."""
    from transformers import YolosConfig, YolosForObjectDetection

    words = list(dict.fromkeys(word for word, _ in found))
    config = YolosConfig(
        **LAYERS, image_size=[32, 32], patch_size=16, num_detection_tokens=len(found), id2label=dict(enumerate(words)),
        label2id={w: n for n, w in enumerate(words)}, use_mid_position_embeddings=False,
    )  # fmt: skip
    model = YolosForObjectDetection(config).eval()
    with torch.no_grad():
        for parameter in model.vit.parameters():
            parameter.zero_()
        model.vit.embeddings.detection_tokens[0, range(len(found)), range(len(found))] = 1
        model.vit.layernorm.weight.fill_(1)
        for head in (model.class_labels_classifier, model.bbox_predictor):
            for layer in head.layers:
                layer.weight.zero_()
                layer.bias.zero_()
            for layer in head.layers[:-1]:
                layer.weight.copy_(torch.eye(16))
        for n, (word, box) in enumerate(found):
            model.class_labels_classifier.layers[-1].weight[words.index(word), n] = 5
            model.bbox_predictor.layers[-1].weight[:, n] = torch.logit(torch.tensor(box), 1e-6) / np.sqrt(15)
        model.class_labels_classifier.layers[-1].bias[-1] = -5
        if nan:
            model.bbox_predictor.layers[-1].bias.fill_(float("nan"))
    facts = {**HALF, "image_processor_type": "YolosImageProcessor", "size": {"height": 32, "width": 32}}
    return save(folder, model, preprocessor=facts)


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


def save_captioner(folder: Path, words: Sequence[str]) -> Path:
    """A ViT with a GPT-2 that says these words (each once, fourteen at most) of every picture."""
    from transformers import GPT2Config, GPT2LMHeadModel, VisionEncoderDecoderModel, ViTConfig, ViTModel

    count = len(words) + 3
    vision = ViTModel(ViTConfig(**LAYERS, image_size=32, patch_size=16))
    marks = {"bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0, "decoder_start_token_id": 2}
    text = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=count, n_positions=64, n_embd=32, n_layer=1, n_head=2, add_cross_attention=True, is_decoder=True,
            tie_word_embeddings=False, **{k: v for k, v in marks.items() if "start" not in k},
        )
    )  # fmt: skip
    with torch.no_grad():
        for parameter in text.transformer.parameters():
            parameter.zero_()
        text.transformer.ln_f.weight.fill_(1)
        text.transformer.wte.weight[range(count), range(count)] = 1
        text.lm_head.weight.zero_()
        order = [2, *range(3, count), 1]
        for said, following in pairwise(order):
            text.lm_head.weight[following, said] = 3
    model = VisionEncoderDecoderModel(encoder=vision, decoder=text)
    for config in (model.config, model.generation_config):
        for key, value in marks.items():
            setattr(config, key, value)
    save(folder, model, words, {**HALF, "image_processor_type": "ViTImageProcessor"})
    save_tokenizer(folder, words, pad_token=UNKNOWN)
    return folder


def save_vilt(folder: Path, words: Sequence[str], answers: Sequence[str]) -> Path:
    """A ViLT that answers every question with the last of ``answers``."""
    from transformers import ViltConfig, ViltForQuestionAnswering

    named = {"id2label": dict(enumerate(answers)), "label2id": {a: n for n, a in enumerate(answers)}}
    config = ViltConfig(
        **LAYERS, vocab_size=len(words) + 3, image_size=32, patch_size=16, max_position_embeddings=40, **named
    )
    model = ViltForQuestionAnswering(config)
    with torch.no_grad():
        last = model.classifier[-1]
        last.weight.zero_()
        last.bias.copy_(torch.tensor([-3.0] * (len(answers) - 1) + [3.0]))
    return save(
        folder, model, words, {**HALF, "image_processor_type": "ViltImageProcessor", "size": {"shortest_edge": 32}}
    )


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
