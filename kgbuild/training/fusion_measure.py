"""How well vectors tell things apart and together: clusters of a world against the truth, homonyms by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kgbuild.training.fusion_data import Corpus
from kgbuild.training.worlds import CASES

_THRESHOLDS = np.round(np.arange(0.1, 0.96, 0.02), 2)


@dataclass(frozen=True, slots=True)
class Counts:
    """Pairs of mentions of one group: joined and right, joined, right."""

    hit: int = 0
    joined: int = 0
    right: int = 0

    def plus(self, same: np.ndarray, found: np.ndarray) -> Counts:
        """With some more pairs, as two boolean arrays."""
        return Counts(
            self.hit + int((same & found).sum()), self.joined + int(found.sum()), self.right + int(same.sum())
        )

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 1 where there is nothing to join and nothing joined."""
        return 2 * self.hit / (self.joined + self.right) if self.joined + self.right else 1.0


def clusters(vectors: np.ndarray, threshold: float, present: np.ndarray) -> np.ndarray:
    """Cluster numbers by average linkage down to a mean cosine; mentions of nothing ``present`` stay alone."""
    return cut(linked(vectors, present), threshold, present)


def linked(vectors: np.ndarray, present: np.ndarray) -> np.ndarray:
    """The tree of average linkage over the cosine distances of the present rows."""
    from scipy.cluster.hierarchy import linkage

    rows = vectors[present].astype(np.float64)
    if len(rows) < 2:
        return np.zeros((0, 4))
    distance = np.clip(1 - rows @ rows.T, 0, 2)
    made: np.ndarray = linkage(distance[np.triu_indices(len(rows), 1)], "average")
    return made


def cut(tree: np.ndarray, threshold: float, present: np.ndarray) -> np.ndarray:
    """The clusters of a tree at a mean cosine."""
    from scipy.cluster.hierarchy import fcluster

    made = -1 - np.arange(len(present))
    if len(tree):
        made[present] = fcluster(tree, 1 - threshold, "distance")
    return made


def choose(corpus: Corpus, vectors: np.ndarray, present: np.ndarray) -> float:
    """The threshold of the best pairwise F1 over all groups."""
    counts = {t: Counts() for t in _THRESHOLDS}
    for group in np.unique(corpus.group):
        rows = np.flatnonzero(corpus.group == group)
        tree = linked(vectors[rows], present[rows])
        same, upper = _pairs(corpus.thing[rows])
        for t in _THRESHOLDS:
            counts[t] = counts[t].plus(same, _pairs(cut(tree, t, present[rows]))[0])
        del upper
    return float(max(_THRESHOLDS, key=lambda t: (counts[t].f1, -t)))


def measure(corpus: Corpus, vectors: np.ndarray, threshold: float, present: np.ndarray) -> dict[str, float]:
    """Pairwise F1 over all pairs of a group (``all``), over mentions of things of one label (``homonyms``), the same
    for each case, and of all pairs by what they join: two texts, two pictures, one of each.
    """
    names = ("all", "homonyms", *CASES, "text and text", "picture and picture", "text and picture")
    counts = {n: Counts() for n in names}
    for group in np.unique(corpus.group):
        rows = np.flatnonzero(corpus.group == group)
        found, (a, b) = _pairs(clusters(vectors[rows], threshold, present[rows]))
        same = _pairs(corpus.thing[rows])[0]
        hard, case, drawn = corpus.hard[rows], corpus.case[rows], corpus.drawn[rows]
        alike = (hard[a] == hard[b]) & (hard[a] >= 0)
        chosen = {"all": np.ones_like(same), "homonyms": alike}
        chosen |= {c: alike & (case[a] == k) for k, c in enumerate(CASES)}
        seen = drawn[a] + drawn[b]
        chosen |= {n: seen == k for n, k in zip(names[-3:], (0, 2, 1), strict=True)}
        for n, mask in chosen.items():
            counts[n] = counts[n].plus(same[mask], found[mask])
    return {n: round(c.f1, 4) for n, c in counts.items()}


def _pairs(numbers: np.ndarray | Sequence[int]) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Whether the numbers of each pair are equal, and the pairs' rows."""
    given = np.asarray(numbers)
    a, b = np.triu_indices(len(given), 1)
    return given[a] == given[b], (a, b)
