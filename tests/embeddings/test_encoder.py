"""The text encoder: unit vectors that do not depend on the batch, near for like meanings."""

from __future__ import annotations

import numpy as np
import pytest

from kgbuild.config import Config
from kgbuild.embeddings.text import TextEncoder
from kgbuild.types import Mention, Target, TextPosition


@pytest.fixture(scope="module")
def encoder(config: Config) -> TextEncoder:
    return TextEncoder(config)


def test_vectors_do_not_depend_on_their_neighbours(encoder: TextEncoder) -> None:
    texts = ["load balancer", "a cat", "the web server answers", "x", "load balancer", ""]
    together = encoder.encode(texts)
    alone = np.concatenate([encoder.encode([t]) for t in texts])
    assert (together == alone).all()
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_many_lengths_in_any_order_and_number_of_threads_give_the_same_bytes(encoder: TextEncoder) -> None:
    import torch

    rng = np.random.default_rng(0)
    words = ["load", "balancer", "the", "web", "queue", "x", "graph", "Oslo"]
    texts = [" ".join(rng.choice(words, n)) for n in rng.integers(1, 40, 50)]
    found, order, threads = encoder.encode(texts), rng.permutation(len(texts)), torch.get_num_threads()
    assert (encoder.encode([texts[i] for i in order]) == found[order]).all()
    assert (encoder.encode(texts[:3]) == found[:3]).all()
    try:
        torch.set_num_threads(3 - min(threads, 2))
        assert (encoder.encode(texts) == found).all()
    finally:
        torch.set_num_threads(threads)


def test_states_are_those_of_the_backbone_itself(encoder: TextEncoder, config: Config) -> None:
    import torch

    from kgbuild.backbone import load_backbone

    tokenizer, model = load_backbone(config)
    for text in ("Oslo", "The load balancer sends requests to the web servers."):
        with torch.inference_mode():
            states = model(torch.tensor(tokenizer.texts([text], 512)[0]))[0].numpy()
        assert np.abs(next(encoder.passes([text]))[1][0].numpy() - states).max() < 1e-4


def test_like_meanings_are_near(encoder: TextEncoder) -> None:
    a, b, c = encoder.encode(["a car on the road", "an automobile in the street", "a recipe for soup"])
    assert a @ b > a @ c + 0.2


def test_context_tells_equal_names_apart(encoder: TextEncoder) -> None:
    def mention(n: int, context: str) -> Mention:
        return Mention(f"m{n}", Target("s", (TextPosition(n, n + 4),)), "Java", "Thing", 1.0, "t/1", context=context)

    a, b, c = encoder.mentions(
        [
            mention(1, "Java is an island of Indonesia."),
            mention(2, "Java is an island near Bali."),
            mention(3, "Java runs on a virtual machine."),
        ]
    )
    assert a @ b > a @ c


def test_texts_that_return_give_the_same_bytes_and_are_not_read_again(
    encoder: TextEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    mentions = [
        Mention(f"m{n}", Target("s", (TextPosition(n, n + 4),)), name, "Thing", 1.0, "t/1", context=context)
        for n, (name, context) in enumerate([("Oslo", ""), ("Oslo", "Oslo is a city."), ("Bergen", "word " * 40)])
    ]
    encoder.forget()
    first = encoder.read(mentions)
    read: list[list[str]] = []
    passes = encoder.passes
    monkeypatch.setattr(encoder, "passes", lambda texts: read.append(list(texts)) or passes(texts))
    again, alone = encoder.read(mentions), encoder.read(mentions[1:2])
    assert read == [["word " * 40], []]  # long ones are not kept
    for one, two, part in zip(*((r.own, r.around, r.states) for r in (first, again, alone)), strict=True):
        assert np.array_equal(one, two) and np.array_equal(one[1:2], part)


def test_half_precision_is_near_and_as_free_of_company(encoder: TextEncoder) -> None:
    half = TextEncoder(Config.load(overrides={"embeddings.half": True}))
    texts = ["load balancer", "the web server answers", "x", "queue of orders that wait for the night"]
    found, whole = half.encode(texts), encoder.encode(texts)
    assert not (found == whole).all() and ((found * whole).sum(1) > 0.999).all()
    assert (np.concatenate([half.encode([t]) for t in texts]) == found).all()
