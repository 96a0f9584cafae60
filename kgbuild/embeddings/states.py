"""What the frozen encoders say of a mention, one sequence of states for each modality: the input of the fusion.

A state of zeros is absent. The words: the mention's own, its sentence, itself within the sentence, what the source
says as a whole, the sentences of all mentions of this name in the source and these in them, the words around it. The
picture: patches of the mention's region and of the whole picture. The links: the labels of what mentions of this name
are related to in the source. The layout: one vector (see ``layout``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from kgbuild.backbone import WIDTH
from kgbuild.embeddings.layout import FEATURES, frames, layout
from kgbuild.embeddings.text import Read, TextEncoder
from kgbuild.identity import clean, digest, normalise
from kgbuild.types import Box, Mention, RelationMention, Segment

AROUND = 8  # tokens beside the mention in its sentence
WORDS = ("name", "sentence", "mention", "source", "sentences", "mentions", *(f"around {n}" for n in range(AROUND)))
COLOURS = 7  # numbers beside the tower's in each state of a picture (see ``colours``)
LINKS = 4  # neighbours looked at in each direction: those it leads to, then those that lead to it
NAMED = 32  # other names of the source that are kept: those of the smallest numbers (Broder, MinHash, 1997)
PATCHES, PARTS = 16, 4  # states of a region; of a whole picture
_MARGIN = 0.15  # of a region's longer side, around its box
_LEAST = 6  # pixels around a box


class Tower(Protocol):
    """A frozen picture encoder whose vectors lie in the space of the text encoder's (see ``vision``)."""

    width: int

    def tokens(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Patch states (n, PATCHES, width)."""

    def pool(self, tokens: np.ndarray) -> np.ndarray:
        """Unit rows (n, 384) of patch states."""


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """The states of n mentions, float32. ``whole_of``: the row of ``whole`` that each stands in, -1 for none.

    words (n, len(WORDS), 384), links (n, 2 * LINKS, 384), seen (n, 384), region (n, PATCHES, tower width + COLOURS),
    whole (pictures, PARTS, tower width + COLOURS), layout (n, len(FEATURES)). Numbers of names (``name_number``, int64,
    0 for none): near (n, 2 * LINKS) of the links, named (n, NAMED) of what else the source names.
    """

    words: np.ndarray
    links: np.ndarray
    near: np.ndarray
    named: np.ndarray
    seen: np.ndarray
    region: np.ndarray
    whole: np.ndarray
    whole_of: np.ndarray
    layout: np.ndarray

    def __len__(self) -> int:
        return len(self.words)


class StateEncoder:
    """Runs the frozen encoders; ``tower`` None: no picture has states."""

    def __init__(self, text: TextEncoder, tower: Tower | None, *, width: int = 0) -> None:
        self.text, self._tower = text, tower
        self._width = tower.width if tower is not None else width

    def __call__(
        self,
        mentions: Sequence[Mention],
        relations: Sequence[RelationMention],
        segments: Sequence[Segment],
        picture: Callable[[str], np.ndarray | None],
    ) -> States:
        """The states in the order of the mentions. ``picture`` gives the RGB pixels of a blob, None if it has none."""
        return self.read(mentions, relations, segments, picture)[0]

    def read(
        self,
        mentions: Sequence[Mention],
        relations: Sequence[RelationMention],
        segments: Sequence[Segment],
        picture: Callable[[str], np.ndarray | None],
    ) -> tuple[States, Read]:
        """The states, and what the text encoder read for them."""
        words, links, near, named, read = self.words(mentions, relations)
        pictures = self.pictures(mentions, segments, picture)
        return States(words, links, near, named, *pictures, layout(mentions, segments)), read

    def without_pictures(self, width: int) -> StateEncoder:
        """The same but for the tower: no picture has states; ``width``: what they would have."""
        return StateEncoder(self.text, None, width=width)

    def words(
        self, mentions: Sequence[Mention], relations: Sequence[RelationMention]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, Read]:
        """The fields ``words``, ``links``, ``near`` and ``named``, and what the text encoder read."""
        surfaces = [clean(m.surface) for m in mentions]
        out = np.zeros((len(mentions), len(WORDS), WIDTH), dtype=np.float32)
        links = np.zeros((len(mentions), 2 * LINKS, WIDTH), dtype=np.float32)
        numbers = np.zeros((len(mentions), 2 * LINKS), dtype=np.int64)

        def see(n: int, tokens: np.ndarray, offsets: np.ndarray, at: int) -> None:
            _around(out[n], tokens, offsets, at, mentions[n])

        read = self.text.read(mentions, see)
        out[:, 0], out[:, 1] = read.own, read.around
        vectors = dict(zip(surfaces, read.own, strict=True))
        number = {s: name_number(s) for s in vectors}
        own = {m.id: (m.target.source, name) for m, name in zip(mentions, surfaces, strict=True)}
        near = _neighbours(relations, own)
        for i, m in enumerate(mentions):
            for way in (0, 1):
                for n, name in enumerate(near.get((*own[m.id], way), ())):
                    links[i, way * LINKS + n], numbers[i, way * LINKS + n] = vectors[name], number[name]
        contexts = [m.context or s for m, s in zip(mentions, surfaces, strict=True)]
        _tell_sources(out, mentions, surfaces, contexts)
        return out, links, numbers, _named(mentions, [number[s] for s in surfaces]), read

    def pictures(
        self, mentions: Sequence[Mention], segments: Sequence[Segment], picture: Callable[[str], np.ndarray | None]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """The fields ``seen``, ``region``, ``whole`` and ``whole_of``."""
        seen = np.zeros((len(mentions), WIDTH), dtype=np.float32)
        width = self._width + COLOURS
        region = np.zeros((len(mentions), PATCHES, width), dtype=np.float32)
        whole_of = np.full(len(mentions), -1, dtype=np.int64)
        blob_of = {s.id: s.blob for s in segments}
        shown: dict[str, list[int]] = {}
        for n, m in enumerate(mentions):
            blob = blob_of.get(m.segment, "")
            if blob and m.target.find(Box) is not None:
                shown.setdefault(blob, []).append(n)
        outer = frames(mentions, segments)
        wholes: list[np.ndarray] = []
        for blob, rows in sorted(shown.items()):
            pixels = picture(blob) if self._tower is not None else None
            if self._tower is None or pixels is None or not pixels.size:
                continue
            crops = [_crop(pixels, mentions[n], outer[n]) for n in rows]
            tokens = self._tower.tokens([pixels, *crops])
            states = np.concatenate([tokens, [colours(p) for p in (pixels, *crops)]], 2)
            region[rows], seen[rows] = states[1:], self._tower.pool(tokens[1:])
            whole_of[rows] = len(wholes)
            wholes.append(states[0].reshape(PARTS, -1, width).mean(1))
        whole = np.stack(wholes) if wholes else np.zeros((0, PARTS, width), dtype=np.float32)
        return seen, region, whole, whole_of


def _neighbours(
    relations: Sequence[RelationMention], own: Mapping[str, tuple[str, str]]
) -> dict[tuple[str, str, int], list[str]]:
    """By source, name and direction (0 away from it, 1 to it): the names of the first neighbours by name."""
    found: dict[tuple[str, str, int], set[str]] = {}
    for r in relations:
        if r.subject in own and r.object in own and own[r.subject] != own[r.object]:
            found.setdefault((*own[r.subject], 0), set()).add(own[r.object][1])
            found.setdefault((*own[r.object], 1), set()).add(own[r.subject][1])
    return {key: sorted(near)[:LINKS] for key, near in found.items()}


def name_number(name: str) -> int:
    """A number above 0 for a name; names that differ in case or blanks only have the same."""
    return int(digest(normalise(name), length=15), 16) or 1


def _named(mentions: Sequence[Mention], numbers: Sequence[int]) -> np.ndarray:
    """For each mention the smallest numbers of the other names in its source, in order: (n, NAMED)."""
    out = np.zeros((len(mentions), NAMED), dtype=np.int64)
    held: dict[str, set[int]] = {}
    for m, number in zip(mentions, numbers, strict=True):
        held.setdefault(m.target.source, set()).add(number)
    least = {source: sorted(found)[: NAMED + 1] for source, found in held.items()}
    for row, m, number in zip(out, mentions, numbers, strict=True):
        others = [n for n in least[m.target.source] if n != number][:NAMED]
        row[: len(others)] = others
    return out


def _around(out: np.ndarray, states: np.ndarray, offsets: np.ndarray, at: int, m: Mention) -> None:
    """The mention's own state in its sentence, and the nearest tokens beside it; none where it does not stand there."""
    if at < 0 or not m.surface:
        return
    start, end = offsets[:, 0], offsets[:, 1]
    inside = (end > start) & (start < at + len(m.surface)) & (end > at)
    own = np.flatnonzero(inside)
    if not len(own):
        return
    out[2] = _unit(states[own].mean(0))
    others = np.flatnonzero((end > start) & ~inside)
    away = np.where(others < own[0], own[0] - others, others - own[-1])
    nearest = np.sort(others[np.argsort(away, kind="stable")[:AROUND]])
    for n, token in enumerate(nearest):
        out[len(WORDS) - AROUND + n] = _unit(states[token])


def _tell_sources(out: np.ndarray, mentions: Sequence[Mention], surfaces: list[str], contexts: list[str]) -> None:
    """The mean of the names and sentences of each source, equal ones counted once; those of each name in a source."""
    rows: dict[str, list[int]] = {}
    for n, m in enumerate(mentions):
        rows.setdefault(m.target.source, []).append(n)
    for own in rows.values():
        names = {surfaces[n]: out[n, 0] for n in own}
        sentences = {contexts[n]: out[n, 1] for n in own}
        mean = np.mean([names[k] for k in sorted(names)], 0) + np.mean([sentences[k] for k in sorted(sentences)], 0)
        out[own, 3] = _unit(mean)
        for name in names:
            same = [n for n in own if surfaces[n] == name]
            out[same, 4], out[same, 5] = _unit(out[same, 1].mean(0)), _unit(out[same, 2].mean(0))


def _unit(vector: np.ndarray) -> np.ndarray:
    made: np.ndarray = vector / max(float(np.linalg.norm(vector)), 1e-12)
    return made


def colours(pixels: np.ndarray) -> np.ndarray:
    """float32 (PATCHES, COLOURS) of a picture: mean colour of each patch as ink on white, the colour of what is not
    grey there, and how much of it there is. The tower was trained to look past colours.
    """
    from kgbuild.models.arrays import letterbox

    side = round(PATCHES**0.5)
    ink = 1 - letterbox(pixels, 8 * side).astype(np.float32) / 255
    strong = ink.max(-1, keepdims=True) - ink.min(-1, keepdims=True)
    patches = np.concatenate([ink, ink * strong, strong], -1).reshape(side, 8, side, 8, 7).mean((1, 3)).reshape(-1, 7)
    patches[:, 3:6] /= patches[:, 6:] + 0.02
    return patches


def _crop(pixels: np.ndarray, m: Mention, outer: Box | None) -> np.ndarray:
    """The pixels of a mention's box and a little around it; ``outer``: the box of the picture, in the box's units."""
    box = m.target.find(Box) or Box(0, 0, 0, 0)
    height, width = pixels.shape[:2]
    x, y = (box.x - outer.x, box.y - outer.y) if outer is not None else (box.x, box.y)
    across, down = (width / outer.w, height / outer.h) if outer is not None and outer.w and outer.h else (1.0, 1.0)
    pad = max(_LEAST, _MARGIN * max(box.w * across, box.h * down))
    x0, y0 = int(max(0, x * across - pad)), int(max(0, y * down - pad))
    x1, y1 = int(min(width, (x + box.w) * across + pad)), int(min(height, (y + box.h) * down + pad))
    return pixels[min(y0, height - 1) : max(y1, y0 + 1), min(x0, width - 1) : max(x1, x0 + 1)]


__all__ = [
    "COLOURS", "FEATURES", "LINKS", "NAMED", "PARTS", "PATCHES", "WORDS", "StateEncoder", "States", "Tower", "colours",
    "name_number",
]  # fmt: skip
