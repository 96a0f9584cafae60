"""Mermaid entity-relationship diagrams: relationships are read from the first entity to the second."""

from __future__ import annotations

from kgbuild.mentions.code.mermaid import parse_mermaid


def test_relationships_and_attributes() -> None:
    d = parse_mermaid(
        'erDiagram\n CUSTOMER ||--o{ ORDER : places\n CUSTOMER {\n string name PK "the -- name"\n }\n'
        ' p[Person] }o..|| "Quoted name" : "belongs to"\n CAR 1 to zero or more DRIVER : allows\n'
    )
    found = [(d.nodes[e.source].label, d.nodes[e.target].label, e.label, e.style) for e in d.edges]
    assert found == [
        ("CUSTOMER", "ORDER", "places", "solid"), ("Person", "Quoted name", "belongs to", "dotted"),
        ("CAR", "DRIVER", "allows", "solid"),
    ]  # fmt: skip
    assert not d.problems
