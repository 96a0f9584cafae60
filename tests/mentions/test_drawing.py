"""Vector drawings: what the file says is taken, geometry decides the rest; labels know their part."""

from __future__ import annotations

import json

from kgbuild.config import Config
from kgbuild.mentions import diagrams, extract, labels
from kgbuild.mentions.diagram import Diagram
from kgbuild.mentions.drawing import read_drawing
from kgbuild.sources.drawing import Drawing, Label, Shape, line
from kgbuild.sources.excalidraw import parse_excalidraw
from kgbuild.sources.mxgraph import parse_drawio
from kgbuild.sources.svg import parse_svg
from kgbuild.types import Box, Reading, Segment, Source, Target, TextQuote
from kgbuild.vocab import CORE, GENERAL


def named(d: Diagram) -> set[tuple[str, str, str, bool, bool]]:
    names = {n.key: n.label for n in d.nodes.values()} | {g.key: g.label for g in d.groups}
    return {(names[e.source], names[e.target], e.label, e.directed, e.both) for e in d.edges}


def boxed(text: str, x: float, y: float, w: float = 80, h: float = 40) -> tuple[Shape, Label]:
    box = (x, y, x + w, y + h)
    return Shape("rect", box, box[:2], box[:2]), Label(text, (x + 10, y + 12, x + w - 10, y + 28))


def test_lines_join_what_they_touch() -> None:
    shapes, texts = zip(boxed("One", 0, 0), boxed("Two", 200, 0), boxed("Three", 200, 200), strict=True)
    lines = (
        line([(80, 20), (198, 20)], head=True), line([(240, 40), (240, 195)]), line([(40, 45), (40, 90), (230, 230)], tail=True),
        line([(500, 500), (600, 600)], head=True),
    )  # fmt: skip
    words = (Label("asks", (120, 4, 150, 16)), Label("far away", (600, 10, 660, 24)))
    d, roles = read_drawing(Drawing(700, 700, "T", (*texts, *words), (*shapes, *lines)))
    assert named(d) == {
        ("One", "Two", "asks", True, False), ("Two", "Three", "", False, False), ("Three", "One", "", True, False),
    }  # fmt: skip
    assert [roles[n] for n in (*texts, *words)] == ["node"] * 3 + ["edge", ""]


def test_heads_drawn_as_shapes_belong_to_the_nearest_end() -> None:
    (one, a), (two, b) = boxed("One", 0, 0), boxed("Two", 200, 0)
    heads = [Shape("polygon", (x, y - 4, x + 8, y + 4), (x, y), (x, y)) for x, y in ((190, 10), (82, 30))]
    lines = (line([(80, 10), (190, 10)]), line([(200, 30), (90, 30)]))
    d, _ = read_drawing(Drawing(300, 60, "", (a, b), (one, two, *heads, *lines)))
    assert named(d) == {("One", "Two", "", True, False), ("Two", "One", "", True, False)}


def test_a_labelled_frame_is_a_group() -> None:
    (one, a), (two, b) = boxed("One", 20, 40), boxed("Two", 200, 40)
    frame = Shape("rect", (0, 0, 320, 100), (0, 0), (0, 0))
    d, roles = read_drawing(Drawing(400, 200, "", (Label("Cloud", (10, 4, 60, 18)), a, b), (frame, one, two)))
    (group,) = d.groups
    assert group.label == "Cloud" and [d.nodes[m].label for m in group.members] == ["One", "Two"]
    assert sorted(roles.values()) == ["group", "node", "node"]


def test_rows_of_a_draw_io_table_stand_for_their_table() -> None:
    def cell(key: str, value: str, style: str, parent: str, y: int, h: int) -> str:
        geometry = f'<mxGeometry x="{0 if parent != "1" else ord(key[0]) * 10}" y="{y}" width="100" height="{h}" as="geometry"/>'
        return f'<mxCell id="{key}" value="{value}" style="{style}" vertex="1" parent="{parent}">{geometry}</mxCell>'

    table = "swimlane;childLayout=stackLayout;"
    xml = (
        '<mxGraphModel><root><mxCell id="0"/><mxCell id="1" parent="0"/>'
        + cell("A", "Orders", table, "1", 0, 80) + cell("A1", "id: int", "text;strokeColor=none;fillColor=none;", "A", 26, 20)
        + cell("Z", "Customers", table, "1", 0, 80) + cell("Z1", "name", "text;strokeColor=none;fillColor=none;", "Z", 26, 20)
        + '<mxCell id="e" style="endArrow=ERmany;startArrow=ERone;" edge="1" parent="1" source="A1" target="Z1">'
        '<mxGeometry relative="1" as="geometry"/></mxCell></root></mxGraphModel>'
    )  # fmt: skip
    d, roles = read_drawing(parse_drawio(xml))
    assert named(d) == {("Orders", "Customers", "", False, False)} and not d.groups
    assert {n.text: r for n, r in roles.items()} == {
        "Orders": "node",
        "id: int": "part",
        "Customers": "node",
        "name": "part",
    }


def test_a_text_on_a_shape_names_it_and_one_with_an_arrow_is_a_node() -> None:
    elements = [
        {"type": "rectangle", "id": "r", "x": 0, "y": 0, "width": 100, "height": 50},
        {"type": "text", "id": "t", "x": 30, "y": 15, "width": 40, "height": 20, "text": "Inside"},
        {"type": "text", "id": "u", "x": 300, "y": 15, "width": 60, "height": 20, "text": "Alone"},
        {"type": "arrow", "id": "a", "x": 104, "y": 25, "points": [[0, 0], [190, 0]], "endBinding": {"elementId": "u"}},
    ]
    d, _ = read_drawing(parse_excalidraw(json.dumps({"type": "excalidraw", "elements": elements})))
    assert named(d) == {("Inside", "Alone", "", True, False)}


def test_an_icon_is_named_by_the_text_below_it() -> None:
    def cell(key: str, value: str, style: str, x: int, y: int, h: int) -> str:
        geometry = f'<mxGeometry x="{x}" y="{y}" width="60" height="{h}" as="geometry"/>'
        return f'<mxCell id="{key}" value="{value}" style="{style}" vertex="1" parent="1">{geometry}</mxCell>'

    xml = (
        '<mxGraphModel><root><mxCell id="0"/><mxCell id="1" parent="0"/>'
        + cell("i", "", "shape=image;", 0, 0, 60) + cell("t", "Queue", "text;", 0, 62, 20)
        + cell("b", "Worker", "rounded=1;", 200, 0, 60) + cell("far", "Remark", "text;", 200, 200, 20)
        + '<mxCell id="e" edge="1" parent="1" source="i" target="b"><mxGeometry relative="1" as="geometry"/></mxCell>'
        "</root></mxGraphModel>"
    )  # fmt: skip
    d, roles = read_drawing(parse_drawio(xml))
    assert named(d) == {("Queue", "Worker", "", True, False)}
    assert {n.text: r for n, r in roles.items()} == {"Queue": "node", "Worker": "node", "Remark": ""}


SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 100">
<rect x="10" y="10" width="100" height="50"/><text x="60" y="30" text-anchor="middle" font-size="12">Web</text>
<text x="60" y="45" text-anchor="middle" font-size="12">Server</text><rect x="250" y="10" width="100" height="50"/>
<text x="300" y="38" text-anchor="middle" font-size="12">Database</text><path fill="none" d="M110,35 L250,35" marker-end="url(#h)"/>
<text x="180" y="30" text-anchor="middle" font-size="12">queries often</text></svg>"""


def test_drawings_become_mentions_and_relations_with_their_boxes() -> None:
    source = Source("https://x.org/source/a.svg", "a.svg", "image/svg+xml", "0", 1)
    drawing = parse_svg(SVG)
    place = Target(source.id, (Box(0, 0, drawing.width, drawing.height),))
    segment = Segment(f"{source.id}#segment-1", place, "drawing", SVG, "svg/2", (("language", "svg"),))
    extractors = [labels.extractor(Config.load()), diagrams.extractor(Config.load())]
    reading, made = extract(Reading(source, (segment,), SVG), extractors)
    assert {m.surface: m.target.find(Box) for m in made.mentions} == {
        "Web Server": Box(10, 10, 100, 50), "Database": Box(250, 10, 100, 50),
    }  # fmt: skip
    assert all(m.target.find(TextQuote) == TextQuote(m.surface) and m.modality == "drawing" for m in made.mentions)
    drawn, told = made.relations
    assert drawn.predicate == CORE + "connectsTo" and told.phrase == "query often"
    for relation in made.relations:
        assert relation.surface == "queries often" and relation.target.find(Box) == Box(108, 33, 145, 5)
    roles = {s.text: dict(s.context).get("role") for s in reading.segments if s.modality == "label"}
    assert roles == {"Web Server": "node", "Database": "node", "queries often": "edge"}
    assert GENERAL + "partOf" not in {r.predicate for r in made.relations}
