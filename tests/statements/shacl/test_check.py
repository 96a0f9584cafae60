"""What is wrong in shapes themselves is said by code and in words, and sound shapes are left alone."""

from __future__ import annotations

import pytest
from rdflib import Graph

from kgbuild.statements.shacl.check import wrong

HEAD = (
    "@prefix : <https://x.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> . "
    "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . :S a sh:NodeShape ; sh:targetClass :C ; "
)
P = "sh:property [ sh:path :p ; "


def found(text: str) -> list[tuple[str, str, str]]:
    return list(wrong(Graph().parse(data=HEAD + text + " .", format="turtle")))


@pytest.mark.parametrize(
    "text",
    [
        f'{P}sh:minCount 1 ; sh:datatype xsd:string ; sh:pattern "^a+$" ; sh:flags "i" ]',
        f"{P}sh:in (1 2) ; sh:minInclusive 1 ; sh:nodeKind sh:Literal ]",
        f"{P}sh:qualifiedValueShape :T ; sh:qualifiedMinCount 1 ] . :T a sh:NodeShape ; sh:class :D",
        "sh:closed true ; sh:ignoredProperties (:a) ; sh:or ([ sh:class :D ] [ sh:nodeKind sh:IRI ])",
        'sh:sparql [ sh:select "SELECT $this { $this ?p ?o }" ] ; sh:rule [ sh:subject sh:this ]',
    ],
)
def test_sound_shapes(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (f"{P}sh:minCout 1 ]", "shape-term", "SHACL has no term sh:minCout. Did you mean sh:minCount?"),
        (f'{P}sh:maxCount "two" ]', "shape-value", "sh:maxCount takes a whole number, not 'two'"),
        (f"{P}sh:minInclusive :x ]", "shape-value", "sh:minInclusive takes a literal"),
        (f'{P}sh:class "C" ]', "shape-value", "sh:class takes an IRI, not 'C'"),
        (f"{P}sh:datatype xsd:strin ]", "shape-value", "Did you mean xsd:string?"),
        (f"{P}sh:nodeKind sh:Thing ]", "shape-value", "sh:nodeKind takes one of"),
        (f"{P}sh:in :a ]", "shape-value", "sh:in takes a list, as in sh:in ( ... )"),
        (f'{P}sh:uniqueLang "maybe" ]', "shape-value", "sh:uniqueLang takes true or false"),
        (f"{P}sh:node :Absent ]", "shape-value", "sh:node: there is no shape"),
        (f'{P}sh:pattern "(" ]', "shape-value", "is no regular expression"),
        (f'{P}sh:flags "i" ]', "shape-value", "sh:flags says nothing without sh:pattern"),
        ("sh:minCount 1", "shape-path", "sh:minCount may stand in a property shape only"),
        ("sh:property [ sh:path :p, :q ]", "shape-path", "has one sh:path, not several"),
        ("sh:property [ sh:class :D ]", "shape-path", "a property shape has no sh:path"),
    ],
)
def test_what_is_wrong(text: str, code: str, said: str) -> None:
    assert [c for _, c, message in found(text) if said in message] == [code]
