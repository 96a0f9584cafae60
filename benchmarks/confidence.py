"""How honest confidences are, and what the gate and the rules change, on annotated documents.

    kgbuild evaluate text ../shared/text/redocred_train.jsonl.gz --split val --predictions predictions.jsonl
    python benchmarks/confidence.py ../shared/text/redocred_train.jsonl.gz predictions.jsonl --split val

A found entity stands for the annotated one with which it shares most spans; a relation holds if the annotators have it
between the two. Calibration: bins of equal size (Guo et al., ICML 2017). Gate: domain, range and one value, as a build
has them; rules: what follows by the axioms of the general ontology. "At equal recall": the surest relations without
gate and rules, as many as reach the recall that gate and rules leave.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from kgbuild.mentions.metrics import Score
from kgbuild.statements import load_ontology
from kgbuild.statements.axioms import Axioms
from kgbuild.statements.deduce import deduce
from kgbuild.statements.gate import gate
from kgbuild.statements.infer import axioms_of
from kgbuild.statements.ontology import Ontology
from kgbuild.statements.ontology_files import ontology_files
from kgbuild.statements.values import literal
from kgbuild.types import Entity, Statement, Value
from kgbuild.vocab import WDT

BASE = "https://example.org/kg/"
CLASSES = {"PER": "Person", "ORG": "Organisation", "LOC": "Place", "MISC": "Thing", "TIME": "Time", "NUM": "Quantity"}


@dataclass(slots=True)
class Document:
    """Statements found in one document, what each is in the annotation, and what the annotation has."""

    entities: list[Entity]
    found: list[Statement]
    gold: set[tuple[str, str, str]]
    home: dict[str, int | None]  # entity or literal text -> annotated cluster


def read(path: Path, split: str = "") -> dict[str, dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        rows = map(json.loads, filter(str.strip, file))
        return {r["id"]: r for r in rows if not split or r.get("split") == split}


def document(gold: dict[str, Any], found: dict[str, Any], ontology: Ontology) -> Document:
    by_code = {n.rsplit("/", 1)[-1]: p.iri for p in ontology.properties.values() for n in p.same if n.startswith(WDT)}
    annotated = {tuple(gold["mentions"][i][:3]): n for n, c in enumerate(gold["clusters"]) for i in c}
    entities, home, ends = [], {}, []
    for n, cluster in enumerate(found["clusters"]):
        spans = [found["mentions"][i] for i in cluster]
        shared = Counter(annotated[tuple(s[:3])] for s in spans if tuple(s[:3]) in annotated)
        kind = CLASSES[Counter(s[3] for s in spans).most_common(1)[0][0]]
        first = spans[0]
        surface = " ".join(gold["sents"][first[0]][first[1] : first[2]])
        name = f"{BASE}entity/{n}"
        ends.append(literal(kind, surface) if kind in ("Time", "Quantity") else name)
        if not isinstance(ends[-1], Value):
            entities.append(Entity(name, surface, (), (kind,), (str(n),)))
        home[str(ends[-1])] = max(shared, key=lambda c: (shared[c], -c)) if shared else None
    statements = []
    for n, r in enumerate(found["relations"]):
        if r["p"] in by_code and not isinstance(ends[r["h"]], Value):
            statements.append(
                Statement(f"{BASE}statement/{n}", ends[r["h"]], by_code[r["p"]], ends[r["t"]], (), r["score"])
            )
    wanted = {(r["h"], by_code.get(r["p"], ""), r["t"]) for r in gold["relations"]}
    return Document(entities, statements, {tuple(map(str, w)) for w in wanted}, home)  # type: ignore[misc]


def right(d: Document, s: Statement) -> bool:
    return tuple(map(str, (d.home.get(str(s.subject)), s.predicate, d.home.get(str(s.object))))) in d.gold


def judged(documents: list[Document], kept: list[list[Statement]]) -> Score:
    """Distinct annotated relations that were found count once for recall; every statement counts for precision."""
    score = Score()
    for d, statements in zip(documents, kept, strict=True):
        hits = [
            tuple(map(str, (d.home.get(str(s.subject)), s.predicate, d.home.get(str(s.object))))) for s in statements
        ]
        good = [h for h in hits if h in d.gold]
        score.add(len(good), len(statements), len(d.gold), len(set(good)))
    return score


def calibration(scores: np.ndarray, truth: np.ndarray, bins: int = 15) -> tuple[float, list[tuple[float, float, int]]]:
    """Expected calibration error, and (mean confidence, share right, number) of each bin."""
    rows = [
        (float(scores[i].mean()), float(truth[i].mean()), len(i))
        for i in np.array_split(np.argsort(scores, kind="stable"), bins) if len(i)
    ]  # fmt: skip
    return sum(n * abs(c - t) for c, t, n in rows) / len(scores), rows


def rules(d: Document, kept: list[Statement], ontology: Ontology, axioms: Axioms) -> list[Statement]:
    """What follows from gated statements."""
    made = deduce(kept, d.entities, ontology, axioms, (), base=BASE, min_confidence=0.5)
    return [
        replace(s, status="asserted") for s in made if s.status == "inferred" and s.predicate in ontology.properties
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path)
    parser.add_argument("predictions", type=Path)
    parser.add_argument("--split", default="")
    options = parser.parse_args()
    ontology, axioms = load_ontology(["general"]), axioms_of(ontology_files(["general"]))
    found = read(options.predictions)
    documents = [document(g, found[i], ontology) for i, g in read(options.gold, options.split).items() if i in found]
    pairs = [(s.confidence, right(d, s)) for d in documents for s in d.found]
    scores, truth = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    error, rows = calibration(scores, truth)
    print(f"{len(documents)} documents, {len(scores)} relations; expected calibration error {error:.3f}")
    for confidence, share, number in rows:
        print(f"  confidence {confidence:.3f}: right {share:.3f} of {number}")
    gated = [
        [s for s in gate(d.found, d.entities, ontology, min_confidence=0.0) if s.status == "asserted"]
        for d in documents
    ]
    follow = [rules(d, kept, ontology, axioms) for d, kept in zip(documents, gated, strict=True)]
    both = [g + f for g, f in zip(gated, follow, strict=True)]
    for name, kept in (("as found", [d.found for d in documents]), ("gate", gated), ("gate and rules", both)):
        s = judged(documents, kept)
        print(f"{name:16} precision {s.precision:.3f} recall {s.recall:.3f} F1 {s.f1:.3f}")
    recall = judged(documents, both).recall
    cuts = sorted(scores)
    equal = [
        judged(documents, [[s for s in d.found if s.confidence >= c] for d in documents])
        for c in cuts[:: len(cuts) // 200 or 1]
    ]
    nearest = min(equal, key=lambda s: abs(s.recall - recall))
    print(f"as found, at about that recall: precision {nearest.precision:.3f} recall {nearest.recall:.3f}")


if __name__ == "__main__":
    main()
