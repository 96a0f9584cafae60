"""Documents with names, coreference and relations as training examples, and their loss."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional as F

from kgbuild.mentions.names import name_features
from kgbuild.mentions.syntax import NAME_FEATURES
from kgbuild.mentions.textmodel import Encoded, TextModel, mark, nearness, threshold_loss
from kgbuild.mentions.windows import Window, pack

if TYPE_CHECKING:
    from kgbuild.training.text import Recipe

TYPES = ("PER", "ORG", "LOC", "TIME", "NUM", "MISC")


@dataclass(slots=True)
class Example:
    """One window of a document as tensors.

    ``relations``: (row of ``pairs``, property) that hold; ``complete``: no other holds, so that
    the relation loss may be taken; ``evidence``: (row of ``pairs``, sentences that show it).
    """

    ids: Tensor
    cases: Tensor
    owner: Tensor  # word of each subword
    sentence: Tensor  # sentence of each subword, [CLS] and [SEP] none (-1)
    tags: Tensor
    mentions: list[Tensor]  # subword positions of each mention
    types: Tensor
    left: Tensor
    right: Tensor
    features: Tensor
    same: Tensor
    clusters: list[list[int]]
    pairs: Tensor
    near: Tensor
    relations: list[tuple[int, int]]
    known: list[tuple[int, int]]  # those of the annotators
    complete: bool
    evidence: list[tuple[int, list[int]]]

    def loss(self, model: TextModel, encoded: Encoded, recipe: Recipe, noise: random.Random) -> Tensor:
        """Sum of the three tasks' losses on one window."""
        states = encoded.states
        loss = F.cross_entropy(model.tag(model.words(states, self.owner)), self.tags)
        if not self.mentions:
            return loss
        means = torch.stack([states[m].mean(0) for m in self.mentions])
        if len(self.left):
            same = model.coref(means, self.left, self.right, self.features)
            loss = loss + 0.5 * F.binary_cross_entropy_with_logits(same, self.same)
        if self.complete and len(self.pairs):
            logits, focus = self.related(model, encoded, recipe.type_noise, noise)
            loss = loss + threshold_loss(logits, self.truth(logits.shape[1] - 1))
            if self.evidence and recipe.evidence:
                loss = loss + recipe.evidence * self.evidence_loss(focus)
        return loss

    def related(
        self, model: TextModel, encoded: Encoded, type_noise: float, noise: random.Random
    ) -> tuple[Tensor, Tensor]:
        """Relation logits and focus of all pairs, some types replaced at random."""

        def seen(kind: int) -> int:
            return noise.randrange(len(TYPES)) if noise.random() < type_noise else kind

        types = self.types.tolist()
        kinds = torch.tensor([seen(types[c[0]]) for c in self.clusters])
        marked = zip(self.mentions, map(seen, types), strict=True) if model.twice else ()
        states, attention = model.read_again(encoded, mark(len(self.ids), marked))
        mentions = [[self.mentions[m] for m in c] for c in self.clusters]
        return model.relate(states, attention, mentions, kinds, self.pairs, self.near)

    def truth(self, properties: int) -> Tensor:
        """(p, properties) in {0, 1}."""
        labels = torch.zeros(len(self.pairs), properties)
        for row, column in self.relations:
            labels[row, column] = 1
        return labels

    def evidence_loss(self, focus: Tensor) -> Tensor:
        """Cross entropy between where a related pair looks and its evidence sentences (DREEAM)."""
        count = int(self.sentence.max()) + 1
        by_sentence = torch.zeros(count, len(self.sentence))
        inside = self.sentence >= 0
        by_sentence[self.sentence[inside], torch.arange(len(self.sentence))[inside]] = 1
        rows = torch.tensor([row for row, _ in self.evidence])
        shares = focus[rows] @ by_sentence.T
        wanted = torch.zeros_like(shares)
        for i, (_, sentences) in enumerate(self.evidence):
            wanted[i, sentences] = 1 / len(sentences)
        return -(wanted * torch.log(shares + 1e-6)).sum(-1).mean()


def examples(document: dict[str, Any], tokenizer: Any, properties: Sequence[str]) -> list[Example]:
    """The windows of one document; relations and coreference stay inside a window."""
    return [_example(document, window, properties) for window in pack(document["sents"], tokenizer)]


def related_types(annotated: Sequence[Example]) -> list[tuple[int, int]]:
    """Types of head and tail that are related more than by chance: all but the rarest, together one in 1,000."""
    counts: Counter[tuple[int, int]] = Counter()
    for x in annotated:
        of = [int(x.types[c[0]]) for c in x.clusters]
        ends = x.pairs.tolist()
        counts.update((of[ends[row][0]], of[ends[row][1]]) for row, _ in x.relations)
    common, left = [], counts.total() / 1000
    for pair, n in sorted(counts.items(), key=lambda item: (item[1], item[0])):
        left -= n
        if left < 0:
            common.append(pair)
    return sorted(common)


def owners(window: Window) -> Tensor:
    """The word of each subword of a window, without [CLS] and [SEP]."""
    return torch.tensor([w for w, (a, b) in enumerate(window.pieces) for _ in range(a, b)])


def stated(
    document: dict[str, Any], window: Window, at: Mapping[int, int], row: Mapping[tuple[int, int], int],
    properties: Sequence[str],
) -> tuple[list[tuple[int, int]], list[tuple[int, list[int]]]]:  # fmt: skip
    """Relations of a window as (pair, property), and the sentences of the window that show some, by pair.

    ``at``: the window's number of a cluster; ``row``: the number of a pair of such numbers.
    """
    local = _numbered(window)
    relations, evidence = [], []
    for r in document.get("relations") or ():
        if r["h"] in at and r["t"] in at and r["h"] != r["t"]:
            here = row[at[r["h"]], at[r["t"]]]
            relations.append((here, properties.index(r["p"])))
            if shown := [local[s] for s in r.get("evidence") or () if s in local]:
                evidence.append((here, shown))
    return relations, evidence


def sentences(window: Window) -> list[int]:
    """For each subword the number of its sentence in the window; -1 for the two marks at the ends."""
    local = _numbered(window)
    pieces = [local[s] for (s, _), (a, b) in zip(window.words, window.pieces, strict=True) for _ in range(a, b)]
    return [-1, *pieces, -1]


def _numbered(window: Window) -> dict[int, int]:
    return {s: k for k, s in enumerate(sorted({s for s, _ in window.words}))}


def _example(document: dict[str, Any], window: Window, properties: Sequence[str]) -> Example:
    place = {word: i for i, word in enumerate(window.words)}
    kept: dict[int, int] = {}
    mentions: list[Tensor] = []
    types: list[int] = []
    spans: list[tuple[int, str]] = []
    for i, (s, start, end, kind) in enumerate(document["mentions"]):
        if (s, start) in place and (s, end - 1) in place:
            a, b = place[s, start], place[s, end - 1]
            kept[i] = len(mentions)
            mentions.append(torch.arange(window.pieces[a][0], window.pieces[b][1]))
            types.append(TYPES.index(kind))
            spans.append((s, " ".join(document["sents"][s][start:end])))
    clusters = [[kept[i] for i in c if i in kept] for c in document["clusters"]]
    numbers = [n for n, c in enumerate(clusters) if c]
    of = {m: n for n in numbers for m in clusters[n]}
    compared = [(i, j) for i in range(len(mentions)) for j in range(i)]
    features = [
        name_features(spans[i][1], spans[j][1], same_type=types[i] == types[j], distance=abs(spans[i][0] - spans[j][0]))
        for i, j in compared
    ]
    at = {n: k for k, n in enumerate(numbers)}
    index = [(h, t) for h in range(len(numbers)) for t in range(len(numbers)) if h != t]
    row = {pair: k for k, pair in enumerate(index)}
    relations, evidence = stated(document, window, at, row, properties)
    found = [sorted(spans[m][0] for m in clusters[n]) for n in numbers]
    return Example(
        torch.tensor(window.ids), torch.tensor(window.cases), owners(window), torch.tensor(sentences(window)),
        torch.tensor(_tags(document, place)), mentions, torch.tensor(types),
        torch.tensor([p[0] for p in compared]), torch.tensor([p[1] for p in compared]),
        torch.tensor(features).reshape(len(compared), NAME_FEATURES),
        torch.tensor([float(of.get(i, -1) == of.get(j, -2)) for i, j in compared]),
        [clusters[n] for n in numbers], torch.tensor(index).reshape(-1, 2), nearness(found, index),
        relations, list(relations),
        bool(document.get("relations") is not None and document.get("relations_complete", True)), evidence,
    )  # fmt: skip


def _tags(document: dict[str, Any], place: dict[tuple[int, int], int]) -> list[int]:
    """BIO tags; long mentions first, so that a nested one does not break its host."""
    tags = [0] * len(place)
    for s, start, end, kind in sorted(document["mentions"], key=lambda m: m[1] - m[2]):
        if (s, start) in place and (s, end - 1) in place:
            positions = range(place[s, start], place[s, end - 1] + 1)
            if not any(tags[p] for p in positions):
                for n, p in enumerate(positions):
                    tags[p] = 1 + 2 * TYPES.index(kind) + (n > 0)
    return tags


@torch.inference_mode()
def teach(model: TextModel, incomplete: Sequence[Example], trust: float) -> int:
    """Give examples without full annotation the relations that the model itself finds, beside the known ones.

    Self-training (Xie et al. 2020): they become complete. A relation is believed from the margin ``trust``
    over the threshold class on. Returns how many relations there are.
    """
    training = model.training
    model.eval()
    count = 0
    for x in incomplete:
        x.complete = True
        if not len(x.pairs):
            continue
        logits, _ = x.related(model, model.encode(x.ids, x.cases), 0.0, random.Random(0))
        rows, columns = torch.nonzero(logits[:, 1:] - logits[:, :1] > trust, as_tuple=True)
        x.relations = sorted({*x.known, *zip(rows.tolist(), columns.tolist(), strict=True)})
        count += len(x.relations)
    model.train(training)
    return count
