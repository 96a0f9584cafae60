"""Train the fusion: ``kgbuild train fusion --data ../shared --out kgbuild/weights --checkpoints FOLDER``.

The frozen encoders run once over all documents; the network learns on their states that mentions of one thing lie
together, whatever modalities each has (InfoNCE with several positives: van den Oord et al. 2018, Khosla et al. 2020),
against other things that lie near: those are looked up with FAISS before each epoch.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from kgbuild import backbone
from kgbuild.config import Config
from kgbuild.embeddings.crossing import MODALITIES, MODES, Fusion, Shape
from kgbuild.embeddings.fuse import batch
from kgbuild.embeddings.layout import FEATURES
from kgbuild.embeddings.states import LINKS, PARTS, PATCHES, WORDS, StateEncoder
from kgbuild.training.fusion_axes import set_axes
from kgbuild.training.fusion_batches import Names, draw, hard_negatives, has_any, presence
from kgbuild.training.fusion_data import RELATION_NAMES, TYPES, Corpus, joined, text_corpus, world_corpus
from kgbuild.training.fusion_measure import choose, measure
from kgbuild.training.recipe import Numbers

log = logging.getLogger(__name__)

_ROWS = 512  # mentions encoded at a time


@dataclass(frozen=True, slots=True)
class Recipe(Numbers):
    """Every number of a training run."""

    worlds: int = 28
    chosen: int = 4  # worlds on which the threshold is chosen
    tested: int = 8  # worlds that are measured
    documents: int = 12  # of linked text, of each set
    epochs: int = 5
    mixed: int = 3  # worlds (or sets of texts) of a step
    anchors: int = 16  # of each, with one mention of their thing and one of another that lies near
    rate: float = 2e-3
    decay: float = 0.05
    warmup: int = 60
    often: float = 4.0  # times that an anchor is drawn whose label another thing bears
    near: int = 12  # other things' mentions looked at as negatives
    drop: float = 0.25  # chance of each modality to be left out; text less often
    alone: float = 0.1  # chance that one modality stands alone
    pairs: float = 0.2  # weight of the loss of each pair by itself
    heads: float = 1.0  # weight of the losses of the type and match heads
    relation_steps: int = 200
    width: int = 96
    layers: int = 2
    queries: int = 3
    renamed: float = 0.5  # chance of a step in which all names change places: only that names are equal then counts
    seed: int = 17
    threads: int = 1


def embedded(model: Fusion, corpus: Corpus, keep: Sequence[str] = MODALITIES) -> tuple[np.ndarray, np.ndarray]:
    """Vectors and gates of a corpus, looking at some modalities only."""
    counts, vectors, gates = torch.tensor([m in keep for m in MODALITIES]), [], []
    model.eval()
    with torch.inference_mode():
        for b in range(0, len(corpus), _ROWS):
            rows = np.arange(b, min(b + _ROWS, len(corpus)))
            v, g = model(batch(corpus.states, rows), counts.expand(len(rows), -1))
            vectors.append(v.numpy())
            gates.append(g.numpy())
    model.train()
    return np.concatenate(vectors), np.concatenate(gates)


def fit(corpus: Corpus, recipe: Recipe, *, mode: str = "attention", keep: Sequence[str] = MODALITIES) -> Fusion:
    """A network learned from a corpus; ``keep``: the modalities that it may look at."""
    torch.manual_seed(recipe.seed)
    random = np.random.default_rng(recipe.seed)
    model = Fusion(shape(corpus, recipe), mode).train()
    set_axes(model, corpus)
    names = Names(corpus)
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    members: dict[int, np.ndarray] = {}
    allowed = np.array([m in keep for m in MODALITIES])
    there = presence(corpus) & allowed
    seen = there.any(1)
    for thing in np.unique(corpus.thing):
        rows = np.flatnonzero((corpus.thing == thing) & seen)
        if len(rows) > 1:
            members[int(thing)] = rows
    useful = seen & np.isin(corpus.thing, list(members))
    anchors = {int(g): np.flatnonzero(useful & (corpus.group == g)) for g in np.unique(corpus.group[useful])}
    groups, sizes = list(anchors), np.array([len(rows) for rows in anchors.values()], float)
    steps = max(1, int(sizes.sum()) // (recipe.mixed * recipe.anchors))
    total = steps * recipe.epochs
    for epoch in range(recipe.epochs):
        rivals = hard_negatives(corpus, embedded(model, corpus, keep)[0], recipe.near, seen)
        losses = []
        for step in range(steps):
            now = epoch * steps + step
            cosine = 0.02 + 0.49 * (1 + math.cos(math.pi * now / total))
            for group in optimizer.param_groups:
                group["lr"] = recipe.rate * min(1.0, (now + 1) / recipe.warmup) * cosine
            mixed = [anchors[g] for g in random.choice(groups, recipe.mixed, p=sizes / sizes.sum())]
            rows = draw(random, mixed, members, rivals, corpus.thing, count=recipe.anchors, often=recipe.often)
            change = names.order(random) if random.random() < recipe.renamed else None
            loss = _loss(model, names.batch(rows, change), corpus, rows, there, recipe)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(float(loss.detach()))
        log.info("%s %s epoch %d of %d, loss %.4f", mode, "+".join(keep), epoch + 1, recipe.epochs, np.mean(losses))
    fit_relations(model, corpus, embedded(model, corpus, keep)[0], recipe)
    return model.eval()


def _kept(there: Tensor, recipe: Recipe) -> Tensor:
    """The modalities that each row may look at: each left out by chance, at times all but one, never all it has."""
    count = len(there)
    drop = torch.rand(there.shape) > recipe.drop * torch.tensor([0.4 if m == "text" else 1.0 for m in MODALITIES])
    one = F.one_hot(torch.randint(there.shape[1], (count,)), there.shape[1]).bool()
    kept = torch.where(torch.rand(count, 1) < recipe.alone, one, drop) & there
    return torch.where(kept.any(1, keepdim=True), kept, there)


def _loss(
    model: Fusion, x: dict[str, Tensor], corpus: Corpus, rows: np.ndarray, there: np.ndarray, recipe: Recipe
) -> Tensor:
    vectors, _ = model(x, _kept(torch.from_numpy(there[rows]), recipe))
    thing, group, label = (torch.from_numpy(a[rows]) for a in (corpus.thing, corpus.group, corpus.label))
    cosines = vectors @ vectors.T
    same, together = thing[:, None] == thing[None], group[:, None] == group[None]
    itself = torch.eye(len(rows), dtype=torch.bool)
    unknown = ~together & (label[:, None] == label[None])  # may be one thing or two
    scores = (cosines * model.scale.exp().clamp(max=50)).masked_fill(itself | unknown, -1e4)
    positive = same & ~itself
    logs = scores - torch.logsumexp(scores, 1, keepdim=True)
    each = -(logs * positive).sum(1) / positive.sum(1).clamp(min=1)
    loss = each[positive.any(1)].mean()
    # One threshold must part all pairs of a group: each pair by itself, as in SigLIP (Zhai et al. 2023).
    logits = model.match_scale.exp() * (cosines - model.match_bias)
    signs = torch.where(same, 1.0, -1.0)
    pairs = (F.softplus(-signs * logits) * (together & ~itself)).sum(1).mean()
    return loss + recipe.pairs * pairs + recipe.heads * _heads(model, corpus, rows, vectors, recipe)


def _heads(model: Fusion, corpus: Corpus, rows: np.ndarray, vectors: Tensor, recipe: Recipe) -> Tensor:
    """Losses of the type and match heads."""
    n = len(rows) // 3
    kinds = torch.from_numpy(corpus.kind[rows])
    known = kinds >= 0
    loss = F.cross_entropy(model.kinds(vectors[known]), kinds[known]) if bool(known.any()) else vectors.sum() * 0
    first, second, third = vectors[:n], vectors[n : 2 * n], vectors[2 * n :]
    pairs = torch.cat([model.same(first, second), model.same(first, third)])
    truth = torch.from_numpy((np.tile(corpus.thing[rows[:n]], 2) == corpus.thing[rows[n:]]).astype(np.float32))
    return loss + F.binary_cross_entropy_with_logits(pairs, truth)


def fit_relations(model: Fusion, corpus: Corpus, vectors: np.ndarray, recipe: Recipe) -> None:
    """The relation head, learned on the vectors as they are: stated pairs, and as many by chance as one in four."""
    if not len(corpus.stated):
        return
    random, given = np.random.default_rng(recipe.seed), torch.from_numpy(vectors)
    optimizer = torch.optim.AdamW(model.relation.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    for _ in range(recipe.relation_steps):
        rows = corpus.stated[random.integers(len(corpus.stated), size=96)]
        chance = random.integers(len(corpus), size=(24, 2))
        ends = torch.from_numpy(np.concatenate([rows[:, :2], chance]))
        names = torch.from_numpy(np.concatenate([rows[:, 2], np.zeros(len(chance), dtype=np.int64)]))
        loss = F.cross_entropy(model.relates(given[ends[:, 0]], given[ends[:, 1]]), names)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def shape(corpus: Corpus, recipe: Recipe) -> Shape:
    """The sizes of the network for these states."""
    return Shape(
        backbone.WIDTH, corpus.states.region.shape[-1], len(FEATURES), len(WORDS), 2 * LINKS, PATCHES, PARTS,
        len(TYPES), len(RELATION_NAMES), width=recipe.width, layers=recipe.layers, queries=recipe.queries,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """What a run learns from, chooses its threshold on, and is measured on."""

    train: Corpus
    chosen: Corpus
    tested: Corpus


def prepare(data: Path | None, encoder: StateEncoder, recipe: Recipe, *, keep: Path | None, key: str) -> Data:
    """The states of all documents; ``data``: the folder with ``text``, None to do without linked text."""
    log.info("making worlds and running the frozen encoders")
    train = world_corpus(range(recipe.worlds), "train", encoder, keep=keep, key=key)
    if data is not None and recipe.documents:
        text = text_corpus(
            data / "text", encoder, documents=recipe.documents, seed=recipe.seed, keep=keep, key=key
        )  # fmt: skip
        train = joined([train, text])
    chosen = world_corpus(range(1000, 1000 + recipe.chosen), "dev", encoder, keep=keep, key=key)
    tested = world_corpus(range(2000, 2000 + recipe.tested), "test", encoder, keep=keep, key=key)
    log.info("%d mentions to learn from, %d and %d to choose and measure", len(train), len(chosen), len(tested))
    return Data(train, chosen, tested)


def evaluate(model: Fusion, data: Data, keep: Sequence[str] = MODALITIES) -> dict[str, float]:
    """F1 on unseen worlds at the threshold chosen on others (see ``fusion_measure.measure``)."""
    threshold = choose(data.chosen, embedded(model, data.chosen, keep)[0], has_any(data.chosen, keep))
    found = measure(data.tested, embedded(model, data.tested, keep)[0], threshold, has_any(data.tested, keep))
    return {"threshold": threshold, **found}


def train(
    data: Path | None, out: Path, *, config: Config, recipe: Recipe, checkpoints: Path | None = None
) -> dict[str, dict[str, float]]:
    """Train one network for each mode into ``out``; returns what was measured of each on unseen worlds."""
    from kgbuild.embeddings.fuse import frozen

    torch.set_num_threads(recipe.threads)
    encoder, tower = frozen(config)
    made = prepare(data, encoder, recipe, keep=checkpoints, key=tower)
    models = {mode: fit(made.train, recipe, mode=mode) for mode in MODES}
    return write(out, models, made, recipe=recipe, tower=tower)


def write(
    out: Path, models: Mapping[str, Fusion], data: Data, *, recipe: Recipe, tower: str
) -> dict[str, dict[str, float]]:
    """Measure the networks of all modes on unseen worlds and write them with their facts; returns the measures."""
    state: dict[str, Tensor] = {}
    measures = {}
    for mode, model in models.items():
        measures[mode] = evaluate(model, data)
        log.info("%s: %s", mode, measures[mode])
        state |= {f"{mode}/{n}": t.half().contiguous() for n, t in sorted(model.state_dict().items())}
    out.mkdir(parents=True, exist_ok=True)
    path = out / "fusion.safetensors"
    save_file(state, path)
    facts = {
        "format": 1,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "backbone_sha256": backbone.SHA256,
        "tower_sha256": tower,
        "modes": list(models),
        "shape": asdict(shape(data.train, recipe)),
        "types": list(TYPES),
        "relations": list(RELATION_NAMES),
        "mentions": len(data.train),
        "measured": measures,
        "recipe": asdict(recipe),
    }
    (out / "fusion.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
    return measures
