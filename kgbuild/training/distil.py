"""Relations of a large network taught to the text network's second reading.

Teachers read with all-mpnet-base-v2 (Song et al. 2020; 110 million parameters), fine-tuned whole on the annotated
documents; what they find together in other texts is taught to them again with the annotation (noisy student, Xie et
al. 2020), then to the text network (knowledge distillation for document relations, Tan et al. 2022). Of that only the
second reading and the heads of relations learn, so nothing else that it says changes.
"""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kgbuild.mentions.textmodel import RelationHeads, Shape, TextModel, read, threshold_loss
from kgbuild.mentions.windows import CASES
from kgbuild.training.pages import Batch, Page, Reader, batches, collate, related

log = logging.getLogger(__name__)


class Teacher(nn.Module):
    """MPNet with vectors for case and marks, and the text network's heads for relations."""

    OFFSET = 4  # its vocabulary is BERT's behind four special pieces

    def __init__(self, encoder: nn.Module, shape: Shape) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = RelationHeads(shape, 0.15)
        self.case = nn.Embedding(CASES, shape.width)
        nn.init.zeros_(self.case.weight)

    def read(self, batch: Batch, marks: Tensor) -> tuple[Tensor, Tensor]:
        """States and last attention of a batch whose pieces are MiniLM's."""
        ids = batch.ids + self.OFFSET
        ids[:, 0] = 0
        last = batch.inside.sum(1) - 1
        ids[torch.arange(len(ids), device=ids.device), last] = 2
        net: Any = self.encoder
        x = net.embeddings.word_embeddings(ids) + self.case(batch.cases) + self.heads.marks(marks)
        x = net.embeddings(inputs_embeds=x)
        bias = (net.encoder.compute_position_bias(x).detach() + batch.mask).to(torch.bfloat16)
        attention = x
        for layer in net.encoder.layer:
            x, attention = _layer(layer, x, bias, look=layer is net.encoder.layer[-1])
        return x, attention


def _layer(layer: Any, x: Tensor, bias: Tensor, *, look: bool) -> tuple[Tensor, Tensor]:
    """One layer of MPNet; attention (b, heads, n, n) with ``look``, else nothing that is used."""
    inner = layer.attention.attn
    b, n, d = x.shape
    heads = inner.num_attention_heads
    q, k, v = (f(x).view(b, n, heads, -1).transpose(1, 2).to(bias.dtype) for f in (inner.q, inner.k, inner.v))
    drop = inner.dropout.p if layer.training else 0.0
    weights = x
    if look:
        weights = torch.softmax((q @ k.transpose(2, 3)).float() / q.shape[-1] ** 0.5 + bias, -1)
        seen = F.dropout(weights, drop, layer.training).to(v.dtype) @ v
    else:
        seen = F.scaled_dot_product_attention(q, k, v, bias.expand(b, -1, -1, -1).contiguous(), drop)
    x = layer.attention.LayerNorm(x + layer.attention.dropout(inner.o(seen.transpose(1, 2).reshape(b, n, d))))
    return layer.output(layer.intermediate(x), x), weights


class Student(nn.Module):
    """The text network's second reading over states of the first that are computed once."""

    def __init__(self, model: TextModel) -> None:
        super().__init__()
        self.heads = model
        self.early: dict[int, Tensor] = {}

    @torch.no_grad()
    def prepare(self, pages: Sequence[Page], size: int, device: str) -> None:
        """Compute and keep what the second reading begins with."""
        net: Any = self.heads.encoder
        layers = net.encoder.layer[: len(net.encoder.layer) - self.heads.shape.again]
        for some in batches(pages, size):
            batch = collate(some, device)
            words = net.embeddings.word_embeddings(batch.ids) + self.heads.case(batch.cases)
            states, _ = read(layers, net.embeddings(words), batch.mask)
            for p, row in zip(some, states, strict=True):
                self.early[id(p)] = row[: len(p.ids)].to(torch.bfloat16)

    def read(self, batch: Batch, marks: Tensor) -> tuple[Tensor, Tensor]:
        early = nn.utils.rnn.pad_sequence([self.early[id(p)] for p in batch.pages], batch_first=True)
        early = F.pad(early, (0, 0, 0, batch.ids.shape[1] - early.shape[1]))
        states, attention = read(self.heads.again, early + self.heads.marks(marks), batch.mask, look=True)
        assert attention is not None
        return states, attention


def loss_of(reader: Reader, batch: Batch, *, evidence: float, type_noise: float) -> Tensor:
    """Annotated pages by the threshold loss and their evidence, others by what the teachers say of them."""
    logits, focus = related(reader, batch, type_noise)
    truth = np.zeros((len(logits), logits.shape[1] - 1), dtype=np.float32)
    taught: list[int] = []
    told: list[int] = []
    shown: list[tuple[int, int, list[int]]] = []  # pair, page, sentences
    for n, (p, end) in enumerate(zip(batch.pages, batch.ends, strict=True)):
        begin = end - len(p.pairs)
        (told if p.soft is None else taught).extend(range(begin, end))
        if p.soft is not None:
            truth[begin:end] = p.soft / np.float32(255)
        for row, column in p.relations:
            truth[begin + row, column] = 1
        shown += [(begin + row, n, sentences) for row, sentences in p.evidence if p.complete]
    wanted, total = torch.from_numpy(truth).to(logits.device, non_blocking=True), logits.new_zeros(())
    if told:
        rows = torch.tensor(told, device=logits.device)
        total = total + threshold_loss(logits[rows], wanted[rows]) * (len(told) / len(logits))
    if taught:
        rows = torch.tensor(taught, device=logits.device)
        margin = logits[rows, 1:] - logits[rows, :1]
        each = F.binary_cross_entropy_with_logits(margin, wanted[rows], reduction="none")
        total = total + each.sum(-1).mean() * (len(taught) / len(logits))
    if shown and evidence:
        total = total + evidence * _evidence(focus, shown, batch)
    return total


def _evidence(focus: Tensor, shown: list[tuple[int, int, list[int]]], batch: Batch) -> Tensor:
    """Cross entropy between where related pairs look and their evidence sentences (DREEAM)."""
    rows, pages = torch.tensor([s[:2] for s in shown], device=focus.device).T
    target = np.zeros((len(shown), 1 + max(int(p.sentence.max()) for p in batch.pages)), dtype=np.float32)
    for row, (_, _, sentences) in zip(target, shown, strict=True):
        row[sentences] = 1 / len(sentences)
    look = focus[rows]
    shares = look.new_zeros(len(look), 1 + target.shape[1])
    shares = shares.scatter_add(1, batch.sentence[pages].clamp(min=-1) + 1, look)[:, 1:]
    return -(torch.from_numpy(target).to(look.device) * torch.log(shares + 1e-6)).sum(-1).mean()


def fit(
    reader: Reader, groups: list[dict[str, Any]], plan: Callable[[random.Random], list[Page]], *, epochs: int,
    size: int, evidence: float, type_noise: float, average: float, seed: int, device: str, seconds: float = math.inf,
) -> None:  # fmt: skip
    """Train the parameters of ``groups`` in place; they end as the moving average of their values.

    ``plan`` gives the pages of an epoch, ``size`` the pairs of a batch. With ``seconds`` the schedule is
    run through in that time if ``epochs`` would take longer.
    """
    torch.manual_seed(seed)
    noise = random.Random(seed)
    net: Any = reader
    trained = [p for g in groups for p in g["params"]]
    rates = [g["lr"] for g in groups]
    optimizer = torch.optim.AdamW(groups, fused=device != "cpu")
    mean = [p.detach().clone() for p in trained]
    began, done, epoch = time.monotonic(), 0, 0.0
    net.train()
    for turn in range(epochs):
        pages = plan(noise)
        parts = list(batches(pages, size, noise))
        total = 0.0
        for n, some in enumerate(parts):
            epoch = (turn + n / len(parts)) / epochs
            gone = max(epoch, (time.monotonic() - began) / seconds)
            if gone >= 1:
                break
            share = min(1.0, (done + 1) / 60, gone / 0.06 + 0.02) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * gone)))
            for g, rate in zip(optimizer.param_groups, rates, strict=True):
                g["lr"] = rate * share
            batch = collate(some, device)
            with torch.autocast(device, torch.bfloat16):
                loss = loss_of(reader, batch, evidence=evidence, type_noise=type_noise)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            done += 1
            with torch.no_grad():
                torch._foreach_lerp_(mean, [p.detach() for p in trained], 1 - min(average, (1 + done) / (10 + done)))
            if n % 16 == 0:
                total = float(loss.detach())
        log.info("epoch %d: loss %.4f, %d steps, %.0f s", turn + 1, total, done, time.monotonic() - began)
        if gone >= 1:
            break
    with torch.no_grad():
        for p, m in zip(trained, mean, strict=True):
            p.copy_(m)
    net.eval()


@torch.inference_mode()
def margins(reader: Reader, pages: Sequence[Page], size: int, device: str) -> dict[int, np.ndarray]:
    """Margin (p, relations) of each relation over the threshold, for each page (by its ``id``), in half precision."""
    net: Any = reader
    net.eval()
    found = {}
    for some in batches(pages, size):
        batch = collate(some, device)
        with torch.autocast(device, torch.bfloat16):
            logits, _ = related(reader, batch)
        rows = (logits[:, 1:] - logits[:, :1]).half().cpu().numpy()
        for p, end in zip(some, batch.ends, strict=True):
            found[id(p)] = rows[end - len(p.pairs) : end]
    return found


def f1_of(
    found: dict[int, np.ndarray], pages: Sequence[Page], gold: int, allowed: set[tuple[int, int]]
) -> tuple[float, float, float]:
    """(precision, recall, F1) above the threshold between types that may be related; ``gold``: how many there are."""
    right, asked = set(), set()
    for p in pages:
        fits = np.array([(int(a), int(b)) in allowed for a, b in p.entity_type[p.pairs]], dtype=bool)
        for row, column in zip(*np.nonzero((found[id(p)] > 0) & fits[:, None]), strict=True):
            asked.add((p.document, *p.entity[p.pairs[row]].tolist(), int(column)))
        right |= {(p.document, *p.entity[p.pairs[r]].tolist(), c) for r, c in p.relations}
    hits = len(right & asked)
    precision, recall = hits / max(len(asked), 1), hits / max(gold, 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)
