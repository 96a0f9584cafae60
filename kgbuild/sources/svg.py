"""SVG: shapes, lines and texts with all transforms applied; what the file says of its groups is kept.

Boxes count user units of the drawing moved so that its view box begins at (0, 0).
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from kgbuild.errors import SourceError
from kgbuild.sources.drawing import MAX_SHAPES, Drawing, Label, Point, Rect, Shape, centre, hull
from kgbuild.sources.embedded import add_embedded, source_in_svg
from kgbuild.sources.reader import Composer, Limits, decode
from kgbuild.sources.svg_roles import mark
from kgbuild.sources.xml import parse_xml
from kgbuild.types import Box, Reading, Source

_SVG = "{http://www.w3.org/2000/svg}"
_BLOCKS = frozenset({"p", "div", "br", "li", "tr", "td", "h1", "h2", "h3"})
_UML = {"extension": "|>", "composition": "*", "aggregation": "o", "dependency": ">"}
_UNDRAWN = frozenset({"", "script", "image", "style", "marker", "clipPath", "mask", "pattern", "filter"})
_UNREADABLE = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, ZeroDivisionError, RecursionError, SyntaxError,
)  # fmt: skip
_LENGTHS = ("x", "y", "width", "height", "cx", "cy", "r", "rx", "ry", "x1", "y1", "x2", "y2")
_EMS = re.compile(r"\s*([-+]?\d{0,9}\.?\d{1,9})(em|rem|ex|ch)\s*")
_HEAD = 20.0  # units of the longer side of an arrow head drawn as a shape


class SvgReader:
    """``image/svg+xml``: one segment that holds the file's own code."""

    name = "svg"
    version = "2"
    media_types = frozenset({"image/svg+xml"})

    def __call__(self, path: Path, source: Source, limits: Limits) -> Reading:
        from dataclasses import replace

        text = decode(path.read_bytes())
        drawing = parse_svg(text)
        composer = Composer(source, f"{self.name}/{self.version}")
        canvas = (Box(0, 0, drawing.width, drawing.height),)
        issues = add_embedded(composer, lambda: source_in_svg(text, limits.max_unpacked_bytes), canvas)
        if not composer.segments:
            composer.add("drawing", canvas, text, (("language", "svg"),))
        reading = composer.reading(replace(source, title=drawing.title or source.title), text)
        return replace(reading, issues=issues)


def parse_svg(text: str) -> Drawing:
    """What an SVG file draws. Raises ``SourceError``."""
    import svgelements
    from lxml import etree

    root = parse_xml(text, "SVG", "broken-svg")
    for element in list(root.iter()):  # nothing that runs, refers to elsewhere or is not drawn itself
        name = etree.QName(element).localname if isinstance(element.tag, str) else ""
        unseen = name == "rect" and not (_number(element.get("width")) and _number(element.get("height")))
        unseen = unseen or (name == "path" and not element.get("d"))
        if (name in _UNDRAWN or unseen) and element.getparent() is not None:
            _remove(element)
        elif name != "svg" and isinstance(element.tag, str):
            _plain_lengths(element)
    _plain_size(root)
    mark(root)
    _one_line_texts(root)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            drawing = svgelements.SVG.parse(BytesIO(etree.tostring(root)), reify=True)
            shapes, labels = _drawn(drawing)
        except RecursionError as err:
            raise SourceError("its elements stand in, or refer to, one another too deeply", "too-deep") from err
        except _UNREADABLE as err:
            raise SourceError(f"a path, transform or length in it cannot be read: {err}", "broken-svg") from err
    title = " ".join((root.findtext("{*}title") or "").split())
    width, height = max(1, round(float(drawing.width or 1))), max(1, round(float(drawing.height or 1)))
    roles = {e.get("kg-key") or "": e.get("kg-role") or "" for e in root.iter() if e.get("kg-role") != "edge"}
    return Drawing(width, height, title, tuple(labels), tuple(_joined(shapes, labels, roles)))


def _drawn(drawing: Any) -> tuple[list[Shape], list[Label]]:
    """Shapes and texts of what svgelements made of a file."""
    import svgelements

    if not isinstance(drawing, svgelements.SVG):
        raise SourceError("its outermost element is no <svg> of the namespace of SVG", "broken-svg")
    shapes: list[Shape] = []
    labels: list[Label] = []
    for element in drawing.elements():
        if len(shapes) > MAX_SHAPES:
            break
        if isinstance(element, svgelements.Text):
            labels += _label(element)
        elif isinstance(element, svgelements.Shape):
            shapes += _shape(element)
    return shapes, labels


def _plain_lengths(element: Any) -> None:
    """Lengths of places and sizes in ems as user units, for the size of type that nobody has set: 16."""
    for name in _LENGTHS:
        if found := _EMS.fullmatch(element.get(name) or ""):
            element.set(name, f"{float(found[1]) * (8 if found[2] in ('ex', 'ch') else 16):g}")


def _remove(element: Any) -> None:
    parent, before = element.getparent(), element.getprevious()
    if element.tail:  # the text after it is not its own
        if before is not None:
            before.tail = (before.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)


def _plain_size(root: Any) -> None:
    """One user unit is one unit of ours, whatever the size on paper."""
    numbers = (root.get("viewBox") or "").replace(",", " ").split()
    if len(numbers) == 4:
        root.set("width", numbers[2])
        root.set("height", numbers[3])


def _one_line_texts(root: Any) -> None:
    """Texts of spans, and HTML inside the drawing, become texts of one run with their lines in ``kg-text``."""
    from lxml import etree

    for text in list(root.iter("{*}text")):
        spans = [s for s in text.iter("{*}tspan")]
        lines, first = [text.text or ""], next((s for s in spans if s.get("x")), None)
        for span in spans:
            fresh = span.get("y") or span.get("dy") not in (None, "0", "0em") or span.get("x")
            if fresh and lines[-1].strip():
                lines.append("")
            lines[-1] += (span.text or "") + (span.tail or "")
        for name in ("x", "y"):
            if first is not None and first.get(name) and not text.get(name):
                text.set(name, first.get(name))
        _say(text, "\n".join(" ".join(n.split()) for n in lines if n.strip()))
    for box in list(root.iter("{*}foreignObject")):
        if box.getparent().tag == f"{_SVG}switch":  # what stands beside it is for viewers without HTML
            for other in [e for e in box.getparent() if e is not box]:
                _remove(other)
        words = "\n".join(" ".join(n.split()) for n in "".join(_html_words(box)).splitlines() if n.strip())
        x, y, w, h = _html_box(box)
        new = etree.SubElement(box.getparent(), f"{_SVG}text", x=str(x + w / 2), y=str(y + h / 2 + 5))
        new.set("text-anchor", "middle")
        _say(new, words)
        for name in ("role", "key", "source", "target", "parent"):
            if box.get(f"kg-{name}"):
                new.set(f"kg-{name}", box.get(f"kg-{name}"))
        _remove(box)


def _say(element: Any, words: str) -> None:
    for child in list(element):
        element.remove(child)
    element.text = max(words.split("\n"), key=len)
    element.set("kg-text", words)


def _html_box(box: Any) -> tuple[float, float, float, float]:
    """Left, top, width and height of HTML in a drawing; draw.io lets it fill everything and places it by its style."""
    x, y, w, h = (_number(box.get(k)) for k in ("x", "y", "width", "height"))
    style = next((e.get("style") for e in box.iter("{*}div") if e.get("style")), "") or ""
    placed = dict(re.findall(r"\b(margin-left|padding-top|width):\s*(-?[\d.]+)px", style))
    if (box.get("width") or "").endswith("%") and placed:
        return *(_number(placed.get(k)) for k in ("margin-left", "padding-top", "width")), 0.0  # type: ignore[return-value]
    return x, y, w, h


def _html_words(element: Any) -> Iterator[str]:
    name = element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""
    for event in (element.text, *(part for child in element for part in (*_html_words(child), child.tail))):
        if event:
            yield event
    if name in _BLOCKS:
        yield "\n"


def _number(text: str | None) -> float:
    """A length without its unit: only whether it is nothing matters, or it is in user units."""
    try:
        value = float((text or "0").strip().rstrip("%cehimnptx"))
    except ValueError:
        return 0.0
    return value if math.isfinite(value) else 0.0


def _label(element: Any) -> Iterator[Label]:
    words = element.values.get("kg-text") or element.text or ""
    lines = [n for n in words.split("\n") if n.strip()]
    if not lines or element.x is None or element.y is None:
        return
    try:
        size = float(element.font_size or 16) or 16.0
    except (TypeError, ValueError):
        size = 16.0
    scale = abs(element.transform.d) or 1.0
    point = element.transform.point_in_matrix_space((float(element.x), float(element.y)))
    width, height = 0.56 * size * max(map(len, lines)) * (abs(element.transform.a) or 1.0), size * scale
    anchor = element.values.get("text-anchor") or "start"
    left = point.x - {"middle": width / 2, "end": width}.get(anchor, 0.0)
    below = point.y + (0.2 + 1.2 * (len(lines) - 1)) * height
    yield Label(" ".join(lines), (left, point.y - 0.8 * height, left + width, below), _marks(element)["key"])


def _marks(element: Any) -> dict[str, str]:
    return {k: str(element.values.get(f"kg-{k}") or "") for k in ("role", "key", "source", "target", "parent")}


def _shape(element: Any) -> Iterator[Shape]:
    import svgelements

    path = element if isinstance(element, svgelements.Path) else svgelements.Path(element)
    box = path.bbox()
    if box is None or not len(path) or not all(map(math.isfinite, box)):
        return
    first, last = path.first_point, path.current_point
    if first is None or last is None:
        return
    values, marks = element.values, _marks(element)
    kind = type(element).__name__.lower()
    fill = str(values.get("fill", "")).lower()
    closed = kind in ("rect", "circle", "ellipse", "polygon") or any(isinstance(s, svgelements.Close) for s in path)
    closed = closed and not (kind == "path" and fill == "none" and (first.x, first.y) != (last.x, last.y))
    classes = str(values.get("class") or "")
    head, tail = (str(values.get(k) or "none") != "none" for k in ("marker-end", "marker-start"))
    ends = tuple(_uml(str(values.get(k) or "")) for k in ("marker-start", "marker-end"))
    if "relationshipLine" in classes:  # its ends count, they do not point: it is read from its start
        head, tail = True, False
    own = (values.get("attributes") or {}).get("kg-id") or ""
    dashes = str(values.get("stroke-dasharray") or "none")
    style = "dashed" if any(c.isdigit() and c != "0" for c in dashes) else "solid"
    if "edge-pattern-dotted" in classes or "edge-pattern-dashed" in classes:
        style = "dotted"
    elif "edge-thickness-thick" in classes:
        style = "thick"
    yield Shape(
        kind, tuple(box), (first.x, first.y), (last.x, last.y), closed, head, tail, marks["key"] or own, marks["role"],
        marks["source"], marks["target"], marks["parent"], style, () if closed else tuple(_way(path)),
        (ends[0], ends[1]),
    )  # fmt: skip


def _uml(marker: str) -> str:
    """The mark of UML that a marker draws, by the name that Mermaid gives it."""
    return next((mark for name, mark in _UML.items() if name in marker), "")


def _way(path: Any) -> Iterator[Point]:
    """Points along a path: the ends of its pieces, and three more on each curve."""
    import svgelements

    for piece in path:
        straight = isinstance(piece, svgelements.Line | svgelements.Move | svgelements.Close)
        for share in (1.0,) if straight else (0.25, 0.5, 0.75, 1.0):
            point = piece.end if straight else piece.point(share)
            if point is not None:
                yield point.x, point.y


def _joined(shapes: list[Shape], labels: list[Label], roles: dict[str, str]) -> Iterator[Shape]:
    """The shapes of one marked group as one shape: a node's outlines as a box, an edge's line with its drawn heads."""
    from dataclasses import replace

    parts: dict[tuple[str, str], list[Shape]] = {}
    for shape in shapes:
        if shape.role and shape.key:
            parts.setdefault((shape.role, shape.key), []).append(shape)
        else:
            yield shape
    for (role, _), group in parts.items():
        lines = [s for s in group if not s.closed]
        if role == "edge" and lines:
            whole = max(lines, key=lambda s: max(s.box[2] - s.box[0], s.box[3] - s.box[1]))
            drawn = [s for s in group if s.closed]
            ends = [_headed(whole, point, drawn) for point in (whole.start, whole.end)]
            yield replace(whole, head=whole.head or ends[1], tail=whole.tail or ends[0])
        elif role != "edge":
            outlines = [s for s in group if s.closed] or group
            largest = max(outlines, key=lambda s: (s.box[2] - s.box[0]) * (s.box[3] - s.box[1]))
            yield replace(largest, box=hull(s.box for s in outlines), closed=True, points=())
    written: dict[str, list[Rect]] = {}
    for label in labels:
        if roles.get(label.owner) and (roles[label.owner], label.owner) not in parts:
            written.setdefault(label.owner, []).append(label.box)
    for key, boxes in written.items():  # a text without an outline
        box = hull(boxes)
        yield Shape("text", box, box[:2], box[:2], key=key, role=roles[key])


def _headed(line: Shape, point: Point, drawn: list[Shape]) -> bool:
    """Whether one of the small shapes of an edge lies at this end of its line."""
    other = line.end if point == line.start else line.start
    near = [s for s in drawn if max(s.box[2] - s.box[0], s.box[3] - s.box[1]) <= _HEAD]
    return any(math.dist(centre(s.box), point) < min(_HEAD, math.dist(centre(s.box), other)) for s in near)


READER = SvgReader()
