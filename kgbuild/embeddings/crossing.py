"""The network of the fusion: learned queries read the modalities' sequences, a gate weighs them (torch).

Each layer lets the queries attend to every modality by itself and adds what they read, weighed by the gates of the
mention (cross-attention of a few latents: Jaegle et al., Perceiver, 2021; co-attention: Lu et al., ViLBERT, 2019;
gates: Arevalo et al. 2017). ``mean`` and ``max`` fuse the modalities' vectors at the end instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kgbuild.embeddings.spaces import MODALITIES

MODES = ("attention", "max", "mean")
TINY = 1e-6
DROPOUT = 0.1
LEAST = 0.2  # of the gates, shared out evenly: a modality that says little at first must not fall silent for good
SHARP = 16.0  # unit vectors are stretched by this before the heads read them
# The states in the text space that go straight to the output, and how loudly at first.
TOLD = {
    "name": 1.0,
    "sentence": 0.2,
    "mention": 0.2,
    "source": 0.5,
    "sentences": 0.2,
    "mentions": 0.2,
    "links": 0.4,
    "seen": 0.3,
}


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a network: inputs as ``states.States`` has them, then its own."""

    text: int
    patch: int
    layout: int
    words: int
    links: int
    patches: int
    parts: int
    types: int
    relations: int
    width: int = 128
    heads: int = 4
    layers: int = 3
    queries: int = 4
    out: int = 256


class Attention(nn.Module):
    """Queries (n, q, width) read a sequence (n, t, width); absent states are passed over."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.query, self.out = nn.Linear(shape.width, shape.width), nn.Linear(shape.width, shape.width)
        self.both, self.drop = nn.Linear(shape.width, 2 * shape.width), nn.Dropout(DROPOUT)

    def forward(self, x: Tensor, tokens: Tensor, present: Tensor) -> Tensor:
        n, q, width = x.shape
        key, value = self.both(tokens).view(n, -1, 2, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        query = self.query(x).view(n, q, self.heads, -1).transpose(1, 2)
        read = F.scaled_dot_product_attention(query, key, value, attn_mask=present[:, None, None, :])
        made: Tensor = self.drop(self.out(read.transpose(1, 2).reshape(n, q, width)))
        return made


@dataclass(frozen=True, slots=True)
class Sequences:
    """One modality of the mentions that have it: their rows (r,), states (r, t, width), which of them are there."""

    rows: Tensor
    tokens: Tensor
    present: Tensor


class Layer(nn.Module):
    """One reading of every modality, then a small network on what was read."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.norm, self.after = nn.LayerNorm(shape.width), nn.LayerNorm(shape.width)
        self.read = nn.ModuleDict({m: Attention(shape) for m in MODALITIES})
        self.think = nn.Sequential(
            nn.Linear(shape.width, 2 * shape.width), nn.GELU(), nn.Dropout(DROPOUT),
            nn.Linear(2 * shape.width, shape.width),
        )  # fmt: skip

    def forward(self, x: Tensor, given: Mapping[str, Sequences], gates: Tensor) -> Tensor:
        asked = self.norm(x)
        for k, m in enumerate(MODALITIES):
            if m in given:
                s = given[m]
                read = self.read[m](asked[s.rows], s.tokens, s.present)
                x = x.index_add(0, s.rows, gates[s.rows, k, None, None] * read)
        made: Tensor = x + self.think(self.after(x))
        return made


class Fusion(nn.Module):
    """States of n mentions to unit vectors (n, out) and gates (n, modalities), with heads on the vectors."""

    def __init__(self, shape: Shape, mode: str = "attention") -> None:
        super().__init__()
        self.mode, self.shape = mode, shape
        width, text = shape.width, shape.text
        self.of_text, self.of_link, self.of_seen = (nn.Linear(text, width) for _ in range(3))
        self.of_patch, self.of_layout = nn.Linear(shape.patch, width), nn.Linear(shape.layout, 2 * width)
        sizes = {"text": shape.words, "picture": 1 + shape.patches + shape.parts, "layout": 2, "links": shape.links}
        self.slot = nn.ParameterDict({m: nn.Parameter(0.02 * torch.randn(sizes[m], width)) for m in MODALITIES})
        self.kind = nn.ParameterDict({m: nn.Parameter(0.02 * torch.randn(width)) for m in MODALITIES})
        self.norm = nn.ModuleDict({m: nn.LayerNorm(width) for m in MODALITIES})
        self.queries = nn.Parameter(torch.randn(shape.queries, width))
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.gate = nn.Sequential(
            nn.Linear(len(MODALITIES) * (width + 1), width), nn.GELU(), nn.Linear(width, len(MODALITIES))
        )
        self.pool, self.head = nn.Linear(width, 1), nn.Linear(width, shape.out)
        # What lies in the text space goes straight through projections, so that names never seen stay apart.
        told = {n: nn.Linear(text, shape.out) for n in TOLD}
        for layer in told.values():
            nn.init.orthogonal_(layer.weight)
            nn.init.zeros_(layer.bias)
        self.straight = nn.ModuleDict(told)
        nn.init.normal_(self.head.weight, std=0.02)  # attention begins by adding little
        nn.init.zeros_(self.head.bias)
        self.share = nn.ParameterDict({n: nn.Parameter(torch.tensor(share)) for n, share in TOLD.items()})
        self.types = nn.Linear(shape.out, shape.types)
        self.relation = nn.Sequential(nn.Linear(2 * shape.out, 64), nn.GELU(), nn.Linear(64, shape.relations))
        self.scale = nn.Parameter(torch.tensor(2.7))  # of the contrast: training only
        self.match_scale, self.match_bias = nn.Parameter(torch.tensor(2.3)), nn.Parameter(torch.tensor(0.7))

    def forward(self, x: Mapping[str, Tensor], keep: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """``x``: see ``fuse.batch``; ``keep`` (n, modalities): those that count, all by default."""
        there = {"text": _there(x["words"]).any(1), "picture": _there(x["seen"]), "layout": _there(x["layout"]),
                 "links": _there(x["links"]).any(1)}  # fmt: skip
        present = torch.stack([there[m] for m in MODALITIES], 1)
        present = present if keep is None else present & keep
        given = {m: s for k, m in enumerate(MODALITIES) if len((s := self._sequences(m, x, present[:, k])).rows)}
        straight = self._straight(x)
        if self.mode == "attention":
            gates = self._gates(given, present)
            return self._fuse(given, straight, gates), gates
        vectors = straight.new_zeros(*present.shape, self.shape.out)
        for k, m in enumerate(MODALITIES):
            if m in given:
                rows, only = given[m].rows, straight.new_tensor([float(n == m) for n in MODALITIES])
                own = {m: Sequences(torch.arange(len(rows), device=rows.device), given[m].tokens, given[m].present)}
                vectors[rows, k] = self._fuse(own, straight[rows], only.expand(len(rows), -1))
        there_at = present[:, :, None]
        if self.mode == "mean":
            return F.normalize(vectors.sum(1), dim=-1), present / present.sum(1, keepdim=True).clamp(min=1)
        largest = vectors.masked_fill(~there_at, -1e4).max(1)
        won = F.one_hot(largest.indices, len(MODALITIES)).float().mean(1)  # share of the dimensions that each decides
        return F.normalize(largest.values, dim=-1), won

    def _sequences(self, modality: str, x: Mapping[str, Tensor], present: Tensor) -> Sequences:
        rows = present.nonzero()[:, 0]
        if modality == "picture":
            seen, parts = x["seen"][rows], x["parts"][rows]
            region = x["region"][rows]
            tokens = torch.cat([self.of_seen(seen)[:, None], self.of_patch(region), self.of_patch(parts)], 1)
            there = torch.cat([_there(seen)[:, None], _there(region), _there(parts)], 1)
        elif modality == "layout":
            tokens = self.of_layout(x["layout"][rows]).view(len(rows), 2, self.shape.width)
            there = torch.ones(len(rows), 2, dtype=torch.bool, device=rows.device)
        else:
            states = x["words" if modality == "text" else "links"][rows]
            tokens = (self.of_text if modality == "text" else self.of_link)(states)
            there = _there(states)
        return Sequences(rows, self.norm[modality](tokens + self.slot[modality]) + self.kind[modality], there)

    def _gates(self, given: Mapping[str, Sequences], present: Tensor) -> Tensor:
        """From the means of the sequences, over the modalities that a mention has."""
        means = self.queries.new_zeros(*present.shape, self.shape.width)
        for k, m in enumerate(MODALITIES):
            if m in given:
                weight = given[m].present.float()[:, :, None]
                means[given[m].rows, k] = (given[m].tokens * weight).sum(1) / weight.sum(1).clamp(min=1)
        scores = self.gate(torch.cat([means.flatten(1), present.float()], 1)).masked_fill(~present, -1e4)
        even = present / present.sum(1, keepdim=True).clamp(min=1)
        return (1 - LEAST) * scores.softmax(1) * present.any(1, keepdim=True) + LEAST * even

    def _straight(self, x: Mapping[str, Tensor]) -> Tensor:
        """What each modality says without attention: (n, modalities, out)."""
        said = {n: self.share[n] * self.straight[n](states) * _there(states)[:, None] for n, states in told(x).items()}
        parts = {"text": sum(said[n] for n in TOLD if n not in ("links", "seen")), "picture": said["seen"],
                 "links": said["links"], "layout": torch.zeros_like(said["name"])}  # fmt: skip
        return torch.stack([parts[m] for m in MODALITIES], 1)

    def _fuse(self, given: Mapping[str, Sequences], straight: Tensor, gates: Tensor) -> Tensor:
        q = self.queries.expand(len(gates), -1, -1)
        gates = gates * (gates > 0).sum(1, keepdim=True)  # one on average: each can speak aloud
        for layer in self.layers:
            q = layer(q, given, gates)
        pooled = (self.pool(q).softmax(1) * q).sum(1)
        return F.normalize(self.head(pooled) + (gates[:, :, None] * straight).sum(1), dim=-1)

    def kinds(self, vectors: Tensor) -> Tensor:
        """Logits (n, types) of what mentions are."""
        made: Tensor = self.types(SHARP * vectors)
        return made

    def relates(self, a: Tensor, b: Tensor) -> Tensor:
        """Logits (n, relations) of what holds from one mention to another."""
        made: Tensor = self.relation(SHARP * torch.cat([a, b], -1))
        return made


def told(x: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The states (n, text) of ``TOLD``; zero where there is none."""
    count = _there(x["links"]).sum(1, keepdim=True).clamp(min=1)
    words = dict(zip(TOLD, x["words"][:, : len(TOLD) - 2].unbind(1), strict=False))
    return words | {"links": x["links"].sum(1) / count, "seen": x["seen"]}


def _there(states: Tensor) -> Tensor:
    return states.abs().sum(-1) > TINY
