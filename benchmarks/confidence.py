"""How honest confidences are, and what gate, corrections, rivals and rules change, on annotated documents.

    kgbuild evaluate text ../shared/text/redocred_train.jsonl.gz --split val --predictions predictions.jsonl
    python benchmarks/confidence.py ../shared/text/redocred_train.jsonl.gz predictions.jsonl --split val

A found entity stands for the annotated one with which it shares most spans; a relation holds if the annotators have it
between the two. Calibration: bins of equal size (Guo et al., ICML 2017), of confidences as they are stated, by numbers
that were fitted on these documents, and as the same fit gives them to each fifth from the others; and the error of
confidences that are exactly right, by chance, since a bin holds some hundred facts. Then precision at equal recall:
relations are taken the surest first until so many annotated ones are found, and all before are counted.
Gate: domain, range and one value, relations turned; rivals: values that rule each other out, as where nothing judges;
judge: every relation in the light of the others of its document; rules: what follows by the axioms of the general
ontology too, as sure as the product of what it rests on.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from kgbuild.mentions.annotate import chance
from kgbuild.ontology_files import ontology_files
from kgbuild.statements import load_ontology
from kgbuild.statements.axioms import Axioms
from kgbuild.statements.correct import correct
from kgbuild.statements.deduce import deduce
from kgbuild.statements.gate import gate
from kgbuild.statements.infer import axioms_of
from kgbuild.statements.judge import shipped
from kgbuild.statements.ontology import Ontology
from kgbuild.training.calibration import fitted
from kgbuild.training.judged import BASE, Judged, codes, judged
from kgbuild.types import Statement
from kgbuild.vocab import shorten

RECALLS = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55)


def read(path: Path, split: str = "") -> dict[str, dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        rows = map(json.loads, filter(str.strip, file))
        return {r["id"]: r for r in rows if not split or r.get("split") == split}


def precision_at(documents: list[Judged], kept: list[list[Statement]], recalls: Sequence[float]) -> list[float]:
    """Share right among the surest statements that reach each recall over all documents, nan where none does."""
    rows = ((s.confidence, n, s) for n, statements in enumerate(kept) for s in statements)
    ranked = sorted(rows, key=lambda row: (-row[0], row[1], row[2].id))
    total = sum(len(d.gold) for d in documents)
    found: set[tuple[int, tuple[str, ...]]] = set()
    good, values = 0, [float("nan")] * len(recalls)
    for taken, (_, n, s) in enumerate(ranked, 1):
        d = documents[n]
        if d.right(s):
            good += 1
            found.add((n, d.key(s)))
            for i, wanted in enumerate(recalls):
                if np.isnan(values[i]) and len(found) >= wanted * total:
                    values[i] = good / taken
    return values


def calibration(scores: np.ndarray, truth: np.ndarray, bins: int = 15) -> tuple[float, list[tuple[float, float, int]]]:
    """Expected calibration error, and (mean confidence, share right, number) of each bin."""
    rows = [
        (float(scores[i].mean()), float(truth[i].mean()), len(i))
        for i in np.array_split(np.argsort(scores, kind="stable"), bins) if len(i)
    ]  # fmt: skip
    return sum(n * abs(c - t) for c, t, n in rows) / len(scores), rows


def by_chance(scores: np.ndarray, draws: int = 2000, seed: int = 0) -> tuple[float, float, float]:
    """Calibration error of confidences that are exactly right, of so few facts: mean, and within what 90 % lie."""
    random = np.random.default_rng(seed)
    errors = [calibration(scores, random.random(len(scores)) < scores)[0] for _ in range(draws)]
    low, high = np.quantile(errors, (0.05, 0.95))
    return float(np.mean(errors)), float(low), float(high)


def crossed(documents: list[Judged]) -> np.ndarray:
    """Confidence of each relation by numbers fitted on the other four fifths of the documents."""
    rows = [np.array([[*g, d.right(s)] for g, s in zip(d.signs, d.found, strict=True)]) for d in documents]
    made = []
    for n, mine in enumerate(rows):
        curve = fitted(np.concatenate([r for k, r in enumerate(rows) if k % 5 != n % 5 and len(r)]))
        made += [chance(curve, margin, doubt) for margin, doubt, _ in mine]
    return np.array(made)


def restated(d: Judged, scores: Sequence[float]) -> Judged:
    """The document with other confidences."""
    found = [
        replace(s, confidence=c, evidence=tuple(replace(e, score=c) for e in s.evidence))
        for s, c in zip(d.found, scores, strict=True)
    ]
    return replace(d, found=found)


def show(title: str, scores: np.ndarray, truth: np.ndarray) -> None:
    error, rows = calibration(scores, truth)
    print(f"{title}: expected calibration error {error:.3f}")
    for confidence, share, number in rows:
        print(f"  confidence {confidence:.3f}: right {share:.3f} of {number}")


def rules(d: Judged, kept: list[Statement], ontology: Ontology, axioms: Axioms) -> list[Statement]:
    """What follows from gated statements."""
    made = deduce(kept, d.entities, ontology, axioms, (), base=BASE, min_confidence=0.0)
    return [
        replace(s, status="asserted") for s in made if s.status == "inferred" and s.predicate in ontology.properties
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path)
    parser.add_argument("predictions", type=Path)
    parser.add_argument("--split", default="")
    parser.add_argument("--at", type=float, default=0.5, help="confidence from which statements are published")
    options = parser.parse_args()
    ontology, axioms = load_ontology(["general"]), axioms_of(ontology_files(["general"]))
    found = read(options.predictions)
    by_code, judge = codes(ontology), shipped()
    documents = [judged(g, found[i], by_code) for i, g in read(options.gold, options.split).items() if i in found]
    truth = np.array([d.right(s) for d in documents for s in d.found])
    scores, others = np.array([s.confidence for d in documents for s in d.found]), crossed(documents)
    print(f"{len(documents)} documents, {len(scores)} relations")
    show("as stated", scores, truth)
    show("fitted on the others", others, truth)
    parts = np.split(others, np.cumsum([len(d.found) for d in documents])[:-1])
    apart = [judge(restated(d, part.tolist()).found, d.entities) for d, part in zip(documents, parts, strict=True)]
    sure = np.array([s.confidence for found in apart for s in found])
    show("the same, judged", sure, truth)
    print("of confidences that are exactly right, by chance: {:.3f} ({:.3f} to {:.3f})".format(*by_chance(sure)))
    weighed = [replace(d, found=judge(d.found, d.entities)) for d in documents]
    total = sum(len(d.gold) for d in documents)
    for name, read_as in (("as stated", documents), ("judged", weighed)):
        kept = [(n, s) for n, d in enumerate(read_as) for s in d.found if s.confidence >= options.at]
        right = [(n, read_as[n].key(s)) for n, s in kept if read_as[n].right(s)]
        precision, recall = len(right) / len(kept), len(set(right)) / total  # one relation may be found twice
        f1 = 2 * precision * recall / (precision + recall)
        print(f"{name}, from {options.at}: precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}")
    gated, alone, held = (passed(ds, o, by) for ds, o, by in (
        (documents, unweighed(ontology), ()), (documents, ontology, ()), (weighed, ontology, judge.properties),
    ))  # fmt: skip
    follow = [rules(d, h, ontology, axioms) for d, h in zip(documents, held, strict=True)]
    both = [h + f for h, f in zip(held, follow, strict=True)]
    print(f"{'precision at recall':24}" + "".join(f"{r:8.2f}" for r in RECALLS))
    for name, kept in (
        ("as found", [d.found for d in documents]), ("gate", gated), ("gate, rivals", alone), ("gate, judge", held),
        ("gate, judge, rules", both),
    ):  # fmt: skip
        print(f"{name:24}" + "".join(f"{p:8.3f}" for p in precision_at(documents, kept, RECALLS)))
    made = [(d, s) for d, h in zip(documents, held, strict=True) for s in h if s.rule]
    print(f"turned: {sum(d.right(s) for d, s in made)} right of {len(made)}")
    by_rule: dict[str, list[bool]] = defaultdict(list)
    for d, kept in zip(documents, follow, strict=True):
        for s in kept:
            by_rule[f"{s.rule} {shorten(s.predicate)}"].append(d.right(s))
    for rule, hits in sorted(by_rule.items(), key=lambda kv: -len(kv[1]))[:8]:
        print(f"inferred by {rule}: right {sum(hits)} of {len(hits)}")


def unweighed(ontology: Ontology) -> Ontology:
    """The same without what is known of one value."""
    return replace(ontology, properties={i: replace(p, functionality=0.0) for i, p in ontology.properties.items()})


def passed(documents: list[Judged], ontology: Ontology, weighed: Collection[str]) -> list[list[Statement]]:
    """What corrections and gate let through, whatever its confidence."""
    made = []
    for d in documents:
        drafts, entities = correct(d.found, d.entities, ontology, base=BASE)
        checked = gate(drafts, entities, ontology, min_confidence=0.0, judged=weighed)
        made.append([s for s in checked if s.status == "asserted"])
    return made


if __name__ == "__main__":
    main()
