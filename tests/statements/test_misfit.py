"""Whether a property may stand between two ends, and the words that say why not."""

from __future__ import annotations

import pytest

from kgbuild.statements import Ontology, load_ontology
from kgbuild.statements.misfit import misfit
from kgbuild.types import Value
from kgbuild.vocab import EDTF, XSD

EX = "https://x.org/"
TEXT = f"""
@prefix : <{EX}> . @prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix xsd: <{XSD}> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:Animal a owl:Class . :Dog a owl:Class ; rdfs:subClassOf :Animal . :Plant a owl:Class ; owl:disjointWith :Animal .
:Stone a owl:Class .
:eats a owl:ObjectProperty ; rdfs:domain :Animal ; rdfs:range [ owl:complementOf :Stone ] .
:chases a owl:ObjectProperty ; rdfs:domain :Dog ; rdfs:range :Animal .
:weight a owl:DatatypeProperty ; rdfs:domain :Animal ; rdfs:range xsd:decimal .
:legs a owl:DatatypeProperty ; rdfs:range xsd:integer .
:called a owl:DatatypeProperty ; rdfs:range xsd:string .
"""
DOG, PLANT, STONE, ANIMAL = ((EX + n,) for n in ("Dog", "Plant", "Stone", "Animal"))


@pytest.fixture(scope="module")
def ontology(tmp_path_factory: pytest.TempPathFactory) -> Ontology:
    path = tmp_path_factory.mktemp("own") / "own.ttl"
    path.write_text(TEXT, "utf-8")
    return load_ontology([str(path)])


@pytest.mark.parametrize(
    ("subject", "name", "object"),
    [
        (DOG, "eats", PLANT),
        (DOG, "eats", DOG),
        (ANIMAL, "chases", DOG),  # not known so finely: it may be a dog
        (DOG, "weight", Value("30.5", XSD + "decimal")),
        (PLANT, "legs", Value("4", XSD + "decimal")),  # whole, though read as a decimal
        (DOG, "called", Value("1.5", XSD + "decimal")),  # whatever is written is a string
    ],
)
def test_what_may_stand(ontology: Ontology, subject: tuple[str, ...], name: str, object: object) -> None:
    assert misfit(subject, object, ontology.properties[EX + name], ontology) == ""  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("subject", "name", "object", "said"),
    [
        (PLANT, "eats", DOG, "domain: the subject is a plant, eats takes animal"),
        (DOG, "eats", STONE, "range: the object is a stone, eats takes no stone"),
        (DOG, "chases", PLANT, "range: the object is a plant, chases takes animal"),
        (DOG, "chases", Value("2020", EDTF), "range: the object is a value, chases takes animal"),
        (DOG, "weight", PLANT, "range: the object is an entity, weight takes a value"),
        (DOG, "weight", Value("2020-05", EDTF), "range: '2020-05' is of"),
        (DOG, "legs", Value("3.5", XSD + "decimal"), "range: '3.5' is of xsd:decimal"),
    ],
)
def test_what_may_not(
    ontology: Ontology, subject: tuple[str, ...], name: str, object: tuple[str, ...] | Value, said: str
) -> None:
    assert misfit(subject, object, ontology.properties[EX + name], ontology).startswith(said)
