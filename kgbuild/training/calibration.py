"""How sure the text network may be of its relations: a logistic curve over their margins (Platt 1999).

Fitted on documents that it has not learned from, as a build reads them: what is wrong with a found entity is wrong
with its relations as well.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from kgbuild.config import Config
from kgbuild.mentions.annotate import Annotation, Annotator

FEWEST = 20  # relations that hold, and that do not, below which nothing is fitted


def calibrate(folder: Path, documents: Iterable[dict[str, Any]]) -> None:
    """Write the numbers of ``annotate.chance`` for the weights in ``folder`` into their ``text.json``."""
    annotator = Annotator(Config.load(overrides={"text.weights": str(folder)}))
    found = [row for d in documents for row in judged(annotator(d["sents"]), d, annotator.properties)]
    facts = annotator.facts | {"calibration": fitted(np.array(found, dtype=float).reshape(-1, 3))}
    (folder / "text.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")


def fitted(found: np.ndarray) -> tuple[float, ...]:
    """(slope, weight, offset) for rows of ``judged``, to four digits."""
    signs, truth = found[:, :2], found[:, 2] > 0
    if min(truth.sum(), (~truth).sum()) < FEWEST:
        return 1.0, 0.0, 0.0
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1e6).fit(signs, truth)
    return tuple(round(float(v), 4) for v in (*model.coef_[0], model.intercept_[0]))


def judged(
    note: Annotation, document: dict[str, Any], properties: list[dict[str, str]]
) -> list[tuple[float, float, float]]:
    """Of each relation found: margin, doubt, and 1 if the document has it.

    A found entity is the annotated one with which it shares most spans.
    """
    gold = {tuple(document["mentions"][i][:3]): n for n, c in enumerate(document["clusters"]) for i in c}
    owners: list[int | None] = []
    for cluster in note.clusters:
        spans = [(m.sentence, m.start, m.end) for m in (note.mentions[i] for i in cluster)]
        shared = Counter(gold[s] for s in spans if s in gold)
        owners.append(max(shared, key=lambda c: (shared[c], -c)) if shared else None)
    wanted = {(r["h"], r["p"], r["t"]) for r in document["relations"]}
    return [
        (*r.signs, float((owners[r.head], properties[r.property]["id"], owners[r.tail]) in wanted))
        for r in note.relations
    ]
