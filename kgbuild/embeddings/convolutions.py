"""Convolutions with weights packed once as oneDNN wants them, residual and ReLU fused: the same numbers, sooner."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from kgbuild.embeddings.tower import Layer

_PACKED_FOR = 8  # pictures; any number goes


def packed(network: nn.Sequential, side: int) -> Callable[[Tensor], Tensor] | None:
    """What a network of ``Layer``s without norms makes of squares (n, channels, side, side); None if torch cannot pack
    its weights.
    """
    if not torch.backends.mkldnn.is_available():
        return None
    layers = [layer for layer in network if isinstance(layer, Layer)]
    try:
        made = _chain(layers, side)
        weight = layers[0].map.weight
        sample = torch.linspace(0, 4, 2 * weight.shape[1] * side**2).view(2, -1, side, side).to(weight.dtype)
        sample = sample.contiguous(memory_format=torch.channels_last)
        return made if torch.equal(made(sample), network(sample)) else None
    except (AttributeError, RuntimeError, NotImplementedError):
        return None


def _chain(layers: Sequence[Layer], side: int) -> Callable[[Tensor], Tensor]:
    ops, chain = torch.ops.mkldnn, []
    for layer in layers:
        m, n = layer.map, layer.map.stride[0]
        given = [_PACKED_FOR, m.in_channels, side, side]
        weight = ops._reorder_convolution_weight(m.weight.contiguous(), m.padding, m.stride, m.dilation, 1, given)
        chain.append((weight, m.bias, m.padding, m.stride, m.dilation, layer.residual))
        side //= n

    def run(x: Tensor) -> Tensor:
        for weight, bias, padding, stride, dilation, residual in chain:
            shape = (weight, bias, padding, stride, dilation, 1)
            if residual:
                x = ops._convolution_pointwise.binary(x, x, *shape, "add", 1.0, "relu", [], None)
            else:
                x = ops._convolution_pointwise(x, *shape, "relu", [], None)
        return x

    return run
