"""GLiNER by name: a small checkpoint that the test makes and saves in the library's own format."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from test_spacy_names import reading

from kgbuild.config import Config
from kgbuild.errors import ModelUnavailable
from kgbuild.mentions.gliner_names import _apart, _pieces, extractor
from kgbuild.mentions.names_by_model import Span, extraction
from kgbuild.models.classes import classes


def config(name: object) -> Config:
    return Config.load(overrides={"models.gliner": str(name), "models.device": "cpu"})


def test_long_texts_are_cut_and_spans_do_not_overlap() -> None:
    text = " ".join(f"w{n}" for n in range(450))
    cut = _pieces(text)
    assert [len(p.split()) for _, p in cut] == [200, 200, 50] and all(text[at:].startswith(p) for at, p in cut)
    sure, other, behind = Span(0, 5, "Person", 0.9), Span(3, 8, "Place", 0.8), Span(8, 9, "Event", 0.6)
    assert _apart([other, behind, sure]) == [sure, behind]


def test_nonsense_is_left_out_and_counted() -> None:
    read = reading(("Ada Lovelace.", "en"))
    wrong = [
        Span(0, 99, "Person", 0.9),
        Span(5, 2, "Person", 0.9),
        Span(0, 3, "Person", float("nan")),
        Span(-1, 3, "Person", 0.5),
    ]
    found = extraction(read, read.segments, [[*wrong, Span(0, 12, "Person", 0.5)]], "gliner/1 tiny")
    assert [m.surface for m in found.mentions] == ["Ada Lovelace"]
    assert [(i.code, i.severity) for i in found.issues] == [
        ("model-nonsense", "warning")
    ] and "4 spans" in found.issues[0].message


def test_pickled_weights_and_a_missing_library_are_said(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"x")
    (tmp_path / "gliner_config.json").write_text("{}", "utf-8")
    with pytest.raises(ModelUnavailable, match="never loaded"):
        extractor(config(tmp_path))([reading(("Ada Lovelace.", "en"))])
    if importlib.util.find_spec("gliner") is None:
        (tmp_path / "model.safetensors").write_bytes(b"x")
        named = tmp_path.parent / f"{tmp_path.name}-whole"
        tmp_path.rename(named)
        with pytest.raises(ModelUnavailable, match=r"kgbuild\[gliner\]"):
            extractor(config(named))([reading(("Ada Lovelace.", "en"))])
    (found,) = extractor(config(""))([reading(("Ada Lovelace.", "en"))])
    assert not found.mentions and not found.issues


def tiny(folder: Path) -> Path:
    """A GLiNER of one layer that takes everything for everything, as the library saves it."""
    import torch
    from gliner import GLiNER, GLiNERConfig
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "<<ENT>>", "<<SEP>>", "ada", "lovelace", "river", "person"]
    vocabulary = Tokenizer(models.WordLevel({w: n for n, w in enumerate(words)}, unk_token="[UNK]"))
    vocabulary.normalizer, vocabulary.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.Whitespace()
    vocabulary.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokens = PreTrainedTokenizerFast(
        tokenizer_object=vocabulary, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]",
        additional_special_tokens=["<<ENT>>", "<<SEP>>"],
    )  # fmt: skip
    shape = BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    torch.manual_seed(0)
    BertModel(shape).save_pretrained(folder / "encoder")
    tokens.save_pretrained(folder / "encoder")
    settings = GLiNERConfig(
        model_name=str(folder / "encoder"), encoder_config=shape.to_dict(), hidden_size=32, max_width=4, max_types=25,
        num_rnn_layers=1, span_mode="markerV0", vocab_size=len(words), class_token_index=4, max_len=384,
    )  # fmt: skip
    made = GLiNER.from_config(settings)
    for name, numbers in made.named_parameters():
        if name.endswith(("prompt_rep_layer.3.bias", "out_project.3.bias")):
            torch.nn.init.ones_(numbers)  # every span is like every class
    made.save_pretrained(folder / "model", safe_serialization=True)
    return folder / "model"


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning", "ignore::DeprecationWarning")
def test_a_checkpoint_in_the_library_s_own_format(tmp_path: Path) -> None:
    pytest.importorskip("gliner", reason="gliner asks for a transformers older than the one pinned here")
    read = reading(("Ada Lovelace saw the river.", "en"), ("Ada", ""))
    (found,) = extractor(config(tiny(tmp_path)))([read])
    assert found.mentions and not found.issues
    for m in found.mentions:
        place = m.target.selectors[0]
        assert read.text[place.start : place.end] == m.surface and 0.5 <= m.score <= 1
        assert m.label in {c.mentioned for c in classes(Config.load())} and m.agent == "gliner/1 model"
