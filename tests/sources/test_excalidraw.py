"""Excalidraw scenes: bound texts, arrows with and without bindings, frames."""

from __future__ import annotations

import json

import pytest

from kgbuild.errors import SourceError
from kgbuild.sources.excalidraw import parse_excalidraw


def scene(*elements: dict) -> str:
    return json.dumps({"type": "excalidraw", "version": 2, "elements": list(elements)})


def box(kind: str, key: str, x: float, y: float, **more) -> dict:
    return {"type": kind, "id": key, "x": x, "y": y, "width": 100, "height": 50, **more}


def test_elements_become_shapes() -> None:
    drawing = parse_excalidraw(
        scene(
            box("frame", "f", -10, -10, name="Frame"), box("rectangle", "r", 0, 0, frameId="f"),
            box("text", "t", 0, 0, text="Web\nServer", containerId="r"), box("ellipse", "o", 300, 0),
            box("text", "gone", 0, 0, text="no", isDeleted=True),
            box("arrow", "a", 100, 25, points=[[0, 0], [200, 0]], endArrowhead="arrow", strokeStyle="dashed",
                startBinding={"elementId": "r"}, endBinding={"elementId": "o"}),
            box("line", "l", 0, 100, points=[[0, 0], [50, 0]]),
        )
    )  # fmt: skip
    shapes = {s.key: s for s in drawing.shapes}
    assert shapes.keys() == {"f", "r", "o", "a", "l"} and shapes["r"].parent == "f" and shapes["f"].role == "group"
    arrow = shapes["a"]
    assert (arrow.source, arrow.target, arrow.head, arrow.tail, arrow.style) == ("r", "o", True, False, "dashed")
    assert arrow.points == ((110, 35), (310, 35)) and shapes["l"].role == "" and not shapes["l"].head
    assert {n.owner: n.text for n in drawing.labels} == {"f": "Frame", "r": "Web Server"}


@pytest.mark.parametrize("text", ["{", "[]", '{"elements": 3}', "[" * 100000, '{"type": "excalidraw"}'])
def test_broken_scenes_are_refused(text: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_excalidraw(text)
    assert caught.value.code == "broken-excalidraw"


def test_odd_elements_are_passed_over() -> None:
    odd = [3, {"type": "arrow", "points": "x"}, {"type": "rectangle", "x": "far", "width": 1e300}, {"type": "arrow"}]
    odd.append({"type": "rectangle", "x": 10**1000, "y": 0, "width": 5, "height": 5})
    assert len(parse_excalidraw(scene(*odd)).shapes) == 2
