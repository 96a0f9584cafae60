"""Batches of the fusion's training: whole worlds, their states and the truth about them on a device."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from kgbuild.embeddings.spaces import MODALITIES
from kgbuild.training.fusion_data import Corpus

_OF = {"text": ("words",), "picture": ("seen",), "layout": ("layout",), "links": ("links",)}  # one row for each mention
_EVERY = ("words", "links", "seen", "layout")
_NUMBERS = ("group", "thing", "label", "kind", "hard")


def presence(corpus: Corpus) -> np.ndarray:
    """Which modalities each mention has states of: (n, modalities)."""
    s = corpus.states
    every: np.ndarray = np.ones(len(corpus), bool)
    drawn: np.ndarray = s.whole_of >= 0
    linked: np.ndarray = np.abs(s.links).max((1, 2)) > 0
    there = {"text": every, "layout": every, "picture": drawn, "links": linked}
    return np.stack([there[m] for m in MODALITIES], 1)


def has_any(corpus: Corpus, keep: Sequence[str]) -> np.ndarray:
    """Whether each mention has a state of one of some modalities."""
    made: np.ndarray = presence(corpus)[:, [m in keep for m in MODALITIES]].max(1)
    return made


class Table:
    """A corpus on a device, only some modalities of it. ``there`` (n, modalities): what each mention has of them."""

    def __init__(self, corpus: Corpus, device: str, keep: Sequence[str] = MODALITIES) -> None:
        def held(array: np.ndarray) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(array)).to(device)

        self._kept = {n for m in keep for n in _OF[m]}
        self._states = {n: held(getattr(corpus.states, n)[: None if n in self._kept else 1]) for n in _EVERY}
        shown = corpus.states.whole_of >= 0
        self._region = held(corpus.states.region[shown if "picture" in keep else shown & False])
        self._region_of = held(np.where(shown, np.cumsum(shown) - 1, -1) if "picture" in keep else shown * 0 - 1)
        self._whole, self._whole_of = held(corpus.states.whole), held(corpus.states.whole_of)
        self.truth = {n: held(getattr(corpus, n)) for n in _NUMBERS}
        self.there = held(presence(corpus) & np.array([m in keep for m in MODALITIES]))
        self.device, self.size = device, len(corpus)

    def batch(self, rows: Tensor) -> dict[str, Tensor]:
        """The states of some mentions, float32, zero where they are not held: see ``fuse.batch``."""
        x = {n: s[rows].float() if n in self._kept else torch.zeros(len(rows), *s.shape[1:], device=self.device)
             for n, s in self._states.items()}  # fmt: skip
        return x | {"region": self._some(self._region, self._region_of[rows]),
                    "parts": self._some(self._whole, self._whole_of[rows])}  # fmt: skip

    def _some(self, states: Tensor, at: Tensor) -> Tensor:
        """The rows of states at some places; zeros at -1."""
        made = torch.zeros(len(at), *states.shape[1:], device=self.device)
        made[at >= 0] = states[at[at >= 0]].float()
        return made
