"""Linking of mentions to a reference made from half of their things; precision, recall, F1 and NIL accuracy.

    python benchmarks/linking.py ../shared/align/mentions/qid_dev
    python benchmarks/linking.py ../shared/align/mentions/qid_dev --fit    # coefficients, five folds over names

Every second thing (by hash of its id) becomes an item: names and first sentence of the first half of its mentions.
Their other mentions are to be linked, each alone; mentions of the other things have no item (NIL). Sentences are
descriptions here, so what a real reference's descriptions bring is not measured.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kgbuild.config import Config
from kgbuild.embeddings.text import TextEncoder
from kgbuild.entities.keys import key
from kgbuild.entities.link import MARGIN
from kgbuild.entities.linker import COEFFICIENTS, FEATURES, WORTH, Draft, Linker, Scored
from kgbuild.entities.references import Item, References
from kgbuild.identity import digest
from kgbuild.types import Entity, Mention, Target

FOLDS = 5
Case = tuple[str, str, Scored]  # name key, the item or "", scored candidates


def cases(folder: Path, *, worth: float) -> tuple[list[Case], list[Item]]:
    rows = [json.loads(line) for line in (folder / "mentions.jsonl").read_text("utf-8").splitlines()]
    with (folder / "gold.csv").open(newline="") as file:
        gold = {row["id"]: row["cluster"] for row in csv.DictReader(file)}
    things: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        things[gold[row["id"]]].append(row)
    items, drafts, truth = [], [], []
    for thing, own in sorted(things.items()):
        known = own[: (len(own) + 1) // 2] if int(digest(thing), 16) % 2 == 0 else []
        if known:
            items.append(Item(thing, tuple(dict.fromkeys(r["text"] for r in known)), (), known[0]["sentence"]))
        for row in own[len(known) :]:
            mention = Mention(
                row["id"], Target(row["doc"]), row["text"], "Thing", 1.0, "gold/1", context=row["sentence"]
            )
            drafts.append(Draft.of(Entity(row["id"], row["text"], (), ("Thing",), (row["id"],)), [mention]))
            truth.append(thing if known else "")
    encoder = TextEncoder(Config.load())
    scored = Linker(References(items), encoder.encode, {}, worth=worth).scores(drafts)
    return [(key(d.names[0]), t, s) for d, t, s in zip(drafts, truth, scored, strict=True)], items


def table(found: Sequence[Case], items: Sequence[Item]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, whether right, and fold (by name) of every candidate."""
    rows = [
        ([f[name] for name in FEATURES], items[n].iri == true, int(digest(name_key), 16) % FOLDS)
        for name_key, true, scored in found
        for _, n, f in scored
    ]
    return np.array([r[0] for r in rows]), np.array([r[1] for r in rows], float), np.array([r[2] for r in rows])


def fit(x: np.ndarray, y: np.ndarray, *, penalty: float = 1.0) -> np.ndarray:
    """Logistic regression by Newton's method; the bias is not penalised."""
    weights, ridge = np.zeros(x.shape[1]), penalty * np.eye(x.shape[1])
    ridge[0, 0] = 1e-6
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ weights))
        weights += np.linalg.solve(x.T @ (x * (p * (1 - p))[:, None]) + ridge, x.T @ (y - p) - ridge @ weights)
    return weights


def decide(
    found: Sequence[Case], items: Sequence[Item], weights: np.ndarray, min_score: float
) -> list[tuple[str, str]]:
    """(truth, answer) of each mention, as ``link`` decides."""
    answers = []
    for _, true, scored in found:
        ranked = sorted(
            ((float(1 / (1 + np.exp(-weights @ [f[k] for k in FEATURES]))), n) for _, n, f in scored), reverse=True
        )
        sure = ranked and ranked[0][0] >= min_score and (len(ranked) < 2 or ranked[0][0] - ranked[1][0] >= MARGIN)
        answers.append((true, items[ranked[0][1]].iri if sure else ""))
    return answers


def report(title: str, answers: Sequence[tuple[str, str]]) -> float:
    right = sum(t == a != "" for t, a in answers)
    given, wanted = sum(a != "" for _, a in answers), sum(t != "" for t, _ in answers)
    nil = [a == "" for t, a in answers if t == ""]
    f1 = 2 * right / max(1, given + wanted)
    print(
        f"{title:24} precision {right / max(1, given):.3f} recall {right / wanted:.3f} F1 {f1:.3f} "
        f"NIL accuracy {np.mean(nil):.3f}"
    )
    return f1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fit", action="store_true")
    options = parser.parse_args()
    found, items = cases(options.folder, worth=0.0 if options.fit else WORTH)
    wanted = [(t, s) for _, t, s in found if t]
    near = sum(any(items[n].iri == t for _, n, _ in s) for t, s in wanted)
    print(f"{len(items)} items; {len(wanted)} mentions of them, {len(found) - len(wanted)} of other things")
    print(f"candidates: {sum(len(s) for _, _, s in found)}, recall {near / len(wanted):.3f}")
    exact = []
    for _, true, scored in found:
        same = [items[n].iri for _, n, f in scored if f["exact"]]
        exact.append((true, same[0] if len(same) == 1 else ""))
    report("exact name, if only one", exact)
    if options.fit:
        x, y, fold = table(found, items)
        for threshold in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
            answers = []
            for f in range(FOLDS):
                held = [c for c in found if int(digest(c[0]), 16) % FOLDS == f]
                answers += decide(held, items, fit(x[fold != f], y[fold != f]), threshold)
            report(f"five folds, from {threshold}", answers)
        print({name: round(float(w), 2) for name, w in zip(FEATURES, fit(x, y), strict=True)})
    shipped = np.array([COEFFICIENTS[name] for name in FEATURES])
    report("as shipped", decide(found, items, shipped, Config.load()["align"]["link_min_score"]))


if __name__ == "__main__":
    main()
