"""Random small ontologies over random facts: what owlrl infers about things, functional properties and sameness too."""

from __future__ import annotations

import random

import owlrl
import pytest
from rdflib import BNode, Graph

from kgbuild.statements.axioms import SAME, Axioms, Triple, compile_axioms, narrowed
from kgbuild.statements.reason import Reasoner
from kgbuild.vocab import TYPE

PREFIXES = """@prefix : <http://e/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""
FORMS = (  # c: a class, p: a property, t: a thing
    "{c} rdfs:subClassOf {c2} .", "{c} owl:equivalentClass {c2} .", "{p} rdfs:subPropertyOf {p2} .", "{p} owl:inverseOf {p2} .",
    "{p} a owl:SymmetricProperty .", "{p} a owl:TransitiveProperty .", "{p} rdfs:domain {c} .", "{p} rdfs:range {c} .",
    "{p} owl:propertyChainAxiom ( {p2} {p3} ) .", "{p} owl:propertyChainAxiom ( {p2} {p3} {p} ) .",
    "{c} owl:equivalentClass [ owl:onProperty {p} ; owl:someValuesFrom {c2} ] .",
    "{c} rdfs:subClassOf [ owl:onProperty {p} ; owl:allValuesFrom {c2} ] .",
    "{c} owl:equivalentClass [ owl:onProperty {p} ; owl:hasValue {t} ] .", "{c} owl:intersectionOf ( {c2} {c3} ) .",
    "{c} owl:equivalentClass [ owl:intersectionOf ( {c2} [ owl:onProperty {p} ; owl:someValuesFrom owl:Thing ] ) ] .",
    "{c} owl:unionOf ( {c2} {c3} ) .", "{c} owl:oneOf ( {t} {t2} ) .", "{p} owl:equivalentProperty {p2} .",
    "{p} rdfs:subPropertyOf [ owl:inverseOf {p2} ] .", "{p} a owl:FunctionalProperty .", "{p} a owl:InverseFunctionalProperty .",
)  # fmt: skip


def made(seed: int) -> tuple[Graph, Graph]:
    """Axioms and facts."""
    pick = random.Random(seed).choice
    names = {f"{kind}{n}": [f":{kind}{i}" for i in range(5)] for kind in "cpt" for n in ("", 2, 3)}

    def filled(form: str) -> str:
        return form.format(**{name: pick(some) for name, some in names.items()})

    axioms = "\n".join(filled(pick(FORMS)) for _ in range(7))
    facts = "\n".join([filled("{t} {p} {t2} .") for _ in range(7)] + [filled("{t} a {c} .") for _ in range(3)])
    return Graph().parse(data=PREFIXES + axioms, format="turtle"), Graph().parse(data=PREFIXES + facts, format="turtle")


def about_things(triples: set[Triple]) -> set[Triple]:
    return {
        (s, p, o) for s, p, o in triples
        if s.startswith("http://e/t") and o.startswith("http://e/") and (p in (TYPE, SAME) or p.startswith("http://e/"))
        and not (p == SAME and s == o)
    }  # fmt: skip


def text(term: object) -> str:
    return f"_:{term}" if isinstance(term, BNode) else str(term)


def compiled(axioms: Graph) -> Axioms:
    return compile_axioms((text(s), text(p), text(o)) for s, p, o in axioms)


@pytest.mark.parametrize("seed", range(8))
def test_the_same_facts_as_owlrl(seed: int) -> None:
    axioms, facts = made(seed)
    given = {(str(s), str(p), str(o)) for s, p, o in facts}
    reasoner = Reasoner(compiled(axioms))
    reasoner.add(sorted(given))
    union = axioms + facts
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, axiomatic_triples=False, datatype_axioms=False).expand(union)
    theirs = {(text(s), text(p), text(o)) for s, p, o in union}
    assert about_things({*given, *reasoner.inferred()}) == about_things(theirs)


@pytest.mark.parametrize("start", range(0, 80, 20))
def test_what_nobody_asks_for_changes_nothing_else(start: int) -> None:
    properties, classes = {f"http://e/p{n}" for n in range(2)}, {f"http://e/c{n}" for n in range(2)}
    left_out = 0
    for seed in range(start, start + 20):
        axioms, facts = made(seed)
        full = Reasoner(compiled(axioms))
        less = Reasoner(narrowed(compiled(axioms), properties, classes))
        for reasoner in (full, less):
            reasoner.add(sorted((str(s), str(p), str(o)) for s, p, o in facts))
        both = [
            {f: d for f, d in r.inferred().items() if f[1] in {SAME, *properties} or (f[1] == TYPE and f[2] in classes)}
            for r in (full, less)
        ]
        assert both[0] == both[1], seed
        left_out += len(full.derived) - len(less.derived)
    assert left_out > 0
