"""Annotated documents as a build sees them: what was found in each as statements, and what is in the annotation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kgbuild.identity import statement_iri
from kgbuild.statements.ontology import Ontology
from kgbuild.statements.values import literal
from kgbuild.types import Entity, Evidence, Statement, Target, Value
from kgbuild.vocab import WDT

BASE = "https://example.org/kg/"
CLASSES = {"PER": "Person", "ORG": "Organisation", "LOC": "Place", "MISC": "Thing", "TIME": "Time", "NUM": "Quantity"}
Key = tuple[str, str, str]


@dataclass(slots=True)
class Judged:
    """Statements found in one document, what each is in the annotation, and what the annotation has."""

    entities: list[Entity]
    found: list[Statement]
    gold: set[Key]
    home: dict[str, int | None]  # entity or literal text -> annotated cluster
    signs: list[list[float]]  # of each statement, what its confidence is the chance of

    def key(self, s: Statement) -> Key:
        """What a statement is in the annotation."""
        return str(self.home.get(str(s.subject))), s.predicate, str(self.home.get(str(s.object)))

    def right(self, s: Statement) -> bool:
        return self.key(s) in self.gold


def codes(ontology: Ontology) -> dict[str, str]:
    """The property of each Wikidata code ("P17")."""
    return {n.rsplit("/", 1)[-1]: p.iri for p in ontology.properties.values() for n in p.same if n.startswith(WDT)}


def judged(gold: Mapping[str, Any], found: Mapping[str, Any], by_code: Mapping[str, str]) -> Judged:
    """An annotated document and what ``kgbuild evaluate text --predictions`` writes of it.

    A found entity stands for the annotated one with which it shares most spans.
    """
    annotated = {tuple(gold["mentions"][i][:3]): n for n, c in enumerate(gold["clusters"]) for i in c}
    entities: list[Entity] = []
    home: dict[str, int | None] = {}
    ends: list[str | Value] = []
    for n, cluster in enumerate(found["clusters"]):
        spans = [found["mentions"][i] for i in cluster]
        shared = Counter(annotated[tuple(s[:3])] for s in spans if tuple(s[:3]) in annotated)
        kind = CLASSES[Counter(s[3] for s in spans).most_common(1)[0][0]]
        surfaces = [" ".join(gold["sents"][s][start:end]) for s, start, end, _ in spans]
        name = f"{BASE}entity/{n}"
        ends.append(literal(kind, surfaces[0]) if kind in ("Time", "Quantity") else name)
        if not isinstance(ends[-1], Value):
            entities.append(Entity(name, max(surfaces, key=len), (), (kind,), (str(n),)))
        home[str(ends[-1])] = max(shared, key=lambda c: (shared[c], -c)) if shared else None
    statements, signs = [], []
    for n, r in enumerate(found["relations"]):
        subject, object = ends[r["h"]], ends[r["t"]]
        if r["p"] in by_code and not isinstance(subject, Value):
            p = by_code[r["p"]]
            evidence = (Evidence(f"{BASE}relation/{n}", Target(BASE), "", r["score"], "text/1", "text"),)
            text = f"{object.lexical}^^{object.datatype}@{object.language}" if isinstance(object, Value) else object
            statements.append(
                Statement(statement_iri(BASE, subject, p, text), subject, p, object, evidence, r["score"])
            )
            signs.append(r["signs"])
    wanted = {(str(r["h"]), by_code.get(r["p"], ""), str(r["t"])) for r in gold["relations"]}
    return Judged(entities, statements, wanted, home, signs)
