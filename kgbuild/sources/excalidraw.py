"""Excalidraw files: JSON of elements with bound texts, arrows with bindings, frames.

Format: Excalidraw's JSON schema ("type": "excalidraw", "elements": [...]).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kgbuild.errors import SourceError
from kgbuild.sources.drawing import MAX_SHAPES, Drawing, Label, Point, Shape, framed, line
from kgbuild.sources.reader import Composer, Limits, decode, whole
from kgbuild.types import Box, Reading, Source

MEDIA_TYPE = "application/vnd.excalidraw+json"
_KINDS = {"rectangle": "rectangle", "ellipse": "ellipse", "diamond": "diamond", "image": "icon", "text": "text"}
_FRAMES = ("frame", "magicframe")


class ExcalidrawReader:
    """``.excalidraw`` files: one segment that holds the file's own JSON."""

    name = "excalidraw"
    version = "1"
    media_types = frozenset({MEDIA_TYPE})

    def __call__(self, path: Path, source: Source, limits: Limits) -> Reading:
        text = decode(path.read_bytes())
        drawing = parse_excalidraw(text)
        composer = Composer(source, f"{self.name}/{self.version}")
        place = (Box(0, 0, drawing.width, drawing.height),)
        composer.add("drawing", place, text, (("language", "excalidraw"),))
        return composer.reading(source, text)


def parse_excalidraw(text: str) -> Drawing:
    """The drawing of a scene. Raises ``SourceError`` ("broken-excalidraw", "too-large")."""
    try:
        scene = json.loads(text)
    except (ValueError, RecursionError) as err:
        raise SourceError(f"no valid Excalidraw JSON: {err}", "broken-excalidraw") from err
    elements = scene.get("elements") if isinstance(scene, dict) else None
    if not isinstance(elements, list):
        raise SourceError("no Excalidraw scene: it has no list of elements", "broken-excalidraw")
    if len(elements) > MAX_SHAPES:
        raise SourceError(f"more than {MAX_SHAPES} elements", "too-large")
    shown = [e for e in elements if isinstance(e, dict) and not e.get("isDeleted")]
    return framed("", _labels(shown), [s for e in shown if (s := _shape(e)) is not None])


def _shape(element: dict[str, Any]) -> Shape | None:
    kind, key = element.get("type"), str(element.get("id") or "")
    x, y, w, h = (_number(element.get(k)) for k in ("x", "y", "width", "height"))
    parent = str(element.get("frameId") or "")
    if kind in ("arrow", "line"):
        way = [(x + a, y + b) for a, b in _points(element.get("points"))]
        if len(way) < 2 or (kind == "line" and way[0] == way[-1]):
            return None
        ends = [str((element.get(k) or {}).get("elementId") or "") for k in ("startBinding", "endBinding")]
        dashed = element.get("strokeStyle") in ("dashed", "dotted")
        return line(
            way, key=key, role="edge" if kind == "arrow" or all(ends) else "", source=ends[0], target=ends[1],
            head=_head(element, "endArrowhead", "arrow" if kind == "arrow" else None),
            tail=_head(element, "startArrowhead", None), style="dashed" if dashed else "solid",
        )  # fmt: skip
    if kind in _FRAMES:
        return Shape("container", (x, y, x + w, y + h), (x, y), (x, y), key=key, role="group", parent=parent)
    if kind not in _KINDS or (kind == "text" and element.get("containerId")):
        return None
    return Shape(_KINDS[kind], (x, y, x + w, y + h), (x, y), (x, y), key=key, parent=parent)


def _labels(elements: list[dict[str, Any]]) -> Iterator[Label]:
    for element in elements:
        x, y, w, h = (_number(element.get(k)) for k in ("x", "y", "width", "height"))
        key = str(element.get("id") or "")
        if element.get("type") == "text":
            text = whole(" ".join(str(element.get("originalText") or element.get("text") or "").split()))
            if text:
                yield Label(text, (x, y, x + w, y + h), str(element.get("containerId") or key))
        elif element.get("type") in _FRAMES and element.get("name"):
            yield Label(whole(str(element["name"])), (x, y - 20, x + w, y), key)


def _points(value: Any) -> Iterator[Point]:
    for pair in value if isinstance(value, list) else ():
        if isinstance(pair, list) and len(pair) >= 2:
            yield _number(pair[0]), _number(pair[1])


def _head(element: dict[str, Any], name: str, default: str | None) -> bool:
    return bool(element.get(name, default)) and not str(element.get(name, default)).startswith("crowfoot")


def _number(value: Any) -> float:
    known = isinstance(value, int | float) and abs(value) < 1e7  # not so if it is no number, or one of 4,000 digits
    return float(value) if known else 0.0


READER = ExcalidrawReader()
