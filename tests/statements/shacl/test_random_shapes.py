"""Random shapes over random graphs: what pySHACL finds. Left out is where it and the specification part: comparing what
SPARQL cannot compare, least lengths of blank nodes, inverses of sequences.
"""

from __future__ import annotations

import logging
import random

import pyoxigraph as ox
import pytest
from rdflib import Graph

from kgbuild.statements.shacl import Result, as_rdflib, by_pyshacl, validate_store

PREFIXES = """@prefix : <http://e/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
NODES, PROPERTIES, CLASSES = [f":n{n}" for n in range(6)], [":p", ":q", ":r"], [":A", ":B", ":C"]
WORDS = ['"x"', '"Y"@en', '"y"@en', '"z"@de', '"abc"', '""', '"a b"', '"2020-01-01"^^xsd:date', "true"]
NUMBERS = ["3", "4", "5", "2.5"]
FORMS = {
    "class": "sh:class :B", "datatype": "sh:datatype xsd:{}", "nodeKind": "sh:nodeKind sh:{}", "pattern": 'sh:pattern "{}"',
    "maxLength": "sh:maxLength 2", "languageIn": 'sh:languageIn ( "en" "fr" )', "in": "sh:in ( {} )",
    "hasValue": "sh:hasValue {}", "equals": "sh:equals {}", "disjoint": "sh:disjoint {}", "minCount": "sh:minCount {}",
    "maxCount": "sh:maxCount {}", "uniqueLang": "sh:uniqueLang true", "qualifiedMin": "", "qualifiedMax": "",
    "closed": "sh:closed true ; sh:ignoredProperties ( rdf:type :p )", "not": "sh:not {}", "and": "sh:and ( {} {} )",
    "or": "sh:or ( {} {} )", "xone": "sh:xone ( {} {} )", "node": "sh:node {}", "property": "sh:property {}",
    "minInclusive": "sh:path :s ; sh:minInclusive {}", "lessThan": "sh:path :s ; sh:lessThan :t",
}  # fmt: skip
ONLY_WITH_PATH = ("minCount", "maxCount", "uniqueLang", "qualifiedMin", "qualifiedMax")
DEEP = ("not", "and", "or", "xone", "node", "property", "qualifiedMin", "qualifiedMax")


class Made:
    """Shapes and graphs by a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        pick = self.random.choice
        lines = [":B rdfs:subClassOf :A .", *([":C rdfs:subClassOf :B ."] if pick([0, 1]) else [])]
        for node in NODES:
            lines += (f"{node} a {c} ." for c in self.random.sample(CLASSES, pick([0, 1, 2])))
            for p in PROPERTIES:
                lines += (f"{node} {p} {pick(pick([NODES, WORDS, NUMBERS]))} ." for _ in range(pick([0, 1, 2, 3])))
            lines += (f"{node} {p} {pick(NUMBERS)} ." for p in (":s", ":t") for _ in range(pick([0, 1])))
        self.data = PREFIXES + "\n".join(lines)
        target = pick(
            ["sh:targetClass :A", "sh:targetNode :n0, :n1", "sh:targetSubjectsOf :p", "sh:targetObjectsOf :q"]
        )
        property = f"sh:property [ sh:path {self.path()} ; {self.constraint(1, True)} ]"
        odd = pick(
            [":T sh:targetClass :C ; sh:sparql [ sh:select 'SELECT $this WHERE { $this <http://e/p> $this }' ] .", ""]
        )
        self.shapes = f"{PREFIXES} :S a sh:NodeShape ; {target} ; {self.constraint(0, False)} ; {property} .\n{odd}"

    def path(self, depth: int = 0) -> str:
        form = self.random.choice(["", "", "[ sh:inversePath {0} ]", "( {} {} )", "[ sh:alternativePath ( {} {} ) ]",
                                   "[ sh:oneOrMorePath {0} ]"])  # fmt: skip
        if depth > 1 or not form or (depth and "inverse" in form):
            return self.random.choice(PROPERTIES)
        inner = [self.random.choice(PROPERTIES)] * 2 if "inverse" in form else [self.path(depth + 1) for _ in "ab"]
        return form.format(*inner)

    def shape(self, depth: int, *, with_path: bool | None = None) -> str:
        if self.random.random() < 0.5 if with_path is None else with_path:
            return f"[ sh:path {self.path()} ; {self.constraint(depth, True)} ]"
        return f"[ {self.constraint(depth, False)} ]"

    def constraint(self, depth: int, in_property: bool) -> str:
        pick = self.random.choice
        names = [n for n in FORMS if (depth < 2 or n not in DEEP) and (in_property or n not in ONLY_WITH_PATH)
                 and not (in_property and n in ("closed", "minInclusive", "lessThan"))]  # fmt: skip
        name = pick(names)
        if name.startswith("qualified"):
            return f"sh:qualifiedValueShape {self.shape(depth + 1)} ; sh:{name}Count {pick([0, 1, 2])}"
        if name in ("minInclusive", "lessThan"):
            return f"sh:property [ {FORMS[name].format(pick(NUMBERS))} ]"
        fill = {
            "datatype": ["string", "integer", "date", "decimal", "boolean"], "nodeKind": ["IRI", "Literal", "IRIOrLiteral"],
            "pattern": ["^a", "x", "Y$", "n[0-3]"], "in": [" ".join(self.random.sample(WORDS + NODES, 5))],
            "hasValue": WORDS + NODES, "equals": PROPERTIES, "disjoint": PROPERTIES, "minCount": "012", "maxCount": "012",
        }.get(name, [""])  # fmt: skip
        if name in DEEP:
            with_path = {"property": True, "node": False}.get(name)
            return FORMS[name].format(*(self.shape(depth + 1, with_path=with_path) for _ in "ab"))
        return FORMS[name].format(pick(fill))


def found(results: list[Result]) -> set[tuple[str, ...]]:
    return {(r.focus, r.path, r.value, r.component, r.shape) for r in results}


@pytest.mark.parametrize("seed", range(40))
def test_the_same_results_over_random_shapes(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    made, store = Made(seed), ox.Store()
    store.bulk_load(input=made.data.encode(), format=ox.RdfFormat.TURTLE)
    shapes = Graph().parse(data=made.shapes, format="turtle")
    assert found(validate_store(store, shapes)) == found(by_pyshacl(as_rdflib(store), shapes)), made.shapes
