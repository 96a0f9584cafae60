"""Windows whose mentions are known, in batches: relations of all their entity pairs at once.

What ``TextModel.relate`` does for one window, on padded windows and on any device.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from kgbuild.mentions.textmodel import RelationHeads
from kgbuild.mentions.windows import Window, pack
from kgbuild.training.documents import TYPES, sentences, stated

Pairs = list[tuple[int, int]]


@dataclass(slots=True)
class Page:
    """One window: arrays over its subwords (n), mentions (m), subwords in mentions (k), entities (e), pairs (p).

    ``relations``: (pair, property) that hold; ``complete``: annotators say that no other holds;
    ``evidence``: (pair, sentences that show it); ``soft`` (p, properties) uint8: chance of each relation
    times 255, from the teachers; ``entity``: the number of each entity in the document.
    """

    document: str
    ids: np.ndarray
    cases: np.ndarray
    sentence: np.ndarray  # of each subword, -1 outside
    piece: np.ndarray  # (k,) place in the window
    piece_mention: np.ndarray  # (k,)
    mention_entity: np.ndarray
    mention_type: np.ndarray
    entity_type: np.ndarray
    entity: np.ndarray
    near: np.ndarray  # (p,)
    relations: Pairs
    complete: bool
    evidence: list[tuple[int, list[int]]]
    soft: np.ndarray | None = None
    pairs: np.ndarray = field(init=False)  # (p, 2): all ordered pairs

    def __post_init__(self) -> None:
        self.pairs = np.array(list(permutations(range(len(self.entity)), 2)), dtype=np.int64).reshape(-1, 2)


def pages_of_document(document: dict[str, Any], tokenizer: Any, properties: Sequence[str]) -> list[Page]:
    """The windows of a document with at least two entities; relations stay inside a window."""
    made = (_page(document, window, properties) for window in pack(document["sents"], tokenizer))
    return [p for p in made if len(p.entity) > 1]


def _page(document: dict[str, Any], window: Window, properties: Sequence[str]) -> Page:
    place = {word: i for i, word in enumerate(window.words)}
    of = {m: n for n, c in enumerate(document["clusters"]) for m in c}
    mentions = [
        (of[i], TYPES.index(kind), s, window.pieces[place[s, start]][0], window.pieces[place[s, end - 1]][1])
        for i, (s, start, end, kind) in enumerate(document["mentions"])
        if (s, start) in place and (s, end - 1) in place
    ]
    numbers, owner = np.unique(np.array([m[0] for m in mentions], dtype=np.int64), return_inverse=True)
    first = [int(np.flatnonzero(owner == e)[0]) for e in range(len(numbers))]
    home = np.array([m[2] for m in mentions])
    gaps = np.full((len(numbers), len(numbers)), 10**6)
    np.minimum.at(gaps, (owner[:, None], owner[None]), abs(home[:, None] - home[None]))
    at = {int(n): e for e, n in enumerate(numbers)}
    row = {pair: k for k, pair in enumerate(permutations(range(len(numbers)), 2))}
    near = [min(int(gaps[h, t]), 3) + 4 * int(home[first[h]] > home[first[t]]) for h, t in row]
    relations, evidence = stated(document, window, at, row, properties)
    sizes = [m[4] - m[3] for m in mentions]
    return Page(
        document["id"], np.array(window.ids), np.array(window.cases), np.array(sentences(window)),
        np.array([i for m in mentions for i in range(m[3], m[4])], dtype=np.int64),
        np.repeat(np.arange(len(mentions)), sizes), owner, np.array([m[1] for m in mentions], dtype=np.int64),
        np.array([mentions[f][1] for f in first], dtype=np.int64), numbers, np.array(near, dtype=np.int64), relations,
        bool(document.get("relations") is not None and document.get("relations_complete", True)), evidence,
    )  # fmt: skip


@dataclass(slots=True)
class Batch:
    """Pages side by side, padded to one length n; all numbers of mentions, entities and pairs run over the batch."""

    pages: Sequence[Page]
    ids: Tensor  # (b, n)
    cases: Tensor
    sentence: Tensor
    inside: Tensor  # (b, n) bool
    piece: Tensor  # (k,) places in the flattened (b, n)
    piece_mention: Tensor
    mention_entity: Tensor
    mention_type: Tensor
    entity_type: Tensor
    lengths: Tensor  # (m,) subwords of each mention
    counts: Tensor  # (e,) mentions of each entity
    pairs: Tensor  # (p, 2)
    near: Tensor
    ends: list[int]  # number of pairs up to the end of each page

    @property
    def mask(self) -> Tensor:
        """(b, 1, 1, n): 0 inside, very low outside."""
        return (~self.inside)[:, None, None] * -3e4

    def marks(self, types: Tensor) -> Tensor:
        """(b, n), as ``mark`` makes them, for mentions of these types (m,)."""
        first = torch.ones_like(self.piece_mention, dtype=torch.bool)
        first[1:] = self.piece_mention[1:] != self.piece_mention[:-1]
        flat = torch.zeros(self.ids.numel(), dtype=torch.long, device=self.ids.device)
        flat[self.piece] = 2 + 2 * types[self.piece_mention] - first.long()
        return flat.view_as(self.ids)


def collate(pages: Sequence[Page], device: str) -> Batch:
    """A batch of pages on a device; padded to a multiple of eight, as fast attention wants it."""
    longest = -(-max(len(p.ids) for p in pages) // 8) * 8

    def padded(name: str, fill: int) -> Tensor:
        made = np.full((len(pages), longest), fill, dtype=np.int64)
        for row, p in zip(made, pages, strict=True):
            row[: len(p.ids)] = getattr(p, name)
        return torch.from_numpy(made).to(device, non_blocking=True)

    def joined(name: str, steps: Sequence[int] | None = None) -> np.ndarray:
        begins = np.cumsum([0, *steps])[:-1] if steps is not None else np.zeros(len(pages), dtype=np.int64)
        parts = [getattr(p, name).astype(np.int64) + b for p, b in zip(pages, begins, strict=True)]
        return np.concatenate(parts)

    def there(array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(device, non_blocking=True)

    entities, mentions = [len(p.entity) for p in pages], [len(p.mention_type) for p in pages]
    sentence, of, entity = padded("sentence", -2), joined("piece_mention", mentions), joined("mention_entity", entities)
    return Batch(
        pages, padded("ids", 0), padded("cases", 0), sentence, sentence > -2,
        there(joined("piece", [longest] * len(pages))), there(of), there(entity), there(joined("mention_type")),
        there(joined("entity_type")), there(np.bincount(of, minlength=len(entity))),
        there(np.bincount(entity, minlength=sum(entities))), there(joined("pairs", entities)), there(joined("near")),
        np.cumsum([len(p.pairs) for p in pages]).tolist(),
    )  # fmt: skip


def batches(pages: Sequence[Page], size: int, noise: random.Random | None = None) -> Iterator[list[Page]]:
    """Pages of like length together, about ``size`` pairs and at most that many subwords in each batch."""
    order = list(pages)
    if noise:
        noise.shuffle(order)
    made: list[list[Page]] = []
    for chunk in (order[i : i + 256] for i in range(0, len(order), 256)):
        batch: list[Page] = []
        pairs = 0
        for p in sorted(chunk, key=lambda p: len(p.ids)):
            if batch and (pairs + len(p.pairs) > size or (len(batch) + 1) * len(p.ids) > size):
                made.append(batch)
                batch, pairs = [], 0
            batch.append(p)
            pairs += len(p.pairs)
        made.append(batch)
    if noise:
        noise.shuffle(made)
    yield from made


class Reader(Protocol):
    """A network that reads a batch with marks (b, n): states (b, n, d), attention (b, heads, n, n)."""

    @property
    def heads(self) -> RelationHeads: ...

    def read(self, batch: Batch, marks: Tensor) -> tuple[Tensor, Tensor]: ...


def related(reader: Reader, batch: Batch, type_noise: float = 0.0) -> tuple[Tensor, Tensor]:
    """Logits (p, 1 + relations) of a batch's pairs and what each looks at (p, n); some types replaced at random."""
    model = reader.heads

    def seen(types: Tensor) -> Tensor:
        other = torch.randint_like(types, model.shape.types)
        return torch.where(torch.rand(types.shape, device=types.device) < type_noise, other, types)

    states, attention = reader.read(batch, batch.marks(seen(batch.mention_type)))
    with torch.autocast(states.device.type, enabled=False):
        return _judged(model, batch, seen(batch.entity_type), states.float(), attention.float())


def _judged(
    model: RelationHeads, batch: Batch, types: Tensor, states: Tensor, attention: Tensor
) -> tuple[Tensor, Tensor]:
    b, heads, n, _ = attention.shape
    of, entity, lengths, counts = batch.piece_mention, batch.mention_entity, batch.lengths, batch.counts
    flat = states.reshape(b * n, -1)
    means = flat.new_zeros(len(entity), flat.shape[1]).index_add(0, of, flat[batch.piece] / lengths[of, None])
    highest = means.detach().new_full((len(counts), flat.shape[1]), -1e4)
    highest = highest.scatter_reduce(0, entity[:, None].expand_as(means), means.detach(), "amax")
    sums = torch.zeros_like(highest).index_add(0, entity, torch.exp(means - highest[entity]))
    entities = highest + torch.log(sums)
    rows = attention.transpose(1, 2).reshape(b * n, heads, n)[batch.piece]
    shares = 1 / (lengths[of] * counts[entity[of]])
    looks = rows.new_zeros(len(counts), heads, n).index_add(0, entity[of], rows * shares[:, None, None])
    joint = (looks[batch.pairs[:, 0]] * looks[batch.pairs[:, 1]]).sum(1)
    joint = joint / (joint.sum(-1, keepdim=True) + 1e-10)
    ends = zip([0, *batch.ends], batch.ends, strict=False)
    context = torch.cat([joint[a:z] @ states[i] for i, (a, z) in enumerate(ends)])
    return model.judge(entities, context, types, batch.pairs, batch.near), joint
