"""A picture model by name in the place of our own tower, as the fusion sees pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from kgbuild.backbone import WIDTH
from kgbuild.config import Config
from kgbuild.embeddings.states import PATCHES
from kgbuild.identity import digest
from kgbuild.models.arrays import unit
from kgbuild.models.hub import called, fingerprint
from kgbuild.models.towers import load_tower


class HubStates:
    """Patch states of a CLIP or SigLIP on a grid of four by four, each of unit length; ``width`` is the model's own.

    Its vectors lie in a space of their own, so ``pool``, which is compared with sentences, gives nothing: zeros.
    """

    def __init__(self, config: Config) -> None:
        self._tower: Any = load_tower(config, "vision", config["embeddings"]["vision"])
        self.width: int = self._tower.width

    def tokens(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """float32 (len(images), PATCHES, width)."""
        return grid(self._tower.tokens(images))

    def pool(self, tokens: np.ndarray) -> np.ndarray:
        """float32 (len(tokens), 384) of zeros."""
        return np.zeros((len(tokens), WIDTH), np.float32)


def grid(states: np.ndarray) -> np.ndarray:
    """Means of patch states (n, T, width) over a grid of four by four, (n, PATCHES, width), of unit length.

    States that stand before the patches (a class token) are left out: T is then no square.
    """
    n, count, width = states.shape
    side, cells = math.isqrt(count), math.isqrt(PATCHES)
    square = states[:, count - side * side :].reshape(n, side, side, width)
    parts = [range(k * side // cells, max(k * side // cells + 1, (k + 1) * side // cells)) for k in range(cells)]
    made = np.stack([square[:, rows][:, :, columns].mean((1, 2)) for rows in parts for columns in parts], 1)
    return unit(made.reshape(-1, width)).reshape(n, PATCHES, width)


def tower_key(config: Config) -> str:
    """What tells one named model from another, as ``tower_sha256`` of weights of the fusion trained with it."""
    name = config["embeddings"]["vision"]
    return digest(called(name), fingerprint(name), length=64)


def is_named(config: Config) -> bool:
    """Whether ``embeddings.vision`` names a model of the hub's formats."""
    return str(config["embeddings"]["vision"]).startswith(("open_clip:", "transformers:"))
