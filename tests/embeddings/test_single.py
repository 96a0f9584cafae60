"""One text at a time gives the vectors of the module, packed or not."""

from __future__ import annotations

import numpy as np
import pytest

from kgbuild.config import Config
from kgbuild.embeddings.single import SingleEncoder
from kgbuild.embeddings.text import TextEncoder

TEXTS = ["a", "", "antennas that talk to spacecraft", "名前 é", "word " * 300, "x" * 5000]


@pytest.fixture(scope="module")
def encoder(config: Config) -> TextEncoder:
    return TextEncoder(config)


def test_packed_weights_give_the_same_vectors(encoder: TextEncoder) -> None:
    single = SingleEncoder(encoder)
    made = single.encode(TEXTS)
    assert made.dtype == np.float32 and np.allclose(made, encoder.encode(TEXTS), atol=1e-5)
    assert np.array_equal(made[2], single.encode(TEXTS[2:3])[0])  # alone or not
    assert single.encode([]).shape == (0, 384) and single.space == encoder.space


def test_without_onednn_the_module_answers(encoder: TextEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    single = SingleEncoder(encoder)
    assert not single.packed and np.array_equal(single.encode(TEXTS), encoder.encode(TEXTS))
