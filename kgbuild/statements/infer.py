"""What follows from asserted facts by the ontologies' axioms and the user's rules, with how sure it is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kgbuild.ontology_files import OntologyFile
from kgbuild.statements.axioms import Axioms, Triple, compile_axioms
from kgbuild.statements.ontology import class_iri
from kgbuild.statements.reason import Derivation, Reasoner
from kgbuild.statements.rules import Rule, strata
from kgbuild.types import Entity, Statement, Value
from kgbuild.vocab import TYPE

USER = "rule:"  # before the name of a user's rule


@dataclass(frozen=True, slots=True)
class Inferred:
    """A fact that follows. ``rule``: its name in OWL 2 RL, or ``rule:<name>``; ``premises``: facts, as ``facts`` has
    them or inferred themselves; ``confidence``: the product of the confidences of the given facts that it rests on.
    """

    fact: Triple
    rule: str
    premises: tuple[Triple, ...]
    confidence: float


def axioms_of(files: Sequence[OntologyFile]) -> Axioms:
    """The axioms of ontologies; those of kgbuild's core say nothing of things.

    That a property has one value is a limit that the gate keeps: no two things become one because a text errs.
    """
    names: dict[str, str] = {}  # a parser names blank nodes anew each time

    def plain(term: Any) -> str:
        text = str(getattr(term, "value", term))
        return names.setdefault(text, f"_:{len(names)}") if str(term).startswith("_:") else text

    axioms = compile_axioms(
        (plain(q.subject), q.predicate.value, plain(q.object))
        for file in files if file.name != "core"
        for q in file.quads()
    )  # fmt: skip
    axioms.functional.clear()
    axioms.inverse_functional.clear()
    return axioms


def facts(statements: Iterable[Statement], entities: Sequence[Entity]) -> dict[Triple, float]:
    """Asserted statements and the classes of entities as triples with their confidence; literals as in N-Triples."""
    found: dict[Triple, float] = {}
    for e in entities:
        for n, kind in enumerate(e.types):
            found[e.id, TYPE, class_iri(kind)] = 1.0 if n == len(e.types) - 1 else e.type_score
    for s in statements:
        if s.status == "asserted":
            found[s.subject, s.predicate, written(s.object)] = s.confidence
    return found


def written(object: str | Value) -> str:
    import pyoxigraph as ox

    if not isinstance(object, Value):
        return object
    if object.language:
        return str(ox.Literal(object.lexical, language=object.language))
    return str(ox.Literal(object.lexical, datatype=ox.NamedNode(object.datatype) if object.datatype else None))


def infer(given: Mapping[Triple, float], axioms: Axioms, rules: Sequence[Rule] = ()) -> list[Inferred]:
    """What follows from facts and is not among them, in the order of the facts.

    Raises ``OntologyError`` for rules without an order (``strata``) or without an end.
    """
    reasoner = Reasoner(axioms)
    reasoner.add(sorted(given))
    for stratum in strata(rules, axioms):
        _run(stratum, reasoner, sorted(given))
    derived = reasoner.inferred()
    sure: dict[Triple, frozenset[Triple]] = {}
    return [
        Inferred(fact, how.rule, how.premises, _confidence(fact, derived, given, sure))
        for fact, how in derived.items()
        if fact not in given
    ]


def _run(rules: Sequence[Rule], reasoner: Reasoner, given: Sequence[Triple]) -> None:
    """Run rules over all facts until nothing new comes of them."""
    import pyoxigraph as ox

    store, known = ox.Store(), 0
    pending: list[Triple] = [*given, *reasoner.derived]
    while pending:
        for t in pending:
            if not t[0].startswith(("_:", '"')) and not t[2].startswith("_:"):
                store.add(ox.Quad(ox.NamedNode(t[0]), ox.NamedNode(t[1]), term(t[2])))
        known = len(reasoner.derived)
        for rule in rules:
            rows: Any = store.query(rule.select)
            names = [v.value for v in rows.variables]
            found = sorted({tuple("" if v is None else _text(v) for v in row) for row in rows})
            for row in found:
                _apply(rule, dict(zip((f"?{n}" for n in names), row, strict=True)), reasoner)
        reasoner.add(())
        pending = list(reasoner.derived)[known:]


def _apply(rule: Rule, bound: Mapping[str, str], reasoner: Reasoner) -> None:
    def fill(pattern: tuple[str, str, str]) -> Triple:
        s, p, o = (bound.get(t, "") if t.startswith("?") else t for t in pattern)
        return s, p, o

    premises = tuple(t for t in map(fill, rule.body) if all(t) and t in reasoner)
    for fact in map(fill, rule.head):
        if all(fact) and not fact[0].startswith('"') and not fact[1].startswith('"'):
            reasoner.infer(fact, USER + rule.name, premises)


def term(text: str) -> Any:
    import pyoxigraph as ox

    if not text.startswith('"'):
        return ox.NamedNode(text)
    return next(iter(ox.parse(input=f"<a:a> <a:a> {text} .", format=ox.RdfFormat.N_TRIPLES))).object


def _text(term: Any) -> str:
    import pyoxigraph as ox

    return term.value if isinstance(term, ox.NamedNode) else str(term)


def _confidence(
    fact: Triple, derived: Mapping[Triple, Derivation], given: Mapping[Triple, float],
    known: dict[Triple, frozenset[Triple]],
) -> float:  # fmt: skip
    """Product over the given facts that a fact rests on, each counted once."""
    if all(p in given for p in derived[fact].premises):  # nearly always
        return round(math.prod(given[t] for t in sorted({*derived[fact].premises})), 4)
    stack = [fact]
    while stack:
        top = stack[-1]
        if top in known:
            stack.pop()
            continue
        premises = () if top in given or top not in derived else derived[top].premises
        waiting = [p for p in premises if p not in known]
        if waiting:
            stack += waiting
            continue
        own = frozenset((top,)) if top in given else frozenset()
        known[top] = own.union(*(known[p] for p in premises))
        stack.pop()
    return round(math.prod(given[t] for t in sorted(known[fact])), 4)
