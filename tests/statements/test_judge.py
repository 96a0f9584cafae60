"""The judge: other facts of a source make one more or less sure, sources are judged apart, notes say why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kgbuild.identity import statement_iri
from kgbuild.statements import load_ontology
from kgbuild.statements.gate import gate
from kgbuild.statements.judge import Judge, as_json, from_json, shipped
from kgbuild.statements.signs import MOST, SIGNS, Fact, Knowledge, signs
from kgbuild.types import Entity, Evidence, Statement, Target
from kgbuild.vocab import GENERAL

BASE = "https://example.org/kg/"
KNOWN = Knowledge(
    one={"in": 0.5, "country": 1.0, "capital": 1.0, "capital of": 1.0},
    one_of={"capital": 1.0},
    joined={"capital": {"contains": 0.8}, "contains": {"capital": 0.25}},
    back={"capital": {"capital of": 0.9}, "capital of": {"capital": 0.9}},
    follows={("in", False, "country", False): {"country": 0.8}},
)


def of(facts: list[tuple[str, str, str, float]], n: int = 0, known: Knowledge = KNOWN) -> dict[str, float]:
    found = signs([Fact("source", *f) for f in facts], known)[n]
    return {name: round(v, 4) for name, v in zip(SIGNS, found, strict=True) if v}


def test_a_lone_fact_misses_only_what_mostly_goes_with_it() -> None:
    assert of([("Lyon", "in", "France", 0.9)]) == {}
    assert of([("France", "capital", "Paris", 0.9)]) == {"unreturned": 0.9}


def test_other_values_and_other_things_with_the_value() -> None:
    said = [("France", "capital", "Paris", 0.9), ("France", "capital", "Lyon", 0.6), ("Gaul", "capital", "Paris", 0.4)]
    found = of(said)
    assert (found["rival"], found["shared"]) == (0.6, 0.4)
    assert of([("Lyon", "in", "France", 0.9), ("Lyon", "in", "Rhone", 0.8)])["rival"] == 0.4


def test_relations_of_the_same_two() -> None:
    said = [("France", "capital", "Paris", 0.9), ("France", "contains", "Paris", 0.8)]
    assert of(said)["joined"] == 0.2
    assert "clash" not in of(said)
    assert of([*said, ("France", "author", "Paris", 0.5)])["clash"] == 0.5
    back = of([said[0], ("Paris", "capital of", "France", 0.7)])
    assert (back["back"], back["unreturned"]) == (0.63, 0.27)


@pytest.mark.parametrize("n", [0, 1])
def test_both_premises_gain_by_what_follows_and_lose_where_it_is_missing(n: int) -> None:
    said = [("Lyon", "in", "Rhone", 0.5), ("Rhone", "country", "France", 0.5)]
    assert of(said, n) == {"not borne out": 0.4}
    assert of([*said, ("Lyon", "country", "France", 1.0)], n)["borne out"] == 0.4


def test_rules_are_passed_over_where_a_thing_has_too_many_facts() -> None:
    many = int(MOST**0.5) + 1
    said = [(f"t{n}", "in", "Rhone", 0.5) for n in range(many)]
    assert "not borne out" not in of([*said, *(("Rhone", "country", f"c{n}", 0.5) for n in range(many))])
    assert "not borne out" in of([*said, ("Rhone", "country", "France", 0.5)])


def statement(subject: str, p: str, object: str, score: float, *, source: str = "a", agent: str = "text/1"):
    evidence = Evidence(f"{source}#{subject}{p}{object}", Target(f"{BASE}source/{source}"), "", score, agent, "text")
    id = statement_iri(BASE, subject, GENERAL + p, object)
    return Statement(id, subject, GENERAL + p, object, (evidence,), score)


THINGS = [Entity(n, n, (), ("Place",), (n,)) for n in ("France", "Paris", "Lyon", "Rhone", "the")]
JUDGE = Judge(replace(KNOWN, one={GENERAL + p: v for p, v in KNOWN.one.items()}), 0.0, 1.0, (-2.0, *(0.0,) * 8, -3.0))


def test_confidence_falls_with_a_rival_and_the_note_says_so() -> None:
    said = [statement("France", "capital", "Paris", 0.9), statement("France", "capital", "Lyon", 0.6)]
    first, second = JUDGE(said, THINGS)
    assert first.confidence == pytest.approx(0.9 / (0.9 + 0.1 * 2.718281828 ** (2 * 0.6)), abs=1e-3)
    assert second.confidence < 0.4
    assert first.note == "0.90 as read; another value of the same thing is said (-1.2)"
    assert [e.score for e in first.evidence] == [0.9], "the evidence stays as it was read"


def test_a_name_that_is_a_small_word_makes_doubtful() -> None:
    (made,) = JUDGE([statement("the", "country", "France", 0.9)], THINGS)
    assert made.confidence < 0.35
    assert "small word" in made.note


def test_sources_are_judged_apart_and_other_readers_are_left_alone() -> None:
    rival = statement("France", "capital", "Lyon", 0.6, source="b")
    table = statement("France", "capital", "Rhone", 0.6, agent="tables/1")
    alone = statement("France", "capital", "Paris", 0.9)
    made = JUDGE([alone, rival, table, statement("France", "author", "Paris", 0.7)], THINGS)
    assert [s.confidence for s in made] == [0.9, 0.6, 0.6, 0.7]
    assert not any(s.note for s in made)


def test_two_sources_count_as_two_witnesses() -> None:
    one, two = statement("Lyon", "country", "France", 0.6), statement("Lyon", "country", "France", 0.7, source="b")
    (made,) = JUDGE([replace(one, evidence=one.evidence + two.evidence)], THINGS)
    assert made.confidence == pytest.approx(1 - 0.4 * 0.3)


def test_what_is_denied_is_not_judged() -> None:
    denied = replace(statement("the", "country", "France", 0.9), status="quarantined", reason="negated")
    assert JUDGE([denied], THINGS) == [denied]


def test_rivals_inside_a_source_are_not_weighed_twice() -> None:
    said = [statement("Lyon", "country", "France", 0.9), statement("Lyon", "country", "Rhone", 0.9)]
    ontology = load_ontology(["general"])
    kept = gate(said, THINGS, ontology, min_confidence=0.0, judged={GENERAL + "country"})
    assert [s.confidence for s in kept] == [0.9, 0.9]
    assert all(s.confidence < 0.9 for s in gate(said, THINGS, ontology, min_confidence=0.0))
    apart = [said[0], statement("Lyon", "country", "Rhone", 0.9, source="b")]
    assert all(
        s.confidence < 0.9 for s in gate(apart, THINGS, ontology, min_confidence=0.0, judged={GENERAL + "country"})
    )


def test_a_refused_statement_tells_the_note() -> None:
    made = JUDGE([statement("the", "country", "France", 0.9)], THINGS)
    (s,) = gate(made, THINGS, load_ontology(["general"]), min_confidence=0.5)
    assert "0.90 as read" in s.reason


def test_the_shipped_judge_comes_back_from_what_is_written() -> None:
    judge = shipped()
    again = from_json(as_json(judge))
    assert again.weights == judge.weights
    assert again.knowledge.follows == judge.knowledge.follows
    by_sign = dict(zip(SIGNS, judge.weights, strict=True))
    assert by_sign["rival"] < 0 < by_sign["borne out"]
    assert by_sign["not borne out"] < 0 < by_sign["back"]
    assert set(judge.properties) <= set(load_ontology(["general"]).properties)
