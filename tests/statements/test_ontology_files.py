"""Ontologies by name or path: imports followed beside the file, nothing fetched, errors with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgbuild.errors import OntologyError
from kgbuild.ontology_files import built_in, ontology_files
from kgbuild.statements import load_ontology
from kgbuild.vocab import GENERAL

HEAD = """@prefix : <https://example.org/farm#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""


def write(folder: Path, name: str, body: str) -> str:
    path = folder / name
    path.write_text(HEAD + body, "utf-8")
    return str(path)


def test_imports_beside_the_file_and_of_built_in_ones_are_followed(tmp_path: Path) -> None:
    write(tmp_path, "animals.ttl", ":Cow a owl:Class .\n")
    farm = write(
        tmp_path, "farm.ttl", "<> owl:imports <animals.ttl>, <https://w3id.org/kgbuild/software> .\n"
        ":milks a owl:ObjectProperty ; rdfs:range :Cow .\n",
    )  # fmt: skip
    loaded = load_ontology([farm])
    assert "https://example.org/farm#Cow" in loaded.classes
    assert "https://w3id.org/kgbuild/software#Cache" in loaded.classes
    assert [Path(f.name).name for f in ontology_files([farm])] == [
        "core",
        "animals.ttl",
        "general",
        "software",
        "farm.ttl",
    ]


def test_imports_in_a_circle_are_refused_with_file_and_line(tmp_path: Path) -> None:
    a = write(tmp_path, "a.ttl", "<> owl:imports <b.ttl> .\n")
    write(tmp_path, "b.ttl", "\n<> owl:imports <a.ttl> .\n")
    with pytest.raises(
        OntologyError, match=r"b\.ttl:5: owl:imports go round in a circle: .*a\.ttl -> .*b\.ttl -> .*a\.ttl"
    ):
        load_ontology([a])


def test_imports_from_the_network_are_refused_unless_a_file_stands_for_them(tmp_path: Path) -> None:
    far = write(tmp_path, "far.ttl", "<> owl:imports <https://example.org/animals> .\n")
    with pytest.raises(OntologyError, match=r"far\.ttl:4: owl:imports <https://example\.org/animals> is refused"):
        load_ontology([far])
    near = write(tmp_path, "near.ttl", "<https://example.org/animals> a owl:Ontology . :Cow a owl:Class .\n")
    assert "https://example.org/farm#Cow" in load_ontology([far, near]).classes
    known = write(tmp_path, "known.ttl", "<> owl:imports <http://www.w3.org/2004/02/skos/core> .\n")
    assert load_ontology([known]).names == ("core", known)


def test_what_cannot_be_read_says_where(tmp_path: Path) -> None:
    with pytest.raises(OntologyError, match=r"bad\.ttl.*line 5"):
        load_ontology([write(tmp_path, "bad.ttl", "\n:Cow a owl:Class ; rdfs:label unquoted .\n")])
    with pytest.raises(OntologyError, match=r"lonely\.ttl:4: .*there is no such file"):
        load_ontology([write(tmp_path, "lonely.ttl", "<> owl:imports <gone.ttl> .\n")])
    with pytest.raises(OntologyError, match="built in: core, general, radiology, software, support"):
        load_ontology(["nothing"])


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("bad.rdf", '<?xml version="1.0"?>\n<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n<a>\n</rdf:RDF>',
         r"bad\.rdf:4"),
        ("bad.jsonld", '{"@id": "http://e/a",\n}', r"bad\.jsonld:2"),
        ("far.jsonld", '{"@context": "https://schema.org/", "@id": "http://e/a"}', "nothing is fetched"),
        ("turtle.owl", "@prefix : <http://e/> .\n:a :b .", r"turtle\.owl:2"),
    ],
)  # fmt: skip
def test_every_format_tells_the_line(name: str, text: str, where: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(OntologyError, match=where):
        load_ontology([str(tmp_path / name)])


def test_unions_at_an_end_are_understood(tmp_path: Path) -> None:
    path = write(
        tmp_path, "union.ttl", ":Cow a owl:Class . :Goat a owl:Class .\n"
        ":milks a owl:ObjectProperty ; rdfs:range [ a owl:Class ; owl:unionOf ( :Cow :Goat ) ] .\n",
    )  # fmt: skip
    milks = load_ontology([path]).properties["https://example.org/farm#milks"]
    assert milks.range == {"https://example.org/farm#Cow", "https://example.org/farm#Goat"}


def test_what_a_property_does_not_take_is_read_with_that_of_its_inverse(tmp_path: Path) -> None:
    path = tmp_path / "farm.ttl"
    path.write_text(
        "@prefix : <https://example.org/farm#> . @prefix owl: <http://www.w3.org/2002/07/owl#> . "
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix gen: <https://w3id.org/kgbuild/general#> . "
        ":milks a owl:ObjectProperty ; owl:inverseOf :milkedBy ; "
        "rdfs:domain [ owl:complementOf [ owl:unionOf ( :Cow gen:Place ) ] ] ; rdfs:range [ owl:complementOf :Bull ] . "
        ":milkedBy a owl:ObjectProperty . :Bull a owl:Class . :Calf a owl:Class ; rdfs:subClassOf :Bull .",
        "utf-8",
    )
    ontology = load_ontology([str(path)])
    farm = "https://example.org/farm#"
    takes_no = (frozenset((farm + "Cow", GENERAL + "Place")), frozenset((farm + "Bull",)))
    assert ontology.properties[farm + "milks"].barred == takes_no
    assert ontology.properties[farm + "milkedBy"].barred == takes_no[::-1]
    assert ontology.barred((farm + "Calf", GENERAL + "Thing"), takes_no[1]) == farm + "Calf"
    assert not ontology.barred((GENERAL + "Thing",), takes_no[1])


@pytest.mark.parametrize("name", built_in())
def test_every_term_that_ships_is_described(name: str) -> None:
    from rdflib import OWL, RDF, RDFS, BNode, Graph
    from rdflib.namespace import DCTERMS

    graph = Graph().parse(data=next(f.text for f in ontology_files([name]) if f.name == name), format="turtle")
    for kind in (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty):
        for term in graph.subjects(RDF.type, kind):
            if isinstance(term, BNode):  # "no person": an expression, of no name
                assert kind == OWL.Class and set(graph.predicates(term)) - {RDF.type}
                continue
            for wanted in (RDFS.label, RDFS.comment, DCTERMS.source):
                assert graph.value(term, wanted), f"{term} lacks {wanted}"
