"""Mentions in their contexts: states of a mention's own subwords and of what stands around it, in few dimensions.

Contexts tell things of one name apart and bring together names that share no letters. The directions are principal
components of the states of the mentions that the merge score learned from (``weights/align.safetensors``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import numpy as np

from kgbuild.errors import ModelError
from kgbuild.models.arrays import product
from kgbuild.types import EmbeddingTable, Extraction, Mention

SPACE = "minilm-around"
Told = tuple[str, str]  # the words of a mention and their context
OWN, REST = 128, 64  # dimensions of the mention's own state, and of the rest of its context


@lru_cache(1)
def shipped_directions() -> dict[str, np.ndarray]:
    """``own``, ``rest`` (384, OWN or REST) and their means. Raises ``ModelError`` if the file is damaged."""
    from safetensors.numpy import load

    home = files("kgbuild.weights")
    try:
        data = home.joinpath("align.safetensors").read_bytes()
        expected = json.loads(home.joinpath("align.json").read_bytes())["directions_sha256"]
    except (OSError, ValueError, KeyError) as err:
        raise ModelError(f"the weights align.safetensors cannot be read: {err}. Reinstall kgbuild.") from err
    if hashlib.sha256(data).hexdigest() != expected:
        raise ModelError("align.safetensors does not match its checksum in align.json. Reinstall kgbuild.")
    found: dict[str, np.ndarray] = load(data)
    return {name: value.astype(np.float32) for name, value in found.items()}


def told(mention: Mention) -> Told:
    """What the vectors of a mention hang on."""
    return mention.surface, mention.context


def embed_in_context(
    extraction: Extraction, encoder: Any,
    known: Mapping[Told, tuple[np.ndarray, np.ndarray]] = MappingProxyType({}),
) -> list[EmbeddingTable]:  # fmt: skip
    """The table of ``embed`` and, if the encoder looks into contexts, one of width OWN + REST: both of the same ids.

    ``known``: rows of both that need not be made, as ``known_mentions`` has them. An encoder that looks into contexts
    gives each mention the vectors that it has alone.
    """
    from kgbuild.embeddings import as_read, embed, things

    if not hasattr(encoder, "in_context"):
        return [embed(extraction, encoder)]
    found = as_read(things(extraction))
    ids, places = tuple(m.id for m in found), list(map(told, found))
    new = [n for n, place in enumerate(places) if place not in known]
    vectors, states = encoder.in_context([found[n] for n in new])
    fresh = vectors, project(states, shipped_directions())
    made = [np.empty((len(found), rows.shape[1]), np.float32) for rows in fresh]
    for n, place in enumerate(places):
        if place in known:
            made[0][n], made[1][n] = known[place]
    made[0][new], made[1][new] = fresh
    return [EmbeddingTable(space, ids, matrix) for space, matrix in zip((encoder.space, SPACE), made, strict=True)]


def project(states: np.ndarray, directions: dict[str, np.ndarray]) -> np.ndarray:
    """Two unit vectors side by side, float32 (n, OWN + REST), of states (n, 2, 384)."""
    parts = []
    for half, name in enumerate(("own", "rest")):
        made = product(states[:, half] - directions[f"{name}.mean"], directions[name])
        parts.append(made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-12))
    return np.concatenate(parts, 1).astype(np.float32)


def fit_directions(states: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Mean and first principal components, scaled to equal spread (Mu and Viswanath 2018), of states (n, 2, 384)."""
    whole, found = np.concatenate(list(states)), {}
    for half, (name, size) in enumerate((("own", OWN), ("rest", REST))):
        rows = whole[:, half].astype(np.float64)
        mean = rows.mean(0)
        spread, axes = np.linalg.eigh(np.cov(rows - mean, rowvar=False))
        axes = axes[:, ::-1][:, :size] / np.sqrt(spread[::-1][:size] + 1e-9)
        axes *= np.sign(axes[np.abs(axes).argmax(0), np.arange(size)])  # an axis has no direction of its own
        found[f"{name}.mean"], found[name] = mean.astype(np.float16), axes.astype(np.float16)
    return found
