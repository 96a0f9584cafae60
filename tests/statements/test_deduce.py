"""What follows is gated like what is said, and leads back to it."""

from __future__ import annotations

from pathlib import Path

import pytest

import kgbuild
from kgbuild.config import Config
from kgbuild.ontology_files import ontology_files
from kgbuild.statements import load_ontology
from kgbuild.statements.deduce import deduce
from kgbuild.statements.infer import axioms_of
from kgbuild.statements.rules import read_rules
from kgbuild.types import Entity, Statement
from kgbuild.vocab import CORE, GENERAL

BASE = "https://example.org/kg/"
IN = GENERAL + "locatedInTheAdministrativeTerritorialEntity"
NS = "https://example.org/kg/entity/"


def things(**kinds: str) -> list[Entity]:
    return [Entity(NS + name, name, (), (kind,), (f"m-{name}",)) for name, kind in kinds.items()]


def said(*facts: tuple[str, str, str, float]) -> list[Statement]:
    return [Statement(f"{BASE}statement/{n}", NS + s, p, NS + o, (), sure) for n, (s, p, o, sure) in enumerate(facts)]


def follow(
    stated: list[Statement], entities: list[Entity], *, rules: tuple[str, ...] = (), at: float = 0.5
) -> list[Statement]:
    ontology, axioms = load_ontology(["general"]), axioms_of(ontology_files(["general"]))
    return deduce(stated, entities, ontology, axioms, read_rules(rules), base=BASE, min_confidence=at)


def test_chains_and_inverses_with_their_premises() -> None:
    stated = said(
        ("Louvre", IN, "Paris", 0.9), ("Paris", IN, "Ile", 0.9), ("Ile", GENERAL + "country", "France", 0.9),
        ("Paris", GENERAL + "capitalOf", "France", 0.9),
    )  # fmt: skip
    found = follow(stated, things(Louvre="Place", Paris="Place", Ile="Place", France="Place"))
    facts = {
        (s.subject.removeprefix(NS), s.predicate.removeprefix(GENERAL), str(s.object).removeprefix(NS)): s
        for s in found
    }
    assert ("Louvre", "locatedInTheAdministrativeTerritorialEntity", "Ile") in facts
    country = facts["Louvre", "country", "France"]
    assert country.status == "inferred" and country.rule == "prp-spo2" and country.confidence == 0.729
    assert ("France", "capital", "Paris") in facts
    assert ("Paris", "containsAdministrativeTerritorialEntity", "Louvre") not in facts  # it lists its districts only
    ids = {s.id for s in (*stated, *found)}
    assert all(s.premises and set(s.premises) <= ids for s in found)
    assert not any("wikidata" in s.predicate for s in found)  # an equal property of another vocabulary says nothing new


def test_the_doubtful_does_not_follow() -> None:
    stated = said(("a", IN, "b", 0.7), ("b", IN, "c", 0.7))
    assert not [s for s in follow(stated, things(a="Place", b="Place", c="Place"), at=0.6) if s.object == NS + "c"]


def test_what_the_ontology_forbids_is_refused_and_nothing_follows_from_it(tmp_path: Path) -> None:
    rule = tmp_path / "owner.rq"
    rule.write_text(f"PREFIX g: <{GENERAL}> CONSTRUCT {{ ?b g:spouse ?a }} WHERE {{ ?a g:employer ?b }}", "utf-8")
    stated = said(("Ada", GENERAL + "employer", "Works", 0.9))
    found = follow(stated, things(Ada="Person", Works="Organisation"), rules=(str(rule),))
    (refused,) = found  # the symmetric fact would rest on it
    assert refused.status == "quarantined" and refused.rule == "rule:owner" and "domain" in refused.reason
    assert refused.premises == (stated[0].id,)


def test_one_value_that_a_source_states_is_not_contradicted(tmp_path: Path) -> None:
    rule = tmp_path / "born.rq"
    rule.write_text(
        f"PREFIX g: <{GENERAL}> CONSTRUCT {{ ?a g:placeOfBirth ?b }} WHERE {{ ?a g:residence ?b }}", "utf-8"
    )
    stated = said(("Ada", GENERAL + "placeOfBirth", "London", 0.9), ("Ada", GENERAL + "residence", "Paris", 0.9))
    (refused,) = follow(stated, things(Ada="Person", London="Place", Paris="Place"), rules=(str(rule),))
    assert refused.status == "quarantined" and "functional" in refused.reason


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawing whose lines are symmetric by the user's rule."""
    folder = tmp_path_factory.mktemp("deduce")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "plan.dot").write_text(
        'digraph { "Load Balancer" -> "Web Server"; "Web Server" -> "Cache" }', "utf-8"
    )
    rule = folder / "reaches.rq"
    rule.write_text(
        "PREFIX core: <https://w3id.org/kgbuild/core#> PREFIX gen: <https://w3id.org/kgbuild/general#>\n"
        "CONSTRUCT { ?a gen:follows ?c } WHERE { ?a core:connectsTo ?b . ?b core:connectsTo ?c }", "utf-8",
    )  # fmt: skip
    config = Config.load(overrides={"statements.rules": [str(rule)]})
    report = kgbuild.build(folder / "corpus", out=folder / "out", config=config)
    assert report.counts["inferred statements"] == 2  # and the inverse, followedBy
    return folder / "out"


def test_inferred_facts_stand_in_their_own_graph_and_say_why(built: Path) -> None:
    with kgbuild.open(built) as graph:
        rows = list(graph.sparql(
            "SELECT ?s ?rule { GRAPH ?g { ?a gen:follows ?c } FILTER(STRENDS(STR(?g), 'graph/inferred'))"
            " ?s a core:InferredStatement ; rdf:predicate gen:follows ; core:rule ?rule }"
        ))  # fmt: skip
        (row,) = rows
        found = graph.why(row["s"])
    assert row["rule"] == "rule:reaches" == found.rule
    assert found.text == "Load Balancer follows Cache" and found.kind == "InferredStatement"
    assert len(found.premises) == 2 and all(p.evidence and "connects to" in p.text for p in found.premises)


def test_what_follows_conforms_to_the_shapes(built: Path) -> None:
    from kgbuild.statements.shapes import validate

    assert not validate(built / "current" / "graph.nq" if (built / "current").exists() else built / "graph.nq")
    assert (CORE + "premise") in (built / "graph.nq").read_text("utf-8")
