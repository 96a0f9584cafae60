"""Train the merge score: ``kgbuild train align --data ../shared --out kgbuild/weights``.

A small forest of gradient-boosted trees learns from mentions with Wikidata items (``training.align_data``) which pairs
are one thing, and so does a match head (``training.align_head``). Both are calibrated on scores that cross-fitting
gives (Platt 1999). ``align.json`` gets the forest as numbers, ``align_head.safetensors`` the head,
``align.safetensors`` the directions of the vectors in context. The folds split by name and by thing: no pair is scored
by what saw either of its names or things.
"""

from __future__ import annotations

import csv
import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from kgbuild.config import Config
from kgbuild.embeddings.around import SPACE, fit_directions, project, shipped_directions
from kgbuild.embeddings.text import TextEncoder
from kgbuild.entities.cluster import cluster
from kgbuild.entities.forest import Forest, pack
from kgbuild.entities.head import LEAST, Head, save_head
from kgbuild.entities.score import PAIR_FEATURES, probability
from kgbuild.entities.surroundings import CONTEXT_FEATURES, STATE_FEATURES
from kgbuild.errors import UsageError
from kgbuild.training.align_data import Known, Sample, read_folder, read_linked, sample
from kgbuild.training.recipe import Numbers
from kgbuild.types import EmbeddingTable

log = logging.getLogger(__name__)
Score = Callable[[np.ndarray], np.ndarray]  # of rows of the first sample: log-odds


@dataclass(frozen=True, slots=True)
class Recipe(Numbers):
    """Every number of a training run."""

    trees: int = 160
    rate: float = 0.06
    leaves: int = 16
    least: int = 30  # pairs in a leaf
    ridge: float = 5.0
    linked: float = 0.3  # weight of a pair of ../shared/text against one of ../shared/align
    spared: int = 4  # one in so many unlike pairs of ../shared/text is kept, at so many times the weight
    bare: float = 0.2  # share of pairs that lose their contexts: labels of drawings have none
    epochs: int = 10  # of the match head
    folds: int = 3
    seed: int = 13


def train(
    data: Path | None, out: Path, *, config: Config, recipe: Recipe, own: Sequence[Path] = (),
    vectors: Path | None = None, predictions: Path | None = None,
) -> dict[str, float]:  # fmt: skip
    """Write ``align.json`` into ``out`` and return what cross-validation measured.

    ``data`` holds ``align/mentions/qid_dev`` and ``text``; without it the user's own mentions are all there is, and
    the shipped directions of states stay. ``own`` are folders with ``mentions.jsonl`` and ``gold.csv``. ``vectors``
    keeps the vectors of a run for the next one. ``predictions`` gets the clusters of the first set that were scored
    out of fold, as ``score.py`` reads them. Raises ``UsageError`` if there is nothing to learn from.
    """
    encoder = TextEncoder(config)
    known = list(map(read_folder, own))
    if data is not None:
        known = [read_folder(data / "align" / "mentions" / "qid_dev", free="wiki"), read_linked(data / "text"), *known]
    if not known:
        raise UsageError("nothing to learn from: give --data, or --own with mentions.jsonl and gold.csv.")
    seen = [_in_context(k, encoder, vectors) for k in known]
    out.mkdir(parents=True, exist_ok=True)
    directions = shipped_directions()
    made: dict[str, Any] = {"format": 2, "recipe": asdict(recipe)}
    if data is not None:
        free = [np.array([m.id in k.teaches for m in k.mentions]) for k in known[:2]]
        directions = fit_directions([states[rows] for (_, states), rows in zip(seen, free, strict=False)])
        save_file(directions, out / "align.safetensors")
        made["directions_sha256"] = hashlib.sha256((out / "align.safetensors").read_bytes()).hexdigest()
    samples = [_sample(k, *parts, directions, encoder.space) for k, parts in zip(known, seen, strict=True)]
    dev = samples[0]
    more = [(s, data is not None and n == 0) for n, s in enumerate(samples[1:])]
    log.info("%d candidates of the first set, %d of them one thing", len(dev.truth), dev.truth.sum())
    fold = np.random.default_rng(recipe.seed).integers(0, recipe.folds, dev.part.max() + 1)[dev.part]
    forests: dict[str, Any] = {}
    measures: dict[str, float] = {}
    for kind in ("plain", "states"):
        raw = _cross_fit(dev, fold, recipe, partial(_trees, dev, more=more, recipe=recipe, kind=kind))
        whole = _fit(*_training(dev, np.flatnonzero(dev.teaches), more, recipe, kind), recipe)
        whole = replace(whole, calibration=_calibration(raw, dev))
        forests[kind] = pack(whole)
        scale, shift = np.array(whole.calibration)[dev.same_name.astype(int)].T
        odds = scale * raw + shift
        if kind == "states":
            said = _cross_fit(dev, fold, recipe, lambda rows: _head(dev, rows, more, recipe).score)
            head = _head(dev, np.flatnonzero(dev.teaches), more, recipe).head
            head = replace(head, blend=_blend(odds, said, dev))
            made["head"] = save_head(head, out)
            asked = odds > LEAST
            odds[asked] = head.blended(odds[asked], said[asked], dev.same_name[asked])
        file = predictions.with_stem(f"{predictions.stem}-{kind}") if predictions else None
        found = _measure(dev, odds, config, file)
        measures |= {f"{kind}: {name}": value for name, value in found.items()}
    made |= {"measures": {k: round(v, 4) for k, v in measures.items()}, "forests": forests}
    (out / "align.json").write_text(json.dumps(made, separators=(",", ":")) + "\n", "utf-8")
    return measures


def _in_context(known: Known, encoder: TextEncoder, kept: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """Vectors and states of the mentions; from the folder ``kept`` if an earlier run left them there."""
    text = "\n".join(f"{m.id} {m.surface} {m.context}" for m in known.mentions)
    file = kept / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.safetensors" if kept else None
    if file is not None and file.is_file():
        found = load_file(file)
        return found["vectors"], found["states"]
    vectors, states = encoder.in_context(known.mentions)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        save_file({"vectors": vectors, "states": states}, file)
    return vectors, states


def _sample(
    known: Known, vectors: np.ndarray, states: np.ndarray, directions: dict[str, np.ndarray], space: str
) -> Sample:
    ids = tuple(m.id for m in known.mentions)
    table = EmbeddingTable(SPACE, ids, project(states, {n: v.astype(np.float32) for n, v in directions.items()}))
    return sample(known, EmbeddingTable(space, ids, vectors), table)


Rows = Sequence[tuple[Sample, np.ndarray, np.ndarray]]  # of each sample the rows that teach, and their weights


def _rows(dev: Sample, rows: np.ndarray, more: Sequence[tuple[Sample, bool]], recipe: Recipe) -> Rows:
    """What is learned from; of ../shared/text only pairs of different names (the card says why)."""
    parts = [(dev, rows, np.ones(len(rows)))]
    for s, linked in more:
        if not linked:  # the user's own pairs count in full
            parts.append((s, np.arange(len(s.truth)), np.ones(len(s.truth))))
            continue
        other = np.flatnonzero(~s.same_name)
        other = other[s.truth[other] | (np.arange(len(other)) % recipe.spared == 0)]
        weight = np.where(s.truth[other], recipe.linked, recipe.linked * recipe.spared)
        parts.append((s, other, weight))
    return parts


def _training(
    dev: Sample, rows: np.ndarray, more: Sequence[tuple[Sample, bool]], recipe: Recipe, kind: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, truth and weights."""
    parts = [(s.features[r], s.truth[r], w) for s, r, w in _rows(dev, rows, more, recipe)]
    features, truth, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
    states, around = ([PAIR_FEATURES.index(n) for n in names] for names in (STATE_FEATURES, CONTEXT_FEATURES))
    bare = np.random.default_rng(recipe.seed).random(len(features)) < recipe.bare
    features[np.ix_(np.flatnonzero(bare), np.array(around))] = np.nan
    if kind == "plain":
        features[:, states] = np.nan
    return features, truth, weight


def _trees(
    dev: Sample, rows: np.ndarray, *, more: Sequence[tuple[Sample, bool]], recipe: Recipe, kind: str
) -> Score:  # fmt: skip
    trees = _fit(*_training(dev, rows, more, recipe, kind), recipe)
    return lambda test: trees.log_odds(dev.features[test])


@dataclass(frozen=True, slots=True, eq=False)
class _Learned:
    head: Head
    score: Score


def _head(dev: Sample, rows: np.ndarray, more: Sequence[tuple[Sample, bool]], recipe: Recipe) -> _Learned:
    """A match head that learned from some rows of the first sample, and what it says of others."""
    from kgbuild.training.align_head import fit_head

    parts = _rows(dev, rows, more, recipe)
    head = fit_head(parts, bare=recipe.bare, epochs=recipe.epochs, seed=recipe.seed)
    seen = head.project(*dev.known)
    assert seen is not None

    def score(test: np.ndarray) -> np.ndarray:
        a, b = dev.pairs[test].T
        return head.log_odds(dev.features[test], seen[a], seen[b], dev.bare[test])

    return _Learned(head, score)


def _cross_fit(dev: Sample, fold: np.ndarray, recipe: Recipe, learn: Callable[[np.ndarray], Score]) -> np.ndarray:
    """Log-odds of each pair by what learned from no pair with a name or thing of its two folds."""
    out = np.zeros(len(dev.truth))
    ends = fold[dev.pairs]
    for i in range(recipe.folds):
        for j in range(i, recipe.folds):
            test = np.flatnonzero((ends.min(1) == i) & (ends.max(1) == j))
            if len(test):
                out[test] = learn(np.flatnonzero(dev.teaches & ~np.isin(ends, (i, j)).any(1)))(test)
    return out


def _blend(forest: np.ndarray, head: np.ndarray, dev: Sample) -> tuple[tuple[float, float, float], ...]:
    """By what the log-odds of both are weighed: of pairs of different names, and of pairs of one name."""
    from sklearn.linear_model import LogisticRegression

    found = []
    for same in (False, True):
        rows = dev.teaches & (dev.same_name == same) & (forest > LEAST)
        fitted = LogisticRegression(C=1e6).fit(np.stack([forest, head], 1)[rows], dev.truth[rows])
        trees, vectors = map(float, fitted.coef_[0])
        found.append((trees, vectors, float(fitted.intercept_[0])))
    return tuple(found)


def _fit(features: np.ndarray, truth: np.ndarray, weight: np.ndarray, recipe: Recipe) -> Forest:
    from sklearn.ensemble import HistGradientBoostingClassifier

    never = np.isnan(features).all(0)  # no vectors in context: nothing to split by
    model = HistGradientBoostingClassifier(
        max_iter=recipe.trees, learning_rate=recipe.rate,
        max_leaf_nodes=recipe.leaves, min_samples_leaf=recipe.least, l2_regularization=recipe.ridge,
        early_stopping=False, random_state=recipe.seed,
    ).fit(np.where(never, 0, features), truth, sample_weight=weight)  # fmt: skip
    return from_sklearn(model)


def from_sklearn(model: Any) -> Forest:
    """The trees of a fitted binary ``HistGradientBoostingClassifier`` as plain numbers."""
    trees = [stage[0].nodes for stage in model._predictors]
    roots = np.cumsum([0, *map(len, trees)])[:-1].astype(np.int32)
    nodes = np.concatenate(trees)
    base = np.repeat(roots, [len(t) for t in trees])
    leaf, own = nodes["is_leaf"].astype(bool), np.arange(len(nodes))
    left = np.where(leaf, own, base + nodes["left"].astype(np.int64)).astype(np.int32)
    right = np.where(leaf, own, base + nodes["right"].astype(np.int64)).astype(np.int32)
    return Forest(
        PAIR_FEATURES, roots, np.where(leaf, 0, nodes["feature_idx"]).astype(np.int32),
        np.where(leaf, 0, nodes["num_threshold"]).astype(np.float32), left, right,
        nodes["missing_go_to_left"].astype(bool), nodes["value"].astype(np.float32),
        int(max(int(t["depth"].max()) for t in trees)), float(model._baseline_prediction.ravel()[0]),
    )  # fmt: skip


def _calibration(raw: np.ndarray, dev: Sample) -> tuple[tuple[float, float], tuple[float, float]]:
    """Of pairs of different names, and of pairs of one name: the latter are taught by the first set alone."""
    rows = [dev.teaches & (dev.same_name == same) for same in (False, True)]
    other, same = (_platt(raw[r], dev.truth[r]) for r in rows)
    return other, same


def _platt(raw: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Scale and shift under which logistic scores of ``raw`` are chances."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=1e6).fit(raw[:, None], truth)
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def _measure(dev: Sample, log_odds: np.ndarray, config: Config, predictions: Path | None) -> dict[str, float]:
    """How far off the chances are; the clusters under out-of-fold scores go to ``predictions`` for ``score.py``."""
    size, share = len(dev.groups), config["align"]["min_score"]
    none = np.zeros((0, 2), np.int64)
    label = cluster(
        dev.pairs, log_odds + dev.extra - np.log(share / (1 - share)), size=size, kind=np.zeros(size, np.int64),
        fits=np.ones((1, 1), bool), wanted=none, apart=none,
    ).label  # fmt: skip
    if predictions is not None:
        with predictions.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "cluster"])
            writer.writerows([m.id, int(c)] for g, c in zip(dev.groups, label, strict=True) for m in g.mentions)
    chance = probability(log_odds)
    bins = np.minimum((chance * 10).astype(int), 9)
    gaps = [abs(chance[bins == b].mean() - dev.truth[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)]
    return {"candidates": float(len(dev.truth)), "calibration error": float(sum(gaps))}
