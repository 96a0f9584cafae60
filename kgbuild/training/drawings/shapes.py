"""Outlines of nodes as polygons, and courses of lines as polylines, in pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from random import Random

from kgbuild.training.drawings.graphs import Point

KINDS = ("rectangle", "rounded", "ellipse", "diamond", "cylinder", "hexagon", "cloud", "parallelogram", "octagon")


def outline(kind: str, x: float, y: float, w: float, h: float, *, radius: float = 8.0) -> list[Point]:
    """The outline of a shape with centre (x, y) and size (w, h)."""
    a, b = w / 2, h / 2
    if kind == "ellipse":
        return [(x + a * math.cos(t), y + b * math.sin(t)) for t in _turn(72)]
    if kind == "diamond":
        return [(x, y - b), (x + a, y), (x, y + b), (x - a, y)]
    if kind == "hexagon":
        c = min(a / 2, b)
        return [(x - a + c, y - b), (x + a - c, y - b), (x + a, y), (x + a - c, y + b), (x - a + c, y + b), (x - a, y)]
    if kind == "parallelogram":
        c = min(a / 3, b)
        return [(x - a + c, y - b), (x + a, y - b), (x + a - c, y + b), (x - a, y + b)]
    if kind == "octagon":
        c = 0.35 * min(a, b)
        return [
            (x - a + c, y - b), (x + a - c, y - b), (x + a, y - b + c), (x + a, y + b - c),
            (x + a - c, y + b), (x - a + c, y + b), (x - a, y + b - c), (x - a, y - b + c),
        ]  # fmt: skip
    if kind == "cylinder":
        lid = min(0.18 * h, 14)
        top = [(x + a * math.cos(t), y - b + lid - lid * math.sin(t)) for t in _turn(24, math.pi, 0)]
        foot = [(x + a * math.cos(t), y + b - lid + lid * math.sin(t)) for t in _turn(24, 0, math.pi)]
        return [*top, *foot]
    if kind == "cloud":
        made = []
        for t in _turn(96):
            bump = 0.9 + 0.1 * abs(math.sin(4.5 * t))
            made.append((x + a * bump * math.cos(t), y + b * bump * math.sin(t)))
        return made
    if kind == "rounded":
        r = min(radius, a, b)
        corners = (
            (x + a - r, y - b + r, -90),
            (x + a - r, y + b - r, 0),
            (x - a + r, y + b - r, 90),
            (x - a + r, y - b + r, 180),
        )
        return [
            (cx + r * math.cos(math.radians(s + 10 * k)), cy + r * math.sin(math.radians(s + 10 * k)))
            for cx, cy, s in corners
            for k in range(10)
        ]
    return [(x - a, y - b), (x + a, y - b), (x + a, y + b), (x - a, y + b)]


def _turn(steps: int, start: float = 0.0, end: float = 2 * math.pi) -> list[float]:
    return [start + (end - start) * k / steps for k in range(steps + (end != 2 * math.pi))]


def holds(polygon: Sequence[Point], x: float, y: float) -> bool:
    """Whether a point lies inside a polygon (even-odd rule)."""
    inside = False
    for (x0, y0), (x1, y1) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
            inside = not inside
    return inside


def course(random: Random, points: Sequence[Point], way: str, *, across: bool, bulge: float = 0.0) -> list[Point]:
    """The points of a line through ``points``, about 2 pixels apart; ``way``: straight, curved, arc or orthogonal."""
    if way == "arc" and len(points) == 2:
        (x0, y0), (x1, y1) = points
        cx, cy = (x0 + x1) / 2 - bulge * (y1 - y0), (y0 + y1) / 2 + bulge * (x1 - x0)
        points = [_bezier(points[0], (cx, cy), (cx, cy), points[1], k / 24) for k in range(25)]
    elif way == "curved":
        made: list[Point] = [points[0]]
        for p, q in pairwise(points):
            if across:
                m, n = ((p[0] + q[0]) / 2, p[1]), ((p[0] + q[0]) / 2, q[1])
            else:
                m, n = (p[0], (p[1] + q[1]) / 2), (q[0], (p[1] + q[1]) / 2)
            made += [_bezier(p, m, n, q, k / 24) for k in range(1, 25)]
        points = made
    elif way == "orthogonal":
        made = [points[0]]
        share = random.uniform(0.4, 0.6)
        for p, q in pairwise(points):
            if across:
                middle = p[0] + (q[0] - p[0]) * share
                made += [(middle, p[1]), (middle, q[1]), q]
            else:
                middle = p[1] + (q[1] - p[1]) * share
                made += [(p[0], middle), (q[0], middle), q]
        points = made
    return resample(points)


def loop(x: float, y: float, w: float, *, size: float) -> list[Point]:
    """A loop at the right of a shape with centre (x, y) and width ``w``, as far out as twice the ``size`` of type."""
    right, out, up = x + w / 2, x + w / 2 + 3 * size, 0.9 * size
    points = [
        _bezier((right, y - up / 2), (out, y - 2 * up), (out, y + 2 * up), (right, y + up / 2), k / 32)
        for k in range(33)
    ]
    return resample(points)


def _bezier(a: Point, b: Point, c: Point, d: Point, t: float) -> Point:
    u = 1 - t
    return (
        u**3 * a[0] + 3 * u * u * t * b[0] + 3 * u * t * t * c[0] + t**3 * d[0],
        u**3 * a[1] + 3 * u * u * t * b[1] + 3 * u * t * t * c[1] + t**3 * d[1],
    )


def resample(points: Sequence[Point], step: float = 2.0) -> list[Point]:
    """The same line with points at most ``step`` pixels apart; corners stay."""
    made = [points[0]]
    for p, q in pairwise(points):
        count = max(1, math.ceil(math.dist(p, q) / step))
        made += [(p[0] + (q[0] - p[0]) * k / count, p[1] + (q[1] - p[1]) * k / count) for k in range(1, count + 1)]
    return made


def clip(points: list[Point], first: Sequence[Point], last: Sequence[Point], gap: float) -> list[Point]:
    """The part of a line between two outlines, ``gap`` pixels short of each; empty where it is too short to see."""
    begin = max((k for k, p in enumerate(points) if holds(first, *p)), default=-1) + 1
    end = min((k for k, p in enumerate(points) if k >= begin and holds(last, *p)), default=len(points))
    short = round(gap / 2)
    kept = points[begin + short : end - short]
    return kept if length(kept) > 16 else []


def length(points: Sequence[Point]) -> float:
    """The length of a polyline in pixels."""
    return math.fsum(math.dist(p, q) for p, q in pairwise(points))


def roughen(random: Random, points: Sequence[Point], amount: float) -> list[Point]:
    """A line as a hand draws it: displaced by a slow noise of ``amount`` pixels."""
    dx = dy = 0.0
    made = []
    for x, y in points:
        dx, dy = 0.9 * dx + random.gauss(0, 0.25 * amount), 0.9 * dy + random.gauss(0, 0.25 * amount)
        made.append((x + dx, y + dy))
    return made
