"""PlantUML: components, classes, use cases, states and sequences."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from kgbuild.errors import SourceError
from kgbuild.mentions.code.plantuml import parse_plantuml
from kgbuild.mentions.diagram import Diagram

SAMPLES = Path(__file__).parents[2] / "data" / "diagrams"
TRUTH = json.loads((SAMPLES / "plantuml.json").read_text("utf-8"))  # PlantUML 1.2020.2, by the remarks in its SVG


def edges(d: Diagram) -> list[tuple[str, str, str, bool, bool]]:
    return [(e.source, e.target, e.label, e.directed, e.both) for e in d.edges]


@pytest.mark.parametrize("name", sorted(TRUTH))
def test_the_same_pairs_as_plantuml_itself(name: str) -> None:
    found = parse_plantuml((SAMPLES / f"{name}.puml").read_text("utf-8"))
    ours = Counter((min(e.source, e.target), max(e.source, e.target)) for e in found.edges)
    assert ours == Counter(map(tuple, TRUTH[name])) - Counter({("Q", "art"): 1})  # a hidden line
    assert not found.problems


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.puml")), ids=lambda p: p.stem)
def test_every_label_is_the_characters_it_names(path: Path) -> None:
    code = path.read_text("utf-8")
    found = parse_plantuml(code)
    assert not found.problems and found.edges
    for item in (*found.nodes.values(), *found.groups):
        assert code[item.start : item.end] == item.label


def test_containers_hold_what_is_declared_in_them() -> None:
    d = parse_plantuml((SAMPLES / "components.puml").read_text("utf-8"))
    groups = {g.label: g.members for g in d.groups}
    assert groups["Some Group"] == ["HTTP", "First Component", "Another Component"]
    assert groups["MySql"] == ["This is my folder", "Foo"] and groups["Foo"] == ["Frame 4"]
    assert d.nodes["LN"].label == "A long\\nname" and d.nodes["AA"].shape == "actor" and "Empty" in d.nodes


def test_class_relations_point_to_their_marked_end() -> None:
    d = parse_plantuml((SAMPLES / "classes.puml").read_text("utf-8"))
    found = edges(d)
    assert ("AbstractList", "List", "", True, False) in found and (
        "Class02",
        "Class01",
        "contains",
        True,
        False,
    ) in found
    assert ("Student", "Course", "", False, False) in found and ("Enrollment", "Course", "", False, False) in found
    assert {("Dog", "Animal"), ("Dog", "Runs"), ("Dog", "Barks")} <= {(e.source, e.target) for e in d.edges}
    assert "elementData" not in d.nodes and d.nodes["Spaced"].label == "A class with spaces"


def test_messages_of_a_sequence() -> None:
    d = parse_plantuml((SAMPLES / "sequence.puml").read_text("utf-8"))
    found = edges(d)
    assert found[:4] == [
        ("C", "S", "request", True, False), ("S", "C", "response", True, False), ("S", "D", "query", True, False),
        ("D", "S", "rows", True, False),
    ]  # fmt: skip
    assert ("T", "S", "back", True, False) in found and ("S", "T", "both", True, True) in found
    assert len(found) == 17 and [(g.label, g.members) for g in d.groups] == [("Internal Service", ["S", "T"])]


def test_blocks_in_a_longer_text_and_other_kinds() -> None:
    assert edges(parse_plantuml("a -> b : without any start"))[0][2] == "without any start"
    d = parse_plantuml("x\n@startuml\nA -> B\n@enduml\ny -> z\n@startuml\nB -> C\n@enduml\n")
    assert [(e.source, e.target) for e in d.edges] == [("A", "B"), ("B", "C")]
    assert "mindmap" in parse_plantuml("@startmindmap\n* a\n@endmindmap").problems[0]
    with pytest.raises(SourceError, match="line 2"):
        parse_plantuml("\n@startuml\na -> b\n")


def test_a_line_that_is_not_understood_is_named() -> None:
    d = parse_plantuml("@startuml\nA -> B\n%%% what\nB -> C\n@enduml")
    assert len(d.edges) == 2 and d.problems == ["line 3: not understood: '%%% what'"]


def test_diagrams_that_begin_in_one_another_are_read_once() -> None:
    d = parse_plantuml("@startuml\nA -> B\nodd odd odd\n" * 50 + "@enduml\n@startuml\nC -> D\n@enduml")
    assert len(d.problems) <= 100 and len(d.edges) == 51 and d.problems[0].startswith("line 3: ")


@pytest.mark.parametrize(
    "code",
    ["package a {\n" * 5000, "class A {" * 5000, "A " + "-" * 20000, "a" * 50000, "[" * 9000, "A -> B : " * 5000],
)
def test_hostile_code_is_bounded(code: str) -> None:
    assert parse_plantuml(code) is not None
