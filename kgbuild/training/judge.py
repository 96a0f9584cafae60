"""Train the judge of facts: ``kgbuild train judge --data ../shared/text --out kgbuild/weights``.

What goes together and what follows is counted in the training documents of Re-DocRED. How much of it counts is learned
from documents that a text network reads without having learned from them: one of its own, taught the other half, since
the shipped one has learned from all. Documents of the split ``val`` take no part.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kgbuild.config import Config
from kgbuild.errors import UsageError
from kgbuild.mentions.annotate import chance
from kgbuild.statements import load_ontology
from kgbuild.statements.judge import Judge, as_json, signs_of
from kgbuild.statements.signs import SIGNS, Knowledge
from kgbuild.training.calibration import FEWEST, fitted
from kgbuild.training.judged import Judged, codes, judged
from kgbuild.training.recipe import Numbers

if TYPE_CHECKING:
    from kgbuild.mentions.annotate import Annotator

log = logging.getLogger(__name__)
Fact = tuple[int, str, int]


@dataclass(frozen=True, slots=True)
class Recipe(Numbers):
    """Every number of a training run."""

    epochs: int = 9  # of the network that reads what it has not learned
    average: float = 0.995
    share: float = 0.4  # of the paths of two facts, from which a rule counts
    paths: int = 8  # of them, at least; half as many hold
    pairs: int = 3  # pairs of things that have two properties, from which these go together
    folds: int = 5
    seed: int = 13
    threads: int = 1


STRICTNESS = (0.003, 0.01, 0.03, 0.1)  # inverse weights of the penalty, of which the folds choose


def train(data: Path, out: Path, *, config: Config, recipe: Recipe, checkpoints: Path) -> dict[str, float]:
    """Write ``judge.json`` into ``out``; returns log losses of the documents that the network did not learn from,
    as read and as judged across folds.
    """
    from kgbuild.training.text import read_documents

    documents = read_documents(data / "redocred_train.jsonl.gz", "train")
    held = [d for d in documents if is_held(d["id"])]
    others = [d for d in documents if not is_held(d["id"])]
    kept = checkpoints / "held.json"
    if not kept.is_file():
        found = {
            d["id"]: row for d, row in zip(held, read_held(others, held, config, recipe, checkpoints), strict=True)
        }
        kept.write_text(json.dumps(found), "utf-8")
    found = json.loads(kept.read_text("utf-8"))
    by_code = codes(load_ontology(["general"]))
    rows = calibrated([judged(d, found[d["id"]], by_code) for d in held])
    weights, measures = fit(rows, know([facts(d, by_code) for d in others], recipe), recipe)
    judge = replace(weights, knowledge=know([facts(d, by_code) for d in documents], recipe))
    out.mkdir(parents=True, exist_ok=True)
    made = as_json(judge) | {"recipe": asdict(recipe), "documents": len(held)}
    (out / "judge.json").write_text(json.dumps(made, separators=(",", ":")) + "\n", "utf-8")
    return measures


def is_held(name: str) -> bool:
    """Whether a document is one of the half that only measures."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 2 == 0


def read_held(
    learned: Sequence[dict[str, Any]], held: Sequence[dict[str, Any]], config: Config, recipe: Recipe, checkpoints: Path
) -> list[dict[str, Any]]:
    """Teach a text network of one reading ``learned``; what it finds in ``held``, as predictions are written."""
    import torch

    from kgbuild import backbone
    from kgbuild.mentions.annotate import Annotator
    from kgbuild.mentions.predict import row
    from kgbuild.mentions.textmodel import Shape, TextModel
    from kgbuild.training.documents import examples, related_types
    from kgbuild.training.text import Phase, learn
    from kgbuild.training.text import Recipe as Whole

    torch.manual_seed(recipe.seed)
    torch.set_num_threads(recipe.threads)
    annotator: Annotator = Annotator(config)
    tokenizer, encoder = backbone.load_backbone(config)
    model = TextModel(encoder, replace(Shape(**annotator.facts["shape"]), again_rank=16))
    model.bf16, model.twice = True, False
    windows = [x for d in learned for x in examples(d, tokenizer, [p["id"] for p in annotator.properties])]
    whole = replace(Whole(), epochs=recipe.epochs, average=recipe.average, seed=recipe.seed)
    phase = Phase([windows] * recipe.epochs, frozenset(), 1.0, 0.0, checkpoints)
    model.load_state_dict(learn(model, phase, [], whole, asdict(recipe)), strict=False)
    annotator.use(model.eval(), related_types(windows))
    found = []
    for d in held:  # all but the grammar, whose heads learn nothing here
        note = annotator.encode(d["sents"])
        annotator.find_mentions(note)
        annotator.find_clusters(note)
        annotator.find_relations(note)
        found.append(row(annotator, note))
    return found


def calibrated(documents: Sequence[Judged]) -> list[Judged]:
    """The documents with the confidence that their reader's margins stand for: see ``training.calibration``."""
    seen = [[*g, d.right(s)] for d in documents for g, s in zip(d.signs, d.found, strict=True)]
    curve = fitted(np.array(seen, dtype=float).reshape(-1, 3))

    def stated(d: Judged) -> Judged:
        sure = [round(chance(curve, margin, doubt), 4) for margin, doubt in d.signs]
        found = [
            replace(s, confidence=c, evidence=tuple(replace(e, score=c) for e in s.evidence))
            for s, c in zip(d.found, sure, strict=True)
        ]
        return replace(d, found=found)

    return list(map(stated, documents))


def facts(document: Mapping[str, Any], by_code: Mapping[str, str]) -> set[Fact]:
    """The annotated facts of a document between its clusters."""
    return {(r["h"], by_code[r["p"]], r["t"]) for r in document["relations"] if r["p"] in by_code}


def know(documents: Iterable[set[Fact]], recipe: Recipe) -> Knowledge:
    """Shares counted in documents that people read whole, drawn a little to the middle or to none."""
    number, joined, back = (
        Counter[str](),
        defaultdict[str, Counter[str]](Counter),
        defaultdict[str, Counter[str]](Counter),
    )
    paths, ends = Counter[Any](), defaultdict[Any, Counter[str]](Counter)
    single: list[dict[str, list[int]]] = [defaultdict(lambda: [0, 0]), defaultdict(lambda: [0, 0])]
    for said in documents:
        between: dict[tuple[int, int], set[str]] = defaultdict(set)
        around: dict[int, set[tuple[str, bool, int]]] = defaultdict(set)
        for h, p, t in said:
            between[h, t].add(p)
            around[t].add((p, False, h))
            around[h].add((p, True, t))
        for end, counts in enumerate(single):
            for (p, _), n in Counter((p, (h, t)[end]) for h, p, t in said).items():
                counts[p][0] += n == 1
                counts[p][1] += 1
        for h, p, t in said:
            number[p] += 1
            joined[p].update(between[h, t] - {p})
            back[p].update(between.get((t, h), ()))
        for edges in around.values():
            steps = {
                (h, (p, first, q, not turned), t)
                for p, first, h in edges for q, turned, t in edges if h != t
            }  # fmt: skip
            for h, path, t in steps:
                paths[path] += 1
                ends[path].update(between.get((h, t), ()))
    follows = {
        path: {r: n / (paths[path] + 2) for r, n in counts.items() if 2 * n >= recipe.paths}
        for path, counts in ends.items() if paths[path] >= recipe.paths
    }  # fmt: skip
    follows = {path: {r: v for r, v in row.items() if v > recipe.share} for path, row in follows.items()}
    one, one_of = ({p: (n + 1) / (of + 2) for p, (n, of) in counts.items()} for counts in single)

    def shares(counts: Mapping[str, Counter[str]]) -> dict[str, dict[str, float]]:
        return {p: {q: n / (number[p] + 5) for q, n in row.items() if n >= recipe.pairs} for p, row in counts.items()}

    return Knowledge(one, one_of, shares(joined), shares(back), {path: row for path, row in follows.items() if row})


def fit(documents: Sequence[Judged], known: Knowledge, recipe: Recipe) -> tuple[Judge, dict[str, float]]:
    """A judge from documents whose network and ``known`` have not seen them; log losses across folds of documents."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    rows, right, home = [], [], []
    for n, d in enumerate(documents):
        for s, f, found in signs_of(d.found, d.entities, known):
            rows.append([float(np.log(f.confidence / (1 - f.confidence))), *found])
            right.append(d.right(s))
            home.append(n)
    x, y = np.array(rows), np.array(right)
    if not len(y) or min(y.sum(), (~y).sum()) < FEWEST:
        raise UsageError(
            f"the network found {len(y)} facts in documents that it had not learned from: at least {FEWEST} right and "
            f"{FEWEST} wrong ones are needed. Give more documents, or --set epochs=."
        )
    mean, spread = x.mean(0), x.std(0) + 1e-6
    scaled = (x - mean) / spread

    def learned(rows: Any, strictness: float) -> Any:
        return LogisticRegression(C=strictness, max_iter=2000).fit(scaled[rows], y[rows])

    losses = {}
    for strictness in STRICTNESS:
        odds = np.zeros(len(y))
        for rest, fold in GroupKFold(recipe.folds).split(x, y, home):
            odds[fold] = learned(rest, strictness).decision_function(scaled[fold])
        losses[strictness] = _loss(odds, y)
        log.info("strictness %g: log loss %.4f", strictness, losses[strictness])
    best = min(losses, key=lambda c: (losses[c], c))
    model = learned(slice(None), best)
    weights = model.coef_[0] / spread
    offset = float(model.intercept_[0] - weights @ mean)
    judge = Judge(known, round(offset, 4), round(float(weights[0]), 4), tuple(round(float(w), 4) for w in weights[1:]))
    assert len(judge.weights) == len(SIGNS)
    return judge, {"facts": len(y), "as read": _loss(x[:, 0], y), "judged": losses[best], "strictness": best}


def _loss(odds: np.ndarray, truth: np.ndarray) -> float:
    return float(np.mean(np.logaddexp(0, np.where(truth, -odds, odds))))
