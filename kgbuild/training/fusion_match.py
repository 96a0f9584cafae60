"""The match heads: small networks over the numbers of a pair (``embeddings.pairs``), learned on homonyms of worlds.

The fusion never saw these worlds: what it knows of its own is surer than what it will know of others. The thresholds
are chosen on worlds of other names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from kgbuild.embeddings.pairs import MatchHead
from kgbuild.embeddings.states import States
from kgbuild.training.fusion_data import NUMBERS, Corpus
from kgbuild.training.worlds import CASES

_SHIFT = 100.0  # more than any log-odds: distances must not be below 0
_ROWS = 256  # pairs of a step
_STEPS = np.round(np.arange(-2.5, 2.51, 0.1), 2)


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of rows of a corpus (m,) of mentions whose things share a label, by world and label (``group``)."""

    left: np.ndarray
    right: np.ndarray
    group: np.ndarray
    same: np.ndarray
    case: np.ndarray


def alike(corpus: Corpus) -> Corpus:
    """The mentions of things that share a label, without the others and what is stated."""
    rows, s = np.flatnonzero(corpus.hard >= 0), corpus.states
    own = {f.name: getattr(s, f.name)[rows] for f in fields(States) if f.name != "whole"}
    numbers = {n: getattr(corpus, n)[rows] for n in NUMBERS if n != "stated"}
    return Corpus(replace(s, **own), **numbers, stated=corpus.stated[:0])


def homonyms(corpus: Corpus) -> Pairs:
    """All pairs of mentions of things that share a label with another one; whether both are of one thing."""
    found, groups = [], []
    hard = np.flatnonzero(corpus.hard >= 0)
    keys = np.stack([corpus.group[hard], corpus.hard[hard]], 1)
    _, number = np.unique(keys, axis=0, return_inverse=True)
    number = number.reshape(-1)
    for n in range(int(number.max()) + 1 if len(number) else 0):
        rows = hard[number == n]
        a, b = np.triu_indices(len(rows), 1)
        found.append(np.stack([rows[a], rows[b]]))
        groups.append(np.full(len(a), n))
    left, right = np.concatenate(found, 1) if found else np.zeros((2, 0), np.int64)
    group = np.concatenate(groups) if groups else np.zeros(0, np.int64)
    return Pairs(left, right, group, corpus.thing[left] == corpus.thing[right], corpus.case[left])


def fit_head(
    x: np.ndarray, same: np.ndarray, *, hidden: int = 32, epochs: int = 15, decay: float = 2e-3, seed: int = 0
) -> MatchHead:
    """A head for pairs (m, f) of which some are one thing."""
    torch.manual_seed(seed)
    mean, spread = x.mean(0), x.std(0) + 1e-3
    given, truth = torch.from_numpy((x - mean) / spread), torch.from_numpy(same.astype(np.float32))
    into, out = nn.Linear(x.shape[1], hidden), nn.Linear(hidden, 1)
    net = nn.Sequential(into, nn.ReLU(), out)
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(_ROWS):
            loss = F.binary_cross_entropy_with_logits(net(given[rows])[:, 0], truth[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
    weights = {"mean": mean, "spread": spread, "into": into.weight.T, "bias": into.bias, "out": out.weight[0],
               "base": out.bias}  # fmt: skip
    return MatchHead({n: np.asarray(torch.as_tensor(w).detach(), np.float32) for n, w in weights.items()})


def thresholds(pairs: Pairs, log_odds: np.ndarray) -> tuple[float, float]:
    """Log-odds of the best F1: of each pair by itself, and of clusters."""
    trees = _trees(pairs, log_odds)
    alone = max(_STEPS, key=lambda t: (f1(pairs.same, log_odds >= t), -t))
    together = max(_STEPS, key=lambda t: (f1(pairs.same, _cut(trees, t, len(log_odds))), -t))
    return float(alone), float(together)


def measure_pairs(pairs: Pairs, log_odds: np.ndarray, alone: float, together: float) -> dict[str, float]:
    """AUC; F1 of pairs, each by itself, over all and for each case; F1 of the pairs of clusters."""
    found = log_odds >= alone
    made = {"AUC": area(pairs.same, log_odds), "pairs": f1(pairs.same, found)}
    for n, case in enumerate(CASES):
        rows = pairs.case == n
        made[case] = f1(pairs.same[rows], found[rows])
    joined = _cut(_trees(pairs, log_odds), together, len(log_odds))
    return {n: round(v, 4) for n, v in (made | {"clusters": f1(pairs.same, joined)}).items()}


def area(same: np.ndarray, log_odds: np.ndarray) -> float:
    """Area under the curve: how often a pair of one thing stands above one of two."""
    from scipy.stats import rankdata

    true, rest = int(same.sum()), int((~same).sum())
    above = rankdata(log_odds)[same].sum() - true * (true + 1) / 2
    return float(above / (true * rest)) if true and rest else 0.5


def f1(same: np.ndarray, found: np.ndarray) -> float:
    """Harmonic mean of precision and recall; 1 where there is nothing to find and nothing found."""
    whole = int(same.sum()) + int(found.sum())
    return 2 * int((same & found).sum()) / whole if whole else 1.0


Tree = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # pairs of a group, their places in it, linkage


def _trees(pairs: Pairs, log_odds: np.ndarray) -> Sequence[Tree]:
    """Average linkage over the log-odds of each group's pairs."""
    from scipy.cluster.hierarchy import linkage

    made = []
    for n in np.unique(pairs.group):
        of = np.flatnonzero(pairs.group == n)  # in the order of the upper triangle
        rows = np.unique([pairs.left[of], pairs.right[of]])
        a, b = np.triu_indices(len(rows), 1)
        distance = np.maximum(_SHIFT - log_odds[of].astype(np.float64), 0)
        made.append((of, a, b, linkage(distance, "average")))
    return made


def _cut(trees: Sequence[Tree], threshold: float, count: int) -> np.ndarray:
    """Which pairs lie in one cluster when those of a mean log-odds are joined."""
    from scipy.cluster.hierarchy import fcluster

    joined = np.zeros(count, bool)
    for of, a, b, tree in trees:
        number = fcluster(tree, _SHIFT - threshold, "distance")
        joined[of] = number[a] == number[b]
    return joined


def learn(learned: tuple[Pairs, np.ndarray], chosen: tuple[Pairs, np.ndarray], *, seed: int = 0) -> MatchHead:
    """A head from pairs and their numbers, its thresholds from others."""
    head = fit_head(learned[1], learned[0].same, seed=seed)
    return MatchHead(head.weights, *thresholds(chosen[0], head.log_odds(chosen[1])))


__all__ = ["Pairs", "alike", "area", "f1", "fit_head", "homonyms", "learn", "measure_pairs", "thresholds"]
