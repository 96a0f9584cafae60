"""Train the match head of the merge score (``entities.head``) on pairs of groups whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from kgbuild.entities.head import PARTS, Head
from kgbuild.entities.names import NAME_FEATURES
from kgbuild.entities.surroundings import CONTEXT_FEATURES
from kgbuild.training.align_data import Sample

_ROWS = 512  # pairs of a step
_AXES, _HIDDEN = 32, 96
_RATE, _DECAY = 4e-3, 2e-2
_SCALES = 10.0, 3.0  # of products and distances, which are small
_AROUND = slice(len(NAME_FEATURES), len(NAME_FEATURES) + len(CONTEXT_FEATURES))


class _Net(nn.Module):
    """What ``Head`` does, with dropout, on standardised features."""

    def __init__(self, features: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.into = nn.ModuleList([nn.Linear(w, _AXES, bias=False) for w in widths])
        self.drop = nn.Dropout(0.2)
        self.first = nn.Linear(2 * features + len(widths) * (2 * _AXES + 1), _HIDDEN)
        self.last = nn.Linear(_HIDDEN, 1)

    def forward(self, x: torch.Tensor, ends: Sequence[Sequence[torch.Tensor]], bare: torch.Tensor) -> torch.Tensor:
        found = [x]
        for n, (into, (a, b)) in enumerate(zip(self.into, ends, strict=True)):
            p, q = into(self.drop(a)), into(self.drop(b))
            cosine = F.cosine_similarity(p, q)[:, None]
            part = torch.cat([p * q * _SCALES[0], (p - q).abs() * _SCALES[1], cosine], 1)
            found.append(part * ~bare[:, None] if n else part)
        hidden = F.dropout(F.relu(self.first(torch.cat(found, 1))), 0.3, self.training)
        made: torch.Tensor = self.last(hidden)[:, 0]
        return made


def fit_head(parts: Sequence[tuple[Sample, np.ndarray, np.ndarray]], *, bare: float, epochs: int, seed: int) -> Head:
    """A head for the pairs of some samples: (sample, rows, weight of each row). A share ``bare`` of them is learned as
    if nothing stood around the names.
    """
    torch.manual_seed(seed)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    features = np.concatenate([s.features[rows] for s, rows, _ in parts])
    truth, weight = (torch.from_numpy(np.concatenate(v).astype(np.float32)) for v in (
        [s.truth[rows] for s, rows, _ in parts], [w for *_, w in parts]
    ))  # fmt: skip
    mean, spread = np.nanmean(features, 0), np.nanstd(features, 0) + 1e-3
    mean, spread = np.nan_to_num(mean), np.nan_to_num(spread, nan=1.0)
    alone = torch.rand(len(features)) < bare
    features[alone.numpy(), _AROUND] = np.nan
    missing = np.isnan(features)
    given = np.concatenate([np.where(missing, 0, (features - mean) / spread), missing], 1).astype(np.float32)
    x, before = torch.from_numpy(given), np.cumsum([0, *(len(s.groups) for s, *_ in parts)])
    known = [np.concatenate([s.known[n] for s, *_ in parts]).astype(np.float32) for n in range(len(PARTS))]
    tables = list(map(torch.from_numpy, known))
    ends = torch.from_numpy(
        np.concatenate([s.pairs[rows] + at for (s, rows, _), at in zip(parts, before, strict=False)])
    )
    net = _Net(features.shape[1], [t.shape[1] for t in tables])
    optimizer = torch.optim.AdamW(net.parameters(), lr=_RATE, weight_decay=_DECAY)
    steps = -(-len(x) // _ROWS) * epochs
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps)
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(_ROWS):
            a, b = ends[rows].T
            said = net(x[rows], [(t[a], t[b]) for t in tables], alone[rows])
            loss = F.binary_cross_entropy_with_logits(said, truth[rows], weight=weight[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    torch.set_num_threads(threads)
    return _as_numbers(net, mean, spread)


def _as_numbers(net: _Net, mean: np.ndarray, spread: np.ndarray) -> Head:
    """The network for features and projections as they are: means, spreads and scales go into the hidden layer."""
    hidden, bias = net.first.weight.detach().numpy().T.astype(np.float64), net.first.bias.detach().numpy()
    count = len(mean)
    hidden[:count] /= spread[:, None]
    bias = bias - mean @ hidden[:count]
    for n in range(len(PARTS)):
        at = 2 * count + n * (2 * _AXES + 1)
        hidden[at : at + _AXES] *= _SCALES[0]
        hidden[at + _AXES : at + 2 * _AXES] *= _SCALES[1]
    axes = [p.detach().numpy().T for p in net.into.parameters()]
    weights = {f"into/{name}": a for name, a in zip(PARTS, axes, strict=True)}
    weights |= {"mean": mean, "hidden": hidden, "bias": bias}
    weights |= {"out": net.last.weight.detach().numpy()[0], "base": net.last.bias.detach().numpy()}
    return Head({n: w.astype(np.float16).astype(np.float32) for n, w in weights.items()}, ((0.5, 0.5, 0.0),) * 2)
