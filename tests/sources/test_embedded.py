"""Pictures that carry the source of their diagram are read from it; a damaged source leaves the picture."""

from __future__ import annotations

import base64
import json
import zlib
from io import BytesIO
from urllib.parse import quote

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from kgbuild.config import Config
from kgbuild.errors import SourceError
from kgbuild.sources import discover
from kgbuild.sources.embedded import source_in_png, source_in_svg
from kgbuild.sources.pool import read_file
from kgbuild.sources.reader import Limits
from kgbuild.sources.vector import parse_drawing
from kgbuild.types import Box, Reading

CONFIG = Config.load()
LIMIT = 1 << 20
MODEL = (
    '<mxGraphModel><root><mxCell id="0"/><mxCell id="1" parent="0"/>'
    '<mxCell id="a" value="One" vertex="1" parent="1"><mxGeometry width="100" height="50" as="geometry"/></mxCell>'
    '<mxCell id="b" value="Two" vertex="1" parent="1"><mxGeometry x="300" width="100" height="50" as="geometry"/></mxCell>'
    '<mxCell id="e" edge="1" parent="1" source="a" target="b"><mxGeometry relative="1" as="geometry"/></mxCell>'
    "</root></mxGraphModel>"
)
FILE = f"<mxfile><diagram>{MODEL}</diagram></mxfile>"
SCENE = json.dumps({"type": "excalidraw", "elements": [{"type": "rectangle", "id": "r", "width": 9, "height": 9}]})


def png(size=(820, 120), **texts: str | tuple[str, bool]) -> bytes:
    info, out = PngInfo(), BytesIO()
    for key, value in texts.items():
        name = "application/vnd.excalidraw+json" if key == "scene" else key
        text, packed = value if isinstance(value, tuple) else (value, False)
        info.add_text(name, text, zip=packed)
    Image.new("RGB", size, "white").save(out, "PNG", pnginfo=info)
    return out.getvalue()


def envelope() -> str:
    return json.dumps(
        {"encoding": "bstring", "compressed": True, "encoded": zlib.compress(SCENE.encode()).decode("latin-1")}
    )


def read(folder) -> dict[str, Reading]:
    return {s.path: read_file(folder / s.path, s, Limits.of(CONFIG)) for s in discover(folder, CONFIG)[0]}


def test_sources_are_found_in_every_kind_of_chunk() -> None:
    assert source_in_png(png(mxfile=quote(FILE)), LIMIT) == source_in_png(png(mxfile=(FILE, True)), LIMIT)
    found = source_in_png(png(scene=envelope()), LIMIT)
    assert found == ("excalidraw", [SCENE])
    assert source_in_png(png(other="x"), LIMIT) is None


def test_sources_are_found_in_svg() -> None:
    from xml.sax.saxutils import quoteattr

    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"{}>{}</svg>'
    found = source_in_svg(svg.format(f" content={quoteattr(FILE)}", ""), LIMIT)
    assert found is not None and found[0] == "drawio"
    payload = base64.b64encode(envelope().encode("latin-1")).decode()
    comments = (
        f"<!-- payload-type:application/vnd.excalidraw+json --><!-- payload-start -->{payload}<!-- payload-end -->"
    )
    assert source_in_svg(svg.format("", comments), LIMIT) == ("excalidraw", [SCENE])
    assert source_in_svg(svg.format("", ""), LIMIT) is None


def test_a_picture_shows_what_its_source_says(corpus) -> None:
    reading = read(corpus({"a.drawio.png": png(mxfile=quote(FILE))}))["a.drawio.png"]
    (segment,) = reading.segments
    assert segment.modality == "drawing" and segment.blob in reading.blobs
    assert segment.target.find(Box) == Box(0, 0, 820, 120)
    boxes = {s.key: s.box for s in parse_drawing(segment).shapes}  # 400 x 50 units at twice their size, a border of 10
    assert boxes["a"] == pytest.approx((10, 10, 210, 110)) and boxes["b"] == pytest.approx((610, 10, 810, 110))


def test_a_damaged_source_leaves_the_picture(corpus) -> None:
    reading = read(corpus({"a.png": png(mxfile="%3Cmxfile%3E%3Cdiagram"), "b.png": png(mxfile=quote(FILE))}))["a.png"]
    assert [s.modality for s in reading.segments] == ["picture"]
    (issue,) = reading.issues
    assert issue.severity == "warning" and "XML" in issue.message


def test_bombs_are_refused() -> None:
    bomb = json.dumps({"compressed": True, "encoded": zlib.compress(b"0" * 2 * LIMIT).decode("latin-1")})
    with pytest.raises(SourceError, match="unpacks"):
        source_in_png(png(scene=bomb), LIMIT)
    with pytest.raises(SourceError, match="unpacks"):
        source_in_png(png(mxfile=("x" * 2 * LIMIT, True)), LIMIT)
    assert source_in_png(png()[:40], LIMIT) is None
