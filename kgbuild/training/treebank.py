"""Documents with trees and noun phrases (GUM) as training examples, and their loss."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional as F

from kgbuild.mentions.names import name_features
from kgbuild.mentions.syntax import NAME_FEATURES, form_of
from kgbuild.mentions.textmodel import Encoded, TextModel
from kgbuild.mentions.windows import Window, pack
from kgbuild.training.documents import owners

if TYPE_CHECKING:
    from kgbuild.training.text import Recipe

# GUM's classes of noun phrases
KINDS = ("abstract", "animal", "event", "object", "organization", "person", "place", "plant", "substance", "time")


@dataclass(slots=True)
class Tree:
    """One window of a document as tensors; words are numbered in the window, -100 where nothing is annotated."""

    ids: Tensor
    cases: Tensor
    owner: Tensor
    sentence: Tensor  # sentence of each word
    tags: Tensor
    heads: Tensor  # the word itself for the root
    labels: Tensor
    kinds: Tensor  # 0 = heads no noun phrase
    phrases: Tensor  # (m, 3): head, first and last word
    forms: Tensor
    left: Tensor
    right: Tensor
    features: Tensor
    antecedents: Tensor  # (m, 1 + m) in {0, 1}, column 0: none

    def loss(self, model: TextModel, encoded: Encoded, recipe: Recipe, noise: random.Random) -> Tensor:
        """Sum of the losses of tags, trees, phrases and reference on one window."""
        net, words = model.syntax, model.words(encoded.states, self.owner)
        loss = F.cross_entropy(net.tagger(net.dropout(words)), self.tags)
        loss = loss + F.cross_entropy(net.arcs(words, self.sentence), self.heads)
        loss = loss + F.cross_entropy(net.labels(words, self.heads.clamp(min=0)), self.labels)
        loss = loss + F.cross_entropy(net.kind(words), self.kinds)
        if not len(self.phrases):
            return loss
        heads = self.phrases[:, 0]
        first, last = net.edges(words, heads, self.sentence)
        loss = loss + 0.5 * (F.cross_entropy(first, self.phrases[:, 1]) + F.cross_entropy(last, self.phrases[:, 2]))
        scores = net.refer(words[heads], self.forms, self.left, self.right, self.features)
        right = scores.masked_fill(self.antecedents == 0, -1e4)
        return loss + 0.5 * (torch.logsumexp(scores, -1) - torch.logsumexp(right, -1)).mean()


def inventory(documents: Sequence[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """All parts of speech and all dependency relations, sorted."""
    tags = {t for d in documents for s in d["upos"] for t in s}
    labels = {r for d in documents for s in d["deprel"] for r in s}
    return sorted(tags), sorted(labels)


def trees(document: dict[str, Any], tokenizer: Any, tags: Sequence[str], labels: Sequence[str]) -> list[Tree]:
    """The windows of one document."""
    return [_tree(document, window, tags, labels) for window in pack(document["sents"], tokenizer)]


def _tree(document: dict[str, Any], window: Window, tags: Sequence[str], labels: Sequence[str]) -> Tree:
    place = {word: i for i, word in enumerate(window.words)}
    heads = []
    for s, w in window.words:
        head = document["head"][s][w] - 1
        heads.append(place[s, w] if head < 0 else place.get((s, head), -100))
    kinds = [0] * len(window.words)
    found: dict[int, tuple[int, int, int]] = {}  # head -> (mention, first, last): of two the shorter one
    for i, ((s, start, end, kind), (_, head, _)) in enumerate(
        zip(document["mentions"], document["mention_info"], strict=True)
    ):
        if (s, start) in place and (s, end - 1) in place:
            h, a, b = place[s, head], place[s, start], place[s, end - 1]
            if h not in found or b - a < found[h][2] - found[h][1]:
                found[h] = (i, a, b)
                kinds[h] = 1 + KINDS.index(kind)
    order = sorted(found)
    of = {m: n for n, c in enumerate(document["clusters"]) for m in c}
    names, forms = [], []
    for h in order:
        s, head = window.words[h]
        start = window.words[found[h][1]][1]
        names.append((s, " ".join(document["sents"][s][start : head + 1])))
        forms.append(form_of(document["upos"][s][head], document["sents"][s][head]))
    compared = [(i, j) for i in range(len(order)) for j in range(i)]
    features = [
        name_features(
            names[i][1], names[j][1], same_type=kinds[order[i]] == kinds[order[j]], distance=names[i][0] - names[j][0]
        )
        for i, j in compared
    ]
    antecedents = torch.zeros(len(order), 1 + len(order))
    chains = [of.get(found[h][0], -1 - h) for h in order]
    for i, j in compared:
        antecedents[i, 1 + j] = float(chains[i] == chains[j])
    antecedents[:, 0] = (antecedents.sum(1) == 0).float()
    named = [
        labels.index(document["deprel"][s][w]) if h >= 0 else -100
        for (s, w), h in zip(window.words, heads, strict=True)
    ]
    parts = [tags.index(document["upos"][s][w]) for s, w in window.words]
    return Tree(
        torch.tensor(window.ids), torch.tensor(window.cases), owners(window),
        torch.tensor([s for s, _ in window.words]), torch.tensor(parts),
        torch.tensor(heads), torch.tensor(named), torch.tensor(kinds),
        torch.tensor([(h, *found[h][1:]) for h in order]).reshape(-1, 3), torch.tensor(forms, dtype=torch.long),
        torch.tensor([i for i, _ in compared], dtype=torch.long),
        torch.tensor([j for _, j in compared], dtype=torch.long),
        torch.tensor(features).reshape(len(compared), NAME_FEATURES), antecedents,
    )  # fmt: skip
