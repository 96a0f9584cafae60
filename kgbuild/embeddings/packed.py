"""The backbone over texts of any lengths at once, one after another in the rows of one matrix: nothing is padded.

What is computed row by row (all but attention) sees one matrix; attention sees the texts of each length together. A
row's numbers are those that it has alone, as long as the kernels treat every row alike; those of matrices of very few
rows do not, so there are always some.

Weights are packed once as oneDNN wants them, with the function that follows fused: a third faster for many texts, and
for one of ten subwords, where reading 42 MB of weights takes the time, twice as fast as the network's modules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from kgbuild.bert import HEADS, Bert

ROWS = 512  # tokens that are looked at together, about
_PACKED_FOR = 256  # rows that weights are packed for; any number goes
_FEWEST = 16  # rows of a matrix: below four the kernels sum in another order


class Packed:
    """The layers of the backbone (``bert``) in evaluation.

    ``half``: products in bfloat16, the rest in single precision.
    """

    def __init__(self, model: Bert, *, half: bool = False) -> None:
        self._model, self._half = model, half
        self._layers = [functions(layer, torch.bfloat16 if half else torch.float32) for layer in model.encoder.layer]

    def to(self, device: str) -> None:
        """Move the network to a device."""
        self.__init__(self._model.to(device, torch.float32), half=self._half)  # type: ignore[misc]

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
        for attended, mixed, after, up, down, last in self._layers:
            x = after(mixed(self._read(attended(x), runs)) + x)
            x = last(down(up(x)) + x)
        return x[: len(given)]

    def _read(self, all_: Tensor, runs: Sequence[tuple[int, int, int]]) -> Tensor:
        """What each row reads in its text: (rows, width) of queries, keys and values side by side."""
        read = all_.new_zeros(len(all_), all_.shape[1] // 3)
        for start, count, length in runs:
            rows = slice(start, start + count * length)
            q, k, v = all_[rows].view(count, length, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
            read[rows] = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(count * length, -1)
        return read


def functions(layer: Any, kind: torch.dtype = torch.float32) -> tuple[Callable[[Tensor], Tensor], ...]:
    """The functions of a layer of BERT in their order; queries, keys and values come from one product."""
    own, out, up, down = layer.attention.self, layer.attention.output, layer.intermediate.dense, layer.output
    parts = (own.query, own.key, own.value)
    attended = _linear(torch.cat([p.weight for p in parts]), torch.cat([p.bias for p in parts]), kind=kind)
    return (
        attended, _linear(out.dense.weight, out.dense.bias, kind=kind), out.LayerNorm,
        _linear(up.weight, up.bias, kind=kind, gelu=True), _linear(down.dense.weight, down.dense.bias, kind=kind),
        down.LayerNorm,
    )  # fmt: skip


def _linear(
    weight: Tensor, bias: Tensor, *, kind: torch.dtype = torch.float32, gelu: bool = False
) -> Callable[[Tensor], Tensor]:
    """A linear function float32 to float32 with packed weights; with the plain ones where torch cannot pack them."""
    weight, bias = weight.detach().to(kind), bias.detach().to(kind)

    def plain(x: Tensor) -> Tensor:
        made = F.linear(x.to(kind), weight, bias)
        return (F.gelu(made) if gelu else made).float()

    if weight.device.type != "cpu" or not torch.backends.mkldnn.is_available():
        return plain
    after, form = ("gelu", "none") if gelu else ("none", "")
    try:
        packed = torch.ops.mkldnn._reorder_linear_weight(weight.clone(), _PACKED_FOR)

        def fused(x: Tensor) -> Tensor:
            made: Tensor = torch.ops.mkldnn._linear_pointwise(x.to(kind), packed, bias, after, [], form)
            return made.float()

        sample = torch.linspace(-1, 1, _FEWEST * weight.shape[1]).view(_FEWEST, -1)
        alike = torch.allclose(fused(sample), plain(sample), atol=1e-4 if kind == torch.float32 else 0.1)
    except (AttributeError, RuntimeError, NotImplementedError):
        return plain
    return fused if alike else plain


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


__all__ = ["ROWS", "Packed", "functions", "packs"]
