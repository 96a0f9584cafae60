"""Entities get finer classes below their own where likeness is convincing; their IRIs stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import kgbuild
from kgbuild.config import Config
from kgbuild.embeddings.relation import RelationParts
from kgbuild.embeddings.text import TextEncoder
from kgbuild.statements import load_ontology
from kgbuild.statements.fine import ClassTable, FineTyper, class_matrix, fine_classes
from kgbuild.types import Entity, Mention, Target
from kgbuild.vocab import GENERAL

MINE = "https://example.org/waters#"
TURTLE = """
@prefix : <https://example.org/waters#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix gen: <https://w3id.org/kgbuild/general#> .
:WaterBody a owl:Class ; rdfs:subClassOf gen:Place ; rdfs:label "body of water" .
:River a owl:Class ; rdfs:subClassOf :WaterBody ; rdfs:label "river" ; rdfs:comment "A stream that flows into the sea." .
:Party a owl:Class ; rdfs:subClassOf gen:Organisation ; rdfs:label "political party" ;
    rdfs:comment "An organisation whose members stand for election." .
:RiverGod a owl:Class ; rdfs:subClassOf gen:Person ; rdfs:label "river god" ; rdfs:comment "A god of a river." .
"""
Typed = Callable[[Sequence[str], str, str, str], tuple[str, ...]]


@pytest.fixture(scope="module")
def text(config: Config) -> TextEncoder:
    return TextEncoder(config)


@pytest.fixture(scope="module")
def typed(text: TextEncoder, tmp_path_factory: pytest.TempPathFactory) -> Typed:
    """Classes of an entity with one mention, under ontologies ("mine" is the one above)."""
    path = tmp_path_factory.mktemp("ontology") / "waters.ttl"
    path.write_text(TURTLE, "utf-8")

    def run(names: Sequence[str], surface: str, kind: str, context: str) -> tuple[str, ...]:
        ontology = load_ontology([str(path) if n == "mine" else n for n in names])
        classes = fine_classes(ontology)
        parts = RelationParts(text).properties([(c.label, c.description, c.aliases) for c in classes])
        table = ClassTable(tuple(c.iri for c in classes), class_matrix(parts))
        (vector,) = text.mentions([Mention("m", Target("s"), surface, kind, 0.9, "t/1", context=context)])
        threshold = 0.8
        entity = Entity("e", surface, (), (kind,), ("m",))
        (made,) = FineTyper(table, ontology, {"m": vector}, threshold=threshold)([entity])
        assert replace(made, types=entity.types, type_score=1.0) == entity
        assert made.types[-1] == kind and (len(made.types) > 1) == (threshold <= made.type_score < 1)
        return made.types

    return run


CASES = [
    (["mine"], "the river Isar", "Place", "The river Isar flows into the Danube.", (MINE + "River", MINE + "WaterBody", "Place")),
    (["mine"], "the river Isar", "Organisation", "The river Isar flows into the Danube.", ("Organisation",)),
    (["general"], "load balancer", "Thing", "The load balancer sends requests to the web servers.", ("Server", "Product", "Thing")),
    (["mine"], "Tom Reed", "Person", "Tom Reed came late.", ("Person",)),
    (["mine"], "Liberal Party", "Organisation", "The Liberal Party won the election.", (MINE + "Party", "Organisation")),
    (["general"], "Liberal Party", "Organisation", "The Liberal Party won the election.", ("PoliticalParty", "Organisation")),
    (["core"], "Liberal Party", "Organisation", "The Liberal Party won the election.", ("Organisation",)),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[f"{c[1]}, {c[2]}, {c[0][0]}" for c in CASES])
def test_an_entity_gets_the_class_that_is_like_it_below_its_own(case, typed: Typed) -> None:
    *given, wanted = case
    assert typed(*given) == wanted


def test_a_users_class_stands_for_the_general_one_of_its_name(typed: Typed) -> None:
    found = typed(["general", "mine"], "the river Isar", "Place", "The river Isar flows into the Danube.")
    assert found[0] == MINE + "River" and GENERAL + "River" not in found and found[-1] == "Place"


def test_a_finer_class_decides_only_where_the_own_one_cannot(tmp_path: Path) -> None:
    ontology = load_ontology(["general"])
    river = (GENERAL + "River", GENERAL + "Place")
    assert ontology.admits(river, frozenset((GENERAL + "Place",)))
    assert ontology.admits(river, frozenset((GENERAL + "River",)))
    assert not ontology.admits(river, frozenset((GENERAL + "City",)))
    assert ontology.admits(river[1:], frozenset((GENERAL + "City",)))  # it may be one
    assert not ontology.admits(river[1:], frozenset((GENERAL + "Company",)))
    film = (GENERAL + "Film", GENERAL + "Thing")
    assert not ontology.admits(
        film, frozenset((GENERAL + "Person",))
    )  # nothing else is known of it, and no film is one
    assert ontology.admits(film, frozenset((GENERAL + "Film",)))
    assert ontology.admits(film[1:], frozenset((GENERAL + "Person",)))


def test_no_class_of_the_general_ontology_contradicts_another() -> None:
    ontology = load_ontology(["general"])
    for c in fine_classes(ontology):
        above = sorted(ontology.above(c.iri))
        assert GENERAL + "Thing" in above and c.description and c.aliases and c.same, c.iri
        assert not any(ontology.are_disjoint(a, b) for a in above for b in above if a != b), c.iri


def test_a_build_says_the_finer_class_and_how_sure_it_is(example, tmp_path: Path) -> None:
    out, _ = example
    with kgbuild.open(out) as graph:
        rows = graph.sparql(
            "SELECT ?e ?fine ?own ?score { ?e core:typeConfidence ?score ; a ?fine , ?own . "
            f"FILTER(?fine != ?own && ?own IN (<{GENERAL}Person>, <{GENERAL}Organisation>, <{GENERAL}Place>)) "
            f"MINUS {{ ?e a <{GENERAL}Thing> }} }}"
        )
        known = load_ontology(["general"])
        assert rows
        for row in rows:
            assert row["own"] in known.above(row["fine"]) and 0.8 <= float(row["score"]) <= 1
        assert f"{float(row['score']):.2f}" in graph.why(row["e"]).text
