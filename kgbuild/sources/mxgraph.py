"""The cells of an mxGraph model, draw.io's own, as a drawing.

A cell is a vertex or an edge with a style ("ellipse;html=1;"), a geometry relative to its parent, and a label. Parents
are groups or layers; labels of edges are cells of their own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from kgbuild.errors import SourceError
from kgbuild.sources.drawing import MAX_SHAPES, Drawing, Label, Point, Rect, Shape, framed, halfway, line, text_box
from kgbuild.sources.xml import parse_xml

_MAX_DEPTH = 100
_KINDS = {
    "ellipse": "ellipse", "rhombus": "diamond", "swimlane": "container", "text": "text", "cylinder": "cylinder",
    "cylinder3": "cylinder", "datastore": "cylinder", "hexagon": "hexagon", "cloud": "cloud", "umlActor": "actor",
    "actor": "actor", "image": "icon", "triangle": "triangle", "doubleEllipse": "ellipse",
    "parallelogram": "parallelogram", "note": "note", "document": "document", "step": "step", "trapezoid": "trapezoid",
    "cube": "cube", "folder": "folder",
}  # fmt: skip


@dataclass(slots=True)
class Cell:
    """An mxCell with its style and geometry; ``at`` is its absolute top left corner."""

    key: str
    value: str
    style: dict[str, str]
    vertex: bool
    edge: bool
    parent: str
    source: str
    target: str
    geometry: Any
    hidden: bool
    at: Point = (0.0, 0.0)
    children: list[str] = field(default_factory=list)

    def number(self, name: str) -> float:
        """An attribute of the geometry, 0 without one."""
        return _number(self.geometry, name)

    @property
    def relative(self) -> bool:
        return self.geometry is not None and self.geometry.get("relative") == "1"

    @property
    def box(self) -> Rect:
        x, y = self.at
        return x, y, x + self.number("width"), y + self.number("height")

    @property
    def plain(self) -> bool:
        """Text without an outline of its own."""
        return "text" in self.style or (self.style.get("strokeColor") == "none" == self.style.get("fillColor"))


def parse_drawio(text: str) -> Drawing:
    """The drawing of a page. Layers that are switched off are left out. Raises ``SourceError``."""
    root = parse_xml(text, "draw.io XML", "broken-drawio")
    cells = {cell.key: cell for cell in _cells(root)}
    if len(cells) > MAX_SHAPES:
        raise SourceError(f"more than {MAX_SHAPES} cells", "too-large")
    for cell in cells.values():
        if cell.parent in cells and cell.parent != cell.key:
            cells[cell.parent].children.append(cell.key)
    shown = list(_placed(cells))
    labels: list[Label] = []
    shapes: list[Shape] = []
    for cell in shown:
        if cell.edge:
            shapes.append(_line(cell, cells))
            labels += _line_labels(cell, shapes[-1], cells)
        elif cell.vertex and not (cell.parent in cells and cells[cell.parent].edge):
            shape = _shape(cell, cells)
            shapes.append(shape)
            if text := _text(cell):
                labels.append(Label(" ".join(text.split()), _label_box(cell, text), cell.key))
    return framed(root.get("name") or "", labels, shapes)


def _cells(root: Any) -> Iterator[Cell]:
    for number, element in enumerate(root.iter("mxCell")):
        outer = element.getparent()
        wrapped = outer is not None and outer.tag in ("object", "UserObject")
        facts: Mapping[str, str] = outer.attrib if wrapped else element.attrib
        value = facts.get("label" if wrapped else "value") or ""
        if facts.get("placeholders") == "1":
            for name, word in facts.items():
                value = value.replace(f"%{name}%", word)
        get = element.get
        yield Cell(
            facts.get("id") or f"#{number}", value, _style(get("style") or ""),
            get("vertex") == "1", get("edge") == "1", get("parent") or "", get("source") or "", get("target") or "",
            element.find("mxGeometry"), get("visible") == "0",
        )  # fmt: skip


def _style(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";") if part.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _placed(cells: dict[str, Cell]) -> Iterator[Cell]:
    """The cells that are shown, parents first, each with its absolute place."""
    stack = [(k, 0) for k in reversed(cells) if cells[k].parent not in cells]
    while stack:
        key, depth = stack.pop()
        cell = cells[key]
        if cell.hidden:
            continue
        if depth > _MAX_DEPTH:
            raise SourceError(f"groups nested more than {_MAX_DEPTH} deep", "too-deep")
        holder = cells.get(cell.parent)
        dx, dy = holder.at if holder else (0.0, 0.0)
        if cell.vertex and cell.geometry is not None:
            x, y = cell.number("x"), cell.number("y")
            if cell.relative and holder is not None:
                x, y = x * holder.number("width"), y * holder.number("height")
                offset = cell.geometry.find("mxPoint[@as='offset']")
                x, y = x + _number(offset, "x"), y + _number(offset, "y")
            cell.at = dx + x, dy + y
        else:
            cell.at = dx, dy
        yield cell
        stack += [(k, depth + 1) for k in reversed(cell.children)]


def _shape(cell: Cell, cells: dict[str, Cell]) -> Shape:
    """A vertex; what only decorates its parent (a row, a port, a line) has the role ``none`` and stands for it."""
    kind = next((_KINDS[n] for n in (cell.style.get("shape", ""), *cell.style) if n in _KINDS), "")
    kind = kind or ("rounded" if cell.style.get("rounded") == "1" else "rectangle")
    inner = [cells[k] for k in cell.children if cells[k].vertex]
    holder = cells.get(cell.parent)
    if holder is not None and holder.vertex and _part(cell, holder):
        role = "none"
    elif any(not _part(c, cell) for c in inner):
        role = "group"
    elif cell.plain:
        kind, role = "text", ""  # a caption of what it stands on, or a node if a line ends at it
    else:
        role = "node"
    parent = cell.parent if holder is not None and holder.vertex else ""
    return Shape(kind, cell.box, cell.at, cell.at, key=cell.key, role=role, parent=parent)


def _part(cell: Cell, holder: Cell) -> bool:
    """Whether a cell is only a part of its parent: a row or separator of a table or class, or a port without a name."""
    if "line" in cell.style or cell.style.get("shape") in ("tableRow", "partialRectangle"):
        return True
    stacked = holder.style.get("childLayout") in ("stackLayout", "tableLayout")
    return (stacked and (cell.plain or "text" in cell.style)) or (cell.relative and not _text(cell))


def _line(cell: Cell, cells: dict[str, Cell]) -> Shape:
    ends = []
    for key, name in ((cell.source, "sourcePoint"), (cell.target, "targetPoint")):
        vertex = cells.get(key)
        if vertex is not None and vertex.vertex:
            x0, y0, x1, y1 = vertex.box
            ends.append(((x0 + x1) / 2, (y0 + y1) / 2))
        else:
            point = None if cell.geometry is None else cell.geometry.find(f"mxPoint[@as='{name}']")
            ends.append((cell.at[0] + _number(point, "x"), cell.at[1] + _number(point, "y")))
    bends = [] if cell.geometry is None else cell.geometry.findall("Array[@as='points']/mxPoint")
    way = [(cell.at[0] + _number(p, "x"), cell.at[1] + _number(p, "y")) for p in bends]
    style, undrawn = cell.style, cell.style.get("shape") == "link"
    return line(
        [ends[0], *way, ends[1]], key=cell.key, role="edge", source=cell.source, target=cell.target,
        head=_head(style.get("endArrow", "classic")) and not undrawn, tail=_head(style.get("startArrow", "none")),
        style="dashed" if style.get("dashed") == "1" else "solid", marks=(_mark(style, "start"), _mark(style, "end")),
    )  # fmt: skip


def _head(arrow: str) -> bool:
    """Whether an end has a head; the crow's feet of entity-relationship diagrams count things and have no direction."""
    return bool(arrow) and arrow != "none" and not arrow.startswith("ER")


def _mark(style: dict[str, str], end: str) -> str:
    """What UML means by an arrow: triangles are empty, diamonds full (composition) or empty (aggregation)."""
    arrow, empty = style.get(f"{end}Arrow", ""), style.get(f"{end}Fill") == "0"
    if arrow in ("diamond", "diamondThin"):
        return "o" if empty else "*"
    return {"block": "|>" if empty else "", "open": ">"}.get(arrow, "")


def _line_labels(cell: Cell, shape: Shape, cells: dict[str, Cell]) -> Iterator[Label]:
    parts = [(cell, 0.0), *((cells[k], cells[k].number("x")) for k in cell.children if cells[k].vertex)]
    for part, along in parts:  # an edge label stands at -1 (source) ... 1 (target) along its line
        if text := _text(part):
            x, y = halfway(shape.points, (min(1.0, max(-1.0, along)) + 1) / 2)
            yield Label(" ".join(text.split()), text_box(text, x, y, _size(part)), cell.key)


def _label_box(cell: Cell, text: str) -> Rect:
    x0, y0, x1, y1 = cell.box
    size = _size(cell)
    if cell.style.get("verticalLabelPosition") == "bottom":
        return text_box(text, (x0 + x1) / 2, y1 + size, size)
    if "swimlane" in cell.style:
        start = _float(cell.style.get("startSize", "23"))
        return x0, y0, x1, min(y1, y0 + start)
    return x0, y0, x1, y1


def _size(cell: Cell) -> float:
    return _float(cell.style.get("fontSize", "12")) or 12.0


def _text(cell: Cell) -> str:
    """The words of a value; one with ``html=1`` is HTML, whose blocks and breaks are lines."""
    value = cell.value
    if "<" in value and (cell.style.get("html") == "1" or re.search(r"</?(?:br|div|p|b|font|span)\b", value)):
        value = re.sub(r"(?i)<(?:br|/?div|/?p|/?li|/?tr|/?h\d|hr)\b[^<>]*>", "\n", value)
        value = re.sub(r"<[A-Za-z/!][^<>]*>", "", value)
    if "&" in value and cell.style.get("html") == "1":
        value = unescape(value)
    return "\n".join(" ".join(part.split()) for part in value.splitlines() if part.strip())


def _number(element: Any, name: str) -> float:
    return 0.0 if element is None else _float(element.get(name) or "0")


def _float(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if math.isfinite(value) and abs(value) < 1e7 else 0.0
