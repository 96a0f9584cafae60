"""Train the text network: ``kgbuild train text --data ../shared/text --out kgbuild/weights``.

Mentions, coreference, relations and grammar are learned together. Documents without annotated
relations take part with mentions and coreference, later also with the relations that the
averaged model finds in them. A first phase has all heads share one reading; in the second,
which begins with the averaged weights of the first in half precision, relations read the last
layers again. The mean of both phases' weights is kept (WiSE-FT, Wortsman et al. 2022), in
half precision, as ``text.safetensors`` with ``text.json``. In a
third, larger networks teach the second reading (``taught``). Confidence is fitted at the end
(``calibration``). The whole state of the first two is kept in the folder
of checkpoints between epochs, and the same command goes on from there after a break with the
same result.
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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from kgbuild import backbone
from kgbuild.config import Config
from kgbuild.errors import ConfigError
from kgbuild.mentions.annotate import Annotator
from kgbuild.mentions.textmodel import Shape, TextModel
from kgbuild.training.calibration import calibrate
from kgbuild.training.documents import TYPES, Example, examples, related_types, teach
from kgbuild.training.open_texts import open_texts
from kgbuild.training.recipe import Numbers
from kgbuild.training.taught import Pages, ask, learn_from_teachers, pages_of
from kgbuild.training.treebank import KINDS, inventory, trees
from kgbuild.vocab import camel

log = logging.getLogger(__name__)

CLASSES = {
    "PER": "Person",
    "ORG": "Organisation",
    "LOC": "Place",
    "TIME": "Time",
    "NUM": "Quantity",
    "MISC": "Thing",
}
KIND_CLASSES = {
    "abstract": "Concept",
    "event": "Event",
    "organization": "Organisation",
    "person": "Person",
    "place": "Place",
    "time": "Time",
}


@dataclass(frozen=True, slots=True)
class Recipe(Numbers):
    """Every number of a training run."""

    epochs: int = 14
    extra_epochs: int = 5  # of these, with docred_extra
    tree_epochs: int = 10  # of these, with GUM
    teach_from: int = 5  # from here on docred_extra has the relations that the averaged model finds
    evidence: float = 0.1  # weight of the evidence loss
    batch: int = 4
    adapter_rate: float = 6e-4
    head_rate: float = 8e-4
    warmup: float = 0.06
    average: float = 0.998  # exponential moving average of the weights
    type_noise: float = 0.1
    case_noise: float = 0.1  # share of windows whose case is hidden, as in titles and read pictures
    again_epochs: int = 6  # second phase, all sets in each epoch
    again_rate: float = 0.5  # of the rates of the first
    again_trust: float = -0.5  # margin over the threshold class from which relations are taught; in the first 0
    mix: float = 0.5  # share of the second phase in the weights that are written, the rest is the first's
    teachers: int = 3  # third phase: larger networks that are taught twice, then teach
    teacher_epochs: int = 15
    teacher_again: int = 2  # second round, with what all found in a third of the other pages
    student_epochs: int = 7
    student_rate: float = 1e-3
    student_rank: int = 64  # of the adapters of the layers read again
    student_seed: int = 7
    half: int = 1  # encoder in bfloat16
    seed: int = 13
    threads: int = 1


def read_documents(path: Path, split: str | None = None) -> list[dict[str, Any]]:
    """Documents of a gzipped JSON-lines file as described in the data's README."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        documents = [json.loads(line) for line in lines]
    return [d for d in documents if split is None or d.get("split") == split]


@dataclass(frozen=True, slots=True)
class Phase:
    """Part of a run: windows of each epoch, epochs that begin with teaching, share of the learning rates, its state."""

    plan: list[list[Any]]
    taught: frozenset[int]
    rate: float
    trust: float  # margin over the threshold class from which a relation that the model finds is taught
    home: Path


def train(
    data: Path, out: Path, *, config: Config, recipe: Recipe, checkpoints: Path, limit: int = 0,
    teacher: Callable[[], nn.Module] | None = None, device: str = "cpu",
) -> None:  # fmt: skip
    """Run the recipe on the folder ``data``; ``limit`` > 0 takes only so many documents of a set (a trial).

    The third phase runs with a ``teacher`` (a new network of it each time), on ``device``.
    """
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(recipe.threads)
    names = json.loads((data / "properties.json").read_text("utf-8"))
    properties = sorted(names, key=lambda p: int(p[1:]))
    bank = read_documents(data / "gum.jsonl.gz", "train")[: limit or None]
    tags, labels = inventory(bank)
    tokenizer, encoder = backbone.load_backbone(config)
    model = TextModel(encoder, Shape(len(TYPES), len(properties), len(tags), len(labels), len(KINDS)))
    model.bf16 = bool(recipe.half)
    main = read_documents(data / "redocred_train.jsonl.gz", "train")[: limit or None]
    more = read_documents(data / "docred_extra.jsonl.gz")[: limit or None]
    annotated = [x for d in main for x in examples(d, tokenizer, properties)]
    extra = [x for d in more for x in examples({**d, "relations_complete": False}, tokenizer, properties)]
    grammar = [x for d in bank for x in trees(d, tokenizer, tags, labels)]
    log.info("windows: %d annotated, %d partly, %d of trees", len(annotated), len(extra), len(grammar))
    facts = asdict(recipe) | {"limit": limit}
    inventories = {
        "properties": properties,
        "names": names,
        "tags": tags,
        "labels": labels,
        "related": related_types(annotated),
    }
    epochs = range(recipe.epochs)
    with_extra = [e for e in epochs if _spread(e, recipe.extra_epochs, recipe.epochs)]
    with_trees = [e for e in epochs if _spread(e, recipe.tree_epochs, recipe.epochs)]
    first = Phase(
        [annotated + extra * (e in with_extra) + grammar * (e in with_trees) for e in epochs],
        frozenset(e for e in with_extra if e >= recipe.teach_from), 1.0, 0.0, checkpoints / "first",
    )  # fmt: skip
    again = Phase(
        [annotated + extra + grammar] * recipe.again_epochs,
        frozenset(range(0, recipe.again_epochs, 2)), recipe.again_rate, recipe.again_trust, checkpoints / "again",
    )  # fmt: skip
    model.twice = False
    mean = learn(model, first, extra, recipe, facts)
    save(mean, first.home, model.shape, recipe, **inventories)
    state = load_file(first.home / "text.safetensors")
    model.load_state_dict({n: t.float() for n, t in state.items()}, strict=False)
    model.twice = True
    model.part()
    begun = {n: p.detach().clone() for n, p in model.own_state().items()}
    mean = learn(model, again, extra, recipe, facts)
    mixed = {n: torch.lerp(begun[n], p, recipe.mix) for n, p in mean.items()}
    save(mixed, out, model.shape, recipe, **inventories)
    if teacher is not None:
        annotator = Annotator(Config.load(overrides={"text.weights": str(out)}))
        partly = [{**d, "relations_complete": False} for d in more]
        found = open_texts(data, annotator, set(properties), limit)
        pages = Pages(*(pages_of(d, tokenizer, properties) for d in (main, partly, found)))
        torch.manual_seed(recipe.student_seed)
        wide = TextModel(backbone.load_backbone(config)[1], replace(model.shape, again_rank=recipe.student_rank))
        model.load_state_dict(mixed, strict=False)
        wide.load_state_dict({n: p for n, p in mixed.items() if not n.startswith("again.")}, strict=False)
        wide.read_again_as(model.again)
        ask(pages, teacher, wide.shape, recipe, device)
        save(learn_from_teachers(wide, pages, recipe, device), out, wide.shape, recipe, **inventories)
    calibrate(out, read_documents(data / "redocred_train.jsonl.gz", "val")[: limit or None])


def learn(
    model: TextModel, phase: Phase, extra: list[Example], recipe: Recipe, facts: dict[str, Any]
) -> dict[str, Tensor]:
    """Train the model in place; returns the moving average of its weights at the end."""
    plan = phase.plan
    steps = sum(math.ceil(len(p) / recipe.batch) for p in plan)
    adapters = [p for n, p in model.own_state().items() if n.startswith(("encoder.", "again."))]
    heads = [p for n, p in model.own_state().items() if not n.startswith(("encoder.", "again."))]
    groups = [
        {"params": adapters, "lr": phase.rate * recipe.adapter_rate, "weight_decay": 0.0},
        {"params": heads, "lr": phase.rate * recipe.head_rate, "weight_decay": 0.01},
    ]
    optimizer = torch.optim.AdamW(groups)
    warm = max(1, int(recipe.warmup * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda s: min(1.0, (s + 1) / warm) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1, s / steps)))),
    )
    mean = {n: p.detach().clone() for n, p in model.own_state().items()}
    begin, done = resume(phase.home, model, mean, optimizer, extra, facts)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Detected call of", UserWarning)  # the optimizer's steps are in its state
        for _ in range(done):
            schedule.step()
    started = time.monotonic()
    for epoch in range(begin, len(plan)):
        torch.manual_seed(recipe.seed + epoch)  # each epoch starts alike, resumed or not
        noise = random.Random(f"{recipe.seed}/{epoch}")
        if epoch in phase.taught:
            with averaged(model, mean):
                log.info("%d relations found in the partly annotated windows", teach(model, extra, phase.trust))
        order = list(plan[epoch])
        noise.shuffle(order)
        model.train()
        total = 0.0
        for b in range(0, len(order), recipe.batch):
            batch = order[b : b + recipe.batch]
            for x in batch:
                cases = x.cases if noise.random() >= recipe.case_noise else torch.zeros_like(x.cases)
                loss = x.loss(model, model.encode(x.ids, cases), recipe, noise) / len(batch)
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
                seconds = time.monotonic() - started
                log.info("step %d of %d, loss %.4f, %.0f s", done, steps, total / (b + len(batch)), seconds)
        log.info("epoch %d: mean loss %.4f, %.0f s", epoch + 1, total / len(order), time.monotonic() - started)
        keep_state(phase.home, model, mean, optimizer, extra, facts, epoch + 1, done)
    return mean


def _spread(epoch: int, count: int, epochs: int) -> bool:
    """Whether an epoch is one of ``count`` that are spread evenly, the last among them."""
    return (epoch + 1) * count // epochs > epoch * count // epochs


@contextmanager
def averaged(model: TextModel, mean: dict[str, Tensor]) -> Iterator[None]:
    """The model with its averaged weights, for a while."""
    own = {n: p.detach().clone() for n, p in model.own_state().items()}
    model.load_state_dict(mean, strict=False)
    yield
    model.load_state_dict(own, strict=False)


MOMENTS = ("exp_avg", "exp_avg_sq", "step")  # AdamW's own state


def keep_state(
    folder: Path,
    model: TextModel,
    mean: dict[str, Tensor],
    optimizer: torch.optim.Optimizer,
    extra: Sequence[Example],
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
    if any(x.complete for x in extra):
        rows = [(i, *r) for i, x in enumerate(extra) for r in x.relations]
        tensors["taught"] = torch.tensor(rows, dtype=torch.int32).reshape(-1, 3)
    aside = folder / "state.tmp"
    notes = {"recipe": json.dumps(facts, sort_keys=True), "epoch": str(epoch), "done": str(done)}
    save_file({n: t.contiguous() for n, t in tensors.items()}, aside, metadata=notes)
    aside.replace(folder / "state.safetensors")


def resume(
    folder: Path,
    model: TextModel,
    mean: dict[str, Tensor],
    optimizer: torch.optim.Optimizer,
    extra: Sequence[Example],
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
        if "taught" in stored.keys():  # noqa: SIM118 (not a dict)
            for x in extra:
                x.relations, x.complete = [], True
            for i, row, column in stored.get_tensor("taught").tolist():
                extra[i].relations.append((row, column))
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
    recipe: Recipe,
    *,
    properties: list[str],
    names: dict[str, Any],
    tags: list[str],
    labels: list[str],
    related: list[tuple[int, int]],
) -> None:
    """Half-precision weights and the facts needed to use them."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / "text.safetensors"
    save_file({n: p.half().contiguous() for n, p in sorted(state.items())}, path)
    facts = {
        "format": 3,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "backbone_sha256": backbone.SHA256,
        "shape": asdict(shape),
        "types": [CLASSES[t] for t in TYPES],
        "type_codes": list(TYPES),
        "tags": tags,
        "labels": labels,
        "kinds": [KIND_CLASSES.get(k, "Thing") for k in KINDS],
        "kind_codes": list(KINDS),
        "related": related,
        "properties": [{"id": p, "name": camel(names[p]["name"])} for p in properties],
        "recipe": asdict(recipe),
    }
    (out / "text.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
