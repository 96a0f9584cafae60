"""Text encoder: the frozen MiniLM's sentence vectors of a mention and of what stands around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from kgbuild.backbone import WIDTH, load_backbone
from kgbuild.config import Config
from kgbuild.identity import clean
from kgbuild.models.arrays import unit
from kgbuild.types import Mention

_CHARACTERS = 4000  # more than the tokens hold, less than a hostile word has
_TOKENS = 96  # subwords of a context that are looked at
_SURFACE = 0.75  # weight of the mention's own words against its context
_KEPT, _SHORT = 1024, 16  # texts that are remembered, the last ones; their subwords at most (25 MB)


class TextEncoder:
    """Mean-pooled, unit-length sentence vectors (Reimers & Gurevych 2019) of width 384."""

    name = "minilm"
    version = "1"
    space = "minilm-mention"
    dim = WIDTH

    def __init__(self, config: Config) -> None:
        import torch

        from kgbuild.embeddings.packed import Packed, packs

        self._torch, self._packs = torch, packs
        self._tokenizer, model = load_backbone(config)
        self.backbone, self._packed = model, Packed(model, half=config["embeddings"]["half"])
        self._kept: dict[str, Pass] = {}

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """float32 of shape (len(texts), 384), rows of unit length; equal texts are encoded once."""
        unique = sorted(set(texts))
        out = np.zeros((len(unique), self.dim), dtype=np.float32)
        for rows, states, _ in self.passes(unique):
            out[rows] = self.pooled(states)
        position = {t: i for i, t in enumerate(unique)}
        return out[[position[t] for t in texts]] if texts else out

    def pooled(self, states: Any) -> np.ndarray:
        """Sentence vectors (n, 384) of what ``passes`` gives."""
        made: np.ndarray = self._torch.nn.functional.normalize(states.mean(1), dim=-1).numpy()
        return made

    def passes(self, texts: Sequence[str]) -> Iterator[tuple[list[int], Any, list[list[tuple[int, int]]]]]:
        """The texts by length: their numbers, token states (tensor n, tokens, 384), characters of each token."""
        if not texts:
            return
        bounded = [t[:_CHARACTERS] or " " for t in texts]
        ids, offsets = self._tokenizer.texts(bounded, _TOKENS)
        for rows, states in self.by_length(ids):
            yield rows, states, [offsets[i] for i in rows]

    def by_length(self, ids: Sequence[Sequence[int]]) -> Iterator[tuple[list[int], Any]]:
        """Token states (tensor n, tokens, 384) of texts of equal length in subwords, with the numbers of the texts.

        No text's states depend on the others' (``packed``).
        """
        order = sorted(range(len(ids)), key=lambda i: (len(ids[i]), i))
        for part in self._packs([len(ids[i]) for i in order]):
            chosen = order[part]
            with self._torch.inference_mode():
                states = self._flat([ids[i] for i in chosen])
            start = 0
            for length, same in groupby(chosen, key=lambda i: len(ids[i])):
                rows = list(same)
                yield rows, states[start : start + len(rows) * length].view(len(rows), length, -1)
                start += len(rows) * length

    def _flat(self, ids: Sequence[Sequence[int]]) -> Any:
        """Token states (all tokens, 384) of some texts, one after another."""
        return self._packed.states(ids)

    def subwords(self, texts: Sequence[str], limit: int) -> tuple[list[list[int]], list[np.ndarray]]:
        """Subword numbers of each text, at most ``limit``, and the characters (n, 2) that each stands for."""
        ids, offsets = self._tokenizer.texts(texts, limit)
        return ids, [np.array(o) for o in offsets]

    def numbers(self, text: str) -> list[int]:
        """Subword numbers of a text, as ``encode`` bounds it."""
        return self._tokenizer.texts([text[:_CHARACTERS] or " "], _TOKENS)[0][0]

    def mentions(self, mentions: Sequence[Mention]) -> np.ndarray:
        """Mention-in-context vectors: mostly the mention's words, the rest its sentence or caption."""
        return self.in_context(mentions)[0]

    def in_context(self, mentions: Sequence[Mention]) -> tuple[np.ndarray, np.ndarray]:
        """Vectors of ``mentions`` (n, 384), and mean states (n, 2, 384): of the mention's own subwords in its context,
        and of all others there. One pass gives both.
        """
        read = self.read(mentions)
        return mixed(read.own, read.around), read.states

    def read(self, mentions: Sequence[Mention], see: See | None = None) -> Read:
        """All that one pass over names and contexts gives; ``see`` is shown the tokens of each mention's."""
        surfaces = [clean(m.surface) for m in mentions]
        texts = [m.context or s for m, s in zip(mentions, surfaces, strict=True)]
        own, around = (np.zeros((len(mentions), self.dim), np.float32) for _ in range(2))
        states = np.zeros((len(mentions), 2, self.dim), np.float32)
        named, users = _places(surfaces), _places(texts)
        unique = sorted({*named, *users})  # a label of a drawing is its own context
        for text, (pooled, tokens, spans) in self._remembered(unique):
            own[named.get(text, [])] = pooled
            for n in users.get(text, ()):
                start = text.find(mentions[n].surface)
                around[n] = pooled
                states[n] = _split(tokens, spans, start, mentions[n].surface)
                if see is not None:
                    see(n, tokens, spans, start)
        return Read(own, around, states)

    def forget(self) -> None:
        """Remember no text: the next ones are read anew."""
        self._kept.clear()

    def _remembered(self, texts: Sequence[str]) -> Iterator[tuple[str, Pass]]:
        """The pass of each text. Short ones are kept: names return from slide to slide and from file to file."""
        known = {t: self._kept[t] for t in texts if t in self._kept}
        yield from known.items()
        new = [t for t in texts if t not in known]
        for rows, found, offsets in self.passes(new):
            pooled, tokens = self.pooled(found), found.numpy()
            for k, i in enumerate(rows):
                made = (pooled[k], tokens[k], np.array(offsets[k]))
                yield new[i], made
                if len(tokens[k]) <= _SHORT:
                    if len(self._kept) >= _KEPT:
                        self._kept.pop(next(iter(self._kept)), None)
                    self._kept[new[i]] = (made[0].copy(), made[1].copy(), made[2])


def _places(texts: Sequence[str]) -> dict[str, list[int]]:
    """Where each text stands."""
    found: dict[str, list[int]] = {}
    for n, text in enumerate(texts):
        found.setdefault(text, []).append(n)
    return found


# Of a text: sentence vector (384,), token states (tokens, 384), characters (tokens, 2) of each.
Pass = tuple[np.ndarray, np.ndarray, np.ndarray]
# The number of a mention, the states (tokens, 384) of its context, the characters (tokens, 2) of each, where it starts.
See = Callable[[int, np.ndarray, np.ndarray, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """Unit vectors (n, 384) of names and of contexts, and the mean states (n, 2, 384) of ``in_context``."""

    own: np.ndarray
    around: np.ndarray
    states: np.ndarray


def mixed(own: np.ndarray, around: np.ndarray) -> np.ndarray:
    """Mention vectors from those of the surfaces and of the contexts."""
    return unit(_SURFACE * own + (1 - _SURFACE) * around)


def _split(state: np.ndarray, offsets: np.ndarray, start: int, surface: str) -> np.ndarray:
    """Mean state of the subwords of a surface that begins at a character, and of the others (2, 384)."""
    held = (offsets[:, 0] < start + len(surface)) & (offsets[:, 1] > start) & (start >= 0)
    whole = state.mean(0)
    return np.stack([state[held].mean(0) if held.any() else whole, state[~held].mean(0) if not held.all() else whole])


def encoder(config: Config) -> TextEncoder:
    """The encoder of ``[embeddings] encoder = "minilm"``."""
    return TextEncoder(config)
