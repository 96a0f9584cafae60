"""Statements: domain and range, values, functional properties, decisions; what is refused keeps its reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgbuild.config import Config
from kgbuild.entities.decisions import Decisions
from kgbuild.errors import OntologyError
from kgbuild.statements import assemble, load_ontology
from kgbuild.statements.assemble import combine, draft
from kgbuild.statements.values import literal
from kgbuild.types import Entity, Evidence, Extraction, Mention, RelationMention, Target, TextPosition, Value
from kgbuild.vocab import CORE, EDTF, GENERAL, XSD

BASE = "https://example.org/kg/"


def build(relations: list[tuple[str, str, str, float]], kinds: dict[str, str], **options):
    """Statements from (subject, property, object, score) over entities of these kinds; one mention each."""
    mentions, entities = {}, []
    for n, (name, kind) in enumerate(kinds.items()):
        target = Target("s", (TextPosition(10 * n, 10 * n + 5),))
        mentions[name] = Mention(f"s#m{n}", target, name, kind, 0.9, "text/1")
        if kind not in ("Time", "Quantity"):
            entities.append(Entity(f"{BASE}entity/{name}", name, (), (kind,), (f"s#m{n}",)))
    found = tuple(
        RelationMention(
            f"s#r{i}",
            mentions[s].id,
            p if "#" in p else GENERAL + p,
            mentions[o].id,
            Target("s", (TextPosition(0, 99),)),
            score,
            "text/1",
        )
        for i, (s, p, o, score) in enumerate(relations)
    )
    extraction = Extraction("s", tuple(mentions.values()), found)
    ontology = load_ontology(["general"])
    config = Config.load(overrides={"statements.judge": False})  # which has tests of its own
    return assemble([extraction], entities, ontology, config=config, **options)[0]


def test_what_fits_is_asserted() -> None:
    (s,) = build([("Curie", "countryOfCitizenship", "Poland", 0.9)], {"Curie": "Person", "Poland": "Place"})
    assert (s.status, s.reason) == ("asserted", "")
    assert [e.id for e in s.evidence] == ["s#r0"]


@pytest.mark.parametrize(
    ("relation", "kinds", "words"),
    [
        (("Poland", "spouse", "Curie", 0.9), {"Poland": "Place", "Curie": "Person"}, ["domain", "place", "spouse"]),
        (("Curie", "spouse", "Poland", 0.9), {"Poland": "Place", "Curie": "Person"}, ["range", "place"]),
        (
            ("Curie", "noSuchThing", "Poland", 0.9),
            {"Poland": "Place", "Curie": "Person"},
            ["no loaded ontology", "noSuchThing"],
        ),
        (("Curie", "countryOfCitizenship", "Poland", 0.1), {"Poland": "Place", "Curie": "Person"}, ["min_confidence"]),
        (("Curie", "sibling", "Curie", 0.9), {"Curie": "Person"}, ["same entity"]),
        (("Curie", "dateOfBirth", "long ago", 0.9), {"Curie": "Person", "long ago": "Time"}, ["range", "long ago"]),
        (
            ("Curie", "notableWork", "Joliot", 0.9),
            {"Curie": "Person", "Joliot": "Person"},
            ["range", "takes no", "person"],
        ),
        (
            ("Zia", "appliesToJurisdiction", "Dhaka", 0.9),
            {"Zia": "Person", "Dhaka": "Place"},
            ["domain", "takes no person"],
        ),
    ],
)
def test_what_does_not_fit_is_kept_with_the_reason(relation, kinds, words: list[str]) -> None:
    (s,) = build([relation], kinds)
    assert s.status == "quarantined" and s.evidence
    assert all(w in s.reason for w in words), s.reason


def test_things_of_unknown_type_may_connect() -> None:
    (s,) = build([("A", CORE + "connectsTo", "B", 1.0)], {"A": "Thing", "B": "Organisation"})
    assert s.status == "asserted"


def test_of_two_ways_to_be_kin_the_surer_stays() -> None:
    said = [("Jacob", "child", "Joseph", 0.8), ("Jacob", "sibling", "Joseph", 0.6)]
    kin = {s.predicate.removeprefix(GENERAL): s for s in build(said, {"Jacob": "Person", "Joseph": "Person"})}
    assert (kin["child"].status, kin["sibling"].status) == ("asserted", "quarantined")
    assert "exclude each other" in kin["sibling"].reason


def test_of_two_birth_dates_the_surer_stays() -> None:
    kinds = {"Curie": "Person", "7 November 1867": "Time", "1870": "Time"}
    found = build([("Curie", "dateOfBirth", "7 November 1867", 0.9), ("Curie", "dateOfBirth", "1870", 0.5)], kinds)
    status = {s.object.lexical: s.status for s in found if isinstance(s.object, Value)}
    assert status == {"1867-11-07": "asserted", "1870": "quarantined"}


def test_decisions_win() -> None:
    relations, kinds = [("Poland", "spouse", "Curie", 0.9)], {"Poland": "Place", "Curie": "Person"}
    (refused,) = build(relations, kinds)
    ident = refused.id.rsplit("/", 1)[1]
    found = build(relations, kinds, decisions=Decisions(accept=frozenset({ident})))
    accepted, turned = sorted(found, key=lambda s: s.status)
    assert accepted.status == "asserted" and accepted.id == refused.id
    assert turned.status == "quarantined" and turned.rule == "prp-symp"  # what follows from it is no decision
    good = [("Curie", "countryOfCitizenship", "Poland", 0.9)]
    (s,) = build(good, kinds)
    (rejected,) = build(good, kinds, decisions=Decisions(reject=frozenset({s.id.rsplit("/", 1)[1]})))
    assert rejected.status == "quarantined" and "user" in rejected.reason


def test_independent_evidence_raises_confidence() -> None:
    relations = [("Curie", "countryOfCitizenship", "Poland", 0.6), ("Curie", "countryOfCitizenship", "Poland", 0.5)]
    (s,) = build(relations, {"Curie": "Person", "Poland": "Place"})
    assert s.confidence == 0.6 and len(s.evidence) == 2  # one source is no independent witness of itself


def test_a_copied_sentence_is_no_second_witness() -> None:
    sentence = "Marie Curie was a citizen of Poland all her life."

    def said(source: str, surface: str, score: float, modality: str = "text") -> Evidence:
        return Evidence(f"{source}#{surface[:3]}{score}", Target(source), surface, score, "text/1", modality)

    assert combine([said("a", sentence, 0.8), said("b", sentence, 0.6)]) == 0.8
    assert combine([said("a", sentence, 0.8), said("b", sentence, 0.6), said("b", "In her own words", 0.5)]) == 0.9
    assert combine([said("a", "uses", 0.8, "picture"), said("b", "uses", 0.5, "picture")]) == 0.9  # labels are short
    assert combine([said("a", sentence, 0.8), said("a", "Poland", 0.5, "diagram")]) == 0.9


def test_a_relation_counts_less_for_what_alignment_took_out_of_its_cluster() -> None:
    def mention(n: int, name: str, cluster: str) -> Mention:
        target = Target("s", (TextPosition(20 * n, 20 * n + len(name)),))
        return Mention(f"s#m{n}", target, name, "Place", 0.9, "text/1", cluster=cluster)

    names = ["Spain", "Spain", "Route 20", "Madrid"]
    mentions = tuple(mention(n, name, "c2" if name == "Madrid" else "c1") for n, name in enumerate(names))
    entities = [
        Entity(f"{BASE}entity/{name}", name, (), ("Place",), tuple(m.id for m in mentions if m.surface == name))
        for name in ("Spain", "Route 20", "Madrid")
    ]
    where = Target("s", (TextPosition(0, 99),))
    stated = [RelationMention(f"s#r{n}", "s#m3", GENERAL + "country", f"s#m{n}", where, 0.9, "text/1") for n in (0, 2)]
    found = draft([Extraction("s", mentions, tuple(stated))], entities, BASE)
    assert {s.object: s.confidence for s in found} == {f"{BASE}entity/Spain": 0.9, f"{BASE}entity/Route 20": 0.3}


@pytest.mark.parametrize(
    ("label", "surface", "value"),
    [
        ("Time", "25 December 2021", Value("2021-12-25", XSD + "date")), ("Time", "December 2021", Value("2021-12", XSD + "gYearMonth")),
        ("Time", "1990", Value("1990", XSD + "gYear")), ("Time", "the 1990s", Value("199X", EDTF)),
        ("Time", "31 February 2020", Value("31 February 2020")), ("Quantity", "1,500", Value("1500", XSD + "decimal")),
        ("Quantity", "about twenty", Value("about twenty")),
    ],
)  # fmt: skip
def test_values(label: str, surface: str, value: Value) -> None:
    made = literal(label, surface)
    assert (made.lexical, made.datatype or XSD + "string") == (value.lexical, value.datatype or XSD + "string")


def test_ontologies_of_the_user(tmp_path: Path) -> None:
    path = tmp_path / "mine.ttl"
    path.write_text(
        "@prefix : <https://x.org/my#> . @prefix owl: <http://www.w3.org/2002/07/owl#> ."
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . :feeds a owl:ObjectProperty ; rdfs:label 'feeds' .", "utf-8"
    )  # fmt: skip
    assert "https://x.org/my#feeds" in load_ontology(["general", str(path)]).properties
    path.write_text("this is no turtle", "utf-8")
    with pytest.raises(OntologyError, match=r"mine\.ttl"):
        load_ontology(["general", str(path)])
    with pytest.raises(OntologyError, match="built in: core, general"):
        load_ontology(["nothing"])
