"""Corrections: relations turned, classes made wider, values weighed against each other; all of it told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from test_gate import build

from kgbuild.config import Config
from kgbuild.entities.decisions import Decisions
from kgbuild.graphs.data import GraphData
from kgbuild.graphs.rdf import write_nquads
from kgbuild.graphs.tables import write_parquet
from kgbuild.identity import statement_iri, text_name
from kgbuild.queries.evidence import check_evidence
from kgbuild.queries.why import explain
from kgbuild.statements import assemble, load_ontology
from kgbuild.statements.correct import correct, corrections
from kgbuild.statements.heads import by_head
from kgbuild.statements.rivals import weigh
from kgbuild.statements.shapes import validate
from kgbuild.types import (
    Entity,
    Evidence,
    Extraction,
    Mention,
    Reading,
    RelationMention,
    Segment,
    Source,
    Statement,
    Target,
    TextPosition,
    Value,
)  # fmt: skip
from kgbuild.vocab import GENERAL, TYPE, XSD
from kgbuild.workspace import write_manifest

BASE = "https://example.org/kg/"
ONTOLOGY = load_ontology(["general"])
PLACE = Target("s", (TextPosition(0, 9),))


def stated(subject: str, name: str, object: str | Value, confidence: float) -> Statement:
    p = GENERAL + name
    key = f"{object.lexical}^^{object.datatype}@" if isinstance(object, Value) else object
    evidence = Evidence(f"s#{subject}{name}{key}", PLACE, "", confidence, "text/1", "text")
    return Statement(statement_iri(BASE, subject, p, key), subject, p, object, (evidence,), confidence)


def test_a_relation_said_the_wrong_way_round_is_turned() -> None:
    kinds = {"Poland": "Place", "Curie": "Person"}
    turned, said = sorted(build([("Poland", "countryOfCitizenship", "Curie", 0.9)], kinds), key=lambda s: s.status)
    assert (turned.status, turned.rule, turned.premises) == ("asserted", "turned", (said.id,))
    assert (turned.subject, turned.object) == (said.object, said.subject) and turned.evidence == said.evidence
    assert said.status == "quarantined" and said.reason.startswith("turned: domain: the subject is a place")
    assert corrections([turned, said])["statements turned"] == 1


def test_what_is_legal_neither_way_or_decided_is_not_turned() -> None:
    kinds = {"Poland": "Place", "Curie": "Person"}
    (s,) = build([("Poland", "spouse", "Curie", 0.9)], kinds)
    assert s.status == "quarantined" and s.reason.startswith("domain")
    wrong = [("Poland", "countryOfCitizenship", "Curie", 0.9)]
    key = next(s for s in build(wrong, kinds) if not s.rule).id.rsplit("/", 1)[1]
    (kept,) = build(wrong, kinds, decisions=Decisions(accept=frozenset({key})))
    assert (kept.status, kept.rule) == ("asserted", "")


def test_said_both_ways_it_is_one_statement_with_all_evidence() -> None:
    kinds = {"Poland": "Place", "Curie": "Person"}
    relations = [("Poland", "countryOfCitizenship", "Curie", 0.85), ("Curie", "countryOfCitizenship", "Poland", 0.9)]
    held, said = sorted(build(relations, kinds), key=lambda s: s.status)
    assert held.status == "asserted" and len(held.evidence) == 2 and held.premises == (said.id,)


def test_a_class_guessed_too_finely_gives_way_to_what_is_said_more_surely() -> None:
    river = Entity("e1", "Rhine Falls Hall", (), ("River", "Place"), (), type_score=0.86)
    film = Entity("e2", "Film", (), ("Film", "Work"), (), type_score=0.9)
    ontology = replace(ONTOLOGY, properties=dict(ONTOLOGY.properties))
    p = ontology.properties[GENERAL + "country"]
    building = replace(p, iri=GENERAL + "housedIn", label="housed in", ranges=(frozenset({GENERAL + "Building"}),))
    ontology.properties[building.iri] = building
    s = stated("e2", "housedIn", "e1", 0.95)
    found, entities = correct([s], [river, film], ontology, base=BASE)
    assert entities[0].types == ("Place",) and entities[0].type_score == 1 and entities[1] == film
    (refused,) = (f for f in found if f.predicate == TYPE)
    assert refused.status == "quarantined" and refused.premises == (s.id,) and refused.confidence == 0.86
    assert refused.reason.startswith("widened: no river") and corrections(found)["classes widened"] == 1
    unsure = replace(s, confidence=0.8)  # less sure than the class
    assert correct([unsure], [river, film], ontology, base=BASE) == ([unsure], (river, film))


def test_values_that_rule_each_other_out_are_less_sure() -> None:
    one, other = stated("e", "country", "a", 0.9), stated("e", "country", "b", 0.8)
    found = weigh([one, other, stated("e", "child", "c", 0.9)], ONTOLOGY)
    assert found.keys() == {one.id, other.id} and 0.5 < found[other.id] < 0.75 < found[one.id] < 0.9
    year, day = (Value(t, XSD + "date") for t in ("1906", "1906-10-07"))
    assert weigh([stated("e", "dateOfBirth", year, 0.9), stated("e", "dateOfBirth", day, 0.9)], ONTOLOGY) == {}
    assert ONTOLOGY.properties[GENERAL + "dateOfBirth"].functionality == 1
    assert (
        0
        < ONTOLOGY.properties[GENERAL + "child"].functionality
        < ONTOLOGY.properties[GENERAL + "country"].functionality
    )


def test_too_little_is_left_and_the_reason_says_so() -> None:
    kinds = {"Curie": "Person", "Poland": "Place", "France": "Place", "Spain": "Place"}
    relations = [("Curie", "countryOfCitizenship", c, 0.55) for c in ("Poland", "France", "Spain")]
    found = build(relations, kinds)
    assert {s.status for s in found} == {"quarantined"}
    assert all("0.55 if no other value were said" in s.reason for s in found)


def test_why_and_the_files_tell_what_was_said_and_what_was_made_of_it(tmp_path: Path) -> None:
    text = "Poland, Curie's. weapons firm"
    source = Source("https://example.org/kg/source/a.txt", "a.txt", "text/plain", "0" * 64, len(text))
    mentions = tuple(
        Mention(f"{source.id}#mention-{at}", Target(source.id, (TextPosition(at, at + len(name)),)), name, kind, 0.9, "text/3",
                nominal=name.islower())
        for name, kind, at in (("Poland", "Place", 0), ("Curie", "Person", 8), ("weapons firm", "Person", 17))
    )  # fmt: skip
    entities = [Entity(f"{BASE}entity/{m.surface[:6]}", m.surface, (), (m.label,), (m.id,)) for m in mentions]
    where = Target(source.id, (TextPosition(0, len(text)),))
    relation = RelationMention(
        f"{source.id}#relation-1", mentions[0].id, GENERAL + "countryOfCitizenship", mentions[1].id, where, 0.9, "text/3", text
    )  # fmt: skip
    named, misnamed = by_head(entities, {m.id: m for m in mentions}, ONTOLOGY, base=BASE)
    statements, kept, _ = assemble(
        [Extraction(source.id, mentions, (relation,))], named, ONTOLOGY, config=Config.load()
    )
    statements += misnamed
    segment = Segment(f"{source.id}#segment-0", where, "text", text)
    data = GraphData(BASE, (Reading(source, (segment,), text),), mentions, (relation,), kept, tuple(statements), ())
    for out in ("one", "two"):
        folder = tmp_path / out / "current"
        (folder / "texts").mkdir(parents=True)
        (folder / "texts" / text_name(source.path, source.id)).write_text(text, "utf-8")
        write_nquads(data, folder / "graph.nq")
        write_parquet(data, folder)
        write_manifest(folder)
    files = [(tmp_path / out / "current" / "graph.nq").read_bytes() for out in ("one", "two")]
    assert files[0] == files[1] and validate(tmp_path / "one" / "current" / "graph.nq") == []
    check = check_evidence(tmp_path / "one")
    assert check.failures == [] and check.statements == 3
    (guess,) = misnamed
    told = explain(tmp_path / "one", guess.id)
    assert (
        "called 'company', which is no person" in told.reason and told.premises[0].evidence[0].marked == "weapons firm"
    )
    assert "not a person" in explain(tmp_path / "one", entities[2].id).text
    held = next(s for s in statements if s.status == "asserted")
    why = explain(tmp_path / "one", held.id)
    assert why.text == "Curie country of citizenship Poland" and "only the other direction is legal" in why.rule
    (said,) = why.premises
    assert said.text == "Poland country of citizenship Curie" and said.kind == "QuarantinedStatement"
    assert said.evidence[0].marked == text and said.reason.endswith("kept the other way round")
