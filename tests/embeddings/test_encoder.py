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
