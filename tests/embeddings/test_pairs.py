"""The numbers of a pair: symmetric, in the order of their names, 0 for what is absent."""

from __future__ import annotations

import numpy as np
import pytest

from kgbuild.embeddings.layout import FEATURES
from kgbuild.embeddings.pairs import Fused, MatchHead, features, names
from kgbuild.embeddings.spaces import MODALITIES
from kgbuild.embeddings.states import COLOURS, LINKS, NAMED, PARTS, PATCHES, WORDS, States

COUNT = 6


@pytest.fixture(scope="module")
def random() -> np.random.Generator:
    return np.random.default_rng(3)


@pytest.fixture(scope="module")
def states(random: np.random.Generator) -> States:
    """Random states; the last two have neither picture nor links."""
    drawn = np.arange(COUNT) < COUNT - 2

    def some(*shape: int) -> np.ndarray:
        return random.normal(size=(COUNT, *shape)).astype(np.float16)

    def numbers(most: int, width: int) -> np.ndarray:
        return np.stack([random.permutation(most)[:width] + 1 for _ in range(COUNT)])

    near = numbers(12, 2 * LINKS) * drawn[:, None]
    near[0, LINKS:] = near[0, :LINKS]  # leads to what leads to it
    return States(
        some(len(WORDS), 384), some(2 * LINKS, 384) * drawn[:, None, None], near,
        numbers(40, NAMED), some(384) * drawn[:, None],
        some(PATCHES, 8 + COLOURS) * drawn[:, None, None], some(PARTS, 8 + COLOURS)[:1],
        np.where(drawn, 0, -1), some(len(FEATURES)),
    )  # fmt: skip


@pytest.fixture(scope="module")
def fused(random: np.random.Generator) -> Fused:
    kinds = random.dirichlet(np.ones(5), COUNT).astype(np.float32)
    gates = random.dirichlet(np.ones(len(MODALITIES)), COUNT).astype(np.float32)
    vectors = random.normal(size=(COUNT, 256)).astype(np.float32)
    return Fused(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), gates, kinds)


@pytest.mark.parametrize("keep", [MODALITIES, *((m,) for m in MODALITIES), ("text", "picture")])
def test_the_order_of_a_pair_is_nothing(states: States, fused: Fused, keep: tuple[str, ...]) -> None:
    left, right = np.triu_indices(COUNT, 1)
    one, other = (features(states, fused, *ends, keep=keep) for ends in ((left, right), (right, left)))
    assert one.shape == (15, len(names(keep))) and len(set(names(keep))) == len(names(keep))
    for name, a, b in zip(names(keep), one.T, other.T, strict=True):
        assert np.allclose(a, b, atol=1e-3), name
    assert len(features(states, fused, left[:0], right[:0], keep=keep)) == 0


def test_a_mention_is_like_itself_and_what_is_absent_is_nothing(states: States, fused: Fused) -> None:
    row = np.arange(COUNT)
    own = dict(zip(names(), features(states, fused, row, row).T, strict=True))
    for name in ("name", "sentence", "source", "fused", "same name", "layout"):
        assert np.allclose(own[name], 1, atol=1e-3), name
    assert np.allclose(own["layout apart"], 0) and np.allclose(own["seen"], [1, 1, 1, 1, 0, 0], atol=1e-3)
    assert own["same picture"].tolist() == [1, 1, 1, 1, 0, 0] and own["drawn"].tolist() == [2, 2, 2, 2, 0, 0]
    assert not own["shared links"][-2:].any() and (own["shared names"] == NAMED).all()


def test_a_head_is_one_hidden_layer(random: np.random.Generator) -> None:
    w = {n: random.normal(size=s).astype(np.float32) for n, s in
         {"mean": 3, "spread": 3, "into": (3, 2), "bias": 2, "out": 2, "base": 1}.items()}  # fmt: skip
    x = random.normal(size=(4, 3)).astype(np.float32)
    hidden = np.maximum((x - w["mean"]) / w["spread"] @ w["into"] + w["bias"], 0)
    assert np.allclose(MatchHead(w).log_odds(x), hidden @ w["out"] + w["base"], atol=1e-5)
