"""The backbone as ``transformers`` runs it is the oracle of the one here: states, attention, subwords."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from kgbuild.backbone import LIMIT, find_backbone, load_backbone
from kgbuild.config import Config
from kgbuild.operators import declare_operators

TEXTS = [
    "The load balancer sends requests to the web servers.", "Oslo", "", " ", "naïve Ångström café — “quoted” 1,024 €",
    "中文 text 混ぜた 한국어", "a\x00b\u200bc\ufffd \t\n end", "Donaudampfschifffahrtsgesellschaft " * 60, "x" * 300, "🙂 ok",
    "don't e-mail [CLS] [UNK] ##ing İstanbul ﬁne",
]  # fmt: skip


@pytest.fixture(scope="module")
def known(config: Config) -> Any:
    """Tokenizer and model of ``transformers``, attention told."""
    declare_operators()
    from transformers import AutoModel, AutoTokenizer

    folder = find_backbone(config)
    model = AutoModel.from_pretrained(folder, local_files_only=True, attn_implementation="eager").eval()
    return AutoTokenizer.from_pretrained(folder, local_files_only=True), model


@pytest.mark.parametrize("limit", [3, 96, LIMIT])
def test_subwords_and_their_places(config: Config, known: Any, limit: int) -> None:
    found = known[0](TEXTS, truncation=True, max_length=limit, return_offsets_mapping=True)
    assert load_backbone(config)[0].texts(TEXTS, limit) == (found["input_ids"], found["offset_mapping"])


def test_subwords_of_words_alone(config: Config, known: Any) -> None:
    tokenizer, _ = load_backbone(config)
    words = [word for text in TEXTS for word in text.split(" ")]
    assert tokenizer.words(words) == known[0](words, add_special_tokens=False)["input_ids"]
    assert (tokenizer.begin, tokenizer.end, tokenizer.unknown) == (
        known[0].cls_token_id, known[0].sep_token_id, known[0].unk_token_id,
    )  # fmt: skip
    assert tokenizer.words([]) == []


def test_a_half_of_a_character_is_an_unknown_one(config: Config) -> None:
    tokenizer, _ = load_backbone(config)
    assert tokenizer.words(["a\ud800b"]) == tokenizer.words(["a\ufffdb"])
    assert tokenizer.texts(["one \udfff two"], 96) == tokenizer.texts(["one \ufffd two"], 96)


def test_states_and_attention(config: Config, known: Any) -> None:
    tokenizer, model = load_backbone(config)
    for ids in tokenizer.texts(TEXTS, LIMIT)[0]:
        given = torch.tensor([ids])
        with torch.inference_mode():
            told = known[1](given, output_attentions=True)
            x = model.embeddings(model.embeddings.word_embeddings(given))
            for n, layer in enumerate(model.encoder.layer):
                plain, _ = layer(x)
                x, looked = layer(x, look=True)
                assert torch.allclose(plain, x, atol=1e-4)
                assert torch.allclose(looked, told.attentions[n], atol=1e-5)
            assert torch.allclose(x, told.last_hidden_state, atol=1e-4)
            assert torch.allclose(model(given), told.last_hidden_state, atol=1e-4)


def test_what_is_masked_is_not_read(config: Config) -> None:
    tokenizer, model = load_backbone(config)
    short, long = (
        torch.tensor(ids) for ids in tokenizer.texts(["a short one", "a longer text than that one is"], 96)[0]
    )
    both = torch.nn.utils.rnn.pad_sequence([short, long], batch_first=True)
    x = model.embeddings(model.embeddings.word_embeddings(both))
    mask = torch.zeros(2, 1, 1, len(long))
    mask[0, ..., len(short) :] = torch.finfo(torch.float32).min
    for look in (False, True):
        states = x
        for layer in model.encoder.layer:
            states, _ = layer(states, mask, look=look)
        assert torch.allclose(states[0, : len(short)], model(short[None])[0], atol=1e-4)
        assert torch.allclose(states[1], model(long[None])[0], atol=1e-4)


def test_it_is_frozen_and_learns_again_if_it_is_let(config: Config) -> None:
    """Training drops out as the checkpoint was trained: two passes differ, and the loss reaches every layer."""
    _, model = load_backbone(config)
    given = torch.tensor([[101, 7592, 2088, 102]])
    assert not any(p.requires_grad for p in model.parameters()) and torch.equal(model(given), model(given))
    model.train().requires_grad_(True)
    assert not torch.equal(model(given), model(given))
    model(given).sum().backward()
    assert all(p.grad is not None for name, p in model.named_parameters() if "layer." in name)
