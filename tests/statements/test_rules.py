"""A user's rules: what they infer, in what order they run, and which are refused before they run."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgbuild.errors import OntologyError
from kgbuild.statements.axioms import Axioms, Triple, compile_axioms
from kgbuild.statements.infer import Inferred, infer
from kgbuild.statements.rules import read_rules, strata
from kgbuild.vocab import OWL, TYPE

NS = "http://e/"
HEAD = f"PREFIX : <{NS}>\n"
GRANDPARENT = "CONSTRUCT { ?a :grandparent ?c } WHERE { ?a :parent ?b . ?b :parent ?c }"
NEAR = "CONSTRUCT { ?a :near ?c } WHERE { ?a :near ?b . ?b :near ?c FILTER(?a != ?c) }"
ORPHAN = "CONSTRUCT { ?a a :Root } WHERE { ?b :parent ?a . FILTER NOT EXISTS { ?a :ancestor ?c } }"
ANCESTOR = "CONSTRUCT { ?a :ancestor ?b } WHERE { ?a :parent ?b }"
FACTS = {(NS + a, NS + "parent", NS + b): 0.9 for a, b in ("ab", "bc", "cd")}


def rules(folder: Path, **texts: str) -> list[str]:
    for name, text in texts.items():
        (folder / f"{name}.rq").write_text(HEAD + text, "utf-8")
    return [str(folder / f"{name}.rq") for name in texts]


def run(paths: list[str], given: dict[Triple, float], axioms: Axioms | None = None) -> list[Inferred]:
    return infer(given, axioms or Axioms(), read_rules(paths))


def short(found: list[Inferred]) -> set[str]:
    return {" ".join(t.rsplit("/", 1)[-1] for t in i.fact) for i in found if i.fact[1] != TYPE}


def test_a_rule_infers_with_its_premises_and_their_confidence(tmp_path: Path) -> None:
    found = run(rules(tmp_path, grandparent=GRANDPARENT), FACTS)
    assert short(found) == {"a grandparent c", "b grandparent d"}
    assert found[0].rule == "rule:grandparent" and found[0].confidence == 0.81
    assert found[0].premises == ((NS + "a", NS + "parent", NS + "b"), (NS + "b", NS + "parent", NS + "c"))


def test_rules_and_axioms_feed_each_other(tmp_path: Path) -> None:
    axioms = compile_axioms(
        [(NS + "near", TYPE, OWL + "SymmetricProperty"), (NS + "parent", TYPE, OWL + "ObjectProperty")]
    )
    given = {(NS + a, NS + "near", NS + b): 1.0 for a, b in ("ab", "bc", "cd")}
    found = run(rules(tmp_path, near=NEAR), given, axioms)
    assert short(found) | short([Inferred(t, "", (), 1) for t in given]) == {
        f"{a} near {b}" for a in "abcd" for b in "abcd" if a != b
    }


def test_what_asks_for_the_absent_runs_after_all_that_could_make_it(tmp_path: Path) -> None:
    for order in ({"orphan": ORPHAN, "ancestor": ANCESTOR}, {"ancestor": ANCESTOR, "orphan": ORPHAN}):
        paths = rules(tmp_path, **order)
        assert [[r.name for r in s] for s in strata(read_rules(paths), Axioms())] == [["ancestor"], ["orphan"]]
        assert [i.fact[0] for i in run(paths, FACTS) if i.fact[1] == TYPE] == [NS + "d"]


def test_aggregates_and_values(tmp_path: Path) -> None:
    busy = "CONSTRUCT { ?a :children ?n } WHERE { { SELECT ?a (COUNT(?b) AS ?n) { ?b :parent ?a } GROUP BY ?a } }"
    (one, two, three) = run(rules(tmp_path, busy=busy), FACTS)
    assert one.fact[2] == '"1"^^<http://www.w3.org/2001/XMLSchema#integer>' and two.fact[0] == NS + "c" and three


REFUSED = {
    "circle through absence": (
        "CONSTRUCT { ?a :p ?b } WHERE { ?a :parent ?b\nFILTER NOT EXISTS { ?b :p ?a } }",
        "3: .*no order",
    ),
    "circle through a turned EXISTS": (
        "CONSTRUCT { ?a :p ?b } WHERE { ?a :parent ?b\nFILTER(!EXISTS { ?b :p ?a }) }",
        "3: .*no order",
    ),
    "circle through an OPTIONAL that is not there": (
        "CONSTRUCT { ?a :p ?b } WHERE { ?a :parent ?b\nOPTIONAL { ?b :p ?c } FILTER(!BOUND(?c)) }",
        "3: .*no order",
    ),
    "no end": ("CONSTRUCT { ?a :n ?m } WHERE { ?a :n ?k BIND(?k + 1 AS ?m) }", "2: .*would not end"),
    "a variable from nowhere": ("CONSTRUCT { ?a :p\n?d } WHERE { ?a :parent ?b }", "3: .d stands"),
    "blank nodes": ("CONSTRUCT { ?a :p [] } WHERE { ?a :parent ?b }", "blank nodes"),
    "elsewhere": ("CONSTRUCT { ?a :p ?b } WHERE { SERVICE <http://x/> { ?a :p ?b } }", "SERVICE"),
    "other graphs": ("CONSTRUCT { ?a :p ?b } WHERE { GRAPH ?g { ?a :q ?b } }", "GRAPH"),
    "syntax": ("CONSTRUCT { ?a :p ?b }\nWHERE { ?a :q }", "3:"),
    "no rule": ("SELECT ?a WHERE { ?a :p ?b }", "CONSTRUCT"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, tmp_path: Path) -> None:
    text, reason = REFUSED[name]
    with pytest.raises(OntologyError, match=rf"bad\.rq.*{reason}"):
        run(rules(tmp_path, bad=text), FACTS)


def test_a_circle_through_axioms_is_seen(tmp_path: Path) -> None:
    """The rule makes :q, :q lies below :p, and the rule asks that :p is absent."""
    axioms = compile_axioms([(NS + "q", "http://www.w3.org/2000/01/rdf-schema#subPropertyOf", NS + "p")])
    text = "CONSTRUCT { ?a :q ?b } WHERE { ?a :parent ?b FILTER NOT EXISTS { ?a :p ?b } }"
    assert run(rules(tmp_path, fine=text), FACTS)
    with pytest.raises(OntologyError, match="no order"):
        run(rules(tmp_path, fine=text), FACTS, axioms)


def test_braces_in_strings_and_comments_mean_nothing(tmp_path: Path) -> None:
    text = '# CONSTRUCT { not this\nCONSTRUCT { ?a :said "}{" } # }\nWHERE { ?a :parent ?b }'
    assert {i.fact[2] for i in run(rules(tmp_path, said=text), FACTS)} == {'"}{"'}


def test_an_empty_file_is_no_rule(tmp_path: Path) -> None:
    (tmp_path / "e.rq").write_text(" \n", "utf-8")
    with pytest.raises(OntologyError, match=r"e\.rq is empty"):
        read_rules([str(tmp_path / "e.rq")])
