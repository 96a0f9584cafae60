"""Small pictures of things of our own drawing: servers, people, clouds, tools; each in a unit square."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from kgbuild.training.drawings.graphs import Point
from kgbuild.training.drawings.shapes import outline

# A stroke: its points in the unit square, whether it is closed, whether it is filled when the icon is.
Stroke = tuple[Sequence[Point], bool, bool]


def _box(x0: float, y0: float, x1: float, y1: float, filled: bool = True) -> Stroke:
    return ([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], True, filled)


def _round(x: float, y: float, w: float, h: float, filled: bool = True) -> Stroke:
    return (outline("ellipse", x, y, w, h), True, filled)


def _line(*points: Point) -> Stroke:
    return (points, False, False)


def _server() -> list[Stroke]:
    racks = [_box(0.2, 0.08 + 0.29 * k, 0.8, 0.32 + 0.29 * k) for k in range(3)]
    lights = [_round(0.7, 0.2 + 0.29 * k, 0.06, 0.06, False) for k in range(3)]
    return [*racks, *lights, *(_line((0.28, 0.2 + 0.29 * k), (0.5, 0.2 + 0.29 * k)) for k in range(3))]


def _database() -> list[Stroke]:
    bows = [
        _line(*((0.5 + 0.3 * math.cos(t), y + 0.1 * math.sin(t)) for t in (k * math.pi / 12 for k in range(13))))
        for y in (0.2, 0.42, 0.64)
    ]
    body = [(0.2, 0.2), (0.2, 0.84)]
    foot = [(0.5 - 0.3 * math.cos(t), 0.84 + 0.1 * math.sin(t)) for t in (k * math.pi / 12 for k in range(13))]
    lid = [(0.5 + 0.3 * math.cos(t), 0.2 - 0.1 * math.sin(t)) for t in (k * math.pi / 12 for k in range(13))]
    return [([*body, *foot, (0.8, 0.84), *lid], True, True), *bows]


def _person() -> list[Stroke]:
    shoulders = [(0.5 - 0.34 * math.cos(t), 0.92 - 0.4 * math.sin(t)) for t in (k * math.pi / 12 for k in range(13))]
    return [_round(0.5, 0.28, 0.34, 0.36), (shoulders, True, True)]


def _people() -> list[Stroke]:
    made: list[Stroke] = []
    for x, y in ((0.28, 0.0), (0.72, 0.0), (0.5, 0.08)):
        half = [(x - 0.24 * math.cos(t), 0.84 + y - 0.3 * math.sin(t)) for t in (k * math.pi / 12 for k in range(13))]
        made += [_round(x, 0.32 + y, 0.24, 0.26), (half, True, True)]
    return made


def _gear() -> list[Stroke]:
    rim = []
    for k in range(32):
        r = 0.44 if k % 4 < 2 else 0.33
        rim.append((0.5 + r * math.cos(k * math.pi / 16), 0.5 + r * math.sin(k * math.pi / 16)))
    return [(rim, True, True), _round(0.5, 0.5, 0.26, 0.26, False)]


def _globe() -> list[Stroke]:
    return [
        _round(0.5, 0.5, 0.84, 0.84), _round(0.5, 0.5, 0.38, 0.84, False), _line((0.08, 0.5), (0.92, 0.5)),
        _line((0.16, 0.28), (0.84, 0.28)), _line((0.16, 0.72), (0.84, 0.72)),
    ]  # fmt: skip


def _key() -> list[Stroke]:
    return [
        _round(0.26, 0.5, 0.36, 0.36), _round(0.22, 0.5, 0.1, 0.1, False), _line((0.44, 0.5), (0.94, 0.5)),
        _line((0.8, 0.5), (0.8, 0.66)), _line((0.9, 0.5), (0.9, 0.64)),
    ]  # fmt: skip


def _lock() -> list[Stroke]:
    bow = [(0.5 - 0.2 * math.cos(t), 0.34 - 0.24 * math.sin(t)) for t in (k * math.pi / 12 for k in range(13))]
    return [_line((0.3, 0.46), *bow, (0.7, 0.46)), _box(0.2, 0.46, 0.8, 0.92), _round(0.5, 0.66, 0.1, 0.12, False)]


def _clock() -> list[Stroke]:
    return [_round(0.5, 0.5, 0.84, 0.84), _line((0.5, 0.2), (0.5, 0.5), (0.7, 0.62))]


def _bolt() -> list[Stroke]:
    return [([(0.56, 0.04), (0.2, 0.56), (0.46, 0.56), (0.4, 0.96), (0.8, 0.4), (0.52, 0.4)], True, True)]


def _house() -> list[Stroke]:
    return [([(0.5, 0.08), (0.94, 0.5), (0.06, 0.5)], True, True), _box(0.2, 0.5, 0.8, 0.92), _box(0.42, 0.64, 0.58, 0.92, False)]  # fmt: skip


ICONS: dict[str, Callable[[], list[Stroke]]] = {
    "server": _server,
    "database": _database,
    "user": _person,
    "group of users": _people,
    "gear": _gear,
    "globe": _globe,
    "key": _key,
    "padlock": _lock,
    "clock": _clock,
    "lightning bolt": _bolt,
    "house": _house,
    "cloud": lambda: [(outline("cloud", 0.5, 0.5, 0.94, 0.62), True, True)],
    "envelope": lambda: [_box(0.06, 0.22, 0.94, 0.8), _line((0.06, 0.22), (0.5, 0.56), (0.94, 0.22))],
    "laptop": lambda: [_box(0.18, 0.2, 0.82, 0.66), ([(0.04, 0.72), (0.96, 0.72), (0.9, 0.82), (0.1, 0.82)], True, True)],
    "mobile phone": lambda: [_box(0.3, 0.06, 0.7, 0.94), _box(0.35, 0.16, 0.65, 0.78, False), _round(0.5, 0.86, 0.07, 0.07, False)],
    "monitor": lambda: [_box(0.06, 0.14, 0.94, 0.7), _line((0.5, 0.7), (0.5, 0.88)), _line((0.28, 0.88), (0.72, 0.88))],
    "document": lambda: [([(0.2, 0.06), (0.62, 0.06), (0.82, 0.26), (0.82, 0.94), (0.2, 0.94)], True, True), _line((0.62, 0.06), (0.62, 0.26), (0.82, 0.26)), *(_line((0.3, y), (0.7, y)) for y in (0.44, 0.58, 0.72))],
    "folder": lambda: [([(0.06, 0.18), (0.4, 0.18), (0.5, 0.3), (0.94, 0.3), (0.94, 0.84), (0.06, 0.84)], True, True)],
    "message queue": lambda: [_box(0.04, 0.34, 0.96, 0.66), *(_line((x, 0.34), (x, 0.66)) for x in (0.22, 0.41, 0.59, 0.78))],
    "hard disk": lambda: [_box(0.08, 0.3, 0.92, 0.74), _round(0.78, 0.6, 0.07, 0.07, False), _line((0.18, 0.6), (0.5, 0.6))],
    "router": lambda: [_round(0.5, 0.5, 0.9, 0.5), _line((0.24, 0.5), (0.44, 0.5)), _line((0.76, 0.5), (0.56, 0.5)), _line((0.5, 0.3), (0.5, 0.44)), _line((0.5, 0.7), (0.5, 0.56))],
    "processor chip": lambda: [_box(0.24, 0.24, 0.76, 0.76), _box(0.38, 0.38, 0.62, 0.62, False), *(_line((x, a), (x, b)) for x in (0.34, 0.5, 0.66) for a, b in ((0.08, 0.24), (0.76, 0.92))), *(_line((a, y), (b, y)) for y in (0.34, 0.5, 0.66) for a, b in ((0.08, 0.24), (0.76, 0.92)))],
    "magnifying glass": lambda: [_round(0.42, 0.42, 0.6, 0.6), _line((0.64, 0.64), (0.94, 0.94))],
    "shield": lambda: [([(0.5, 0.05), (0.88, 0.2), (0.84, 0.6), (0.5, 0.95), (0.16, 0.6), (0.12, 0.2)], True, True)],
    "bar chart": lambda: [_line((0.08, 0.06), (0.08, 0.92), (0.94, 0.92)), _box(0.18, 0.5, 0.34, 0.92), _box(0.44, 0.2, 0.6, 0.92), _box(0.7, 0.36, 0.86, 0.92)],
    "bell": lambda: [([(0.5, 0.08), (0.7, 0.2), (0.76, 0.6), (0.9, 0.78), (0.1, 0.78), (0.24, 0.6), (0.3, 0.2)], True, True), _round(0.5, 0.87, 0.16, 0.12)],
    "shopping cart": lambda: [_line((0.04, 0.14), (0.2, 0.14), (0.34, 0.64), (0.84, 0.64)), ([(0.24, 0.26), (0.94, 0.26), (0.84, 0.56), (0.32, 0.56)], True, True), _round(0.4, 0.8, 0.13, 0.13), _round(0.76, 0.8, 0.13, 0.13)],
    "antenna": lambda: [_line((0.5, 0.94), (0.5, 0.4)), _line((0.3, 0.94), (0.5, 0.5), (0.7, 0.94)), _round(0.5, 0.34, 0.14, 0.14), *(_line(*((0.5 + s * r * math.cos(t), 0.34 - r * math.sin(t)) for t in (k * 0.2 - 0.7 for k in range(8)))) for s in (-1, 1) for r in (0.2, 0.34))],
}  # fmt: skip
