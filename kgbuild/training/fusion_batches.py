"""Batches of the fusion's training: who is in them, which of their states, and names that change places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from kgbuild.embeddings.fuse import batch
from kgbuild.embeddings.index import VectorIndex
from kgbuild.embeddings.spaces import MODALITIES
from kgbuild.training.fusion_data import Corpus
from kgbuild.types import EmbeddingTable


def presence(corpus: Corpus) -> np.ndarray:
    """Which modalities each mention has states of: (n, modalities)."""
    s = corpus.states
    every: np.ndarray = np.ones(len(corpus), bool)
    linked = np.logical_or.reduce(s.links != 0, axis=(1, 2))
    there: dict[str, np.ndarray] = {"text": every, "layout": every, "picture": s.whole_of >= 0, "links": linked}
    return np.stack([there[m] for m in MODALITIES], 1)


def has_any(corpus: Corpus, keep: Sequence[str]) -> np.ndarray:
    """Whether each mention has a state of one of some modalities."""
    return np.logical_or.reduce(presence(corpus)[:, [m in keep for m in MODALITIES]], axis=1)


class Names:
    """The vectors of all names of a corpus, so that they can change places in a batch.

    Names of training are then worth nothing but for being equal, as names never seen before are.
    """

    def __init__(self, corpus: Corpus) -> None:
        self._states = corpus.states
        own = corpus.states.words[:, 0]
        _, first, self._own = np.unique(corpus.label, return_index=True, return_inverse=True)
        self._vectors = own[first].astype(np.float32)
        place = {v.tobytes(): int(n) for v, n in zip(own, self._own, strict=True)}
        links = corpus.states.links
        self._links = np.array([[place.get(v.tobytes(), -1) for v in row] for row in links]).reshape(links.shape[:2])

    def order(self, random: np.random.Generator) -> np.ndarray:
        """The place of each name after a change."""
        return random.permutation(len(self._vectors))

    def batch(self, rows: np.ndarray, change: np.ndarray | None) -> dict[str, Tensor]:
        """The states of some mentions; under a change without those in which the old name still stands."""
        x: dict[str, Tensor] = batch(self._states, rows)
        if change is None:
            return x
        links = self._links[rows]
        x["words"][:, 0] = torch.from_numpy(self._vectors[change[self._own[rows]]])
        x["words"][:, 2] = 0
        x["links"][links >= 0] = torch.from_numpy(self._vectors[change[links[links >= 0]]])
        return x


@dataclass(frozen=True, slots=True, eq=False)
class Rivals:
    """Mentions of other things: those that lie nearest, and those of the same label."""

    near: np.ndarray
    alike: np.ndarray


def hard_negatives(corpus: Corpus, vectors: np.ndarray, near: int, seen: np.ndarray) -> list[Rivals]:
    """The rivals of each mention within its group, at most ``near`` by FAISS."""
    found = [Rivals(np.zeros(0, int), np.zeros(0, int))] * len(corpus)
    for group in np.unique(corpus.group):
        rows = np.flatnonzero((corpus.group == group) & seen)
        if len(rows) < 2:
            continue
        index = VectorIndex.build(EmbeddingTable("fused", tuple(map(str, rows)), vectors[rows]))
        nearest = index.search(vectors[rows], 4 * near)[1]
        for row, close in zip(rows, nearest, strict=True):
            others = rows[close[close >= 0]]
            others = others[corpus.thing[others] != corpus.thing[row]][:near]
            alike = rows[(corpus.label[rows] == corpus.label[row]) & (corpus.thing[rows] != corpus.thing[row])]
            found[row] = Rivals(others, alike)
    return found


def draw(
    random: np.random.Generator, groups: Sequence[np.ndarray], members: Mapping[int, np.ndarray],
    rivals: Sequence[Rivals], thing: np.ndarray, *, count: int, often: float,
) -> np.ndarray:  # fmt: skip
    """The rows of a batch: anchors of a few groups, as many mentions of their things, as many of their rivals.

    Anchors whose label another thing bears are drawn ``often`` times as often; then that one is mostly the rival.
    """
    first = np.zeros(0, int)
    for rows in groups:
        weight = np.array([often if len(rivals[r].alike) else 1.0 for r in rows])
        first = np.concatenate([first, random.choice(rows, count, p=weight / weight.sum())])
    second, third = first.copy(), first.copy()
    for n, row in enumerate(first):
        own = members[int(thing[row])]
        second[n] = random.choice(own[own != row])
        r = rivals[row]
        alike = len(r.alike) and (random.random() < 0.75 or not len(r.near))
        third[n] = random.choice(r.alike if alike else r.near if len(r.near) else first)
    return np.concatenate([first, second, third])
