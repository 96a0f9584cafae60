"""What a line states by its label, its kind and its heads."""

from __future__ import annotations

import pytest

from kgbuild.mentions.code import parse_code
from kgbuild.mentions.connections import CONNECTS, connections, phrase
from kgbuild.mentions.drawing import read_drawing
from kgbuild.sources.mxgraph import parse_drawio
from kgbuild.sources.svg import parse_svg
from kgbuild.vocab import shown, words

BASE = "https://example.org/kg/"


@pytest.mark.parametrize(
    ("label", "wanted"),
    [
        ("sends invoices", "send invoices"), ("Reads from", "read from"), ("stored in", "be stored in"),
        ("used by", "be used by"), ("hasPart", "have part"), ("user_id", "user id"), ("1: Request.", "request"),
        ("login(user, password)", "login"), ("<<include>>", "include"), ("HTTPS", "https"), ("gRPC", "grpc"),
        ("read/write", "read/write"), ("is a", "be a"), ("routing rules", "routing rules"), ("发送请求", "发送请求"),
    ],
)  # fmt: skip
def test_words_of_a_label(label: str, wanted: str) -> None:
    assert phrase(label) == wanted


@pytest.mark.parametrize(
    "label",
    ["", "yes", "No", "1", "0..*", "1: ", "true", "HTTP 200", "x > 0", "[guard]", "if cached", "otherwise", "no access",
     "can read", "doesn't use", "GET /users", "port 8080", "10 Gbit/s", "a", "是", "is", "to", "on error",
     "Hello Bob, how are you?", "a label that goes on for a whole sentence"],
)  # fmt: skip
def test_labels_that_tell_no_relation(label: str) -> None:
    assert phrase(label) == ""


def stated(language: str, code: str) -> list[tuple[str, str, str]]:
    diagram = parse_code(language, code)
    assert not diagram.problems
    return said(diagram)


def said(diagram) -> list[tuple[str, str, str]]:
    names = {n.key: n.label for n in diagram.nodes.values()}
    made = [c for e in diagram.edges for c in connections(e, diagram, BASE)]
    assert all((c.predicate.startswith(BASE) and words(c.predicate) == shown(c.phrase)) or not c.phrase for c in made)
    return [(names[c.subject], c.phrase or words(c.predicate), names[c.object]) for c in made]


def test_a_labelled_arrow_states_both_relations() -> None:
    assert CONNECTS.endswith("core#connectsTo")
    found = stated("dot", 'digraph { a -> b [label="reads from"]; a -> c [label=yes]; c -> d }')
    assert found == [
        ("a", "connects to", "b"), ("a", "read from", "b"), ("a", "connects to", "c"), ("c", "connects to", "d"),
    ]  # fmt: skip


def test_the_arrow_says_which_way_a_label_is_read() -> None:
    assert ("b", "read", "a") in stated("dot", 'digraph { a -> b [label="reads", dir=back] }')
    found = stated("mermaid", "flowchart LR\n a <-->|mirrors| b\n a ---|peers with| c")
    assert [t for t in found if t[1] != "connects to"] == [("a", "mirror", "b"), ("b", "mirror", "a")]
    assert {("a", "connects to", "c"), ("c", "connects to", "a")} <= set(found)


def test_answers_and_events_are_no_relations() -> None:
    found = stated("mermaid", "flowchart LR\n a{Known?} -->|looks it up| b\n b -->|looks it up| c")
    assert [t for t in found if t[1] != "connects to"] == [("b", "look it up", "c")]
    assert stated("mermaid", "stateDiagram-v2\n Idle --> Busy : job arrives") == [("Idle", "connects to", "Busy")]
    plantuml = "@startuml\n[*] --> Idle\nIdle --> Busy : job arrives\n@enduml"
    assert stated("plantuml", plantuml) == [("Idle", "connects to", "Busy")]


UML = """Animal <|-- Duck
Shape <|.. Circle
Car *-- Wheel : has
Car *--> Motor
Book --o Library : belongs to
Parser ..> Lexer
Parser ..> Tree : creates
Reader -- Writer : knows"""
MEANT = [
    ("Duck", "subclass of", "Animal"), ("Circle", "implement", "Shape"), ("Wheel", "part of", "Car"),
    ("Car", "have", "Wheel"), ("Motor", "part of", "Car"), ("Book", "part of", "Library"),
    ("Book", "belong to", "Library"), ("Parser", "depend on", "Lexer"), ("Parser", "create", "Tree"),
    ("Reader", "know", "Writer"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "start"), [("mermaid", "classDiagram"), ("plantuml", "class Animal")])
def test_kinds_of_uml_relations(language: str, start: str) -> None:
    found = stated(language, f"{start}\n{UML}")
    assert [t for t in found if t[1] != "connects to"] == MEANT
    assert ("Duck", "connects to", "Animal") in found


def test_plantuml_says_which_end_a_label_starts_from() -> None:
    found = stated("plantuml", "A -- B : < drives\nC --> D : owns >\nE --> F : < owns")
    assert [t for t in found if t[1] != "connects to"] == [("B", "drive", "A"), ("C", "own", "D"), ("F", "own", "E")]
    found = stated("plantuml", "class A extends B implements C")
    assert [t for t in found if t[1] != "connects to"] == [("A", "subclass of", "B"), ("A", "implement", "C")]


def test_entities_are_read_from_the_first_to_the_second() -> None:
    assert ("CUSTOMER", "place", "ORDER") in stated("mermaid", "erDiagram\n CUSTOMER ||--o{ ORDER : places")


def test_arrows_of_uml_in_drawings() -> None:
    def edge(key: str, source: str, style: str) -> str:
        return (
            f'<mxCell id="{key}" edge="1" parent="1" source="{source}" target="a" style="{style}">'
            '<mxGeometry relative="1" as="geometry"/></mxCell>'
        )

    boxes = "".join(
        f'<mxCell id="{k}" value="{k.upper()}" vertex="1" parent="1"><mxGeometry x="{200 * n}" y="{90 * n}" width="60" '
        'height="40" as="geometry"/></mxCell>'
        for n, k in enumerate("abcd")
    )
    lines = (
        edge("e", "b", "endArrow=block;endFill=0;"), edge("f", "c", "endArrow=diamondThin;endFill=1;"),
        edge("g", "d", "endArrow=block;endFill=1;"),
    )  # fmt: skip
    xml = (
        f'<mxGraphModel><root><mxCell id="0"/><mxCell id="1" parent="0"/>{boxes}{"".join(lines)}</root></mxGraphModel>'
    )
    found = said(read_drawing(parse_drawio(xml))[0])
    assert [t for t in found if t[1] != "connects to"] == [("B", "subclass of", "A"), ("C", "part of", "A")]
    assert ("D", "connects to", "A") in found


def test_markers_of_uml_in_svg() -> None:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 100"><rect x="10" y="10" width="100" height="50"/>'
        '<text x="60" y="38" text-anchor="middle">Duck</text><rect x="250" y="10" width="100" height="50"/>'
        '<text x="300" y="38" text-anchor="middle">Animal</text>'
        '<path fill="none" d="M110,35 L250,35" marker-end="url(#mermaid-svg_class-extensionEnd)"/></svg>'
    )
    found = said(read_drawing(parse_svg(svg))[0])
    assert found == [("Duck", "connects to", "Animal"), ("Duck", "subclass of", "Animal")]
