"""How classes stand to each other and what properties ask of both ends, read from OWL, RDFS and SKOS."""

from __future__ import annotations

import pytest
from rdflib import Graph, URIRef

from kgbuild.statements.hierarchy import disjoint_pairs, ends, implied, members, superclasses

EX = "https://x.org/"
HEAD = (
    f"@prefix : <{EX}> . @prefix owl: <http://www.w3.org/2002/07/owl#> . "
    "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> . "
)


def read(text: str) -> Graph:
    return Graph().parse(data=HEAD + text, format="turtle")


def short(names: object) -> set[str]:
    return {str(n).removeprefix(EX) for n in names}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text",
    [
        ":A rdfs:subClassOf :B .",
        ":A rdfs:subClassOf [ owl:intersectionOf (:B [ owl:intersectionOf (:B) ]) ] .",
        ":A owl:intersectionOf (:B) .",
        ":A owl:equivalentClass [ owl:intersectionOf (:B) ] .",
        ":A owl:equivalentClass :B .",
        ":B owl:unionOf (:A) .",
        ":B owl:equivalentClass [ owl:unionOf (:A) ] .",
        ":B owl:disjointUnionOf (:A :C) .",
        ":A skos:broader :B .",
        ":B skos:narrower :A .",
    ],
)
def test_a_class_is_below_another(text: str) -> None:
    found = superclasses(read(text), {EX + "A", EX + "B"})
    assert short(found[EX + "A"]) == {"B"}
    assert short(found[EX + "B"]) == ({"A"} if text == ":A owl:equivalentClass :B ." else set())


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        (":A owl:disjointWith :B .", {"A B"}),
        (":A owl:disjointWith [ owl:unionOf (:B :C) ] .", {"A B", "A C"}),
        ("[] a owl:AllDisjointClasses ; owl:members (:A :B :C) .", {"A B", "A C", "B C"}),
        (":D owl:disjointUnionOf (:A :B) .", {"A B"}),
        (":A owl:complementOf :B .", {"A B"}),
        (":A rdfs:subClassOf [ owl:complementOf [ owl:unionOf (:B :C) ] ] .", {"A B", "A C"}),
        (":A owl:disjointWith :A .", set()),
    ],
)
def test_nothing_is_of_both_classes(text: str, pairs: set[str]) -> None:
    assert {" ".join(sorted(short(pair))) for pair in disjoint_pairs(read(text))} == pairs


def test_ends_come_from_properties_above_and_from_inverses() -> None:
    graph = read(
        ":p rdfs:domain :A, [ owl:unionOf (:B :C) ] ; rdfs:range [ owl:complementOf :X ] . "
        ":below rdfs:subPropertyOf :p . :back owl:inverseOf :p ; rdfs:domain :R . "
        ":other :includes :A, :B ."
    )
    names = {EX + n for n in ("p", "below", "back", "other")}
    found = ends(graph, names, (URIRef(EX + "includes"), URIRef(EX + "none")))
    domain = (frozenset({EX + "A"}), frozenset({EX + "B", EX + "C"}))
    bars = (frozenset[str](), frozenset({EX + "X"}))
    assert found[EX + "p"] == found[EX + "below"] == (domain, (frozenset({EX + "R"}),), bars)
    assert found[EX + "back"] == ((frozenset({EX + "R"}),), domain, bars[::-1])
    assert found[EX + "other"][0] == (frozenset({EX + "A", EX + "B"}),)


def test_what_a_fact_says_besides() -> None:
    graph = read(
        ":p rdfs:subPropertyOf :q . :q rdfs:subPropertyOf [ owl:inverseOf :r ] . :r a owl:SymmetricProperty . "
        ":s owl:equivalentProperty :p . :q rdfs:subPropertyOf :p ."
    )
    follow = implied(graph, {EX + n for n in "pqrs"})
    both = {("p", False), ("q", False), ("s", False), ("r", True), ("r", False)}
    assert {(q.removeprefix(EX), turned) for q, turned in follow(EX + "p")} == both == {
        (q.removeprefix(EX), turned) for q, turned in follow(EX + "s")
    }  # fmt: skip
    assert {(q.removeprefix(EX), turned) for q, turned in follow(EX + "r")} == {("r", False), ("r", True)}


def test_a_list_that_goes_round_ends() -> None:
    graph = read("@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . :l rdf:first :a ; rdf:rest :l .")
    assert members(graph, URIRef(EX + "l")) == []
