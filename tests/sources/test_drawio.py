"""draw.io files: pages plain and compressed, and the drawing that their cells make."""

from __future__ import annotations

import base64
import zlib
from urllib.parse import quote

import pytest

from kgbuild.config import Config
from kgbuild.errors import SourceError
from kgbuild.sources import discover
from kgbuild.sources.drawio import pages
from kgbuild.sources.mxgraph import parse_drawio
from kgbuild.sources.pool import read_file
from kgbuild.sources.reader import Limits
from kgbuild.types import Box, Page, Reading

CONFIG = Config.load()
LIMIT = 1 << 20
MODEL = """<mxGraphModel><root><mxCell id="0"/><mxCell id="1" parent="0"/><mxCell id="off" parent="0" visible="0"/>
<mxCell id="g" value="Group" style="swimlane;html=1;startSize=20;" vertex="1" parent="1"><mxGeometry x="100" y="50" width="300" height="200" as="geometry"/></mxCell>
<UserObject id="a" label="&lt;b&gt;Web&lt;/b&gt;&lt;br&gt;Server %env%" placeholders="1" env="one"><mxCell style="rounded=1;html=1;" vertex="1" parent="g"><mxGeometry x="20" y="40" width="100" height="40" as="geometry"/></mxCell></UserObject>
<mxCell id="b" value="A &amp; B &lt; C" style="shape=cylinder3;" vertex="1" parent="1"><mxGeometry x="500" y="60" width="80" height="60" as="geometry"/></mxCell>
<mxCell id="hidden" value="Nobody" vertex="1" parent="off"><mxGeometry width="10" height="10" as="geometry"/></mxCell>
<mxCell id="e" style="dashed=1;startArrow=classic;endArrow=none;" edge="1" parent="1" source="a" target="b"><mxGeometry relative="1" as="geometry"/></mxCell>
<mxCell id="l" value="asks" style="edgeLabel;" vertex="1" connectable="0" parent="e"><mxGeometry relative="1" as="geometry"/></mxCell>
</root></mxGraphModel>"""


def packed(xml: str) -> str:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = deflate.compress(quote(xml).encode()) + deflate.flush()
    return base64.b64encode(data).decode()


def read(folder) -> dict[str, Reading]:
    return {s.path: read_file(folder / s.path, s, Limits.of(CONFIG)) for s in discover(folder, CONFIG)[0]}


def test_cells_become_shapes_with_absolute_places() -> None:
    drawing = parse_drawio(f'<diagram name="One">{MODEL}</diagram>')
    shapes = {s.key: s for s in drawing.shapes}
    assert shapes.keys() == {"g", "a", "b", "e"} and drawing.title == "One"
    assert shapes["g"].role == "group" and shapes["a"].parent == "g" and shapes["b"].kind == "cylinder"
    assert shapes["a"].box == (20, 40, 120, 80)  # the drawing begins at its leftmost and uppermost shape
    line = shapes["e"]
    assert (line.source, line.target, line.head, line.tail, line.style) == ("a", "b", False, True, "dashed")
    labels = {n.owner: n.text for n in drawing.labels}
    assert labels == {"g": "Group", "a": "Web Server one", "b": "A & B < C", "e": "asks"}
    assert (drawing.width, drawing.height) == (480, 200)


@pytest.mark.parametrize(
    "text",
    [f"<mxfile><diagram>{MODEL}</diagram></mxfile>", f"<mxfile><diagram>{packed(MODEL)}</diagram></mxfile>", MODEL],
)
def test_plain_and_compressed_pages_are_the_same(text: str) -> None:
    (page,) = pages(text, LIMIT)
    assert parse_drawio(page) == parse_drawio(MODEL)


def test_pages_are_segments_and_a_broken_one_loses_no_other(corpus) -> None:
    good = f'<diagram name="P">{packed(MODEL)}</diagram>'
    found = read(corpus({"a.drawio": f"<mxfile>{good}<diagram>AAAA</diagram>{good}</mxfile>", "b.xml": MODEL}))
    reading = found["a.drawio"]
    assert [s.target.find(Page) for s in reading.segments] == [Page(1), Page(2)]
    assert reading.segments[0].target.find(Box) == Box(0, 0, 480, 200) and "Nobody" in reading.text
    (issue,) = reading.issues
    assert issue.code == "broken-drawio" and "page 2" in issue.message
    assert len(found["b.xml"].segments) == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<mxfile><diagram>!!!!</diagram></mxfile>", "broken-drawio"), ("<mxfile><diagram", "broken-drawio"),
        ("<other/>", "broken-drawio"), ("<mxfile/>", "no-content"),
        (f"<mxfile><diagram>{packed('<a>' + ' ' * 2 * LIMIT + '</a>')}</diagram></mxfile>", "too-large"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><mxfile><diagram>&b;</diagram></mxfile>', "entities"),
    ],
)  # fmt: skip
def test_broken_and_hostile_files_are_refused(text: str, code: str) -> None:
    with pytest.raises(SourceError) as caught:
        pages(text, LIMIT)
    assert caught.value.code == code


def test_groups_that_hold_one_another_are_refused_or_left_out() -> None:
    cell = '<mxCell id="{}" vertex="1" value="x" parent="{}"><mxGeometry width="1" height="1" as="geometry"/></mxCell>'
    ring = "".join(cell.format(*pair) for pair in ("ab", "ba"))
    assert parse_drawio(f"<mxGraphModel><root>{ring}</root></mxGraphModel>").shapes == ()
    deep = "".join(cell.format(n + 1, n) for n in range(500))
    with pytest.raises(SourceError, match="deep"):
        parse_drawio(f"<mxGraphModel><root>{deep}</root></mxGraphModel>")


def test_names_and_bytes_decide_together(corpus) -> None:
    issues = discover(corpus({"a.drawio": "hello", "b.xml": "<html/>", "c.json": "{}", "d.excalidraw": "[]"}), CONFIG)[
        1
    ]
    assert [i.code for i in issues] == ["unsupported"] * 4 and "mxfile" in issues[0].message
