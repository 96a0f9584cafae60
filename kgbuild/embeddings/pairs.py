"""The match head: whether two mentions are one thing, from what the fusion made of each and what its states say.

A cosine weighs what is alike; the head also knows what is missing, how sure the types are, and which other names both
sources have. A small network over the numbers of a pair (``names``), one for each set of modalities looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kgbuild.embeddings.spaces import MODALITIES
from kgbuild.embeddings.states import COLOURS, LINKS, States

_CHUNK = 4096
_TELLING = 0.999  # cosine of what is the same name or the same source
_OF = {
    "text": ("name", "sentence", "mention", "source", "sentences", "mentions", "same name", "same source", "placed",
             "sentence and source", "mentions and sentence", "around", "word around"),
    "picture": ("seen", "drawn", "region", "hue", "colours", "least colour", "most colour", "same picture"),
    "layout": ("layout", "layout apart"),
    "links": ("fewer links", "more links", "linked name", "links", "shared links", "shared links, directed",
              "shared names", "share of names", "links among names", "fewer names"),
}  # fmt: skip
_NETWORK = ("fused", "kind", "sure")
_CROSSING = ("seen and mentions", "seen and sentences")
_GATES = ("text", "picture", "links")  # of these the smaller gate


@dataclass(frozen=True, slots=True, eq=False)
class Fused:
    """Unit vectors (n, 256), how much each of ``MODALITIES`` decided (n, 4), rows summing to 1, and the chances
    (n, types) of what each mention is.
    """

    vectors: np.ndarray
    gates: np.ndarray
    kinds: np.ndarray


def names(keep: Sequence[str] = MODALITIES) -> tuple[str, ...]:
    """What the numbers of a pair are, looking at some modalities."""
    own = [n for m in MODALITIES if m in keep for n in _OF[m]]
    crossing = _CROSSING if {"text", "picture"} <= set(keep) else ()
    gates = [f"gate of {m}" for m in _GATES] if len(keep) > 1 else []
    return (*_NETWORK, *own, *crossing, *gates)


def features(
    states: States, fused: Fused, left: np.ndarray, right: np.ndarray, *, keep: Sequence[str] = MODALITIES
) -> np.ndarray:
    """float32 (m, len(names(keep))) of the pairs of rows ``left`` and ``right`` (m,); the order of the two is nothing.

    What one of the two has not is 0.
    """
    out = np.zeros((len(left), len(names(keep))), np.float32)
    for at in range(0, len(left), _CHUNK):
        a, b = left[at : at + _CHUNK], right[at : at + _CHUNK]
        found = _network(fused, a, b)
        for m in MODALITIES:
            if m in keep:
                found |= _BY[m](states, a, b)
        if {"text", "picture"} <= set(keep):
            for name, words in zip(_CROSSING, (5, 4), strict=True):
                found[name] = _both(states.seen, states.words[:, words], a, b)
        if len(keep) > 1:
            gates = np.minimum(fused.gates[a], fused.gates[b])
            found |= {f"gate of {m}": gates[:, MODALITIES.index(m)] for m in _GATES}
        out[at : at + _CHUNK] = np.stack([found[n] for n in names(keep)], 1)
    return out


def _network(fused: Fused, a: np.ndarray, b: np.ndarray) -> dict[str, np.ndarray]:
    x, y = fused.kinds[a], fused.kinds[b]
    return {
        "fused": (fused.vectors[a] * fused.vectors[b]).sum(1),
        "kind": (x * y).sum(1),
        "sure": np.minimum(x.max(1), y.max(1)),
    }


def _text(states: States, a: np.ndarray, b: np.ndarray) -> dict[str, np.ndarray]:
    w = states.words
    found = {n: _cosine(w[a, k], w[b, k]) for k, n in enumerate(_OF["text"][:6])}
    near = np.einsum("nik,njk->nij", _unit(w[a, 6:]), _unit(w[b, 6:]))
    placed = np.abs(w[:, 2]).max(1) > 0
    return found | {
        "same name": (found["name"] > _TELLING).astype(np.float32),
        "same source": (found["source"] > _TELLING).astype(np.float32),
        "placed": placed[a].astype(np.float32) + placed[b],
        "sentence and source": _both(w[:, 1], w[:, 3], a, b),
        "mentions and sentence": _both(w[:, 5], w[:, 1], a, b),
        "around": _cosine(w[a, 6:].sum(1, dtype=np.float32), w[b, 6:].sum(1, dtype=np.float32)),
        "word around": near.max((1, 2)),
    }


def _picture(states: States, a: np.ndarray, b: np.ndarray) -> dict[str, np.ndarray]:
    drawn = (states.whole_of >= 0).astype(np.float32)
    x, y = (states.region[rows].astype(np.float32) for rows in (a, b))
    p, q = x[..., -COLOURS:], y[..., -COLOURS:]
    colour = [s.mean(1)[:, -1] for s in (p, q)]
    return {
        "seen": _cosine(states.seen[a], states.seen[b]),
        "drawn": drawn[a] + drawn[b],
        "region": _cosine(x[..., :-COLOURS].mean(1), y[..., :-COLOURS].mean(1)),
        "hue": _cosine(p.mean(1)[:, 3:6], q.mean(1)[:, 3:6]),
        "colours": np.abs(p - q).mean((1, 2)),
        "least colour": np.minimum(*colour),
        "most colour": np.maximum(*colour),
        "same picture": drawn[a] * (states.whole_of[a] == states.whole_of[b]),
    }


def _layout(states: States, a: np.ndarray, b: np.ndarray) -> dict[str, np.ndarray]:
    x, y = states.layout[a].astype(np.float32), states.layout[b].astype(np.float32)
    return {"layout": _cosine(x, y), "layout apart": np.abs(x - y).mean(1)}


def _links(states: States, a: np.ndarray, b: np.ndarray) -> dict[str, np.ndarray]:
    near, named = states.near, states.named
    x, y = _unit(states.links[a]), _unit(states.links[b])
    counts, sizes = (near != 0).sum(1), (named != 0).sum(1)
    shared = _shared(named[a], named[b])
    away = _shared(near[a, :LINKS], near[b, :LINKS]) + _shared(near[a, LINKS:], near[b, LINKS:])
    return {
        "fewer links": np.minimum(counts[a], counts[b]),
        "more links": np.maximum(counts[a], counts[b]),
        "linked name": np.einsum("nik,njk->nij", x, y).max((1, 2)),
        "links": _cosine(x.sum(1), y.sum(1)),
        "shared links": np.minimum(
            _shared(near[a], near[b]), _shared(near[b], near[a])
        ),  # both ways: it may stand twice
        "shared links, directed": away,
        "shared names": shared,
        "share of names": shared / np.sqrt(np.maximum(sizes[a], 1) * np.maximum(sizes[b], 1)),
        "links among names": _shared(near[a], named[b]) + _shared(near[b], named[a]),
        "fewer names": np.minimum(sizes[a], sizes[b]),
    }


_BY = {"text": _text, "picture": _picture, "layout": _layout, "links": _links}


def _shared(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """How many numbers of a row of ``x`` are in the same row of ``y``; 0 is none."""
    made: np.ndarray = ((x[:, :, None] == y[:, None, :]).any(2) & (x != 0)).sum(1).astype(np.float32)
    return made


def _both(x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Mean cosine of the one's ``x`` and the other's ``y``."""
    made: np.ndarray = (_cosine(x[a], y[b]) + _cosine(x[b], y[a])) / 2
    return made


def _cosine(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    made: np.ndarray = (_unit(x) * _unit(y)).sum(-1)
    return made


def _unit(x: np.ndarray) -> np.ndarray:
    x = x.astype(np.float32)
    made: np.ndarray = x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-6)
    return made


@dataclass(frozen=True, slots=True, eq=False)
class MatchHead:
    """One hidden layer over standardised numbers of a pair. ``weights``: mean, spread, into, bias, out, base.

    ``alone`` and ``together``: the log-odds from which two mentions are taken for one thing, each pair by itself, and
    the mean of two clusters; both chosen on worlds of their own.
    """

    weights: Mapping[str, np.ndarray]
    alone: float = 0.0
    together: float = 0.0

    def log_odds(self, x: np.ndarray) -> np.ndarray:
        """float32 (m,) of ``features`` (m, f): how likely each pair is one thing."""
        w = self.weights
        hidden = np.maximum(((x - w["mean"]) / w["spread"]) @ w["into"] + w["bias"], 0)
        made: np.ndarray = hidden @ w["out"] + w["base"]
        return made


__all__ = ["Fused", "MatchHead", "features", "names"]
