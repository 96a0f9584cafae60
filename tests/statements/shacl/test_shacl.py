"""Compiled validation gives the results that pySHACL gives, constraint by constraint of SHACL Core."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kgbuild.statements.shacl import NotCompiled, Result, as_rdflib, by_pyshacl, compiled, validate_store

PREFIXES = """@prefix : <http://e/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
"""
DATA = """
:Student rdfs:subClassOf :Person .
:ann a :Person ; :name "Ann"@en, "Anna"@de ; :age 30 ; :born "1990-01-01"^^xsd:date ; :died "2050-01-01"^^xsd:date ;
    :knows :bob ; :mail <mailto:ann@e> ; :nick "annie" ; :code "A-1" .
:bob a :Student ; :name "Bob"@en, "Bobby"@en, "Robert" ; :age "x"^^xsd:integer, 12 ; :born "2060-01-01"^^xsd:date ;
    :died "2050-01-01"^^xsd:date ; :knows :bob, :cat, "me" ; :nick "Bob"@en ; :code "b1" .
:cat a :Animal ; :name "Cat" ; :age 3.5 ; :knows [ :name "nobody" ] ; :code 7 ; :owner :ann .
:dog a :Animal ; :owner :ann, :bob, :eve ; :legs 4 ; :name "Dog"@fr .
:eve a :Person ; :age 200 ; :knows :ann ; :mail "eve" ; :legs 2 .
"""
TARGETS = {
    "class": "sh:targetClass :Person", "node": "sh:targetNode :bob, :cat, :none, \"a literal\"",
    "subjects": "sh:targetSubjectsOf :owner", "objects": "sh:targetObjectsOf :knows",
    "two": "sh:targetClass :Animal, :Student ; sh:targetNode :bob",
}  # fmt: skip
IN_PROPERTY = {
    "class": ":knows ; sh:class :Person", "datatype": ":age ; sh:datatype xsd:integer",
    "datatype string": ":code ; sh:datatype xsd:string", "datatype language": ":name ; sh:datatype <http://www.w3.org/1999/02/22-rdf-syntax-ns#langString>",
    "kind iri": ":knows ; sh:nodeKind sh:IRI", "kind literal": ":knows ; sh:nodeKind sh:Literal",
    "kind blank or iri": ":knows ; sh:nodeKind sh:BlankNodeOrIRI", "min": ":mail ; sh:minCount 1",
    "min two": ":name ; sh:minCount 2", "max": ":name ; sh:maxCount 1", "max none": ":legs ; sh:maxCount 0",
    "max three": ":knows ; sh:maxCount 2", "above": ":age ; sh:minExclusive 12", "from": ":age ; sh:minInclusive 12",
    "below": ":age ; sh:maxExclusive 30", "to": ":age ; sh:maxInclusive 30", "long": ":name ; sh:minLength 4",
    "short": ":name ; sh:maxLength 3", "pattern": ':code ; sh:pattern "^[A-Z]-"', "pattern of any case": ':code ; sh:pattern "^b" ; sh:flags "i"',
    "languages": ':name ; sh:languageIn ( "en" "de" )', "one of a language": ":name ; sh:uniqueLang true",
    "equals": ":nick ; sh:equals :name", "disjoint": ":nick ; sh:disjoint :name", "less": ":born ; sh:lessThan :died",
    "less or equal": ":born ; sh:lessThanOrEquals :died", "less than what compares not": ":age ; sh:lessThan :name",
    "value": ":knows ; sh:hasValue :bob", "in": ':age ; sh:in ( 30 3.5 "x" )', "in things": ":owner ; sh:in ( :ann :bob )",
    "inverse": "[ sh:inversePath :knows ] ; sh:minCount 1", "sequence": "( :knows :name ) ; sh:maxCount 1",
    "alternative": "[ sh:alternativePath ( :mail :nick ) ] ; sh:minCount 2", "star": "[ sh:zeroOrMorePath :knows ] ; sh:class :Person",
    "plus": "[ sh:oneOrMorePath :knows ] ; sh:nodeKind sh:IRI", "maybe": "[ sh:zeroOrOnePath :knows ] ; sh:maxCount 2",
    "node": ":knows ; sh:node [ sh:property [ sh:path :mail ; sh:minCount 1 ] ]",
    "not": ":owner ; sh:not [ sh:class :Student ]", "and": ":knows ; sh:and ( [ sh:nodeKind sh:IRI ] [ sh:class :Person ] )",
    "or": ":age ; sh:or ( [ sh:datatype xsd:decimal ] [ sh:maxInclusive 20 ] )",
    "xone": ":owner ; sh:xone ( [ sh:class :Student ] [ sh:property [ sh:path :mail ; sh:minCount 1 ] ] )",
    "nested": ":knows ; sh:property [ sh:path :mail ; sh:minCount 1 ; sh:message \"no mail\" ]",
    "qualified least": ":owner ; sh:qualifiedValueShape [ sh:class :Student ] ; sh:qualifiedMinCount 1",
    "qualified most": ":owner ; sh:qualifiedValueShape [ sh:class :Person ] ; sh:qualifiedMaxCount 2",
    "severity": ":mail ; sh:minCount 1 ; sh:severity sh:Warning ; sh:message \"mail, please\"",
    "off": ":mail ; sh:minCount 9 ; sh:deactivated true",
}  # fmt: skip
IN_NODE = {
    "class": "sh:class :Person", "kind": "sh:nodeKind sh:IRI", "datatype": "sh:datatype xsd:string", "in": "sh:in ( :ann :bob )",
    "value": "sh:hasValue :ann", "pattern": 'sh:pattern "ann"', "closed": "sh:closed true ; sh:ignoredProperties ( <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> :age ) ; sh:property [ sh:path :name ]",
    "not": "sh:not [ sh:property [ sh:path :name ; sh:minCount 2 ] ]", "equals": "sh:equals :knows", "disjoint": "sh:disjoint :knows",
    "or": "sh:or ( [ sh:class :Animal ] [ sh:property [ sh:path :age ; sh:minCount 1 ] ] )",
    "xone": "sh:xone ( [ sh:class :Animal ] [ sh:property [ sh:path :age ; sh:minCount 1 ] ] )",
    "node": "sh:node [ sh:property [ sh:path :age ; sh:maxCount 1 ] ; sh:not [ sh:hasValue :cat ] ]",
    "several": "sh:nodeKind sh:IRI ; sh:property [ sh:path :age ; sh:minCount 1 ], [ sh:path :mail ; sh:nodeKind sh:IRI ]",
    "closed within": "sh:node [ sh:closed true ; sh:property [ sh:path :name ], [ sh:path :owner ] ]",
    "deep": "sh:property [ sh:path :knows ; sh:node [ sh:property [ sh:path :knows ; sh:minCount 1 ; sh:or ( [ sh:class :Person ] [ sh:nodeKind sh:Literal ] ) ] ] ]",
    "within": "sh:not [ sh:or ( [ sh:property [ sh:path :born ; sh:lessThan :died ] ] [ sh:property [ sh:path :name ; sh:uniqueLang true ; sh:hasValue \"Cat\" ; sh:equals :nick ; sh:disjoint :nick ] ] ) ]",
    "counted within": "sh:not [ sh:property [ sh:path :owner ; sh:qualifiedValueShape [ sh:class :Person ] ; sh:qualifiedMinCount 2 ] ]",
}  # fmt: skip


def store(text: str = DATA):
    """The data in named graphs, a statement of a triple each in one of three: only their union shows it all."""
    import pyoxigraph as ox

    made = ox.Store()
    for n, quad in enumerate(ox.parse(input=(PREFIXES + text).encode(), format=ox.RdfFormat.TURTLE)):
        made.add(ox.Quad(quad.subject, quad.predicate, quad.object, ox.NamedNode(f"http://e/graph/{n % 3}")))
    return made


def shapes(text: str):
    from rdflib import Graph

    return Graph().parse(data=PREFIXES + text, format="turtle")


def cases() -> Iterator[tuple[str, str]]:
    for t, target in TARGETS.items():
        for name, body in IN_PROPERTY.items():
            if t == "class" or (len(name) % 5 == len(t) % 5 and name not in ("star", "maybe")):
                yield f"{name}, {t}", f":S a sh:NodeShape ; {target} ; sh:property [ sh:path {body} ] ."
        for name, body in IN_NODE.items():
            yield f"node {name}, {t}", f":S a sh:NodeShape ; {target} ; {body} ."
    yield "property shape", ":S a sh:PropertyShape ; sh:targetClass :Person ; sh:path :mail ; sh:nodeKind sh:IRI ."
    yield (
        "a class is its own target",
        ":Animal a owl:Class, sh:NodeShape ; sh:property [ sh:path :legs ; sh:minCount 1 ] .",
    )
    yield "no target", ":S a sh:NodeShape ; sh:nodeKind sh:Literal ."


CASES = dict(cases())


def comparable(results: list[Result]) -> list[tuple[str, ...]]:
    """Without what engines may choose: names of blank nodes, messages that no shape gives, values that say no more."""
    quiet = ("MinCount", "MaxCount", "UniqueLang", "HasValue")
    return sorted(
        tuple("_:b" if t.startswith("_:") else _short(t) for t in (r.focus, r.path, r.component, r.severity))
        + (("",) if any(q in r.component for q in quiet) else ("_:b" if r.value.startswith("_:") else _short(r.value),))
        for r in results
    )  # fmt: skip


def _short(term: str) -> str:
    return term.replace("^^<http://www.w3.org/2001/XMLSchema#", "^^<xsd:")


@pytest.mark.parametrize("name", CASES)
def test_the_same_results_as_pyshacl(name: str) -> None:
    graph, data = shapes(CASES[name]), store()
    assert comparable(compiled(data, graph)) == comparable(by_pyshacl(as_rdflib(data), graph))


def test_messages_of_shapes_are_given() -> None:
    graph = shapes(':S sh:targetClass :Person ; sh:property [ sh:path :mail ; sh:minCount 1 ; sh:message "no mail" ] .')
    assert {(r.focus, r.message) for r in compiled(store(), graph)} == {("<http://e/bob>", "no mail")}


BEYOND = {
    "length zero": ":S sh:targetNode :none ; sh:property [ sh:path [ sh:zeroOrMorePath :knows ] ; sh:class :Person ] .",
    "itself": ":S sh:targetClass :Person ; sh:property [ sh:path :knows ; sh:node :S ] .",
    "sparql": ':S sh:targetClass :Person ; sh:sparql [ sh:select "SELECT $this WHERE { $this <http://e/legs> ?x }" ] .',
    "many": ":S sh:targetClass :Person ; sh:property [ sh:path :name ; sh:minCount 40 ] .",
}


@pytest.mark.parametrize("name", BEYOND)
def test_what_is_not_compiled_goes_to_pyshacl(name: str) -> None:
    graph, data = shapes(BEYOND[name]), store()
    with pytest.raises(NotCompiled):
        compiled(data, graph)
    assert comparable(validate_store(data, graph)) == comparable(by_pyshacl(as_rdflib(data), graph))
