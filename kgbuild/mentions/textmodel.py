"""The text network: low-rank adapters on the frozen MiniLM and heads on one pass.

- case: MiniLM reads lower case only, so a learned vector says how each word was written;
- mentions: BIO tags over words;
- coreference: a pair scorer over mention states and name features;
- relations: the last layers of the encoder are read a second time, with adapters of their own
  and with marks on the mentions found (typed entity markers, Zhou & Chen 2022); on these states
  localized context pooling with an adaptive threshold (ATLOP, Zhou et al. 2021) over entity
  pairs, with the entities' types and distance as further input; its attention is taught to rest
  on the evidence (DREEAM, Ma et al. 2023);
- grammar and reference: see ``syntax``;
- adapters: LoRA (Hu et al. 2022) on every linear layer of the encoder.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kgbuild.mentions.syntax import NAME_FEATURES, SyntaxHeads
from kgbuild.mentions.windows import CASES

NEAR = 8  # sentences between two entities (0, 1, 2, more), times which of them comes first


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the heads: written beside the weights, so that they load without the training code."""

    types: int
    relations: int  # without the threshold class
    tags: int  # parts of speech
    labels: int  # dependency relations
    kinds: int  # classes of noun phrases
    width: int = 384
    rank: int = 16
    again: int = 2  # layers of the encoder that relations read again
    again_rank: int = 16
    relation_width: int = 384
    blocks: int = 12
    type_width: int = 32
    near_width: int = 16
    coref_width: int = 128


class LowRank(nn.Module):
    """A frozen linear layer plus ``2 B A x``; B starts at zero, so training starts at the frozen model."""

    def __init__(self, base: nn.Linear, rank: int) -> None:
        super().__init__()
        self.base = base
        self.a = nn.Parameter(torch.randn(rank, base.in_features) / base.in_features**0.5)
        self.b = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, x: Tensor) -> Tensor:
        return self.base(x) + F.linear(F.linear(x, self.a), self.b) * 2.0

    @torch.no_grad()
    def follow(self, other: LowRank) -> None:
        """Become the same map as another one on the same layer, of no higher rank."""
        rank = len(other.a)
        self.a[:rank] = other.a
        self.b.zero_()
        self.b[:, :rank] = other.b

    def merged(self) -> nn.Linear:
        """The same map as one linear layer, for use without training."""
        with torch.no_grad():
            self.base.weight += 2.0 * self.b @ self.a
        return self.base


@dataclass(frozen=True, slots=True)
class Encoded:
    """States (n, d) of a window, and those (n, d) from which the last layers read again.

    ``attention`` (heads, n, n) of the last layer only where relations share the first reading.
    """

    states: Tensor
    early: Tensor
    attention: Tensor | None


def _layers(encoder: nn.Module) -> nn.ModuleList:
    layers = encoder.get_submodule("encoder.layer")
    assert isinstance(layers, nn.ModuleList)
    return layers


def read(
    layers: Iterable[Any], states: Tensor, mask: Tensor | None = None, *, look: bool = False
) -> tuple[Tensor, Tensor | None]:
    """States (b, n, d) after these layers, and with ``look`` the last one's attention (b, heads, n, n).

    ``mask`` (b, 1, 1, n): 0 on subwords, very low beyond the end of a text.
    """
    attention, layers = None, list(layers)
    for layer in layers:
        shown = layer.training or (look and layer is layers[-1])  # without its weights attention is a fifth faster
        states, attention = layer(states, mask, look=shown)
    return states, attention


def add_adapters(layers: nn.Module, rank: int) -> None:
    """Replace every linear layer inside ``layers`` by a ``LowRank`` one."""
    _replace(layers, nn.Linear, lambda layer: LowRank(layer, rank))


def merge_adapters(layers: nn.Module) -> None:
    """Fold the adapters into the layers they stand on: the same outputs, a third faster."""
    _replace(layers, LowRank, LowRank.merged)


def _adapters(layers: nn.Module) -> list[LowRank]:
    return [m for m in layers.modules() if isinstance(m, LowRank)]


def _replace(layers: nn.Module, kind: type[nn.Module], make: Callable[[Any], nn.Module]) -> None:
    for name, module in list(layers.named_modules()):
        if isinstance(module, kind):
            parent, _, child = name.rpartition(".")
            setattr(layers.get_submodule(parent), child, make(module))


class RelationHeads(nn.Module):
    """What two entities are to each other, from their states and those of what they both look at."""

    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        self.shape = shape
        self.dropout = nn.Dropout(dropout)
        d, r = shape.width, shape.relation_width
        self.type_embedding = nn.Embedding(shape.types, shape.type_width)
        self.near_embedding = nn.Embedding(NEAR, shape.near_width)
        self.head = nn.Linear(2 * d + shape.type_width + shape.near_width, r)
        self.tail = nn.Linear(2 * d + shape.type_width + shape.near_width, r)
        self.bilinear = nn.Linear(r * (r // shape.blocks), shape.relations + 1)
        self.marks = nn.Embedding(2 * shape.types + 1, d)
        nn.init.zeros_(self.marks.weight)  # training starts with marks that say nothing

    def judge(self, entities: Tensor, context: Tensor, types: Tensor, pairs: Tensor, near: Tensor) -> Tensor:
        """Logits (p, 1 + relations) of pairs (p, 2) of entities (e, d) of types (e,), with ``context`` (p, d)."""
        h, t = pairs[:, 0], pairs[:, 1]
        kinds, distance = self.type_embedding(types), self.near_embedding(near)
        x = torch.tanh(self.head(self.dropout(torch.cat([entities[h], context, kinds[h], distance], -1))))
        y = torch.tanh(self.tail(self.dropout(torch.cat([entities[t], context, kinds[t], distance], -1))))
        block = self.shape.relation_width // self.shape.blocks
        x, y = x.view(-1, self.shape.blocks, block), y.view(-1, self.shape.blocks, block)
        return self.bilinear((x.unsqueeze(3) * y.unsqueeze(2)).flatten(1))


class TextModel(RelationHeads):
    """Encoder with adapters and heads. One window at a time: shapes below have no batch axis."""

    def __init__(self, encoder: nn.Module, shape: Shape, dropout: float = 0.15) -> None:
        super().__init__(shape, dropout)
        self.bf16 = False  # the encoder's layers in bfloat16
        self.twice = True  # relations read the last layers again; else they share the first reading
        d = shape.width
        layers = _layers(encoder)
        again = copy.deepcopy(layers[-shape.again :])
        add_adapters(layers, shape.rank)
        self.encoder = encoder
        self.case = nn.Embedding(CASES, d)
        nn.init.zeros_(self.case.weight)  # training starts at the frozen model
        self.tagger = nn.Sequential(nn.Linear(d, d), nn.GELU(), nn.Dropout(dropout), nn.Linear(d, 2 * shape.types + 1))
        self.coref_project = nn.Linear(d, shape.coref_width)
        self.coref_score = nn.Sequential(
            nn.Linear(2 * shape.coref_width + NAME_FEATURES, 96),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(96, 1),
        )
        self.syntax = SyntaxHeads(d, shape.tags, shape.labels, shape.kinds, dropout)
        add_adapters(again, shape.again_rank)
        self.again = again
        self.part()

    def part(self) -> None:
        """Let the layers read again start as those of the first reading, with marks that say nothing."""
        self.read_again_as(_layers(self.encoder)[-self.shape.again :])
        nn.init.zeros_(self.marks.weight)

    def read_again_as(self, layers: nn.Module) -> None:
        """Let the layers read again be the same map as these, whose adapters are of no higher rank."""
        for one, other in zip(_adapters(self.again), _adapters(layers), strict=True):
            one.follow(other)

    def own_state(self) -> dict[str, Tensor]:
        """The trained parameters alone (adapters and heads), by name."""
        return {n: p for n, p in self.named_parameters() if not _frozen(n)}

    def trained(self) -> list[nn.Parameter]:
        return [p for n, p in self.named_parameters() if not _frozen(n)]

    def encode(self, ids: Tensor, cases: Tensor) -> Encoded:
        """The first reading of n subwords; ``ids``, ``cases``: (n,), as in ``Window``."""
        words = self.encoder.get_submodule("embeddings.word_embeddings")(ids) + self.case(cases)
        states = self.encoder.get_submodule("embeddings")(words[None])
        layers = _layers(self.encoder)
        first = len(layers) - self.shape.again
        with self._precision():
            early, _ = read(layers[:first], states)
            states, attention = read(layers[first:], early, look=not self.twice)
        shared = None if self.twice or attention is None else attention[0].float()
        return Encoded(states[0].float(), early[0].float(), shared)

    def read_again(self, encoded: Encoded, marks: Tensor) -> tuple[Tensor, Tensor]:
        """States (n, d) for relations and the last layer's attention (heads, n, n).

        ``marks`` (n,): 0 outside mentions, 1 + 2 type on a mention's first subword, 2 + 2 type on its others.
        """
        if encoded.attention is not None:
            return encoded.states, encoded.attention
        with self._precision():
            states, attention = read(self.again, (encoded.early + self.marks(marks))[None], look=True)
        assert attention is not None
        return states[0].float(), attention[0].float()

    def _precision(self) -> torch.autocast:
        return torch.autocast(self.marks.weight.device.type, torch.bfloat16, enabled=self.bf16)

    @staticmethod
    def words(states: Tensor, owner: Tensor) -> Tensor:
        """Word states (w, d), means over subwords; ``owner`` (n - 2,): the word of each subword, in order."""
        count = torch.bincount(owner)
        return torch.zeros(len(count), states.shape[1]).index_add(0, owner, states[1:-1]) / count[:, None]

    def tag(self, words: Tensor) -> Tensor:
        """Logits (w, 2 types + 1) from word states (w, d): O, then B and I of each type."""
        return self.tagger(self.dropout(words))

    def coref(self, states: Tensor, left: Tensor, right: Tensor, features: Tensor) -> Tensor:
        """Logits (p,) that the mentions left[i], right[i] are one thing; states (m, d), features (p, f)."""
        z = self.coref_project(self.dropout(states))
        a, b = z[left], z[right]
        return self.coref_score(torch.cat([a * b, (a - b).abs(), features], -1)).squeeze(-1)

    def relate(
        self, states: Tensor, attention: Tensor, mentions: Sequence[Sequence[Tensor]], types: Tensor, pairs: Tensor,
        near: Tensor,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """Logits (p, 1 + relations) for entity pairs (p, 2), and what each pair looks at (p, n), sum 1.

        ``mentions``: per entity the subword indices of each of its mentions; ``near`` (p,): see
        ``nearness``. Column 0 is the threshold class.
        """
        vectors, looks = [], []
        for entity in mentions:
            vectors.append(torch.logsumexp(torch.stack([states[m].mean(0) for m in entity]), 0))
            looks.append(torch.stack([attention[:, m].mean(1) for m in entity]).mean(0))
        entity_states, entity_looks = torch.stack(vectors), torch.stack(looks)
        h, t = pairs[:, 0], pairs[:, 1]
        joint = torch.einsum("ahn,bhn->abn", entity_looks, entity_looks)[h, t]
        joint = joint / (joint.sum(-1, keepdim=True) + 1e-10)
        context = joint @ states
        return self.judge(entity_states, context, types, pairs, near), joint


def nearness(sentences: Sequence[Sequence[int]], pairs: Sequence[tuple[int, int]]) -> Tensor:
    """For entity pairs (p,) the class in [0, ``NEAR``) of their distance and order.

    ``sentences``: per entity the sentence of each of its mentions, in the order of the text.
    """
    made = []
    for h, t in pairs:
        gap = min(abs(a - b) for a in sentences[h] for b in sentences[t])
        made.append(min(gap, 3) + 4 * (sentences[h][0] > sentences[t][0]))
    return torch.tensor(made, dtype=torch.long)


def mark(count: int, mentions: Iterable[tuple[Tensor, int]]) -> Tensor:
    """``marks`` of ``read_again`` for mentions given as (subword positions, type number), on ``count`` subwords."""
    marks = torch.zeros(count, dtype=torch.long)
    for where, kind in mentions:
        marks[where] = 2 + 2 * kind
        marks[where[0]] = 1 + 2 * kind
    return marks


def _frozen(name: str) -> bool:
    return name.startswith(("encoder.", "again.")) and not name.endswith((".a", ".b"))


def threshold_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Adaptive-threshold loss of ATLOP: true relations above the threshold class, all others below.

    ``logits`` (p, 1 + r), ``labels`` (p, r) in {0, 1}; mean over pairs.
    """
    positive = F.pad(labels, (1, 0), value=0.0)
    with_threshold = positive.clone()
    with_threshold[:, 0] = 1.0
    above = logits - (1 - with_threshold) * 1e4
    first = -(F.log_softmax(above, -1) * positive).sum(-1)
    below = logits - positive * 1e4
    second = -F.log_softmax(below, -1)[:, 0]
    return (first + second).mean()
