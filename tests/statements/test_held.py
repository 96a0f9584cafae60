"""What an ontology forbids facts to say together: the surer stays, the other is refused with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgbuild.entities.decisions import Decisions
from kgbuild.ontology_files import ontology_files
from kgbuild.statements import load_ontology
from kgbuild.statements.deduce import deduce
from kgbuild.statements.gate import gate
from kgbuild.statements.infer import axioms_of
from kgbuild.types import Entity, Statement, Value
from kgbuild.vocab import OWL, TYPE, XSD

NS = "https://ward.example/o#"
HEAD = """@prefix : <https://ward.example/o#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix gen: <https://w3id.org/kgbuild/general#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
:Staff a owl:Class ; rdfs:subClassOf gen:Person . :Nurse a owl:Class ; rdfs:subClassOf :Staff .
:Patient a owl:Class ; rdfs:subClassOf gen:Person . :Bed a owl:Class ; rdfs:subClassOf gen:Product .
:treats a owl:ObjectProperty . :uses a owl:ObjectProperty . :knows a owl:ObjectProperty .
"""
KINDS = {"ann": NS + "Nurse", "bob": NS + "Staff", "pat": NS + "Patient", "sam": "Person", "b1": NS + "Bed", "b2": NS + "Bed",
         "b3": NS + "Bed", "hall": "Place"}  # fmt: skip
THINGS = [Entity(NS + name, name, (), (kind,), ()) for name, kind in KINDS.items()]
Fact = tuple[str, str, str | Value, float]


def said(*facts: Fact) -> list[Statement]:
    return [Statement(f"{NS}s/{n}", NS + s, NS + p, NS + o if isinstance(o, str) else o, (), sure)
            for n, (s, p, o, sure) in enumerate(facts)]  # fmt: skip


def refused(tmp_path: Path, turtle: str, *facts: Fact, decisions: Decisions | None = None) -> dict[int, str]:
    """Reasons by the numbers of the facts that are refused."""
    path = tmp_path / "ward.ttl"
    path.write_text(HEAD + turtle, "utf-8")
    made = gate(said(*facts), THINGS, load_ontology(["general", str(path)]), min_confidence=0, decisions=decisions)
    return {n: s.reason for n, s in enumerate(made) if s.status == "quarantined"}


MOST = ":Patient rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :uses ; "
BEDS = (("pat", "uses", "b1", 0.9), ("pat", "uses", "b2", 0.8), ("pat", "uses", "b3", 0.7))


@pytest.mark.parametrize(
    ("turtle", "facts", "wanted", "words"),
    [
        (MOST + 'owl:maxCardinality 2 ] .', BEDS, {2}, "at most 2 values, and 'b1', 'b2' are held more surely"),
        (MOST + "owl:cardinality 1 ] .", BEDS, {1, 2}, "at most 1 value, and 'b1' is held"),
        (MOST + "owl:maxCardinality 0 ] .", BEDS[:1], {0}, "at most 0 values"),
        (MOST + "owl:maxQualifiedCardinality 1 ; owl:onClass :Bed ] .", BEDS[:2], {1}, "cardinality"),
        (MOST + "owl:maxQualifiedCardinality 1 ; owl:onClass :Nurse ] .", BEDS, set(), ""),
        (MOST + "owl:minCardinality 5 ] .", BEDS, set(), ""),  # that a fact is not known makes nothing wrong
        (":Nurse owl:equivalentClass [ owl:intersectionOf ( :Staff [ owl:onProperty :uses ; owl:maxCardinality 1 ] ) ] .",
         (("ann", "uses", "b1", 0.6), ("ann", "uses", "b2", 0.8)), {0}, "'b2'"),
        (":uses a owl:FunctionalProperty . :keeps a owl:ObjectProperty ; rdfs:subPropertyOf :uses .",
         (("ann", "uses", "b1", 0.6), ("ann", "keeps", "b2", 0.8)), {0}, "functional"),
        (":usedBy a owl:FunctionalProperty, owl:ObjectProperty ; owl:inverseOf :uses .",
         (("ann", "uses", "b1", 0.6), ("bob", "uses", "b1", 0.8)), {0}, "functional"),
        (":uses a owl:InverseFunctionalProperty .", (("ann", "uses", "b1", 0.6), ("bob", "uses", "b1", 0.8)), {0}, "'bob'"),
        (":knows a owl:AsymmetricProperty .", (("ann", "knows", "bob", 0.6), ("bob", "knows", "ann", 0.8)), {0}, "asymmetric"),
        (":knows owl:propertyDisjointWith :treats .", (("ann", "knows", "pat", 0.6), ("ann", "treats", "pat", 0.8)), {0},
         "exclude each other"),
        ("[] a owl:AllDisjointProperties ; owl:members ( :knows :treats :uses ) .",
         (("ann", "uses", "pat", 0.6), ("ann", "treats", "pat", 0.8)), {0}, "exclude each other"),
        (":Nurse rdfs:subClassOf [ owl:onProperty :treats ; owl:allValuesFrom :Patient ] .",
         (("ann", "treats", "hall", 0.9), ("ann", "treats", "pat", 0.8), ("bob", "treats", "hall", 0.8)), {0}, "range"),
        (":Staff owl:disjointWith :Patient . :treats rdfs:domain :Staff . :knows rdfs:domain :Patient .",
         (("sam", "treats", "bob", 0.6), ("sam", "knows", "bob", 0.8)), {0}, "'sam'"),
        ("[] a owl:AllDisjointClasses ; owl:members ( :Staff :Patient :Bed ) . :treats rdfs:domain :Staff ; rdfs:range :Bed .",
         (("pat", "treats", "b1", 0.9),), {0}, "domain"),
        (":treats rdfs:domain :Staff, :Patient .", (("ann", "treats", "pat", 0.9), ("sam", "treats", "pat", 0.9)), {0}, "patient"),
        (":cures a owl:ObjectProperty ; rdfs:subPropertyOf :treats . :treats rdfs:range :Patient .",
         (("ann", "cures", "hall", 0.9),), {0}, "range"),
        (":treatedBy a owl:ObjectProperty ; rdfs:domain :Patient . :treats owl:inverseOf :treatedBy .",
         (("ann", "treats", "hall", 0.9),), {0}, "range"),
        (":Carer a owl:Class ; owl:unionOf ( :Nurse :Bed ) . :treats rdfs:domain :Carer .",
         (("ann", "treats", "pat", 0.9), ("hall", "treats", "pat", 0.9)), {1}, "carer"),
        (":Helper a owl:Class ; owl:equivalentClass :Nurse . :treats rdfs:domain :Helper .",
         (("ann", "treats", "pat", 0.9), ("hall", "treats", "pat", 0.9)), {1}, "domain"),
        (":Staff rdfs:subClassOf [ owl:complementOf gen:Place ] . :treats rdfs:domain :Staff . :knows rdfs:domain gen:Place .",
         (("sam", "treats", "pat", 0.9), ("sam", "knows", "pat", 0.8)), {1}, "domain"),
    ],
)  # fmt: skip
def test_the_less_sure_is_refused(tmp_path: Path, turtle: str, facts, wanted: set[int], words: str) -> None:
    found = refused(tmp_path, turtle, *facts)
    assert set(found) == wanted and all(words in reason for reason in found.values()), found


def test_what_the_user_accepts_stays_and_the_surer_gives_way(tmp_path: Path) -> None:
    found = refused(
        tmp_path, MOST + "owl:maxCardinality 1 ] .", *BEDS[:2], decisions=Decisions(accept=frozenset({"1"}))
    )
    assert set(found) == {0} and "'b2'" in found[0]


@pytest.mark.parametrize(("kind", "fits"), [("rdf:Property", True), ("owl:ObjectProperty", False)])
def test_a_plain_property_takes_values_and_things(tmp_path: Path, kind: str, fits: bool) -> None:
    turtle = f"@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . :note a {kind} ."
    age = Value("7", XSD + "decimal")
    assert set(refused(tmp_path, turtle, ("ann", "note", "pat", 0.9), ("ann", "note", age, 0.9))) == (
        set() if fits else {1}
    )


def test_what_follows_keeps_the_limits_too(tmp_path: Path) -> None:
    path = tmp_path / "ward.ttl"
    path.write_text(HEAD + ":treats rdfs:domain :Staff . :knows rdfs:subPropertyOf [ owl:inverseOf :watches ] . "
                    ":watches a owl:ObjectProperty, owl:FunctionalProperty . :Staff owl:disjointWith :Guest . "
                    ":Guest a owl:Class ; rdfs:subClassOf gen:Person . :uses rdfs:subPropertyOf :rests . :rests a owl:ObjectProperty ; "
                    "rdfs:subPropertyOf [ owl:inverseOf :holds ] . :holds a owl:ObjectProperty ; rdfs:range :Guest .",
                    "utf-8")  # fmt: skip
    names = ["general", str(path)]
    facts = said(
        ("sam", "treats", "pat", 0.9),
        ("sam", "uses", "b1", 0.6),
        ("ann", "knows", "hall", 0.9),
        ("bob", "knows", "hall", 0.8),
    )
    ontology = load_ontology(names)
    stated = gate(facts, THINGS, ontology, min_confidence=0)
    assert [s.reason.split(":")[0] for s in stated] == ["", "disjoint", "", "functional"]
    follow = deduce(stated, THINGS, ontology, axioms_of(ontology_files(names)), [], base=NS, min_confidence=0)
    kinds = {s.object for s in follow if s.predicate == TYPE and s.subject == NS + "sam" and s.status == "inferred"}
    assert NS + "Staff" in kinds and NS + "Guest" not in kinds and OWL + "Thing" not in kinds


def test_concepts_of_a_vocabulary_are_kinds_of_things(tmp_path: Path) -> None:
    path = tmp_path / "kinds.ttl"
    path.write_text(HEAD + ':bread a skos:Concept ; skos:prefLabel "bread"@en ; skos:altLabel "loaf"@en ; skos:broader :food . '
                    ':food a skos:Concept ; skos:prefLabel "food"@en ; skos:narrower :cake . :cake a skos:Concept .',
                    "utf-8")  # fmt: skip
    ontology = load_ontology(["general", str(path)])
    assert ontology.classes[NS + "bread"].label == "bread" and ontology.classes[NS + "bread"].aliases == ("loaf",)
    assert ontology.above(NS + "bread") == {NS + "bread", NS + "food"}
    assert NS + "food" in ontology.above(NS + "cake") and ontology.labels[NS + "food"] == "food"
