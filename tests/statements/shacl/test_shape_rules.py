"""Rules of shapes run like any rule of the user's, in their order, asked of the targets of their shapes."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgbuild.config import Config
from kgbuild.errors import OntologyError
from kgbuild.statements import check_logic, reasoning
from kgbuild.statements.axioms import Axioms, Triple
from kgbuild.statements.infer import infer
from kgbuild.statements.rules import read_rules, strata
from kgbuild.vocab import TYPE

NS = "http://e/"
HEAD = """@prefix : <http://e/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
"""
FACTS: dict[Triple, float] = {
    **{(NS + a, NS + "parent", NS + b): 0.9 for a, b in ("ab", "bc", "cd")}, (NS + "a", TYPE, NS + "Person"): 1.0,
    (NS + "b", TYPE, NS + "Person"): 1.0, (NS + "b", NS + "age", '"7"^^<http://www.w3.org/2001/XMLSchema#integer>'): 1.0,
}  # fmt: skip
CONSTRUCT = 'sh:construct "CONSTRUCT { $this :old ?b } WHERE { $this :parent ?b }" ; sh:prefixes :o'
OTHER = ':o sh:declare [ sh:prefix "" ; sh:namespace "http://e/"^^xsd:anyURI ] .'


def written(folder: Path, turtle: str) -> str:
    path = folder / "family.ttl"
    path.write_text(HEAD + turtle, "utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("turtle", "wanted"),
    [
        (f":S sh:targetClass :Person ; sh:rule [ {CONSTRUCT} ] . {OTHER}", {"a old b", "b old c"}),
        (f":S sh:targetNode :c ; sh:rule [ {CONSTRUCT} ] . {OTHER}", {"c old d"}),
        (":S sh:targetSubjectsOf :parent ; sh:rule [ a sh:TripleRule ; sh:subject [ sh:path :parent ] ; sh:predicate :child ; "
         "sh:object sh:this ] .", {"b child a", "c child b", "d child c"}),
        (":S sh:targetClass :Person ; sh:rule [ sh:subject sh:this ; sh:predicate :kin ; sh:object [ sh:path ( :parent :parent ) ] ; "
         "sh:condition [ sh:property [ sh:path :age ; sh:minInclusive 5 ; sh:minCount 1 ] ] ] .", {"b kin d"}),
        (f":S sh:targetClass :Person ; sh:deactivated true ; sh:rule [ {CONSTRUCT} ] . {OTHER} "
         ":T sh:targetObjectsOf :parent ; sh:rule [ sh:subject sh:this ; sh:predicate :is ; sh:object :Parent ] .",
         {"b is Parent", "c is Parent", "d is Parent"}),
    ],
)  # fmt: skip
def test_a_rule_is_asked_of_the_targets_of_its_shape(tmp_path: Path, turtle: str, wanted: set[str]) -> None:
    found = infer(FACTS, Axioms(), read_rules([written(tmp_path, turtle)]))
    assert {" ".join(t.rsplit("/", 1)[-1] for t in i.fact) for i in found} == wanted
    assert all(i.rule.startswith("rule:") and i.premises for i in found)


def test_a_rule_that_asks_for_the_absent_runs_last(tmp_path: Path) -> None:
    turtle = (":A sh:targetSubjectsOf :parent ; sh:rule :young . :young sh:subject sh:this ; sh:predicate :is ; sh:object :Young ; "
              "sh:condition [ sh:not [ sh:property [ sh:path :old ; sh:minCount 1 ] ] ] . "
              f":B sh:targetClass :Person ; sh:rule :elder . :elder {CONSTRUCT} . {OTHER}")  # fmt: skip
    rules = read_rules([written(tmp_path, turtle)])
    assert [[r.name for r in some] for some in strata(rules, Axioms())] == [["elder"], ["young"]]
    assert {i.fact[0][-1] for i in infer(FACTS, Axioms(), rules) if i.fact[2] == NS + "Young"} == {"c"}


@pytest.mark.parametrize(
    ("turtle", "words"),
    [
        (":S sh:targetClass :P ;\n sh:rule [ sh:construct '''CONSTRUCT { $this <http://e/n> ?m }\n WHERE { $this <http://e/n> ?k\n BIND(?k + 1 AS ?m) }''' ] .",
         ["family.ttl:6", "would not end"]),
        (":S sh:targetClass :P ; sh:rule [ sh:construct '''CONSTRUCT { $this <http://e/n> ?m }\n WHERE { $this <http://e/n> ?m FILTR }''' ] .",
         ["family.ttl:4"]),
        (":S sh:rule [ sh:subject sh:this ; sh:predicate :is ; sh:object :X ] .", ["family.ttl:3", "no target"]),
        (":S sh:targetClass :P ;\n sh:rule [ sh:subject sh:this ; sh:object :X ] .", ["family.ttl:4", "sh:predicate"]),
        (":S sh:targetClass :P .", ["has no sh:rule"]),
    ],
)  # fmt: skip
def test_what_is_no_rule_is_told_with_its_line(tmp_path: Path, turtle: str, words: list[str]) -> None:
    with pytest.raises(OntologyError) as err:
        strata(read_rules([written(tmp_path, turtle)]), Axioms())
    assert all(word in str(err.value) for word in words), str(err.value)


def test_rules_among_the_ontologies_count_too(tmp_path: Path) -> None:
    path = written(tmp_path, f":Person a owl:Class . :S sh:targetClass :Person ; sh:rule [ {CONSTRUCT} ] . {OTHER}")
    config = Config.load(overrides={"statements.ontologies": ["core", "general", path]})
    check_logic(config)
    assert [r.name for r in reasoning(config)[0]] == ["S"]
