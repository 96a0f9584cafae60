"""Train the vision tower: ``kgbuild train vision --out kgbuild/weights --checkpoints FOLDER``.

Two views of each scene meet the vectors of its captions, which are locked (LiT, Zhai et al. 2022), among all
captions of the pool; and they meet each other among the views of other scenes, those of steps before too
(InfoNCE, van den Oord et al. 2018; cross-batch memory, Wang et al. 2020). The rate is constant while pictures are
seen small, then falls to nothing while they are seen in full (cf. Touvron et al. 2019). An average of the weights
is kept, its norms folded, in half precision.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from kgbuild import backbone
from kgbuild.config import Config
from kgbuild.embeddings.text import TextEncoder
from kgbuild.embeddings.tower import Network, Shape, folded
from kgbuild.embeddings.vision import squares
from kgbuild.errors import ConfigError
from kgbuild.progress import Progress, Silent
from kgbuild.training.recipe import Numbers
from kgbuild.training.vision_data import MILD, WILD, Pool, read_pool, write_pool

log = logging.getLogger(__name__)

_SHARD = 1000


@dataclass(frozen=True, slots=True)
class Recipe(Numbers):
    """Every number of a training run."""

    scenes: int = 6000
    steps: int = 2200
    batch: int = 64  # scenes, of each two views
    mild: float = 0.5  # share of the first views that are as good as unchanged
    small: int = 96  # side of the squares that are seen until the rate falls
    rate: float = 1e-3
    warmup: int = 100  # steps
    clip: float = 1.0  # greatest norm of the gradient
    decay: float = 0.3  # share of the steps in which the rate falls
    weight_decay: float = 0.05
    captions: int = 2048  # others that each view is set against
    memory: int = 2048  # views of steps before
    alike: float = 0.85  # captions with a greater cosine are no negatives
    instance: float = 1.0  # weight of the views' loss against the captions'
    average: float = 0.995  # exponential moving average of the weights
    seed: int = 13
    threads: int = 1


def train(out: Path, *, config: Config, recipe: Recipe, checkpoints: Path, progress: Progress | None = None) -> None:
    """Draw the pool, unless the folder of checkpoints has it, and run the recipe; write weights and facts to ``out``."""
    progress = progress or Silent()
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(recipe.threads)
    size = min(_SHARD, recipe.scenes)
    shards = [range(k, min(k + size, recipe.scenes)) for k in range(0, recipe.scenes, size)]
    progress.start("draw", recipe.scenes)
    for seeds in shards:
        write_pool(checkpoints / "pool", seeds, progress=progress)
    progress.finish("draw")
    pool = read_pool(checkpoints / "pool", shards)
    bank, rows = _captions(checkpoints / "pool", shards, pool, TextEncoder(config))
    mean = _run(pool, bank, rows, recipe, checkpoints, progress)
    save(mean, out, recipe)


def _captions(folder: Path, shards: list[range], pool: Pool, encoder: TextEncoder) -> tuple[Tensor, list[list[int]]]:
    """Vectors of the distinct captions of each shard, kept in the folder, and for each scene their rows."""
    vectors: list[np.ndarray] = []
    rows: list[list[int]] = []
    for seeds in shards:
        captions = pool.captions[len(rows) : len(rows) + len(seeds)]
        unique = sorted({c for some in captions for c in some})
        path = folder / f"{seeds.start}-{seeds.stop}.captions.npy"
        if not path.is_file():
            np.save(path, encoder.encode(unique))
        first = sum(map(len, vectors))
        vectors.append(np.load(path))
        at = {c: first + k for k, c in enumerate(unique)}
        rows += [[at[c] for c in some] for some in captions]
    return torch.from_numpy(np.concatenate(vectors)), rows


class Losses(torch.nn.Module):
    """The two objectives, with learned scales (Radford et al. 2021)."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.recipe = recipe
        self.scale = torch.nn.Parameter(torch.tensor([3.0, 2.5]))  # logarithms: captions, views

    def captions(self, views: Tensor, own: Tensor, others: Tensor) -> Tensor:
        """Each view against its caption among others, each caption against its view among the batch."""
        scale = self.scale[0].clamp(max=4.6).exp()
        texts = torch.cat([own, others])
        alike = own @ texts.T > self.recipe.alike
        alike.fill_diagonal_(False)
        to_text = (scale * views @ texts.T).masked_fill(alike, -1e4)
        to_view = (scale * own @ views.T).masked_fill(alike[:, : len(own)], -1e4)
        target = torch.arange(len(own))
        return (F.cross_entropy(to_text, target) + F.cross_entropy(to_view, target)) / 2

    def views(self, first: Tensor, second: Tensor, scenes: Tensor, memory: Tensor, remembered: Tensor) -> Tensor:
        """Each view against the other of its scene among all views; those of one scene are no negatives."""
        scale = self.scale[1].clamp(max=4.6).exp()
        target = torch.arange(len(first))
        own = torch.cat([torch.zeros(len(first), len(first), dtype=torch.bool), scenes[:, None] == remembered], dim=1)
        forth = (scale * first @ torch.cat([second, memory]).T).masked_fill(own, -1e4)
        back = (scale * second @ torch.cat([first, memory]).T).masked_fill(own, -1e4)
        return (F.cross_entropy(forth, target) + F.cross_entropy(back, target)) / 2


def _falls(recipe: Recipe) -> int:
    """The step from which the rate falls."""
    return round(recipe.steps * (1 - recipe.decay))


def _rate(recipe: Recipe, step: int) -> float:
    falling = max(1, recipe.steps - _falls(recipe))
    return recipe.rate * min(1.0, (step + 1) / recipe.warmup, (recipe.steps - step) / falling)


def _run(
    pool: Pool, bank: Tensor, rows: list[list[int]], recipe: Recipe, checkpoints: Path, progress: Progress
) -> dict[str, Tensor]:
    network, losses = Network(Shape(), norm=True).to(memory_format=torch.channels_last), Losses(recipe)
    named = {**dict(network.named_parameters()), "scale": losses.scale}
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in named.values() if p.ndim > 1], "weight_decay": recipe.weight_decay},
            {"params": [p for p in named.values() if p.ndim <= 1], "weight_decay": 0.0},
        ],
        lr=recipe.rate,
    )
    mean = {n: p.detach().clone() for n, p in network.state_dict().items() if p.is_floating_point()}
    begin, memory, remembered = _resume(checkpoints, network, losses, mean, optimizer, recipe)
    started = time.monotonic()
    progress.start("train", recipe.steps)
    progress.advance("train", begin)
    for step in range(begin, recipe.steps):
        chance = np.random.default_rng((recipe.seed, step))
        chosen = chance.choice(len(rows), min(recipe.batch, len(rows)), replace=False)
        any_view = chance.integers(0, MILD + WILD, len(chosen))
        first = pool.take(chosen, np.where(chance.random(len(chosen)) < recipe.mild, 0, any_view))
        second = pool.take(chosen, chance.integers(MILD, MILD + WILD, len(chosen)))
        own = [torch.tensor([chance.choice(rows[r]) for r in chosen]) for _ in range(2)]
        others = bank[torch.from_numpy(chance.integers(0, len(bank), recipe.captions))]
        for group in optimizer.param_groups:
            group["lr"] = _rate(recipe, step)
        with torch.autocast("cpu", torch.bfloat16):
            seen = squares(torch, np.concatenate([first, second]))
            if step < _falls(recipe):
                seen = F.interpolate(seen, size=recipe.small, mode="bilinear", antialias=True)
            states = network.states(seen)
        a, b = network.pool(states.float()).chunk(2)
        text = losses.captions(a, bank[own[0]], others) + losses.captions(b, bank[own[1]], others)
        scenes = torch.from_numpy(chosen)
        same = losses.views(a, b, scenes, memory, remembered)
        optimizer.zero_grad(set_to_none=True)
        (text / 2 + recipe.instance * same).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), recipe.clip)
        optimizer.step()
        memory = torch.cat([b.detach(), memory])[: recipe.memory]
        remembered = torch.cat([scenes, remembered])[: recipe.memory]
        with torch.no_grad():
            keep = min(recipe.average, (1 + step) / (10 + step))
            for n, p in network.state_dict().items():
                if n in mean:
                    mean[n].lerp_(p, 1 - keep)
        progress.advance("train")
        if (step + 1) % 25 == 0:
            log.info("step %d: captions %.3f, views %.3f, %.0f s", step + 1, text / 2, same, time.monotonic() - started)
        if (step + 1) % 100 == 0:
            _keep(checkpoints, network, losses, mean, optimizer, memory, remembered, recipe, step + 1)
    progress.finish("train")
    return mean


def _notes(recipe: Recipe) -> str:
    """What must agree for a run to go on: all but the number of steps, which may be raised before the rate falls."""
    return json.dumps({k: v for k, v in asdict(recipe).items() if k != "steps"}, sort_keys=True)


def _keep(
    folder: Path, network: Network, losses: Losses, mean: dict[str, Tensor], optimizer: Any, memory: Tensor,
    remembered: Tensor, recipe: Recipe, step: int,
) -> None:  # fmt: skip
    tensors = {f"mean {n}": p for n, p in mean.items()} | {
        "memory": memory,
        "remembered": remembered,
        "weight scale": losses.scale.detach(),
    }
    tensors |= {f"weight {n}": p for n, p in network.state_dict().items()}
    for name, p in (*network.named_parameters(), ("scale", losses.scale)):
        tensors |= {f"{m} {name}": v for m, v in optimizer.state[p].items()}
    notes = {"recipe": _notes(recipe), "step": str(step), "steps": str(recipe.steps)}
    save_file({n: t.contiguous() for n, t in tensors.items()}, folder / "state.tmp", metadata=notes)
    (folder / "state.tmp").replace(folder / "state.safetensors")


def _resume(
    folder: Path, network: Network, losses: Losses, mean: dict[str, Tensor], optimizer: Any, recipe: Recipe
) -> tuple[int, Tensor, Tensor]:  # fmt: skip
    path = folder / "state.safetensors"
    if not path.is_file():
        return 0, torch.zeros(0, Shape().out), torch.zeros(0, dtype=torch.long)
    with safe_open(path, "pt") as stored:
        notes = stored.metadata()
        late = int(notes["step"]) > _falls(recipe) or int(notes["step"]) > int(notes["steps"]) * (1 - recipe.decay)
        if notes["recipe"] != _notes(recipe) or (late and notes["steps"] != str(recipe.steps)):
            raise ConfigError(f"{path}: checkpoint of another recipe. Name another folder or delete it.")
        found = {n: stored.get_tensor(n) for n in stored.keys()}  # noqa: SIM118 (not a dict)
    network.load_state_dict({n: found[f"weight {n}"] for n in network.state_dict()})
    with torch.no_grad():
        losses.scale.copy_(found["weight scale"])
        for n in mean:
            mean[n].copy_(found[f"mean {n}"])
    for name, p in (*network.named_parameters(), ("scale", losses.scale)):
        optimizer.state[p] = {m: found[f"{m} {name}"] for m in ("exp_avg", "exp_avg_sq", "step")}
    return int(notes["step"]), found["memory"], found["remembered"]


def save(state: dict[str, Tensor], out: Path, recipe: Recipe) -> None:
    """Half-precision weights without norms, and the facts needed to use them."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / "vision.safetensors"
    save_file({n: p.half().contiguous() for n, p in sorted(folded(state).items())}, path)
    facts = {
        "format": 1,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "backbone_sha256": backbone.SHA256,
        "shape": asdict(Shape()),
        "recipe": asdict(recipe),
    }
    (out / "vision.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
