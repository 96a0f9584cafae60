"""Mermaid class diagrams: relations point to their marked end, members are no classes."""

from __future__ import annotations

from kgbuild.mentions.code.mermaid import parse_mermaid


def test_relations_and_namespaces() -> None:
    d = parse_mermaid(
        'classDiagram\n Animal <|-- Duck : is a\n class Duck {\n +swim() Water --> x\n }\n Car "1" *-- "4" Wheel\n'
        ' Duck ..> Pond\n Duck -- Egg\n namespace Farm {\n class Cow["The cow"]\n }\n Cow : +moo()\n'
    )
    found = {(e.source, e.target, e.label, e.directed, e.style) for e in d.edges}
    assert found == {
        ("Duck", "Animal", "is a", True, "solid"), ("Wheel", "Car", "", True, "solid"),
        ("Duck", "Pond", "", True, "dotted"), ("Duck", "Egg", "", False, "solid"),
    }  # fmt: skip
    assert d.nodes["Cow"].label == "The cow" and [(g.label, g.members) for g in d.groups] == [("Farm", ["Cow"])]
    assert set(d.nodes) == {"Animal", "Duck", "Car", "Wheel", "Pond", "Egg", "Cow"} and not d.problems
