"""Closed relations get the properties of a user's own ontology: where it says so, or where words and classes agree."""

from __future__ import annotations

from pathlib import Path

import pytest

import kgbuild
from kgbuild.config import Config
from kgbuild.embeddings.relation import RelationEncoder
from kgbuild.pipeline import build
from kgbuild.statements import assemble, load_ontology
from kgbuild.statements.closed import ClosedTyper, general_properties, meanings, own_properties
from kgbuild.types import Entity, Extraction, Mention, RelationMention, Target, TextPosition
from kgbuild.vocab import GENERAL

MINE = "https://example.org/crew#"
HEAD = """
@prefix : <https://example.org/crew#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix gen: <https://w3id.org/kgbuild/general#> . @prefix schema: <http://schema.org/> .
@prefix wdt: <http://www.wikidata.org/prop/direct/> . @prefix wd: <http://www.wikidata.org/entity/> .
"""
EMPLOYER = ("Ada", "Person", "employer", "Acme", "Organisation")
PARENT = ("Acme Labs", "Organisation", "parentOrganization", "Acme", "Organisation")


def typed(
    tmp_path: Path, turtle: str, fact: tuple[str, ...], *, general: bool = False, encoder: RelationEncoder | None = None
):
    """What becomes of one closed relation: {(subject, property, object)} of the facts, and the quarantined ones."""
    path = tmp_path / "crew.ttl"
    path.write_text(HEAD + turtle, "utf-8")
    ontology = load_ontology(["general", str(path)] if general else [str(path)])
    mentions, entities = [], []
    for n, (name, kind) in enumerate((fact[0:2], fact[3:5])):
        mentions.append(Mention(f"s#m{n}", Target("s", (TextPosition(n, n + 1),)), name, kind, 0.9, "text/1"))
        if kind != "Time":
            entities.append(Entity(f"e:{name}", name, (), (kind,), (f"s#m{n}",)))
    place = Target("s", (TextPosition(0, 9),))
    r = RelationMention("s#r", "s#m0", GENERAL + fact[2], "s#m1", place, 0.95, "text/1")
    own, known = own_properties(ontology), general_properties(load_ontology(["general"]))
    scores = None
    if encoder is not None:
        matrix = encoder.properties([(p.label, p.description, p.aliases) for p in (*own, *known)])
        scores = matrix[: len(own)] @ matrix[len(own) :].T
    config = Config.load()
    found = meanings(own, known, scores, ontology, threshold=config["statements"]["closed_typing_threshold"])
    extraction = ClosedTyper(found, entities, ontology, keep=general)(Extraction("s", tuple(mentions), (r,)))
    made, *_ = assemble([extraction], entities, ontology, config=config)
    return tuple(
        {(s.subject[2:], s.predicate, s.object[2:] if isinstance(s.object, str) else s.object.lexical) for s in made
         if s.status == status} for status in ("asserted", "quarantined")
    )  # fmt: skip


@pytest.mark.parametrize(
    "said",
    [
        "owl:equivalentProperty gen:employer", "rdfs:subPropertyOf gen:employer", "skos:exactMatch wdt:P108",
        "skos:exactMatch wd:P108", "owl:equivalentProperty schema:worksFor", "rdfs:subPropertyOf :b . :b a owl:DatatypeProperty ; "
        "owl:equivalentProperty gen:employer",
    ],
)  # fmt: skip
@pytest.mark.parametrize("general", [True, False])
def test_a_property_takes_the_relations_that_its_ontology_says(tmp_path: Path, said: str, general: bool) -> None:
    turtle = "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . :a a owl:ObjectProperty ; " + said + " ."
    facts, refused = typed(tmp_path, turtle, EMPLOYER, general=general)
    expected = {("Ada", MINE + "a", "Acme")} | ({("Ada", GENERAL + "employer", "Acme")} if general else set())
    assert facts == expected and not refused


def test_an_inverse_is_read_backward(tmp_path: Path) -> None:
    facts, _ = typed(tmp_path, ":staff a owl:ObjectProperty ; owl:inverseOf gen:employer .", EMPLOYER)
    assert facts == {("Acme", MINE + "staff", "Ada")}
    facts, _ = typed(tmp_path, ":owns a owl:ObjectProperty ; owl:equivalentProperty gen:subsidiary .", PARENT)
    assert facts == {("Acme", MINE + "owns", "Acme Labs")}


def test_of_two_subproperties_the_one_that_fits_is_taken(tmp_path: Path) -> None:
    turtle = """
    :a a owl:ObjectProperty ; rdfs:subPropertyOf gen:employer ; rdfs:range gen:Place .
    :b a owl:ObjectProperty ; rdfs:subPropertyOf gen:employer ; rdfs:range gen:Organisation ."""
    assert typed(tmp_path, turtle, EMPLOYER)[0] == {("Ada", MINE + "b", "Acme")}


def test_dates_stay_values(tmp_path: Path) -> None:
    turtle = ":born a owl:DatatypeProperty ; owl:equivalentProperty schema:birthDate ."
    facts, _ = typed(tmp_path, turtle, ("Ada", "Person", "dateOfBirth", "10 December 1815", "Time"))
    assert facts == {("Ada", MINE + "born", "1815-12-10")}


def test_classes_of_other_vocabularies_are_understood(tmp_path: Path) -> None:
    turtle = """
    :Human a owl:Class ; owl:equivalentClass schema:Person .
    :Company a owl:Class ; rdfs:subClassOf owl:Thing ; rdfs:label "Company" .
    :works a owl:ObjectProperty ; owl:equivalentProperty gen:employer ; rdfs:domain :Human ; rdfs:range :Company .
    :Rock a owl:Class ; rdfs:label "Rock" ."""
    assert typed(tmp_path, turtle, EMPLOYER)[0] == {("Ada", MINE + "works", "Acme")}
    facts, refused = typed(tmp_path, turtle.replace("range :Company", "range :Rock"), EMPLOYER)
    assert not facts and refused == {("Ada", GENERAL + "employer", "Acme")}


LIKE = """
:worksFor a owl:ObjectProperty ; rdfs:label "works for" ; rdfs:comment "The organisation that pays the person for their work." ;
    rdfs:domain gen:Person ; rdfs:range gen:Organisation .
:hasStaff a owl:ObjectProperty ; rdfs:label "has employee" ; rdfs:comment "A person employed by the organisation." ;
    rdfs:domain gen:Organisation ; rdfs:range gen:Person .
:sued a owl:ObjectProperty ; rdfs:label "sued" ; rdfs:comment "A party against which it brought a case." .
"""


def test_likeness_of_words_is_enough_above_the_threshold(tmp_path: Path, config: Config) -> None:
    encoder = RelationEncoder(config)
    assert typed(tmp_path, LIKE, EMPLOYER, encoder=encoder)[0] == {("Ada", MINE + "worksFor", "Acme")}
    backward = LIKE[LIKE.index(":hasStaff") :]
    assert typed(tmp_path, backward, EMPLOYER, encoder=encoder)[0] == {("Acme", MINE + "hasStaff", "Ada")}
    facts, refused = typed(tmp_path, LIKE[LIKE.index(":sued") :], EMPLOYER, encoder=encoder)
    assert not facts and refused == {("Ada", GENERAL + "employer", "Acme")}
    assert not typed(tmp_path, LIKE, EMPLOYER)[0]  # without vectors only what the ontology says itself


EXTRACTOR = '''
from kgbuild.identity import mention_iri, relation_iri
from kgbuild.types import Extraction, Mention, RelationMention, Target, TextPosition
from kgbuild.vocab import GENERAL

class Employers:
    """Reads "Person works for Organisation"."""

    def __init__(self, config):
        pass

    def __call__(self, readings):
        return [self.read(r) for r in readings]

    def read(self, reading):
        made = []
        for name, kind in zip(reading.text.strip().split(" works for "), ("Person", "Organisation")):
            start = reading.text.index(name)
            place = Target(reading.source.id, (TextPosition(start, start + len(name)),))
            iri = mention_iri(place, name, kind, "w/1")
            made.append(Mention(iri, place, name, kind, 0.95, "w/1", context=reading.text.strip()))
        place = Target(reading.source.id, (TextPosition(0, len(reading.text.strip())),))
        iri = relation_iri(made[0].id, GENERAL + "employer", made[1].id, place, "w/1")
        found = RelationMention(iri, made[0].id, GENERAL + "employer", made[1].id, place, 0.95, "w/1", reading.text.strip())
        return Extraction(reading.source.id, tuple(made), (found,))
'''


def test_a_build_with_an_own_ontology_alone_says_it_in_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_employers.py").write_text(EXTRACTOR, "utf-8")
    (tmp_path / "crew.ttl").write_text(HEAD + ":Person a owl:Class ." + LIKE, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.txt").write_text("Tom Reed works for Northwind Traders\n", "utf-8")
    overrides = {
        "mentions.extractors": ["own_employers:Employers"],
        "statements.ontologies": [str(tmp_path / "crew.ttl")],
    }
    report = build(tmp_path / "corpus", out=tmp_path / "out", config=Config.load(overrides=overrides))
    assert report.counts["relation statements"] == 1 and report.counts["quarantined statements"] == 0
    with kgbuild.open(tmp_path / "out") as graph:
        (row,) = graph.sparql(f"SELECT ?a ?b {{ ?s <{MINE}worksFor> ?o . ?s rdfs:label ?a . ?o rdfs:label ?b }}")
        assert (row["a"], row["b"]) == ("Tom Reed", "Northwind Traders")
        types = {r["t"] for r in graph.sparql("SELECT ?t { ?s a ?t ; rdfs:label ?n FILTER(STR(?n) = 'Tom Reed') }")}
        assert types == {MINE + "Person", GENERAL + "Person"}
