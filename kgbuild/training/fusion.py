"""Train the fusion: ``kgbuild train fusion --data ../shared --out kgbuild/weights --checkpoints FOLDER``.

The frozen encoders run once over all documents; the network learns on their states that mentions of one thing lie
together, whatever modalities each has (InfoNCE with several positives: van den Oord et al. 2018, Khosla et al. 2020),
and to judge each pair of a world by itself (Zhai et al., SigLIP, 2023), those of one label most. A batch is some whole
worlds, so that every mention meets all that it could be taken for. The match heads come last (see ``fusion_match``).
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from kgbuild import backbone
from kgbuild.config import Config
from kgbuild.embeddings.crossing import MODALITIES, MODES, Fusion, Shape
from kgbuild.embeddings.fuse import head_name
from kgbuild.embeddings.layout import FEATURES
from kgbuild.embeddings.pairs import Fused, MatchHead, features
from kgbuild.embeddings.states import LINKS, PARTS, PATCHES, WORDS, StateEncoder
from kgbuild.training.fusion_batches import Table, has_any
from kgbuild.training.fusion_data import RELATION_NAMES, TYPES, Corpus, joined, text_corpus, world_corpus
from kgbuild.training.fusion_encode import encoders
from kgbuild.training.fusion_match import alike, homonyms, learn, measure_pairs
from kgbuild.training.fusion_measure import choose, measure
from kgbuild.training.fusion_own import own_corpus
from kgbuild.training.recipe import Numbers

log = logging.getLogger(__name__)

ALONE = tuple((m,) for m in MODALITIES)  # what match heads look at for comparison
_ROWS = 2048  # mentions encoded at a time
_BLOCK = 8  # worlds that are kept together
_FIRST = {"train": 10_000, "match": 20_000, "dev": 1000, "test": 2000}  # seeds


@dataclass(frozen=True, slots=True)
class Recipe(Numbers):
    """Every number of a training run."""

    worlds: int = 832
    matched: int = 96  # worlds that the match heads learn from
    chosen: int = 24  # worlds on which thresholds are chosen
    tested: int = 40  # worlds that are measured
    documents: int = 240  # of linked text, of each set
    epochs: int = 33
    seconds: float = 0.0  # for the training of each network, whatever the epochs; 0: no limit
    mixed: int = 16  # worlds (or sets of texts) of a step
    rate: float = 1e-3
    decay: float = 0.05
    warmup: int = 100
    alike: float = 6.0  # weight of pairs of one label, or of things that share one, beside others
    contrast: float = 0.3  # weight of InfoNCE
    heads: float = 0.1  # weight of the loss of the type head
    drop: float = 0.1  # chance of each modality to be left out; text less often
    alone: float = 0.05  # chance that one modality stands alone
    noise: float = 0.1  # of the states, as a share of a unit vector
    relation_steps: int = 400
    width: int = 128
    layers: int = 3
    queries: int = 4
    seed: int = 17
    threads: int = 1


def embedded(
    model: Fusion, corpus: Corpus, keep: Sequence[str] = MODALITIES, *, device: str = "cpu"
) -> tuple[np.ndarray, np.ndarray]:
    """Vectors and gates of a corpus, looking at some modalities only."""
    table, vectors, gates = Table(corpus, device, keep), [], []
    model.eval()
    with torch.inference_mode():
        for rows in torch.arange(len(corpus), device=device).split(_ROWS):
            v, g = model(table.batch(rows), table.there[rows])
            vectors.append(v.cpu().numpy())
            gates.append(g.cpu().numpy())
    model.train()
    return np.concatenate(vectors), np.concatenate(gates)


def fit(
    corpus: Corpus,
    recipe: Recipe,
    *,
    mode: str = "attention",
    keep: Sequence[str] = MODALITIES,
    device: str = "cpu",
    watch: Corpus | None = None,
) -> Fusion:
    """A network learned from a corpus; ``keep``: the modalities that it may look at.

    ``watch``: a corpus on which the log says the F1 of homonyms from time to time; nothing is chosen by it.
    """
    torch.manual_seed(recipe.seed)
    random = np.random.default_rng(recipe.seed)
    model = Fusion(shape(corpus, recipe), mode).to(device).train()
    table = Table(corpus, device, keep)
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    seen = table.there.any(1).cpu().numpy()
    worlds = [np.flatnonzero(seen & (corpus.group == g)) for g in np.unique(corpus.group[seen])]
    steps = recipe.epochs * max(1, len(worlds) // recipe.mixed)
    order: list[int] = []
    begun, said, losses, step, done = time.monotonic(), time.monotonic(), [], 0, 0.0
    while done < 1:
        if len(order) < min(recipe.mixed, len(worlds)):
            order += random.permutation(len(worlds)).tolist()
        chosen = [worlds[order.pop()] for _ in range(min(recipe.mixed, len(order)))]
        for group in optimizer.param_groups:
            warm = min(1.0, (step + 1) / recipe.warmup)
            group["lr"] = recipe.rate * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))
        loss = _loss(model, table, torch.from_numpy(np.concatenate(chosen)).to(device), recipe)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.detach())
        step += 1
        now = time.monotonic()
        done = max(step / steps, (now - begun) / recipe.seconds if recipe.seconds else 0.0)
        if now - said > 20 or done >= 1:
            said = now
            mean = float(torch.stack(losses).mean())
            log.info("%s %s step %d, %.0f %%, loss %.4f%s", mode, "+".join(keep), step, 100 * min(done, 1), mean,
                     f", {_watched(model, watch, keep, device)}" if watch is not None else "")  # fmt: skip
            losses = []
    fit_relations(model, corpus, embedded(model, corpus, keep, device=device)[0], recipe, device=device)
    return model.eval().cpu()


def _watched(model: Fusion, corpus: Corpus, keep: Sequence[str], device: str) -> dict[str, float]:
    vectors, there = embedded(model, corpus, keep, device=device)[0], has_any(corpus, keep)
    return measure(corpus, vectors, choose(corpus, vectors, there), there)


def _kept(there: Tensor, recipe: Recipe) -> Tensor:
    """The modalities that each row may look at: each left out by chance, at times all but one, never all it has."""
    rate = torch.tensor([0.4 * recipe.drop if m == "text" else recipe.drop for m in MODALITIES], device=there.device)
    drop = torch.rand(there.shape, device=there.device) > rate
    one = F.one_hot(torch.randint(there.shape[1], (len(there),), device=there.device), there.shape[1]).bool()
    kept = torch.where(torch.rand(len(there), 1, device=there.device) < recipe.alone, one, drop) & there
    return torch.where(kept.any(1, keepdim=True), kept, there)


def _loss(model: Fusion, table: Table, rows: Tensor, recipe: Recipe) -> Tensor:
    x = table.batch(rows)
    if recipe.noise:
        for n in ("words", "links", "seen"):
            x[n] = x[n] + (x[n].abs().sum(-1, keepdim=True) > 0) * torch.randn_like(x[n]) * recipe.noise / 384**0.5
    vectors, _ = model(x, _kept(table.there[rows], recipe))
    thing, group, label, hard = (table.truth[n][rows] for n in ("thing", "group", "label", "hard"))
    cosines = vectors @ vectors.T
    rival = (group[:, None] == group[None]) & ~torch.eye(len(rows), dtype=torch.bool, device=rows.device)
    same = rival & (thing[:, None] == thing[None])
    alike = rival & ((label[:, None] == label[None]) | ((hard[:, None] == hard[None]) & (hard >= 0)[:, None]))
    scores = (cosines * model.scale.exp().clamp(max=50)).masked_fill(~rival, -1e4)
    logs = scores - torch.logsumexp(scores, 1, keepdim=True)
    each = -(logs * same).sum(1) / same.sum(1).clamp(min=1)
    contrast = (each * same.any(1)).sum() / same.any(1).sum().clamp(min=1)
    # One threshold must part all pairs of a world: each pair by itself, at the rate at which worlds have them.
    logits = model.match_scale.exp() * (cosines - model.match_bias)
    weight = rival * (1 + (recipe.alike - 1) * alike)
    judged = F.softplus(torch.where(same, -logits, logits)) * weight
    pairs = judged.sum() / same.sum().clamp(min=1)
    kinds = table.truth["kind"][rows]
    known = kinds >= 0
    types = F.cross_entropy(model.kinds(vectors), kinds.clamp(min=0), reduction="none") * known
    return pairs + recipe.contrast * contrast + recipe.heads * types.sum() / known.sum().clamp(min=1)


def fit_relations(model: Fusion, corpus: Corpus, vectors: np.ndarray, recipe: Recipe, *, device: str = "cpu") -> None:
    """The relation head, learned on the vectors as they are: stated pairs, and as many by chance as one in four."""
    if not len(corpus.stated):
        return
    random, given = np.random.default_rng(recipe.seed), torch.from_numpy(vectors).to(device)
    optimizer = torch.optim.AdamW(model.relation.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    for _ in range(recipe.relation_steps):
        rows = corpus.stated[random.integers(len(corpus.stated), size=384)]
        chance = random.integers(len(corpus), size=(96, 2))
        ends = torch.from_numpy(np.concatenate([rows[:, :2], chance])).to(device)
        names = torch.from_numpy(np.concatenate([rows[:, 2], np.zeros(len(chance), dtype=np.int64)])).to(device)
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
    """What the network and the match heads learn from, what thresholds are chosen on, and what is measured on."""

    train: Corpus
    matched: Corpus
    chosen: Corpus
    tested: Corpus


def worlds(name: str, count: int, encoder: StateEncoder, *, keep: Path | None, key: str) -> Corpus:
    """Worlds to learn from (``train``), for the match heads (``match``), to choose (``dev``) or to measure (``test``).

    Names of ``train`` and ``match`` are of one split; those of the others share no word with them.
    """
    first = _FIRST[name]
    blocks = [range(b, min(b + _BLOCK, first + count)) for b in range(first, first + count, _BLOCK)]
    split = "train" if name == "match" else name
    return joined([world_corpus(seeds, split, encoder, keep=keep, key=key) for seeds in blocks])


def prepare(data: Path | None, encoder: StateEncoder, recipe: Recipe, *, keep: Path | None, key: str) -> Data:
    """The states of all documents; ``data``: the folder with ``text``, None to do without linked text."""
    log.info("making worlds and running the frozen encoders")
    train, matched, chosen, tested = (
        worlds(split, count, encoder, keep=keep, key=key)
        for split, count in (("train", recipe.worlds), ("match", recipe.matched), ("dev", recipe.chosen),
                             ("test", recipe.tested))
    )  # fmt: skip
    if data is not None and recipe.documents:
        given = {"documents": recipe.documents, "seed": recipe.seed}
        train = joined([train, text_corpus(data / "text", encoder, keep=keep, key=key, **given)])
    log.info("%d mentions to learn from, %d to match, %d and %d to choose and measure", len(train), len(matched),
             len(chosen), len(tested))  # fmt: skip
    return Data(train, matched, chosen, tested)


def evaluate(model: Fusion, data: Data) -> dict[str, float]:
    """F1 of clusters by cosines on unseen worlds, at the threshold chosen on others (see ``fusion_measure``)."""
    threshold = choose(data.chosen, embedded(model, data.chosen)[0], has_any(data.chosen, MODALITIES))
    found = measure(data.tested, embedded(model, data.tested)[0], threshold, has_any(data.tested, MODALITIES))
    return {"threshold": threshold, **found}


def match(
    model: Fusion, data: Data, keep: Sequence[str] = MODALITIES, *, seed: int = 0
) -> tuple[MatchHead, dict[str, float]]:
    """The match head over what a network makes of some modalities, and its measures on unseen worlds."""
    sets = []
    for corpus in map(alike, (data.matched, data.chosen, data.tested)):
        vectors, gates = embedded(model, corpus, keep)
        with torch.inference_mode():
            kinds = model.kinds(torch.from_numpy(vectors)).softmax(-1).numpy()
        pairs = homonyms(corpus)
        fused = Fused(vectors, gates, kinds)
        sets.append((pairs, features(corpus.states, fused, pairs.left, pairs.right, keep=keep)))
    head = learn(*sets[:2], seed=seed)
    pairs, x = sets[2]
    return head, measure_pairs(pairs, head.log_odds(x), head.alone, head.together)


def train(
    data: Path | None,
    out: Path,
    *,
    config: Config,
    recipe: Recipe,
    checkpoints: Path | None = None,
    device: str = "cpu",
    own: Path | None = None,
) -> dict[str, dict[str, float]]:
    """Train one network for each mode into ``out``; returns what was measured of each on unseen worlds.

    ``own``: a published graph, from whose pictures and the words about them the networks learn too.
    """
    torch.set_num_threads(recipe.threads)
    encoder, tower = encoders(config, device)
    made = prepare(data, encoder, recipe, keep=checkpoints, key=tower)
    if own is not None:
        found = own_corpus(own, encoder)
        log.info("%d pictures with words of %s", len(found) // 2, own)
        made = replace(made, train=joined([made.train, found]))
    models = {mode: fit(made.train, recipe, mode=mode, device=device) for mode in MODES}
    return write(out, models, made, recipe=recipe, tower=tower)


def write(
    out: Path, models: Mapping[str, Fusion], data: Data, *, recipe: Recipe, tower: str
) -> dict[str, dict[str, float]]:
    """Train the match heads, measure all on unseen worlds, write them with their facts; returns the measures."""
    state: dict[str, Tensor] = {}
    measures, heads = {}, {}
    for mode, model in models.items():
        measures[mode] = evaluate(model, data)
        log.info("%s: %s", mode, measures[mode])
        state |= {f"{mode}/{n}": t.half().contiguous() for n, t in sorted(model.state_dict().items())}
        for keep in (MODALITIES, *(ALONE if mode == "attention" else ())):
            name = head_name(mode, keep)
            head, found = match(model, data, keep, seed=recipe.seed)
            heads[name], measures[f"match: {name}"] = (head.alone, head.together), found
            log.info("match, %s: %s", name, found)
            state |= {f"head/{name}/{n}": torch.from_numpy(np.ascontiguousarray(w)) for n, w in head.weights.items()}
    out.mkdir(parents=True, exist_ok=True)
    path = out / "fusion.safetensors"
    save_file(state, path)
    facts = {
        "format": 2,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "backbone_sha256": backbone.SHA256,
        "tower_sha256": tower,
        "modes": list(models),
        "heads": heads,
        "shape": asdict(shape(data.train, recipe)),
        "types": list(TYPES),
        "relations": list(RELATION_NAMES),
        "mentions": len(data.train),
        "measured": measures,
        "recipe": asdict(recipe),
    }
    (out / "fusion.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
    return measures
