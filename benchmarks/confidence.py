"""How honest confidences are, and what gate, corrections, rivals and rules change, on annotated documents.

    kgbuild evaluate text ../shared/text/redocred_train.jsonl.gz --split val --predictions predictions.jsonl
    python benchmarks/confidence.py ../shared/text/redocred_train.jsonl.gz predictions.jsonl --split val

A found entity stands for the annotated one with which it shares most spans; a relation holds if the annotators have it
between the two. Calibration: bins of equal size (Guo et al., ICML 2017), of confidences as they are stated, by numbers
that were fitted on these documents, and as the same fit gives them to each fifth from the others. Then precision at
equal recall: relations are taken the surest first until so many annotated ones are found, and all before are counted.
Gate: domain, range and one value, relations turned; rivals: values that rule each other out; rules: what follows by the
axioms of the general ontology too, as sure as the product of what it rests on.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from kgbuild.identity import statement_iri
from kgbuild.mentions.annotate import chance
from kgbuild.ontology_files import ontology_files
from kgbuild.statements import load_ontology
from kgbuild.statements.axioms import Axioms
from kgbuild.statements.correct import correct
from kgbuild.statements.deduce import deduce
from kgbuild.statements.gate import gate
from kgbuild.statements.infer import axioms_of
from kgbuild.statements.ontology import Ontology
from kgbuild.statements.values import literal
from kgbuild.training.calibration import fitted
from kgbuild.types import Entity, Evidence, Statement, Target, Value
from kgbuild.vocab import WDT, shorten

RECALLS = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55)
BASE = "https://example.org/kg/"
CLASSES = {"PER": "Person", "ORG": "Organisation", "LOC": "Place", "MISC": "Thing", "TIME": "Time", "NUM": "Quantity"}


@dataclass(slots=True)
class Document:
    """Statements found in one document, what each is in the annotation, and what the annotation has."""

    entities: list[Entity]
    found: list[Statement]
    gold: set[tuple[str, str, str]]
    home: dict[str, int | None]  # entity or literal text -> annotated cluster
    signs: list[list[float]]  # of each statement, what its confidence is the chance of


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
    statements, signs = [], []
    for n, r in enumerate(found["relations"]):
        if r["p"] in by_code and not isinstance(ends[r["h"]], Value):
            subject, p, object = ends[r["h"]], by_code[r["p"]], ends[r["t"]]
            evidence = (Evidence(f"{BASE}relation/{n}", Target(BASE), "", r["score"], "text/1", "text"),)
            text = f"{object.lexical}^^{object.datatype}@{object.language}" if isinstance(object, Value) else object
            statements.append(
                Statement(statement_iri(BASE, subject, p, text), subject, p, object, evidence, r["score"])
            )
            signs.append(r["signs"])
    wanted = {(r["h"], by_code.get(r["p"], ""), r["t"]) for r in gold["relations"]}
    return Document(entities, statements, {tuple(map(str, w)) for w in wanted}, home, signs)  # type: ignore[misc]


def key(d: Document, s: Statement) -> tuple[str, str, str]:
    """What a statement is in the annotation."""
    return str(d.home.get(str(s.subject))), s.predicate, str(d.home.get(str(s.object)))


def right(d: Document, s: Statement) -> bool:
    return key(d, s) in d.gold


def precision_at(documents: list[Document], kept: list[list[Statement]], recalls: Sequence[float]) -> list[float]:
    """Share right among the surest statements that reach each recall over all documents, nan where none does."""
    rows = ((s.confidence, n, s) for n, statements in enumerate(kept) for s in statements)
    ranked = sorted(rows, key=lambda row: (-row[0], row[1], row[2].id))
    total = sum(len(d.gold) for d in documents)
    found: set[tuple[int, tuple[str, ...]]] = set()
    good, values = 0, [float("nan")] * len(recalls)
    for taken, (_, n, s) in enumerate(ranked, 1):
        d = documents[n]
        if right(d, s):
            good += 1
            found.add((n, key(d, s)))
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


def crossed(documents: list[Document]) -> np.ndarray:
    """Confidence of each relation by numbers fitted on the other four fifths of the documents."""
    rows = [np.array([[*g, right(d, s)] for g, s in zip(d.signs, d.found, strict=True)]) for d in documents]
    made = []
    for n, mine in enumerate(rows):
        curve = fitted(np.concatenate([r for k, r in enumerate(rows) if k % 5 != n % 5 and len(r)]))
        made += [chance(curve, margin, doubt) for margin, doubt, _ in mine]
    return np.array(made)


def show(title: str, scores: np.ndarray, truth: np.ndarray) -> None:
    error, rows = calibration(scores, truth)
    print(f"{title}: expected calibration error {error:.3f}")
    for confidence, share, number in rows:
        print(f"  confidence {confidence:.3f}: right {share:.3f} of {number}")


def rules(d: Document, kept: list[Statement], ontology: Ontology, axioms: Axioms) -> list[Statement]:
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
    documents = [document(g, found[i], ontology) for i, g in read(options.gold, options.split).items() if i in found]
    pairs = [(s.confidence, right(d, s)) for d in documents for s in d.found]
    scores, truth = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    print(f"{len(documents)} documents, {len(scores)} relations")
    show("as stated", scores, truth)
    show("fitted on the others", crossed(documents), truth)
    sure = [(n, s) for n, d in enumerate(documents) for s in d.found if s.confidence >= options.at]
    hits = {(n, key(documents[n], s)) for n, s in sure if right(documents[n], s)}  # one relation may be found twice
    precision, recall = truth[scores >= options.at].mean(), len(hits) / sum(len(d.gold) for d in documents)
    f1 = 2 * precision * recall / (precision + recall)
    print(f"from {options.at}: precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}")
    alone = replace(ontology, properties={i: replace(p, functionality=0.0) for i, p in ontology.properties.items()})
    gated, weighed = ([passed(d, o) for d in documents] for o in (alone, ontology))
    follow = [rules(d, kept, ontology, axioms) for d, kept in zip(documents, weighed, strict=True)]
    both = [g + f for g, f in zip(weighed, follow, strict=True)]
    print(f"{'precision at recall':24}" + "".join(f"{r:8.2f}" for r in RECALLS))
    for name, kept in (
        ("as found", [d.found for d in documents]), ("gate", gated), ("gate, rivals", weighed),
        ("gate, rivals, rules", both),
    ):  # fmt: skip
        print(f"{name:24}" + "".join(f"{p:8.3f}" for p in precision_at(documents, kept, RECALLS)))
    made = [(d, s) for d, kept in zip(documents, weighed, strict=True) for s in kept if s.rule]
    print(f"turned: {sum(right(d, s) for d, s in made)} right of {len(made)}")
    by_rule: dict[str, list[bool]] = defaultdict(list)
    for d, kept in zip(documents, follow, strict=True):
        for s in kept:
            by_rule[f"{s.rule} {shorten(s.predicate)}"].append(right(d, s))
    for rule, hits in sorted(by_rule.items(), key=lambda kv: -len(kv[1]))[:8]:
        print(f"inferred by {rule}: right {sum(hits)} of {len(hits)}")


def passed(d: Document, ontology: Ontology) -> list[Statement]:
    """What corrections and gate let through, whatever its confidence."""
    drafts, entities = correct(d.found, d.entities, ontology, base=BASE)
    return [s for s in gate(drafts, entities, ontology, min_confidence=0.0) if s.status == "asserted"]


if __name__ == "__main__":
    main()
