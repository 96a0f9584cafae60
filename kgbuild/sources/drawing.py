"""A vector drawing as its file describes it: shapes, lines and labels, whatever format it came in.

Boxes are (x0, y0, x1, y1) in the drawing's own units, moved so that it begins at (0, 0).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from kgbuild.types import Box

Point = tuple[float, float]
Rect = tuple[float, float, float, float]
MAX_SHAPES = 20000


@dataclass(frozen=True, slots=True)
class Shape:
    """A drawn shape or line.

    ``key`` is its name in the file, "" without one. ``role`` is what the file says it is: ``node`` | ``edge`` |
    ``group`` | ``none`` (part of something else), "" where only geometry can tell. ``source`` and ``target`` are the
    keys that a line joins and ``parent`` that of what a shape stands in, where the file says so. ``marks``: what UML
    draws at a line's start and end: "|>" (triangle) | "*" (full diamond) | "o" (empty one) | ">" (open arrow), else "".
    """

    kind: str
    box: Rect
    start: Point
    end: Point
    closed: bool = True
    head: bool = False
    tail: bool = False
    key: str = ""
    role: str = ""
    source: str = ""
    target: str = ""
    parent: str = ""
    style: str = "solid"
    points: tuple[Point, ...] = ()
    marks: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Label:
    """A text with its box; ``owner`` is the key of the shape that it names, where the file says so."""

    text: str
    box: Rect
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a file, or a page of it, draws."""

    width: int
    height: int
    title: str
    labels: tuple[Label, ...]
    shapes: tuple[Shape, ...]


def to_box(box: Rect, drawing: Drawing) -> Box:
    """Whole units, cut to the drawing."""
    x0, y0 = max(0, int(box[0])), max(0, int(box[1]))
    x1, y1 = min(drawing.width, round(box[2])), min(drawing.height, round(box[3]))
    x0, y0 = min(x0, drawing.width - 1), min(y0, drawing.height - 1)
    return Box(x0, y0, max(1, x1 - x0), max(1, y1 - y0))


def hull(boxes: Iterable[Rect]) -> Rect:
    """The smallest box around at least one box."""
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


def around(points: Iterable[Point]) -> Rect:
    """The smallest box around at least one point."""
    return hull((x, y, x, y) for x, y in points)


def centre(box: Rect) -> Point:
    """The middle of a box."""
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def area(box: Rect) -> float:
    """Width times height."""
    return (box[2] - box[0]) * (box[3] - box[1])


def line(points: Iterable[Point], **facts: str | bool | tuple[str, str]) -> Shape:
    """A polyline through at least two points."""
    way = tuple(points)
    return Shape("line", around(way), way[0], way[-1], closed=False, points=way, **facts)  # type: ignore[arg-type]


def text_box(text: str, x: float, y: float, size: float, anchor: str = "middle") -> Rect:
    """The estimated box of lines of text whose middle, start or end is ``x`` and whose middle is ``y``."""
    lines = text.splitlines() or [""]
    width, height = 0.56 * size * max(map(len, lines)), 1.2 * size * len(lines)
    left = x - {"middle": width / 2, "end": width}.get(anchor, 0.0)
    return left, y - height / 2, left + width, y + height / 2


def halfway(way: tuple[Point, ...], share: float = 0.5) -> Point:
    """The point of a polyline at a share of its length."""
    rest = share * sum(math.dist(a, b) for a, b in pairwise(way))
    for a, b in pairwise(way):
        step = math.dist(a, b)
        if step >= rest > 0 and step:
            return a[0] + (b[0] - a[0]) * rest / step, a[1] + (b[1] - a[1]) * rest / step
        rest -= step
    return way[0]


def framed(title: str, labels: Iterable[Label], shapes: Iterable[Shape]) -> Drawing:
    """A drawing cut to what it holds: everything moves so that its hull begins at (0, 0)."""
    labels, shapes = tuple(labels), tuple(shapes)
    boxes = [s.box for s in shapes] or [n.box for n in labels]
    x0, y0, x1, y1 = hull(boxes) if boxes else (0.0, 0.0, 1.0, 1.0)
    width, height = max(1, math.ceil(x1 - x0)), max(1, math.ceil(y1 - y0))
    return fitted(Drawing(1, 1, title, labels, shapes), 1.0, -x0, -y0, width, height)


def fitted(drawing: Drawing, scale: float, dx: float, dy: float, width: int, height: int) -> Drawing:
    """The drawing moved by (dx, dy), then scaled, on a canvas of the given size."""

    def point(p: Point) -> Point:
        return (p[0] + dx) * scale, (p[1] + dy) * scale

    def box(b: Rect) -> Rect:
        return (*point(b[:2]), *point(b[2:]))

    labels = (replace(n, box=box(n.box)) for n in drawing.labels)
    shapes = (
        replace(s, box=box(s.box), start=point(s.start), end=point(s.end), points=tuple(map(point, s.points)))
        for s in drawing.shapes
    )
    return Drawing(width, height, drawing.title, tuple(labels), tuple(shapes))
