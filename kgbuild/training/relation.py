"""Train the relation encoder: ``kgbuild train relation --data ../shared/text --out kgbuild/weights``.

The frozen MiniLM encodes each relation once; two small projections are learned so that a
relation lies near the properties that hold (InfoNCE over all training properties and a
sample of Wikidata's others as negatives) and nearer than the same relation read backward.
The chance that a best property is right is fitted on relations that were held out of
training. Writes ``relation.safetensors`` (half precision) and ``relation.json``.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F

from kgbuild import backbone
from kgbuild.config import Config
from kgbuild.embeddings.relation import PARTS, PROPERTY_PARTS, RelationParts, centred, probability
from kgbuild.embeddings.text import TextEncoder
from kgbuild.training.recipe import Numbers
from kgbuild.training.relation_data import UNSEEN, Example, property_texts, symmetric, training_examples

log = logging.getLogger(__name__)

# Where training starts: how much each part says. The object's name and the words between say most.
RELATION_SCALES = (0.3, 0.5, 0.1, 0.2, 0.3, 0.3, 0.5, 0.3)
PROPERTY_SCALES = (0.3, 1.0, 0.3)
FORBIDDEN = -1e4


@dataclass(frozen=True, slots=True)
class Recipe(Numbers):
    """Every number of a training run."""

    steps: int = 400
    batch: int = 192
    rate: float = 5e-4
    decay: float = 0.1
    warmup: int = 50
    rank: int = 16
    cap: int = 150  # examples of each relation of each set
    negatives: int = 256  # of Wikidata's properties, drawn for each batch
    part_dropout: float = 0.15
    property_dropout: float = 0.2
    backward: float = 0.3  # weight of the loss on direction
    folds: int = 4  # of relations, to fit the calibration
    seed: int = 13
    threads: int = 1


class Projection(nn.Module):
    """A weighted sum of parts plus a low-rank map of each, to unit length: (n, parts, 384) -> (n, 384)."""

    def __init__(self, scales: Sequence[float], rank: int) -> None:
        super().__init__()
        parts, width = len(scales), backbone.WIDTH
        self.scale = nn.Parameter(torch.tensor(scales))
        self.down = nn.Parameter(torch.randn(parts, width, rank) / 20)
        self.up = nn.Parameter(torch.randn(parts, rank, width) * 0.002)

    def forward(self, x: Tensor) -> Tensor:
        low = torch.einsum("nkd,kdr,kre->ne", x, self.down, self.up)
        return F.normalize((x * self.scale[:, None]).sum(1) + low, dim=-1)


class Model(nn.Module):
    """Both sides and the temperature."""

    def __init__(self, rank: int) -> None:
        super().__init__()
        self.relation = Projection(RELATION_SCALES, rank)
        self.property = Projection(PROPERTY_SCALES, rank)
        self.temperature = nn.Parameter(torch.tensor(2.7))


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """Everything in numbers, parts centred: ``forward`` and ``backward`` (n, parts, 384), ``properties`` (m, 3, 384).

    ``holds``: rows of ``properties`` per relation; ``groups``: one number per set and relation, for sampling.
    """

    forward: Tensor
    backward: Tensor
    properties: Tensor
    holds: list[list[int]]
    groups: list[int]
    symmetric: frozenset[int]
    forbidden: frozenset[int]


def encode(examples: Sequence[Example], data: Path, config: Config) -> tuple[Encoded, dict[str, np.ndarray]]:
    """The frozen encoder's part of the work, and the means that the parts are centred with."""
    parts = RelationParts(TextEncoder(config))
    texts = property_texts(data)
    position = {p: i for i, p in enumerate(texts)}
    raw, named = parts.relations([e.context for e in examples]), parts.properties(list(texts.values()))
    with_sense = np.abs(raw).sum(-1, keepdims=True) > 0
    means = {"relation.mean": raw.sum(0) / np.maximum(with_sense.sum(0), 1), "property.mean": named.mean(0)}
    means = {n: m.astype(np.float16).astype(np.float32) for n, m in means.items()}  # as they will be read
    # Backward, subject and object change places, and so do the two slots of what stands between.
    swapped = raw[:, [1, 0, 3, 2, 5, 4, 6, 7]]
    forward, backward = (torch.from_numpy(centred(x, means["relation.mean"])) for x in (raw, swapped))
    families = {key: n for n, key in enumerate(sorted({(e.family, e.properties) for e in examples}))}
    return Encoded(
        forward, backward, torch.from_numpy(centred(named, means["property.mean"])),
        [[position[p] for p in e.properties if p in position] for e in examples],
        [families[e.family, e.properties] for e in examples],
        frozenset(position[p] for p in symmetric(data) if p in position),
        frozenset(position[p] for p in UNSEEN if p in position),
    ), means  # fmt: skip


def fit(data: Encoded, recipe: Recipe, *, without: frozenset[int] = frozenset()) -> Model:
    """The projections learned from all examples, but for those of the properties in ``without``."""
    torch.manual_seed(recipe.seed)
    random = np.random.default_rng(recipe.seed)
    model = Model(recipe.rank)
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    left_out = without | data.forbidden
    groups: dict[int, list[int]] = {}
    for row, holds in enumerate(data.holds):
        if holds and not left_out.intersection(holds):
            groups.setdefault(data.groups[row], []).append(row)
    members = list(groups.values())
    weights = np.sqrt([len(m) for m in members])
    known = sorted({p for rows in members for r in rows for p in data.holds[r]})
    others = [p for p in range(len(data.properties)) if p not in left_out and p not in set(known)]
    for step in range(recipe.steps):
        cosine = 0.02 + 0.5 * (1 + math.cos(math.pi * step / recipe.steps))
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate * min(1.0, (step + 1) / recipe.warmup) * cosine
        chosen = random.choice(len(members), recipe.batch, p=weights / weights.sum())
        rows = [int(random.choice(members[c])) for c in chosen]
        more: list[int] = []
        if others:
            more = random.choice(others, min(recipe.negatives, len(others)), replace=False).tolist()
        loss = _loss(model, data, rows, [*known, *more], recipe)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 50 == 49:
            log.info("step %d of %d, loss %.4f", step + 1, recipe.steps, float(loss.detach()))
    return model.eval()


def _loss(model: Model, data: Encoded, rows: list[int], candidates: list[int], recipe: Recipe) -> Tensor:
    place = {p: i for i, p in enumerate(candidates)}
    holds = torch.zeros(len(rows), len(candidates), dtype=torch.bool)
    for i, row in enumerate(rows):
        holds[i, [place[p] for p in data.holds[row]]] = True
    kept = (torch.rand(len(rows), len(PARTS), 1) > recipe.part_dropout).float()
    named = (torch.rand(len(candidates), len(PROPERTY_PARTS), 1) > recipe.property_dropout).float()
    named = torch.where(named.sum(1, keepdim=True) > 0, named, torch.ones_like(named))
    properties = model.property(data.properties[candidates] * named).T * model.temperature.exp()
    scores = model.relation(data.forward[rows] * kept) @ properties
    right = torch.logsumexp(scores.masked_fill(~holds, FORBIDDEN), 1)
    loss = (torch.logsumexp(scores, 1) - right).mean()
    directed = torch.tensor([not data.symmetric.intersection(data.holds[r]) for r in rows])
    back = (model.relation(data.backward[rows] * kept) @ properties).masked_fill(~holds, FORBIDDEN)
    lead = scores.masked_fill(~holds, FORBIDDEN).max(1).values - back.max(1).values
    return loss + recipe.backward * (F.softplus(-lead) * directed).sum() / max(1, int(directed.sum()))


def calibrate(data: Encoded, recipe: Recipe) -> tuple[dict[str, Any], dict[str, float]]:
    """What ``probability`` needs, and measures, both from relations held out of training.

    Each meets a small ontology of properties that no training saw. The right one is in it for
    three of four relations, and half as many again are pairs that no relation holds between.
    """
    random = np.random.default_rng(recipe.seed + 1)
    relations = sorted({p for holds in data.holds for p in holds})
    random.shuffle(relations)
    rows: list[tuple[float, float, bool]] = []
    four: list[float] = []
    for fold in range(recipe.folds):
        held = frozenset(relations[fold :: recipe.folds])
        if len(held) < 4:
            continue
        model = fit(data, recipe, without=held)
        stated = [r for r, h in enumerate(data.holds) if h and held.issuperset(h)]
        stated = random.permutation(stated)[:1000].tolist()
        nothing = random.permutation([r for r, h in enumerate(data.holds) if not h])
        tested = [*stated, *nothing[: len(stated) // 2].tolist()]
        order = sorted(held)
        with torch.inference_mode():
            named = model.property(data.properties[order]).T
            ahead = (model.relation(data.forward[tested]) @ named).numpy()
            back = (model.relation(data.backward[tested]) @ named).numpy()
        for i, row in enumerate(tested):
            own = [order.index(p) for p in data.holds[row]]
            rest = [k for k in range(len(order)) if k not in own]
            some = random.choice(rest, min(len(rest), int(random.integers(2, 20))), replace=False).tolist()
            if own:
                four.append(float(ahead[i, own].max() > ahead[i, some[:3]].max()))
            with_own = bool(own) and random.random() < 0.75
            asked = [*own, *some] if with_own else some
            both = np.maximum(ahead[i, asked], back[i, asked])
            best = int(both.argmax())
            right = with_own and best < len(own)
            right = right and (ahead[i, asked[best]] >= back[i, asked[best]] or order[asked[best]] in data.symmetric)
            rows.append((float(both[best]), float(np.partition(both, -2)[-2]), bool(right)))
    if not rows:  # too few relations to hold some out: a trial
        return {"background": 0.2, "weights": [-4.0, 8.0, 8.0]}, {}
    score, rival, right = np.array(rows).T
    background = round(float(np.median(rival)), 4)
    weights = _logistic(score, score - np.maximum(rival, background), right)
    found = {"background": background, "weights": weights}
    sure = probability(score, rival, found)
    measures = {"held-out relations, one of at most four": float(np.mean(four)), "examples": float(len(rows))}
    for level in (0.5, 0.6, 0.7, 0.8, 0.9):
        above = sure >= level
        measures[f"precision at {level:g}"] = float(right[above].mean()) if above.any() else 0.0
        measures[f"recall at {level:g}"] = float(right[above].sum() / max(1, right.sum()))
    return found, {n: round(v, 4) for n, v in measures.items()}


def _logistic(score: np.ndarray, lead: np.ndarray, y: np.ndarray) -> list[float]:
    """Bias and slopes of maximum likelihood with a weak prior, by Newton's method."""
    x = np.column_stack([np.ones(len(y)), score, lead])
    w = np.zeros(3)
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ w))
        gradient = x.T @ (y - p) - 1e-3 * w
        w = w + np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + 1e-3 * np.eye(3), gradient)
    return [round(float(v), 4) for v in w]


def train(data: Path, out: Path, *, config: Config, recipe: Recipe) -> dict[str, float]:
    """Train from the sets in ``data`` into ``out``; returns what was measured on relations held out."""
    torch.set_num_threads(recipe.threads)
    examples = training_examples(data, cap=recipe.cap, seed=recipe.seed)
    log.info("%d examples, encoding", len(examples))
    encoded, means = encode(examples, data, config)
    calibration, measures = calibrate(encoded, recipe)
    log.info("calibration %s, %s", calibration, measures)
    model = fit(encoded, recipe)
    state = {n: torch.from_numpy(m) for n, m in means.items()} | model.state_dict()
    state.pop("temperature")
    out.mkdir(parents=True, exist_ok=True)
    path = out / "relation.safetensors"
    save_file({n: t.half().contiguous() for n, t in sorted(state.items())}, path)
    facts = {
        "format": 1,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "backbone_sha256": backbone.SHA256,
        "parts": list(PARTS),
        "property_parts": list(PROPERTY_PARTS),
        "calibration": calibration,
        "examples": len(examples),
        "unseen": list(UNSEEN),
        "measured": measures,
        "recipe": asdict(recipe),
    }
    (out / "relation.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
    return measures
