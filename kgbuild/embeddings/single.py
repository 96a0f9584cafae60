"""The text backbone for one short text at a time, as a question has it: the same numbers, in less than half the time.

What takes the time of one text of ten subwords is reading 42 MB of weights. Packed as oneDNN wants them, with the three
projections of attention as one and the linear function that follows fused, they are read about twice as fast as by the
network's modules. Where torch has no oneDNN, or it gives other numbers, the modules answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from kgbuild.embeddings.text import TextEncoder

_TOLERANCE = 1e-5  # of a component of a unit vector
_SAMPLE = "packed weights give the same vector"


class SingleEncoder:
    """Encodes like a ``TextEncoder``, one text at a time, each on its own."""

    def __init__(self, encoder: TextEncoder) -> None:
        self._encoder = encoder
        self.space, self.dim = encoder.space, encoder.dim
        self._states = _packed(encoder.backbone)
        if self._states is not None and not np.allclose(
            self.encode([_SAMPLE]), encoder.encode([_SAMPLE]), atol=_TOLERANCE
        ):
            self._states = None

    @property
    def packed(self) -> bool:
        """Whether the packed weights are in use."""
        return self._states is not None

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """float32 of shape (len(texts), 384), rows of unit length."""
        import torch

        if self._states is None or not texts:
            return self._encoder.encode(texts)
        ids = [self._encoder.numbers(text) for text in texts]
        with torch.inference_mode():
            return np.concatenate([self._encoder.pooled(self._states(torch.tensor(i))[None]) for i in ids])


def _packed(model: Any) -> Callable[[Any], Any] | None:
    """Token states (n, 384) of a text's subword numbers (n,) by packed weights; None if torch has no oneDNN."""
    import torch
    from torch.nn import functional as F

    from kgbuild.bert import HEADS
    from kgbuild.embeddings.packed import functions

    if not torch.backends.mkldnn.is_available():
        return None
    layers = [functions(layer) for layer in model.encoder.layer]
    given = model.embeddings
    words = given.word_embeddings.weight
    places = given.position_embeddings.weight + given.token_type_embeddings.weight[0]

    def states(ids: Any) -> Any:
        n = len(ids)
        x = given.LayerNorm(words[ids] + places[:n])
        for attended, mixed, after, up, down, last in layers:
            q, k, v = attended(x).view(n, 3, HEADS, -1).permute(1, 2, 0, 3).unsqueeze(1)
            found = F.scaled_dot_product_attention(q, k, v)[0].transpose(0, 1).reshape(n, -1)
            x = after(x + mixed(found))
            x = last(x + down(up(x)))
        return x

    return states
