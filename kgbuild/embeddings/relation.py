"""Relations in context and properties of an ontology in one space, for typing without training.

A bi-encoder on the frozen MiniLM: pooled token states of one pass over the sentence and
sentence vectors of the two names on one side, sentence vectors of a property's label,
description and aliases on the other; each side has a small trained projection
(contrastive, InfoNCE: van den Oord et al. 2018), cf. Chen & Li, ZS-BERT (NAACL 2021).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np

from kgbuild import backbone
from kgbuild.config import Config
from kgbuild.embeddings.text import TextEncoder
from kgbuild.errors import ModelError
from kgbuild.models.arrays import product, unit

SPACE = "relation"
PARTS = ("subject name", "object name", "subject", "object", "between", "between backward", "words between", "sentence")
PROPERTY_PARTS = ("label", "description", "aliases")
_TOKENS = 128  # subwords of a context that are looked at
_ALIASES = 12  # of a property
_AROUND = 200  # characters kept before and after the two ends


@dataclass(frozen=True, slots=True)
class Context:
    """A relation where it is stated: a text, and the characters of subject and object in it.

    ``phrase``: the words that state the relation, if the extractor knows them; else what stands between.
    """

    text: str
    subject: tuple[int, int]
    object: tuple[int, int]
    phrase: str = ""

    def between(self) -> tuple[int, int]:
        """The characters between the two, empty where they overlap."""
        start, end = min(self.subject[1], self.object[1]), max(self.subject[0], self.object[0])
        return start, max(start, end)


class RelationParts:
    """The frozen half: pooled states of relations in context, sentence vectors of properties."""

    def __init__(self, text: TextEncoder) -> None:
        self._text = text

    def relations(self, contexts: Sequence[Context]) -> np.ndarray:
        """float32 (len(contexts), len(PARTS), 384), parts of unit length or zero."""
        out = np.zeros((len(contexts), len(PARTS), backbone.WIDTH), dtype=np.float32)
        if not contexts:
            return out
        for at, names in (
            (0, [c.text[slice(*c.subject)] for c in contexts]),
            (1, [c.text[slice(*c.object)] for c in contexts]),
            (6, [c.phrase or c.text[slice(*c.between())] for c in contexts]),
        ):
            filled = [i for i, name in enumerate(names) if name.strip()]
            if filled:
                out[filled, at] = self._text.encode([names[i] for i in filled])
        cut = [_crop(c) for c in contexts]
        unique = sorted({c.text for c in cut})
        rows: dict[str, list[int]] = {}
        for i, c in enumerate(cut):
            rows.setdefault(c.text, []).append(i)
        ids, offsets = self._text.subwords(unique, _TOKENS)
        for chosen, states in self._text.by_length(ids):
            for n, i in enumerate(chosen):
                for row in rows[unique[i]]:
                    _pool(out[row], states[n].numpy(), offsets[i], cut[row])
        return out

    def properties(self, texts: Sequence[tuple[str, str, Sequence[str]]]) -> np.ndarray:
        """float32 (len(texts), 3, 384) of (label, description, aliases); a missing part stands on the label."""
        labels = [label for label, _, _ in texts]
        described = [f"{label}: {description}" if description else label for label, description, _ in texts]
        named = [[*aliases[:_ALIASES]] or [label] for label, _, aliases in texts]
        vectors = self._text.encode([*labels, *described, *(a for group in named for a in group)])
        out = np.zeros((len(texts), len(PROPERTY_PARTS), backbone.WIDTH), dtype=np.float32)
        out[:, 0], out[:, 1] = vectors[: len(texts)], vectors[len(texts) : 2 * len(texts)]
        at = 2 * len(texts)
        for i, group in enumerate(named):
            out[i, 2] = unit(vectors[at : at + len(group)].sum(0, keepdims=True))[0]
            at += len(group)
        return out


def _crop(c: Context) -> Context:
    """The context without what stands far from both ends."""
    start = max(0, min(c.subject[0], c.object[0]) - _AROUND)
    end = max(c.subject[1], c.object[1]) + _AROUND
    subject, object = ((a - start, b - start) for a, b in (c.subject, c.object))
    return Context(c.text[start:end], subject, object, c.phrase)


def _pool(out: np.ndarray, states: np.ndarray, offsets: np.ndarray, c: Context) -> None:
    """Means of the states of one text into the parts of one relation."""
    start, end = offsets[:, 0], offsets[:, 1]
    real = end > start
    between = c.between()
    inner = real & (start >= between[0]) & (end <= between[1])
    forward = c.subject[0] < c.object[0]
    masks = (
        (2, real & (start < c.subject[1]) & (end > c.subject[0])),
        (3, real & (start < c.object[1]) & (end > c.object[0])),
        (4 if forward else 5, inner),
        (7, np.ones_like(real)),
    )
    for at, mask in masks:
        if mask.any():
            out[at] = unit(states[mask].mean(0, keepdims=True))[0]


class RelationEncoder:
    """The whole bi-encoder. Raises ``ModelError`` if the weights are damaged or made for another backbone."""

    space = SPACE
    dim = backbone.WIDTH

    def __init__(self, config: Config, *, text: TextEncoder | None = None, folder: Path | None = None) -> None:
        from safetensors.numpy import load_file

        home = folder or files("kgbuild.weights")
        self.facts = facts(home)
        with as_file(home.joinpath("relation.safetensors")) as path:
            if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != self.facts["sha256"]:
                raise ModelError(
                    f"{path} is missing or does not belong to relation.json. "
                    "Reinstall kgbuild or train again: `kgbuild train relation`."
                )
            self._weights = {n: t.astype(np.float32) for n, t in load_file(path).items()}
        self.parts = RelationParts(text or TextEncoder(config))

    def relations(self, contexts: Sequence[Context]) -> np.ndarray:
        """float32 (len(contexts), 384), unit length."""
        return self.project("relation", self.parts.relations(contexts))

    def properties(self, texts: Sequence[tuple[str, str, Sequence[str]]]) -> np.ndarray:
        """float32 (len(texts), 384), unit length, of (label, description, aliases)."""
        return self.project("property", self.parts.properties(texts))

    def project(self, side: str, parts: np.ndarray) -> np.ndarray:
        """Weighted sum of the centred parts plus their trained low-rank maps, (n, parts, 384) -> (n, 384)."""
        w = {n.partition(".")[2]: t for n, t in self._weights.items() if n.startswith(side + ".")}
        x = centred(parts, w["mean"])
        total = np.zeros((len(parts), self.dim), dtype=np.float32)
        for k in range(x.shape[1]):
            total += x[:, k] * w["scale"][k] + product(product(x[:, k], w["down"][k]), w["up"][k])
        return unit(total)


def facts(home: Any = None) -> dict[str, Any]:
    """What ``relation.json`` says of the weights. Raises ``ModelError`` if they are for another backbone."""
    try:
        found: dict[str, Any] = json.loads(
            (home or files("kgbuild.weights")).joinpath("relation.json").read_text("utf-8")
        )
    except (OSError, ValueError) as err:
        raise ModelError(f"relation.json cannot be read: {err}. Reinstall kgbuild.") from err
    if found.get("backbone_sha256") != backbone.SHA256:
        raise ModelError("relation.json is made for another backbone. Train again: `kgbuild train relation`.")
    return found


def centred(parts: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Parts without their mean, of unit length; a part that is missing (zero) stays zero."""
    present = np.abs(parts).sum(-1, keepdims=True) > 0
    shifted = np.where(present, parts - mean, 0)
    lengths = np.linalg.norm(shifted, axis=-1, keepdims=True)
    made: np.ndarray = (shifted / np.maximum(lengths, 1e-12)).astype(np.float32)
    return made


def probability(score: Any, rival: Any, calibration: dict[str, Any]) -> np.ndarray:
    """How often a best property with this cosine (number or array) is right; the next one has cosine ``rival``.

    ``calibration``: ``background``, what any property reaches, and ``weights`` of a logistic
    function of the score and its lead (bias, score, lead).
    """
    bias, slope, lead = calibration["weights"]
    made: np.ndarray = 1 / (
        1 + np.exp(-(bias + slope * score + lead * (score - np.maximum(rival, calibration["background"]))))
    )
    return made
