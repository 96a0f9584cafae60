"""The match head of the merge score: a small network over a pair's features and the vectors that these are cosines of.

A cosine weighs all that two vectors say alike; the head has learned which of it tells things apart.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from kgbuild.entities.names import NAME_FEATURES
from kgbuild.entities.surroundings import CONTEXT_FEATURES
from kgbuild.errors import ConfigError

FILE = "align_head.safetensors"
PARTS = ("vector", "state", "sense")  # what is known of each group, in this order
LEAST = -5.0  # log-odds of the forest from which the head is asked: below, nothing it may say makes a pair one thing
_ROWS = 1024  # pairs multiplied at once, never fewer: a row of a product must not depend on how many others there are
_AROUND = slice(len(NAME_FEATURES), len(NAME_FEATURES) + len(CONTEXT_FEATURES))


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """One hidden layer over a pair's features and, for each of ``PARTS``, what two projected vectors have in common:
    products and distances of their axes, and their cosine.

    ``weights``: ``into/PART`` (d, k), ``mean`` (features,) for missing ones, ``hidden`` (inputs, h), ``bias`` (h,),
    ``out`` (h,), ``base`` (1,). ``blend``: of pairs of different names, and of one name, the weights of the forest's
    log-odds, of the head's and of 1.
    """

    weights: Mapping[str, np.ndarray]
    blend: tuple[tuple[float, float, float], ...]

    def project(self, *parts: np.ndarray) -> np.ndarray | None:
        """Float16 (n, PARTS * k) of the vectors (n, d) of ``PARTS``; None where they are of another width."""
        into = [self.weights[f"into/{name}"] for name in PARTS]
        if [p.shape[1] for p in parts] != [len(w) for w in into]:
            return None
        out = np.zeros((len(parts[0]), len(into) * into[0].shape[1]), np.float16)
        for at in range(0, len(out), _ROWS):
            rows = slice(at, at + _ROWS)
            made = [_padded(np.nan_to_num(p[rows])) @ w for p, w in zip(parts, into, strict=True)]
            out[rows] = np.concatenate(made, 1)[: len(out[rows])]
        return out

    def log_odds(self, features: np.ndarray, x: np.ndarray, y: np.ndarray, bare: np.ndarray) -> np.ndarray:
        """Float32 (m,): how likely pairs are one thing.

        ``features`` (m, f) of the forest, NaN where missing; ``x`` and ``y`` (m, PARTS * k) from ``project``; ``bare``
        (m,): nothing stands around one of the two but its name.
        """
        out = np.zeros(len(features), np.float32)
        for at in range(0, len(features), _ROWS):
            rows = slice(at, at + _ROWS)
            given = inputs(features[rows], x[rows], y[rows], bare[rows], self.weights["mean"])
            hidden = np.maximum(_padded(given) @ self.weights["hidden"] + self.weights["bias"], 0)
            out[rows] = ((hidden * self.weights["out"]).sum(1) + self.weights["base"])[: len(given)]
        return out

    def blended(self, forest: np.ndarray, head: np.ndarray, same_name: np.ndarray) -> np.ndarray:
        """Log-odds float64 (m,) of both."""
        by = np.array(self.blend)[same_name.astype(int)]
        made: np.ndarray = by[:, 0] * forest + by[:, 1] * head + by[:, 2]
        return made


def inputs(features: np.ndarray, x: np.ndarray, y: np.ndarray, bare: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Float32 (m, inputs) of the hidden layer: features, which of them are missing, and the parts one by one."""
    features = features.astype(np.float32)
    features[bare, _AROUND] = np.nan
    missing = np.isnan(features)
    found = [np.where(missing, mean, features), missing.astype(np.float32)]
    a, b = x.astype(np.float32), y.astype(np.float32)
    size = a.shape[1] // len(PARTS)
    for n in range(len(PARTS)):
        p, q = a[:, n * size : (n + 1) * size], b[:, n * size : (n + 1) * size]
        product = p * q
        long = np.sqrt((p * p).sum(1) * (q * q).sum(1))
        part = np.concatenate([product, np.abs(p - q), (product.sum(1) / np.maximum(long, 1e-6))[:, None]], 1)
        if n:  # all but the vector is of the contexts
            part[bare] = 0
        found.append(part)
    return np.concatenate(found, 1).astype(np.float32)


def _padded(rows: np.ndarray) -> np.ndarray:
    out = np.zeros((_ROWS, rows.shape[1]), np.float32)
    out[: len(rows)] = rows
    return out


def save_head(head: Head, folder: Path) -> dict[str, Any]:
    """Writes the weights into ``folder``; what ``align.json`` says of them."""
    from safetensors.numpy import save_file

    save_file({n: np.ascontiguousarray(w, np.float16) for n, w in head.weights.items()}, folder / FILE)
    return {"sha256": hashlib.sha256((folder / FILE).read_bytes()).hexdigest(), "blend": head.blend}


@lru_cache(4)
def load_head(path: str = "") -> Head | None:
    """The shipped head, or the one beside the user's own ``align.json`` (``path``); None if that knows none.

    Raises ``ConfigError`` naming the file.
    """
    from safetensors.numpy import load

    beside = Path(path) if path else files("kgbuild.weights").joinpath("align.json")
    try:
        said = json.loads(beside.read_text("utf-8")).get("head")
        if said is None:
            return None
        data = (Path(path).parent if path else files("kgbuild.weights")).joinpath(FILE).read_bytes()
        if hashlib.sha256(data).hexdigest() != said["sha256"]:
            raise ValueError("not the checksum in align.json")
        found: dict[str, np.ndarray] = load(data)
        weights = {n: w.astype(np.float32) for n, w in found.items()}
        return Head(weights, tuple((a, b, c) for a, b, c in said["blend"]))
    except (OSError, ValueError, KeyError, TypeError) as err:
        raise ConfigError(f"{FILE} beside {beside}: cannot be read: {err!r}. Train again.") from err
