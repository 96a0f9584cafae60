"""Train the scorer of diagrams: ``kgbuild train diagrams --out kgbuild/weights``.

Drawings of our own making (``training.drawings``) are read by the classical reader, and four small perceptrons learn
from its finds: is this a node, are these two joined, has this end a head, what kind of picture is it. Each is
calibrated on drawings of seeds that it was not trained on. Text lines are those of the drawing with OCR's slips
(``drawings.ocr``), not read by OCR: that is ten times as fast. Writes ``diagrams.safetensors`` and ``diagrams.json``.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.numpy import save_file
from torch import nn
from torch.nn import functional as F

from kgbuild.config import Config
from kgbuild.mentions.measure import as_graph, measure
from kgbuild.mentions.raster import find_parts
from kgbuild.mentions.raster.kind import KINDS
from kgbuild.mentions.raster.score import Scorer, weigh
from kgbuild.progress import Progress, Silent
from kgbuild.training.diagram_data import Sample, judged, samples
from kgbuild.training.recipe import Numbers

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recipe(Numbers):
    """Every number of a training run."""

    diagrams: int = 700  # drawings of diagrams
    pages: int = 60  # drawings of each other kind
    held: float = 0.25  # share of drawings that calibrate and measure
    hidden: int = 24
    steps: int = 300
    rate: float = 0.005
    decay: float = 0.3
    noise: float = 0.4  # of features in training, in standard deviations
    least_node: float = 0.2  # chance under which a node is dropped with its lines
    least_edge: float = 0.1  # chance under which a line is dropped
    least_head: float = 0.9  # chance from which a head, or its absence, is believed against the rules
    least_diagram: float = 0.03  # chance of a diagram under which joined boxes make none
    seed: int = 13
    threads: int = 1


class Perceptron:
    """One hidden layer on standardised features; ``state`` is what ``raster.score`` reads."""

    def __init__(self, x: np.ndarray, y: np.ndarray, recipe: Recipe, *, classes: int = 1) -> None:
        """Fit to features (n, width) and targets (n,): chances in [0, 1], or numbers of classes."""
        torch.manual_seed(recipe.seed)
        self.mean, self.std = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-3)
        inputs, wanted = torch.from_numpy(self._standard(x)).float(), torch.from_numpy(y)
        first, last = nn.Linear(x.shape[1], recipe.hidden), nn.Linear(recipe.hidden, classes)
        net = nn.Sequential(first, nn.ReLU(), last)
        optimizer = torch.optim.AdamW(net.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.steps)
        for _ in range(recipe.steps):
            made = net(inputs + recipe.noise * torch.randn_like(inputs))
            if classes == 1:
                loss = F.binary_cross_entropy_with_logits(made[:, 0], wanted.float())
            else:
                loss = F.cross_entropy(made, wanted.long())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        self.w1, self.b1 = first.weight.detach().numpy().T, first.bias.detach().numpy()
        self.w2, self.b2 = last.weight.detach().numpy().T, last.bias.detach().numpy()
        self.slope, self.bias = np.ones(1), np.zeros(classes)

    def _standard(self, x: np.ndarray) -> np.ndarray:
        made: np.ndarray = np.clip((x - self.mean) / self.std, -6, 6)
        return made

    def logits(self, x: np.ndarray) -> np.ndarray:
        """(n, classes), calibrated."""
        made: np.ndarray = (
            np.maximum(0, self._standard(x) @ self.w1 + self.b1) @ self.w2 + self.b2
        ) * self.slope + self.bias
        return made

    def calibrate(self, x: np.ndarray, y: np.ndarray) -> None:
        """Slope and bias of greatest likelihood on drawings held out (of classes: the slope alone)."""
        raw, wanted = torch.from_numpy(self.logits(x)), torch.from_numpy(y)
        slope, bias = torch.ones(1, requires_grad=True), torch.zeros(raw.shape[1], requires_grad=True)
        optimizer = torch.optim.LBFGS([slope, bias] if raw.shape[1] == 1 else [slope], max_iter=100)

        def closure() -> torch.Tensor:
            optimizer.zero_grad()
            made = raw * slope + bias
            if raw.shape[1] == 1:
                loss = F.binary_cross_entropy_with_logits(made[:, 0], wanted.to(made.dtype))
            else:
                loss = F.cross_entropy(made, wanted.long())
            loss = loss + 1e-3 * ((slope - 1) ** 2).sum() + 1e-3 * (bias**2).sum()
            loss.backward()
            return loss

        optimizer.step(closure)
        self.slope, self.bias = slope.detach().numpy(), bias.detach().numpy()

    def state(self, name: str) -> dict[str, np.ndarray]:
        """The arrays under the names that the reader looks for."""
        arrays = {
            "mean": self.mean,
            "std": self.std,
            "w1": self.w1,
            "b1": self.b1,
            "w2": self.w2,
            "b2": self.b2,
            "slope": self.slope,
            "bias": self.bias,
        }
        return {f"{name}.{k}": np.ascontiguousarray(v, dtype=np.float32) for k, v in arrays.items()}


def chances(logits: np.ndarray) -> np.ndarray:
    """Logits (n, 1) as chances (n,)."""
    made: np.ndarray = 1 / (1 + np.exp(-logits[:, 0]))
    return made


def calibration_error(chance: np.ndarray, y: np.ndarray, *, bins: int = 10) -> float:
    """Expected calibration error (Naeini et al. 2015): mean gap of chance and truth over bins of equal width."""
    if not len(y):
        return 0.0
    place = np.minimum((chance * bins).astype(int), bins - 1)
    gaps = [abs(float((chance[place == b] - y[place == b]).sum())) for b in range(bins)]
    return sum(gaps) / len(y)


def train(out: Path, *, recipe: Recipe, progress: Progress | None = None) -> dict[str, float]:
    """Draw, read, learn, calibrate; weights and facts into ``out``. Returns what was measured on held-out drawings."""
    torch.set_num_threads(recipe.threads)
    progress = progress or Silent()
    rows = list(samples(recipe.diagrams, recipe.pages, progress=progress))
    return fit(rows, out, recipe=recipe)


def fit(rows: Sequence[Sample], out: Path, *, recipe: Recipe) -> dict[str, float]:
    """The part of ``train`` after drawing and reading."""
    every = max(2, round(1 / recipe.held))
    held, used = [r for r in rows if r.seed % every == 0], [r for r in rows if r.seed % every]
    arrays: dict[str, np.ndarray] = {}
    measures: dict[str, float] = {}
    # Chances are fitted on common styles, in which most diagrams are drawn: the others are drawn to be hard.
    drawn = [r for r in held if r.candidates is not None]
    common = [r for r in drawn if r.usual]
    common = common if len(common) > 4 else drawn  # a trial
    fitting, testing = common[::2], common[1::2]
    for name in ("node", "edge", "head"):
        (x, y), (fx, fy), (tx, ty) = _table(used, name), _table(fitting, name), _table(testing, name)
        net = Perceptron(x, y, recipe)
        before = calibration_error(chances(net.logits(tx)), ty)
        if len(fy):
            net.calibrate(fx, fy)
        chance = chances(net.logits(tx))
        measures[f"{name}: examples"] = len(y) + len(fy) + len(ty)
        measures[f"{name}: right"] = float(ty.mean()) if len(ty) else 0.0
        measures[f"{name}: accuracy at 0.5"] = float(((chance >= 0.5) == (ty >= 0.5)).mean()) if len(ty) else 0.0
        measures[f"{name}: calibration error before"] = before
        measures[f"{name}: calibration error"] = calibration_error(chance, ty)
        arrays |= net.state(name)
    (x, y), (hx, hy) = _kinds(used), _kinds(held)
    net = Perceptron(x, y, recipe, classes=len(KINDS))
    net.calibrate(hx, hy)
    guess = net.logits(hx).argmax(axis=1)
    measures["kind: examples"] = len(y) + len(hy)
    measures["kind: accuracy"] = float((guess == hy).mean())
    for k, kind in enumerate(KINDS):
        if (hy == k).any():
            measures[f"kind: recall of {kind}"] = float((guess[hy == k] == k).mean())
    arrays |= net.state("kind")
    out.mkdir(parents=True, exist_ok=True)
    path = out / "diagrams.safetensors"
    save_file(dict(sorted(arrays.items())), path)
    measures = {k: round(float(v), 4) for k, v in measures.items()}
    facts: dict[str, Any] = {
        "format": 1,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "kinds": list(KINDS),
        "least": {
            "node": recipe.least_node,
            "edge": recipe.least_edge,
            "head": recipe.least_head,
            "diagram": recipe.least_diagram,
        },
        "measured": measures,
        "recipe": asdict(recipe),
    }
    (out / "diagrams.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
    return measures


def measure_folder(folder: Path, home: Path, *, config: Config, progress: Progress | None = None) -> dict[str, float]:
    """Calibration and F1 of the weights in ``home`` on diagrams (png/, gold/) that nothing was learned from.

    Their text is read by OCR. A node is right where a gold node matches it, a line where its nodes are joined so.
    """
    from kgbuild.mentions.ocr import Ocr
    from kgbuild.sources.image import picture_png
    from kgbuild.sources.reader import Limits

    progress, reader, limits, scorer = progress or Silent(), Ocr(config), Limits.of(config), Scorer(home)
    golds = {p.stem: json.loads(p.read_text("utf-8")) for p in sorted((folder / "gold").glob("*.json"))}
    progress.start("measure", len(golds))
    graphs: dict[str, Any] = {}
    scores: dict[str, tuple[list[float], list[float]]] = {"node": ([], []), "edge": ([], [])}
    for id, gold in golds.items():
        png, _, _ = picture_png((folder / "png" / f"{id}.png").read_bytes(), limits)
        with Image.open(BytesIO(png)) as image:
            picture = np.asarray(image.convert("RGB"))
        diagram = weigh(*find_parts(picture, reader.lines(png)), scorer=scorer)
        graphs[id] = as_graph(diagram)
        for name, (sure, right) in judged(diagram, gold).items():
            scores[name][0].extend(sure)
            scores[name][1].extend(right)
        progress.advance("measure", note=id)
    progress.finish("measure")
    made = {f"{folder.name}: {k}": v for k, v in measure(golds, graphs).items()}
    for name, (sure, right) in scores.items():
        made[f"{folder.name}: {name}: calibration error"] = calibration_error(np.array(sure), np.array(right))
    return made


def _table(rows: Sequence[Sample], name: str) -> tuple[np.ndarray, np.ndarray]:
    """Features and truths of one kind of candidate, over all diagrams."""
    found = [r.candidates for r in rows if r.candidates is not None]
    if name == "node":
        return np.concatenate([c.nodes for c in found]), np.concatenate([c.right for c in found])
    if name == "edge":
        return np.concatenate([c.edges for c in found]), np.concatenate([c.joined for c in found])
    ends = np.concatenate([c.ends.reshape(-1, c.ends.shape[-1]) for c in found])
    heads = np.concatenate([c.heads.ravel() for c in found])
    return ends[~np.isnan(heads)], heads[~np.isnan(heads)]


def _kinds(rows: Sequence[Sample]) -> tuple[np.ndarray, np.ndarray]:
    return np.stack([r.look for r in rows]), np.array([KINDS.index(r.kind) for r in rows])
