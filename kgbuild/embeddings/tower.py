"""The network of the vision tower: plain convolutions with residuals (He et al. 2016), norms folded for use."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes: written beside the weights, so that they load without the training code."""

    widths: tuple[int, ...] = (32, 64, 160, 320)  # channels at a fourth, eighth, ... of the square's side
    depths: tuple[int, ...] = (1, 2, 3, 2)  # residual layers at each
    hidden: int = 640
    out: int = 384


class Layer(nn.Module):
    """Convolution, norm (training only: ``folded`` puts it into the convolution), residual where sizes agree, ReLU."""

    def __init__(self, inner: int, outer: int, size: int = 3, stride: int = 1, *, norm: bool) -> None:
        super().__init__()
        self.map = nn.Conv2d(inner, outer, size, stride, size // 2, bias=not norm)
        self.norm = nn.BatchNorm2d(outer) if norm else None
        self.residual = inner == outer and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        y = self.map(x)
        y = self.norm(y) if self.norm is not None else y
        return F.relu(x + y if self.residual else y)


class Dense(nn.Module):
    """A linear layer with a norm behind it, folded like that of ``Layer``."""

    def __init__(self, inner: int, outer: int, *, norm: bool) -> None:
        super().__init__()
        self.map = nn.Linear(inner, outer, bias=not norm)
        self.norm = nn.BatchNorm1d(outer) if norm else None

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.map(x)
        return self.norm(y) if self.norm is not None else y


class Network(nn.Module):
    """Squares float (n, 3, side, side), white 0, to states (n, T, widths[-1]) and unit vectors (n, out)."""

    def __init__(self, shape: Shape, *, norm: bool = False) -> None:
        super().__init__()
        layers = [Layer(3, shape.widths[0], 7, 4, norm=norm)]
        for k, (width, depth) in enumerate(zip(shape.widths, shape.depths, strict=True)):
            if k:
                layers.append(Layer(shape.widths[k - 1], width, 3, 2, norm=norm))
            layers += [Layer(width, width, norm=norm) for _ in range(depth)]
        self.layers = nn.Sequential(*layers)
        self.hidden = Dense(2 * shape.widths[-1], shape.hidden, norm=norm)
        self.out = Dense(shape.hidden, shape.out, norm=norm)

    def states(self, squares: Tensor) -> Tensor:
        """Patch states (n, T, widths[-1]), row by row."""
        return in_rows(self.layers(squares))

    def pooled(self, states: Tensor) -> Tensor:
        """Hidden states (n, hidden) of patch states: of their mean and their maxima."""
        found: Tensor = F.relu(self.hidden(torch.cat([states.mean(1), states.amax(1)], dim=1)))
        return found

    def vectors(self, hidden: Tensor) -> Tensor:
        """Unit vectors (n, out)."""
        return F.normalize(self.out(hidden), dim=-1)

    def pool(self, states: Tensor) -> Tensor:
        """Unit vectors (n, out) of patch states."""
        return self.vectors(self.pooled(states))

    def forward(self, squares: Tensor) -> Tensor:
        return self.pool(self.states(squares))


def in_rows(found: Tensor) -> Tensor:
    """States (n, T, width), row by row, of what the layers make (n, width, rows, columns)."""
    return found.flatten(2).transpose(1, 2)


def folded(state: dict[str, Tensor], *, epsilon: float = 1e-5) -> dict[str, Tensor]:
    """The state of a network with norms as that of one without: the same function at rest."""
    made = {}
    for name, value in state.items():
        stem = name.rpartition(".")[0]
        if stem.endswith(".map"):
            norm = stem.removesuffix("map") + "norm."
            gain = state[norm + "weight"] / (state[norm + "running_var"] + epsilon).sqrt()
            made[stem + ".weight"] = value * gain.reshape(-1, *[1] * (value.ndim - 1))
            made[stem + ".bias"] = state[norm + "bias"] - state[norm + "running_mean"] * gain
        elif not stem.endswith(".norm"):
            made[name] = value
    return made
