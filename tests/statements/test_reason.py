"""What follows is what owlrl says follows, and every inferred fact leads back to given ones."""

from __future__ import annotations

import random

import pytest

from kgbuild.errors import OntologyError
from kgbuild.statements.axioms import SAME, Triple, compile_axioms
from kgbuild.statements.reason import Reasoner
from kgbuild.vocab import OWL, TYPE

NS = "http://e/"
PREFIXES = (
    f"@prefix : <{NS}> . @prefix owl: <{OWL}> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> ."
    "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> ."
)
ONTOLOGY = """
:p0 rdfs:subPropertyOf :p1 . :p1 owl:equivalentProperty :p2 . :p2 rdfs:domain :A ; rdfs:range :B .
:p3 owl:inverseOf :p4 . :p3 a owl:SymmetricProperty . :p5 a owl:TransitiveProperty . :p6 a owl:FunctionalProperty .
:p7 a owl:InverseFunctionalProperty . :p8 owl:propertyChainAxiom ( :p0 :p5 ) . :p9 owl:propertyChainAxiom ( :p1 :p3 :p5 ) .
:A rdfs:subClassOf :C . :B owl:equivalentClass :D . :E owl:unionOf ( :A :B ) . :F owl:intersectionOf ( :A :D ) .
:G owl:onProperty :p4 ; owl:hasValue :x1 . :H owl:onProperty :p5 ; owl:someValuesFrom :A .
:I owl:onProperty :p5 ; owl:someValuesFrom owl:Thing . :J owl:onProperty :p1 ; owl:allValuesFrom :K . :A rdfs:subClassOf :J .
:L owl:oneOf ( :x2 :x3 ) . :M rdfs:subClassOf :G .
"""


def triples(text: str) -> list[Triple]:
    from rdflib import BNode, Graph

    def term(t: object) -> str:
        return f"_:{t}" if isinstance(t, BNode) else str(t)

    return [(term(s), term(p), term(o)) for s, p, o in Graph().parse(data=PREFIXES + text, format="turtle")]


def random_facts(seed: int) -> str:
    rng = random.Random(seed)
    things = [f":x{n}" for n in range(9)]
    lines = [f"{rng.choice(things)} :p{rng.randrange(10)} {rng.choice(things)} ." for _ in range(14)]
    lines += [f"{rng.choice(things)} a :{rng.choice('ABCDEFGHIJKLM')} ." for _ in range(3)]
    return "\n".join(lines)


def owlrl_says(text: str) -> set[Triple]:
    """What owlrl infers about things. Left out: that a thing is itself, is a owl:Thing, and what is said of terms."""
    import owlrl
    import rdflib
    from rdflib import Graph, URIRef

    graph = Graph().parse(data=PREFIXES + text, format="turtle")
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, axiomatic_triples=False, datatype_axioms=False).expand(graph)
    rdflib.term._reset_bindings()  # owlrl leaves datatypes of its own in rdflib, for the whole process
    found = set()
    for s, p, o in graph:
        told = isinstance(s, URIRef) and isinstance(o, URIRef) and str(s).startswith(NS + "x")
        if told and str(o).startswith(NS) and not (str(p) == SAME and s == o):
            found.add((str(s), str(p), str(o)))
    return found


def reasoned(axioms: str, facts: str) -> tuple[Reasoner, set[Triple]]:
    given = [t for t in triples(facts) if t[0].startswith(NS + "x")]
    made = Reasoner(compile_axioms(triples(axioms)))
    made.add(sorted(given))
    return made, {t for t in {*given, *made.inferred()} if t[2].startswith(NS) and t[0].startswith(NS + "x")}


@pytest.mark.parametrize("seed", range(12))
def test_the_same_follows_as_with_owlrl(seed: int) -> None:
    facts = random_facts(seed)
    _, ours = reasoned(ONTOLOGY, facts)
    assert ours == owlrl_says(ONTOLOGY + facts)


@pytest.mark.parametrize("seed", range(4))
def test_every_inferred_fact_leads_back_to_given_ones(seed: int) -> None:
    facts = random_facts(seed)
    made, _ = reasoned(ONTOLOGY, facts)
    given = set(triples(facts))

    def grounded(fact: Triple, way: tuple[Triple, ...] = ()) -> bool:
        if fact in given:
            return True
        if fact in way or fact not in made.derived:
            return False
        return all(grounded(p, (*way, fact)) for p in made.derived[fact].premises)

    assert made.derived
    assert all(grounded(fact) for fact in made.derived)


def test_the_order_of_the_facts_changes_nothing_that_follows() -> None:
    facts = triples(random_facts(3))
    closures = []
    for seed in range(3):
        shuffled = random.Random(seed).sample(facts, len(facts))
        made = Reasoner(compile_axioms(triples(ONTOLOGY)))
        made.add(shuffled)
        closures.append(set(made.inferred()))
    assert closures[0] == closures[1] == closures[2]


def test_rules_are_named() -> None:
    made, _ = reasoned(":in a owl:TransitiveProperty .", ":x1 :in :x2 . :x2 :in :x3 . :x1 a :A .")
    (found,) = made.inferred().items()
    assert found[0] == (NS + "x1", NS + "in", NS + "x3")
    assert found[1].rule == "prp-trp" and len(found[1].premises) == 2
    assert (NS + "x1", TYPE, NS + "A") in made


def test_what_grows_without_end_is_refused() -> None:
    chain = [(f"{NS}x{n}", NS + "in", f"{NS}x{n + 1}") for n in range(40)]
    made = Reasoner(compile_axioms(triples(":in a owl:TransitiveProperty .")), most=100)
    with pytest.raises(OntologyError, match="more than 100 facts follow"):
        made.add(chain)


def test_below_the_inverse_of_a_property_it_is_turned_one_way_only() -> None:
    made, _ = reasoned(":father rdfs:subPropertyOf [ owl:inverseOf :child ] .", ":x1 :father :x2 . :x3 :child :x4 .")
    assert list(made.inferred()) == [(NS + "x2", NS + "child", NS + "x1")]
