"""Train the text network: ``kgbuild train text --data ../shared/text --out kgbuild/weights``.

Mentions, coreference and relations are learned in one pass over the encoder. The
relation loss is taken on annotated documents only; documents with mentions and
coreference alone take part in the first epochs. Writes ``text.safetensors`` (half
precision) and ``text.json``. After each epoch the whole state is kept in the folder of
checkpoints, and the same command goes on from there after a break with the same result.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import math
import random
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from kgbuild import backbone
from kgbuild.config import Config
from kgbuild.errors import ConfigError
from kgbuild.mentions.names import name_features
from kgbuild.mentions.textmodel import NAME_FEATURES, Shape, TextModel, threshold_loss
from kgbuild.mentions.windows import pack
from kgbuild.vocab import camel

log = logging.getLogger(__name__)

TYPES = ("PER", "ORG", "LOC", "TIME", "NUM", "MISC")
CLASSES = {
    "PER": "Person",
    "ORG": "Organisation",
    "LOC": "Place",
    "TIME": "Time",
    "NUM": "Quantity",
    "MISC": "Thing",
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """Every number of a training run."""

    epochs: int = 14
    extra_epochs: int = 6
    batch: int = 4
    adapter_rate: float = 6e-4
    head_rate: float = 8e-4
    warmup: float = 0.06
    average: float = 0.998  # exponential moving average of the weights
    type_noise: float = 0.1
    case_noise: float = 0.1  # share of windows whose case is hidden, as in titles and read pictures
    seed: int = 13
    threads: int = 1

    def but(self, changes: Sequence[str]) -> Recipe:
        """The recipe with some numbers changed: ``["epochs=4"]``. Raises ``ConfigError`` for unknown ones."""
        made = asdict(self)
        for change in changes:
            name, _, value = change.partition("=")
            try:
                made[name] = type(made[name])(float(value))
            except (KeyError, ValueError) as err:
                raise ConfigError(f"--set {change!r}: give one of {', '.join(made)} and a number.") from err
        return Recipe(**made)


@dataclass(frozen=True, slots=True)
class Example:
    """One window of a document as tensors; ``pairs`` is None where relations are not annotated."""

    ids: Tensor
    cases: Tensor
    first: Tensor  # first subword of each word
    tags: Tensor
    mentions: list[Tensor]  # subword positions of each mention
    types: Tensor
    left: Tensor
    right: Tensor
    features: Tensor
    same: Tensor
    clusters: list[list[int]]
    pairs: Tensor | None
    labels: Tensor | None


def read_documents(path: Path, split: str | None = None) -> list[dict[str, Any]]:
    """Documents of a gzipped JSON-lines file as described in the data's README."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        documents = [json.loads(line) for line in lines]
    return [d for d in documents if split is None or d.get("split") == split]


def examples(document: dict[str, Any], tokenizer: Any, properties: Sequence[str]) -> list[Example]:
    """The windows of one document; relations and coreference stay inside a window."""
    made = []
    for window in pack(document["sents"], tokenizer):
        place = {word: i for i, word in enumerate(window.words)}
        kept: dict[int, int] = {}
        mentions: list[Tensor] = []
        types: list[int] = []
        spans: list[tuple[int, str]] = []
        tags = [0] * len(window.words)
        order = sorted(
            range(len(document["mentions"])),
            key=lambda i: -(document["mentions"][i][2] - document["mentions"][i][1]),
        )
        taken: set[int] = set()
        for i in sorted(order):
            s, start, end, kind = document["mentions"][i]
            if (s, start) not in place or (s, end - 1) not in place:
                continue
            a, b = place[s, start], place[s, end - 1]
            kept[i] = len(mentions)
            mentions.append(torch.arange(window.pieces[a][0], window.pieces[b][1]))
            types.append(TYPES.index(kind))
            spans.append((s, " ".join(document["sents"][s][start:end])))
        for i in order:  # long mentions first, so that a nested one does not break its host
            if i in kept:
                s, start, end, kind = document["mentions"][i]
                positions = range(place[s, start], place[s, end - 1] + 1)
                if not taken.intersection(positions):
                    taken.update(positions)
                    for n, p in enumerate(positions):
                        tags[p] = 1 + 2 * TYPES.index(kind) + (n > 0)
        clusters = [[kept[i] for i in c if i in kept] for c in document["clusters"]]
        numbers = [n for n, c in enumerate(clusters) if c]
        of = {m: n for n in numbers for m in clusters[n]}
        pairs = [(i, j) for i in range(len(mentions)) for j in range(i)]
        features = [
            name_features(
                spans[i][1],
                spans[j][1],
                same_type=types[i] == types[j],
                distance=abs(spans[i][0] - spans[j][0]),
            )
            for i, j in pairs
        ]
        entity_pairs, labels = None, None
        if document.get("relations") is not None and document.get("relations_complete", True) and len(numbers) > 1:
            at = {n: k for k, n in enumerate(numbers)}
            index = [(h, t) for h in range(len(numbers)) for t in range(len(numbers)) if h != t]
            row = {pair: k for k, pair in enumerate(index)}
            entity_pairs = torch.tensor(index)
            labels = torch.zeros(len(index), len(properties))
            for r in document["relations"]:
                if r["h"] in at and r["t"] in at and r["h"] != r["t"]:
                    labels[row[at[r["h"]], at[r["t"]]], properties.index(r["p"])] = 1
        made.append(
            Example(
                torch.tensor(window.ids), torch.tensor(window.cases),
                torch.tensor([p[0] for p in window.pieces]), torch.tensor(tags), mentions,
                torch.tensor(types), torch.tensor([p[0] for p in pairs]), torch.tensor([p[1] for p in pairs]),
                torch.tensor(features).reshape(len(pairs), NAME_FEATURES),
                torch.tensor([float(of.get(i, -1) == of.get(j, -2)) for i, j in pairs]),
                [clusters[n] for n in numbers], entity_pairs, labels,
            )
        )  # fmt: skip
    return made


def loss_of(model: TextModel, x: Example, recipe: Recipe, noise: random.Random) -> Tensor:
    """Sum of the three tasks' losses on one window."""
    cases = x.cases if noise.random() >= recipe.case_noise else torch.zeros_like(x.cases)
    states, attention = model.encode(x.ids, cases)
    loss = F.cross_entropy(model.tag(states[x.first]), x.tags)
    if not x.mentions:
        return loss
    means = torch.stack([states[m].mean(0) for m in x.mentions])
    if len(x.left):
        loss = loss + 0.5 * F.binary_cross_entropy_with_logits(model.coref(means, x.left, x.right, x.features), x.same)
    if x.pairs is not None and x.labels is not None:
        kinds = torch.tensor(
            [
                noise.randrange(len(TYPES)) if noise.random() < recipe.type_noise else int(x.types[c[0]])
                for c in x.clusters
            ]
        )
        logits = model.relate(states, attention, [[x.mentions[m] for m in c] for c in x.clusters], kinds, x.pairs)
        loss = loss + threshold_loss(logits, x.labels)
    return loss


def train(data: Path, out: Path, *, config: Config, recipe: Recipe, checkpoints: Path, limit: int = 0) -> None:
    """Run the recipe on the folder ``data``; ``limit`` > 0 takes only so many documents (a trial)."""
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(recipe.threads)
    names = json.loads((data / "properties.json").read_text("utf-8"))
    properties = sorted(names, key=lambda p: int(p[1:]))
    tokenizer, encoder = backbone.load_backbone(config)
    model = TextModel(encoder, Shape(len(TYPES), len(properties)))
    main_docs = read_documents(data / "redocred_train.jsonl.gz", "train")[: limit or None]
    extra_docs = [{**d, "relations": None} for d in read_documents(data / "docred_extra.jsonl.gz")[: limit or None]]
    annotated = [x for d in main_docs for x in examples(d, tokenizer, properties)]
    extra = [x for d in extra_docs for x in examples(d, tokenizer, properties)]
    log.info("%d annotated windows, %d with mentions and coreference only", len(annotated), len(extra))
    plan = [annotated + (extra if e < recipe.extra_epochs else []) for e in range(recipe.epochs)]
    steps = sum(math.ceil(len(p) / recipe.batch) for p in plan)
    adapters = [p for n, p in model.own_state().items() if n.startswith("encoder.")]
    heads = [p for n, p in model.own_state().items() if not n.startswith("encoder.")]
    groups = [
        {"params": adapters, "lr": recipe.adapter_rate, "weight_decay": 0.0},
        {"params": heads, "lr": recipe.head_rate, "weight_decay": 0.01},
    ]
    optimizer = torch.optim.AdamW(groups)
    warm = max(1, int(recipe.warmup * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda s: min(1.0, (s + 1) / warm) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1, s / steps)))),
    )
    mean = {n: p.detach().clone() for n, p in model.own_state().items()}
    begin, done = resume(checkpoints, model, mean, optimizer, asdict(recipe) | {"limit": limit})
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Detected call of", UserWarning)  # the optimizer's steps are in its state
        for _ in range(done):
            schedule.step()
    started = time.monotonic()
    for epoch, items in list(enumerate(plan))[begin:]:
        torch.manual_seed(recipe.seed + epoch)  # each epoch starts alike, resumed or not
        noise = random.Random(f"{recipe.seed}/{epoch}")
        order = list(items)
        noise.shuffle(order)
        model.train()
        total = 0.0
        for b in range(0, len(order), recipe.batch):
            batch = order[b : b + recipe.batch]
            for x in batch:
                loss = loss_of(model, x, recipe, noise) / len(batch)
                loss.backward()
                total += float(loss.detach()) * len(batch)
            torch.nn.utils.clip_grad_norm_(model.trained(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            done += 1
            keep = min(recipe.average, (1 + done) / (10 + done))
            with torch.no_grad():
                for n, p in model.own_state().items():
                    mean[n].lerp_(p, 1 - keep)
            if done % 50 == 0:
                log.info(
                    "step %d of %d, loss %.4f, %.0f s",
                    done,
                    steps,
                    total / (b + len(batch)),
                    time.monotonic() - started,
                )
        log.info("epoch %d: mean loss %.4f, %.0f s", epoch + 1, total / len(order), time.monotonic() - started)
        keep_state(checkpoints, model, mean, optimizer, asdict(recipe) | {"limit": limit}, epoch + 1, done)
    save(mean, out, model.shape, properties, names, recipe)


MOMENTS = ("exp_avg", "exp_avg_sq", "step")  # AdamW's own state


def keep_state(
    folder: Path,
    model: TextModel,
    mean: dict[str, Tensor],
    optimizer: torch.optim.Optimizer,
    facts: dict[str, Any],
    epoch: int,
    done: int,
) -> None:
    """Write all that a run needs to go on after ``epoch`` (safetensors, moved into place)."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"mean {n}": p for n, p in mean.items()}
    for name, p in model.own_state().items():
        tensors[f"weight {name}"] = p.detach()
        tensors |= {f"{m} {name}": optimizer.state[p][m] for m in MOMENTS if p in optimizer.state}
    aside = folder / "state.tmp"
    notes = {"recipe": json.dumps(facts, sort_keys=True), "epoch": str(epoch), "done": str(done)}
    save_file({n: t.contiguous() for n, t in tensors.items()}, aside, metadata=notes)
    aside.replace(folder / "state.safetensors")


def resume(
    folder: Path,
    model: TextModel,
    mean: dict[str, Tensor],
    optimizer: torch.optim.Optimizer,
    facts: dict[str, Any],
) -> tuple[int, int]:
    """(epochs, steps) already done by the same recipe in ``folder``, its state loaded; else zeros."""
    path = folder / "state.safetensors"
    if not path.is_file():
        return 0, 0
    with safe_open(path, "pt") as stored:
        notes = stored.metadata()
        if notes["recipe"] != json.dumps(facts, sort_keys=True):
            raise ConfigError(
                f"{path}: checkpoint of another recipe. Name another folder with --checkpoints or delete it."
            )
        with torch.no_grad():
            for name, p in model.own_state().items():
                p.copy_(stored.get_tensor(f"weight {name}"))
                mean[name].copy_(stored.get_tensor(f"mean {name}"))
                if f"step {name}" in stored.keys():  # noqa: SIM118 (not a dict)
                    optimizer.state[p] = {m: stored.get_tensor(f"{m} {name}") for m in MOMENTS}
        return int(notes["epoch"]), int(notes["done"])


def save(
    state: dict[str, Tensor],
    out: Path,
    shape: Shape,
    properties: list[str],
    names: dict[str, Any],
    recipe: Recipe,
) -> None:
    """Half-precision weights and the facts needed to use them."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / "text.safetensors"
    save_file({n: p.half().contiguous() for n, p in sorted(state.items())}, path)
    facts = {
        "format": 1,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "backbone_sha256": backbone.SHA256,
        "shape": asdict(shape),
        "types": [CLASSES[t] for t in TYPES],
        "type_codes": list(TYPES),
        "properties": [{"id": p, "name": camel(names[p]["name"])} for p in properties],
        "recipe": asdict(recipe),
    }
    (out / "text.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
