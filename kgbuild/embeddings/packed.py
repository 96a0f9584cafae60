"""The backbone over texts of any lengths at once, one after another in the rows of one matrix: nothing is padded.

What is computed row by row (all but attention) sees one matrix; attention sees the texts of each length together. A
row's numbers are those that it has alone, as long as the kernels treat every row alike; those of matrices of very few
rows do not, so there are always some.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

ROWS = 512  # tokens that are looked at together, about
_FEWEST = 16  # rows of a matrix: below four the kernels sum in another order


class Packed:
    """The layers of a BERT model of ``transformers``, in evaluation (Devlin et al. 2019)."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._joined = [_joined(layer.attention.self) for layer in model.encoder.layer]

    def to(self, device: str) -> None:
        """Move the network to a device."""
        self.__init__(self._model.to(device, torch.float32))  # type: ignore[misc]

    def states(self, texts: Sequence[Sequence[int]]) -> Tensor:
        """Token states float32 (all tokens, width), text after text; equal lengths are faster side by side."""
        runs = _runs(texts)
        given = [i for ids in texts for i in ids]
        nth = [p for ids in texts for p in range(len(ids))]
        spare = [0] * max(0, _FEWEST - len(given))
        e = self._model.embeddings
        device = e.word_embeddings.weight.device
        numbers, places = (torch.tensor([*x, *spare], device=device) for x in (given, nth))
        x = e.word_embeddings(numbers) + e.position_embeddings(places) + e.token_type_embeddings.weight[0]
        x = e.LayerNorm(x)
        for layer, (weight, bias) in zip(self._model.encoder.layer, self._joined, strict=True):
            x = self._layer(x, layer, F.linear(x, weight, bias), runs)
        return x[: len(given)]

    def _layer(self, x: Tensor, layer: Any, all_: Tensor, runs: Sequence[tuple[int, int, int]]) -> Tensor:
        heads = self._model.config.num_attention_heads
        read = torch.zeros_like(x)
        for start, count, length in runs:
            rows = slice(start, start + count * length)
            q, k, v = all_[rows].view(count, length, 3, heads, -1).permute(2, 0, 3, 1, 4)
            read[rows] = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(count * length, -1)
        own, out = layer.attention.output, layer.output
        x = own.LayerNorm(own.dense(read) + x)
        hidden = F.gelu(layer.intermediate.dense(x))
        made: Tensor = out.LayerNorm(out.dense(hidden) + x)
        return made


def _joined(attention: Any) -> tuple[Tensor, Tensor]:
    """Weight and bias that give queries, keys and values in one product."""
    parts = (attention.query, attention.key, attention.value)
    return torch.cat([p.weight for p in parts]), torch.cat([p.bias for p in parts])


def _runs(texts: Sequence[Sequence[int]]) -> list[tuple[int, int, int]]:
    """First row, number and length of texts of one length that follow one another."""
    runs, start = [], 0
    for length, same in groupby(map(len, texts)):
        count = sum(1 for _ in same)
        runs.append((start, count, length))
        start += count * length
    return runs


def packs(lengths: Sequence[int]) -> Iterator[slice]:
    """Parts of texts in their order, of about ``ROWS`` tokens each."""
    start = held = 0
    for n, length in enumerate(lengths):
        if n > start and held + length > ROWS:
            yield slice(start, n)
            start, held = n, 0
        held += length
    if len(lengths) > start:
        yield slice(start, len(lengths))


__all__ = ["ROWS", "Packed", "packs"]
