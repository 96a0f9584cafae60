"""Limits that an ontology sets to what facts may say together, read from OWL 2."""

from __future__ import annotations

import pytest
from rdflib import Graph

from kgbuild.statements.limits import Limits, Most, read_limits

EX = "https://x.org/"
HEAD = (
    f"@prefix : <{EX}> . @prefix owl: <http://www.w3.org/2002/07/owl#> . "
    "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . "
)
R = "a owl:Restriction ; owl:onProperty :p"


def read(text: str) -> Limits:
    return read_limits(Graph().parse(data=HEAD + text, format="turtle"), {EX + "p", EX + "q"})


@pytest.mark.parametrize(
    ("text", "most"),
    [
        (":p a owl:FunctionalProperty .", Most("", 1)),
        (f":A rdfs:subClassOf [ {R} ; owl:maxCardinality 2 ] .", Most(EX + "A", 2)),
        (f":A owl:equivalentClass [ {R} ; owl:cardinality 3 ] .", Most(EX + "A", 3)),
        (f"owl:Thing rdfs:subClassOf [ {R} ; owl:maxCardinality 0 ] .", Most("", 0)),
        (f":A rdfs:subClassOf [ {R} ; owl:maxQualifiedCardinality 1 ; owl:onClass :B ] .", Most(EX + "A", 1, EX + "B")),
        (f":A rdfs:subClassOf [ owl:intersectionOf (:C [ {R} ; owl:maxCardinality 1 ]) ] .", Most(EX + "A", 1)),
    ],
)
def test_most_values(text: str, most: Most) -> None:
    assert read(text).most == {EX + "p": (most,)}


@pytest.mark.parametrize(
    "text",
    [
        f":A rdfs:subClassOf [ {R} ; owl:minCardinality 2 ] .",  # what is not known makes nothing wrong
        f':A rdfs:subClassOf [ {R} ; owl:maxCardinality "many" ] .',
        f":A rdfs:subClassOf [ {R} ; owl:maxQualifiedCardinality 1 ; owl:onClass [ owl:unionOf (:B) ] ] .",
        f"[ {R} ; owl:maxCardinality 2 ] .",  # of no class
    ],
)
def test_no_limit(text: str) -> None:
    assert not any(read(text).most.values())


def test_properties_that_exclude_each_other_and_kinds_of_properties() -> None:
    found = read(
        ":p owl:propertyDisjointWith :q ; a owl:AsymmetricProperty . :q a owl:InverseFunctionalProperty . "
        "[] a owl:AllDisjointProperties ; owl:members (:p :r :s) ."
    )
    assert found.excludes == {
        EX + a: frozenset(EX + b for b in others) for a, others in {"p": "qrs", "q": "p", "r": "ps", "s": "pr"}.items()
    }
    assert found.asymmetric == {EX + "p"} and found.one_subject == {EX + "q"}


@pytest.mark.parametrize(
    ("filler", "wanted"), [(":B", {"B"}), ("[ owl:unionOf (:B :C) ]", {"B", "C"}), ("[ owl:complementOf :B ]", set())]
)
def test_classes_of_every_value(filler: str, wanted: set[str]) -> None:
    every = read(f":A rdfs:subClassOf [ {R} ; owl:allValuesFrom {filler} ] .").every
    assert every == ({EX + "p": ((EX + "A", frozenset(EX + w for w in wanted)),)} if wanted else {})
