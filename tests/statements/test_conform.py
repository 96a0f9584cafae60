"""Shapes gate the facts: what they forbid is refused, the least sure first; what no fact is to blame for is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgbuild.config import Config
from kgbuild.errors import OntologyError
from kgbuild.ontology_files import ontology_files
from kgbuild.statements import assemble, check_logic, load_ontology
from kgbuild.statements.conform import Gate, read_gate
from kgbuild.types import (
    Entity,
    Extraction,
    Issue,
    Mention,
    RelationMention,
    Statement,
    Target,
    TextPosition,
    Value,
)  # fmt: skip
from kgbuild.vocab import XSD

NS = "https://rail.example/o#"
HEAD = """@prefix : <https://rail.example/o#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix gen: <https://w3id.org/kgbuild/general#> . @prefix sh: <http://www.w3.org/ns/shacl#> .
:Train a owl:Class ; rdfs:subClassOf gen:Product . :Express a owl:Class ; rdfs:subClassOf :Train .
:Station a owl:Class ; rdfs:subClassOf gen:Place .
"""
KINDS = {
    "ice": NS + "Express",
    "tram": NS + "Train",
    "ulm": NS + "Station",
    "bonn": NS + "Station",
    "kiel": NS + "Station",
}
THINGS = [Entity(NS + name, name, (), (kind,), ()) for name, kind in KINDS.items()]
Fact = tuple[str, str, str | Value, float]


def number(n: int) -> Value:
    return Value(str(n), XSD + "integer")


STOPS = (("ice", "stops", "ulm", 0.9), ("ice", "stops", "bonn", 0.8), ("ice", "stops", "kiel", 0.7))
SHAPE = ":S a sh:NodeShape ; sh:targetClass :Train ; "


def refused(
    tmp_path: Path, turtle: str, *facts: Fact, accept: tuple[str, ...] = ()
) -> tuple[dict[int, str], tuple[Issue, ...]]:
    path = tmp_path / "rail.ttl"
    path.write_text(HEAD + turtle, "utf-8")
    names = ["general", str(path)]
    ontology = load_ontology(names)
    shapes = read_gate(ontology_files(names), ontology)
    assert shapes is not None
    said = [Statement(f"{NS}s/{n}", NS + s, NS + p, NS + o if isinstance(o, str) else o, (), sure)
            for n, (s, p, o, sure) in enumerate(facts)]  # fmt: skip
    found, issues = Gate(said, THINGS, ontology, shapes, accept).refuse()
    return {int(id.rsplit("/", 1)[-1]): reason for id, reason in found.items()}, issues


@pytest.mark.parametrize(
    ("turtle", "facts", "wanted"),
    [
        (SHAPE + "sh:property [ sh:path :stops ; sh:maxCount 2 ] .", STOPS, {2}),
        (SHAPE + "sh:property [ sh:path :stops ; sh:maxCount 1 ] .", STOPS, {1, 2}),
        (SHAPE + "sh:property [ sh:path :stops ; sh:maxCount 0 ] .", STOPS, {0, 1, 2}),
        (SHAPE + "sh:property [ sh:path :stops ; sh:class :Train ] .", (*STOPS[:1], ("ice", "stops", "tram", 0.2)), {0}),
        (SHAPE + "sh:property [ sh:path :speed ; sh:maxInclusive 300 ] .",
         (("ice", "speed", number(320), 0.9), ("tram", "speed", number(60), 0.9)), {0}),
        (SHAPE + "sh:property [ sh:path :name ; sh:pattern '^ICE' ; sh:datatype xsd:string ] .",
         (("ice", "name", Value("RE 4", XSD + "string"), 0.9),), {0}),
        (SHAPE + "sh:closed true ; sh:ignoredProperties ( rdfs:label <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> ) ; "
         "sh:property [ sh:path :stops ] .", (*STOPS, ("ice", "speed", number(1), 0.9)), {3}),
        (SHAPE + "sh:property [ sh:path :least ; sh:lessThan :most ] .",
         (("ice", "least", number(5), 0.9), ("ice", "most", number(4), 0.6)), {1}),
        (SHAPE + "sh:property [ sh:path :from ; sh:disjoint :to ] .",
         (("ice", "from", "ulm", 0.6), ("ice", "to", "ulm", 0.9), ("tram", "to", "ulm", 0.9)), {0}),
        (SHAPE + "sh:not [ sh:property [ sh:path :stops ; sh:hasValue :ulm ] ] .", STOPS, {0}),
        (SHAPE + "sh:or ( [ sh:property [ sh:path :stops ; sh:maxCount 1 ] ] [ sh:property [ sh:path :speed ; sh:minCount 1 ] ] ) .",
         STOPS[:2], {1}),
        (SHAPE + "sh:property [ sh:path :stops ; sh:qualifiedValueShape [ sh:class :Station ] ; sh:qualifiedMaxCount 1 ] .",
         STOPS[:2], {1}),
        (":S a sh:NodeShape ; sh:targetClass :Station ; sh:property [ sh:path [ sh:inversePath :stops ] ; sh:maxCount 1 ] .",
         (("ice", "stops", "ulm", 0.7), ("tram", "stops", "ulm", 0.9), ("ice", "stops", "bonn", 0.7)), {0}),
        (":S a sh:NodeShape ; sh:targetClass :Station ; sh:property [ sh:path [ sh:inversePath :stops ] ; sh:maxCount 1 ] .",
         (("ice", "stops", "ulm", 0.7), ("tram", "stops", "ulm", 0.6), ("bonn", "stops", "ulm", 0.9)), {0, 1}),
        (SHAPE + "sh:not [ sh:property [ sh:path :stops ; sh:minCount 2 ] ] .", (*STOPS, ("ice", "speed", number(1), 0.1)), {1, 2}),
        (":S a sh:NodeShape ; sh:targetClass :Train ; sh:property [ sh:path ( :stops :partOf ) ; sh:maxCount 0 ] .",
         (("ice", "stops", "ulm", 0.9), ("ulm", "partOf", "bonn", 0.6)), {1}),
        (":S a sh:NodeShape ; sh:targetSubjectsOf :stops ; sh:property [ sh:path :speed ; sh:minCount 1 ] .",
         (("ice", "stops", "ulm", 0.7), ("tram", "stops", "ulm", 0.7), ("tram", "speed", number(6), 0.7)), {0}),
        (SHAPE + "sh:severity sh:Warning ; sh:property [ sh:path :x ; sh:maxCount 9 ] .", STOPS, set()),
        (SHAPE + "sh:sparql [ sh:message 'ends where it begins' ; sh:select 'SELECT $this WHERE { $this <https://rail.example/o#from>"
         " ?x ; <https://rail.example/o#to> ?x }' ] .", (("ice", "from", "ulm", 0.6), ("ice", "to", "ulm", 0.9)), {0}),
    ],
)  # fmt: skip
def test_what_a_shape_forbids_is_refused(
    tmp_path: Path, turtle: str, facts: tuple[Fact, ...], wanted: set[int]
) -> None:
    found, issues = refused(tmp_path, turtle, *facts)
    assert set(found) == wanted and not issues, (found, issues)
    assert all(r.startswith("shape: ") and "rail.ttl:6" in r for r in found.values()), found


def test_a_missing_value_is_told_and_nothing_refused_for_it(tmp_path: Path) -> None:
    shape = SHAPE + "sh:property [ sh:path :speed ; sh:minCount 1 ; sh:message 'a train has a speed' ] ."
    found, (issue,) = refused(tmp_path, shape, *STOPS)
    assert not found and issue.severity == "warning"
    assert all(word in issue.message for word in ("a train has a speed", "2 things", "'ice'", "rail.ttl:6"))


def test_what_the_user_accepts_is_not_refused(tmp_path: Path) -> None:
    assert set(
        refused(tmp_path, SHAPE + "sh:property [ sh:path :stops ; sh:maxCount 1 ] .", *STOPS, accept=("2",))[0]
    ) == {0, 1}


@pytest.mark.parametrize(
    ("turtle", "words"),
    [
        (":S a sh:NodeShape ;\n sh:targetClass :Trian .", ["rail.ttl:7", "Trian"]),
        (SHAPE + "\nsh:property [ sh:path :x ; sh:minCuont 1 ] .", ["rail.ttl:7", "Did you mean sh:minCount"]),
        (SHAPE + "\nsh:property [ sh:path :x ; sh:maxCount 'many' ] .", ["rail.ttl:7", "whole number", "'many'"]),
        (SHAPE + "\nsh:property [ sh:path :x ; sh:class :Boat ] .", ["rail.ttl:7", "Boat"]),
        (SHAPE + "\nsh:property [ sh:maxCount 1 ] .", ["rail.ttl:7", "sh:path"]),
        (SHAPE + "\nsh:or :Train .", ["rail.ttl:7", "list"]),
        (SHAPE + "sh:sparql [ sh:select '''SELECT $this WHERE {\n SERVICE <http://x> { $this ?p ?o } }''' ] .", ["rail.ttl:7", "SERVICE"]),
    ],
)  # fmt: skip
def test_shapes_that_are_none_stop_the_build_before_any_work(tmp_path: Path, turtle: str, words: list[str]) -> None:
    path = tmp_path / "rail.ttl"
    path.write_text(HEAD + turtle, "utf-8")
    config = Config.load(overrides={"statements.ontologies": ["core", "general", str(path)]})
    with pytest.raises(OntologyError) as err:
        check_logic(config)
    assert all(word in str(err.value) for word in words), str(err.value)


def test_what_rested_on_a_refused_fact_goes_with_it_and_what_follows_is_gated(tmp_path: Path) -> None:
    path = tmp_path / "rail.ttl"
    path.write_text(
        HEAD + ":stops a owl:ObjectProperty ; owl:inverseOf :servedBy ; rdfs:subPropertyOf :touches . :touches a owl:ObjectProperty . "
        ":servedBy a owl:ObjectProperty . :S a sh:NodeShape ; sh:targetClass :Train ; sh:property [ sh:path :stops ; sh:maxCount 1 ] . "
        ":T a sh:NodeShape ; sh:targetSubjectsOf :touches ; sh:property [ sh:path :touches ; sh:maxCount 0 ; sh:message 'none' ] .",
        "utf-8",
    )  # fmt: skip
    config = Config.load(overrides={"statements.ontologies": ["core", "general", str(path)], "statements.judge": False})
    names = {"ice": NS + "Train", "ulm": NS + "Station", "bonn": NS + "Station"}
    place = Target("s", (TextPosition(0, 9),))
    mentions = {n: Mention(f"s#{n}", place, n, kind, 0.9, "text/1") for n, kind in names.items()}
    entities = [Entity(f"https://example.org/kg/entity/{n}", n, (), (kind,), (f"s#{n}",)) for n, kind in names.items()]
    said = tuple(
        RelationMention(f"s#r{to}", mentions["ice"].id, NS + "stops", mentions[to].id, place, score, "text/1")
        for to, score in (("ulm", 0.9), ("bonn", 0.8))
    )
    ontology = load_ontology(config["statements"]["ontologies"])
    found, _, issues = assemble([Extraction("s", tuple(mentions.values()), said)], entities, ontology, config=config)
    told = {
        (s.subject[-3:], s.predicate.removeprefix(NS), str(s.object)[-3:], s.status) for s in found if NS in s.predicate
    }
    assert told == {
        ("ice", "stops", "ulm", "asserted"), ("ice", "stops", "onn", "quarantined"), ("ulm", "servedBy", "ice", "inferred"),
        ("ice", "touches", "ulm", "quarantined"),
    } and not issues  # fmt: skip
