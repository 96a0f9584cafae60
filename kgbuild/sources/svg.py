"""SVG: its texts are labels with boxes, its code is kept for the diagram extractor.

Boxes count user units of the drawing moved so that its view box begins at (0, 0).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from kgbuild.errors import SourceError
from kgbuild.sources.reader import Composer, Limits, decode
from kgbuild.types import Box, Reading, Source

_MAX_SHAPES = 20000


@dataclass(frozen=True, slots=True)
class Shape:
    """A drawn shape: kind, box (x0, y0, x1, y1), its end points, arrow heads, the class of its group."""

    kind: str
    box: tuple[float, float, float, float]
    start: tuple[float, float]
    end: tuple[float, float]
    closed: bool
    head: bool
    tail: bool
    group: str


@dataclass(frozen=True, slots=True)
class Label:
    """A text element with its estimated box (x0, y0, x1, y1)."""

    text: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Drawing:
    """What an SVG file draws."""

    width: int
    height: int
    title: str
    labels: tuple[Label, ...]
    shapes: tuple[Shape, ...]


class SvgReader:
    """``image/svg+xml``."""

    name = "svg"
    version = "1"
    media_types = frozenset({"image/svg+xml"})

    def __call__(self, path: Path, source: Source, limits: Limits) -> Reading:
        from dataclasses import replace

        text = decode(path.read_bytes())
        drawing = parse_svg(text)
        composer = Composer(source, f"{self.name}/{self.version}")
        composer.add("drawing", (Box(0, 0, drawing.width, drawing.height),), text)
        for label in drawing.labels:
            composer.add("label", (to_box(label.box, drawing),), label.text)
        return composer.reading(replace(source, title=drawing.title or source.title), text)


def to_box(box: tuple[float, float, float, float], drawing: Drawing) -> Box:
    """Whole user units, cut to the drawing."""
    x0, y0 = max(0, int(box[0])), max(0, int(box[1]))
    x1, y1 = min(drawing.width, round(box[2])), min(drawing.height, round(box[3]))
    return Box(min(x0, drawing.width - 1), min(y0, drawing.height - 1), max(1, x1 - x0), max(1, y1 - y0))


def parse_svg(text: str) -> Drawing:
    """Shapes and labels with all transforms applied. Raises ``SourceError``."""
    import svgelements
    from lxml import etree

    data = text.encode("utf-8", "replace")
    if "<!ENTITY" in text:
        raise SourceError("the SVG declares entities; such files are refused", "entities")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, encoding="utf-8")
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as err:
        raise SourceError(f"no well-formed SVG: {err}", "broken-svg") from err
    for element in list(root.iter()):  # nothing that runs or refers to elsewhere reaches the drawing
        if (
            (
                not isinstance(element.tag, str)
                or etree.QName(element).localname
                in (
                    "script",
                    "image",
                    "style",
                    "foreignObject",
                )
            )
            and element.getparent() is not None
            and not _is_label_box(element)
        ):
            element.getparent().remove(element)
    labels_in_boxes = _foreign(root)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            drawing = svgelements.SVG.parse(BytesIO(etree.tostring(root)), reify=True)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, ZeroDivisionError) as err:
            raise SourceError(f"its shapes cannot be read: {err}", "broken-svg") from err
    shapes: list[Shape] = []
    labels = list(labels_in_boxes)
    for element in drawing.elements():
        if len(shapes) > _MAX_SHAPES:
            break
        if isinstance(element, svgelements.Text):
            label = _label(element)
            if label:
                labels.append(label)
        elif isinstance(element, svgelements.Shape):
            shape = _shape(element)
            if shape:
                shapes.append(shape)
    title = " ".join((root.findtext("{*}title") or "").split())
    width, height = max(1, round(float(drawing.width or 1))), max(1, round(float(drawing.height or 1)))
    return Drawing(width, height, title, tuple(labels), tuple(shapes))


def _is_label_box(element: Any) -> bool:
    return isinstance(element.tag, str) and element.tag.endswith("}foreignObject")


def _foreign(root: Any) -> list[Label]:
    """Text of HTML inside the drawing (Mermaid writes labels so), replaced by text elements for the parser."""
    from lxml import etree

    for element in list(root.iter("{*}foreignObject")):
        text = " ".join("".join(t + " " for t in element.itertext()).split())
        parent = element.getparent()
        if text:
            try:
                x, y = float(element.get("x") or 0), float(element.get("y") or 0)
                w, h = float(element.get("width") or 0), float(element.get("height") or 0)
            except ValueError:
                x = y = w = h = 0.0
            new = etree.SubElement(parent, "{http://www.w3.org/2000/svg}text", x=str(x + w / 2), y=str(y + h / 2 + 5))
            new.set("text-anchor", "middle")
            new.text = text
        parent.remove(element)
    return []


def _label(element: Any) -> Label | None:
    text = " ".join((element.text or "").split())
    if not text:
        return None
    try:
        size = float(element.font_size or 16) or 16.0
    except (TypeError, ValueError):
        size = 16.0
    scale = abs(element.transform.d) or 1.0
    point = element.transform.point_in_matrix_space((float(element.x), float(element.y)))
    width, height = 0.56 * size * len(text) * (abs(element.transform.a) or 1.0), size * scale
    anchor = element.values.get("text-anchor") or "start"
    left = point.x - {"middle": width / 2, "end": width}.get(anchor, 0.0)
    return Label(text, (left, point.y - 0.8 * height, left + width, point.y + 0.2 * height))


def _shape(element: Any) -> Shape | None:
    import svgelements

    path = element if isinstance(element, svgelements.Path) else svgelements.Path(element)
    box = path.bbox()
    if box is None or not len(path):
        return None
    first, last = path.first_point, path.current_point
    if first is None or last is None:
        return None
    values = element.values
    kind = type(element).__name__.lower()
    fill = str(values.get("fill", "")).lower()
    closed = kind in ("rect", "circle", "ellipse", "polygon") or any(isinstance(s, svgelements.Close) for s in path)
    closed = closed and not (kind == "path" and fill == "none" and (first.x, first.y) != (last.x, last.y))
    marker = [str(values.get(k) or "none") != "none" for k in ("marker-end", "marker-start")]
    group = f"{values.get('class') or ''} {(values.get('attributes') or {}).get('class') or ''}".strip()
    return Shape(kind, tuple(box), (first.x, first.y), (last.x, last.y), closed, marker[0], marker[1], group)


READER = SvgReader()
