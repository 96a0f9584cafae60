"""Charts: bars, lines, dots and pies with their axes and figures."""

from __future__ import annotations

import math
from random import Random

from kgbuild.training.drawings import shapes
from kgbuild.training.drawings.canvas import Canvas
from kgbuild.training.drawings.fonts import Face, families
from kgbuild.training.drawings.graphs import Point
from kgbuild.training.drawings.sheet import Sheet
from kgbuild.training.drawings.words import name, number

COLOURS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#4285f4", "#f4b400", "#34a853")
_CALLED = {"level": "horizontal bar chart", "scatter": "scatter plot"}


def random_face(random: Random, low: float = 11, high: float = 18) -> Face:
    """A typeface at some size in pixels."""
    return Face(random.choice(families()[:4]), random.uniform(low, high))


def draw_chart(random: Random) -> Sheet:
    """A bar, line, scatter or pie chart with axes, ticks, title and legend."""
    width, height = random.uniform(380, 1100), random.uniform(280, 750)
    face, ground = random_face(random), random.choice(("#fff", "#fff", "#fff", "#f7f7f7", "#1e1e1e"))
    ink = "#ddd" if ground == "#1e1e1e" else "#333"
    canvas = Canvas(random)
    colours = random.sample(COLOURS, 5)
    x0, y0, x1, y1 = (
        5 * face.size,
        3.5 * face.size,
        width - random.uniform(1.5, 7) * face.size,
        height - 3.5 * face.size,
    )
    title = ""
    if random.random() < 0.8:
        title = name(random)
        canvas.text(title, width / 2, 1.5 * face.size, Face(face.family, 1.2 * face.size), ink)
    kind = random.choice(("bar", "bar", "line", "line", "scatter", "pie", "level"))
    if kind == "pie":
        _pie(random, canvas, width / 2, height / 2, min(width, height) * 0.3, colours, face, ink)
    else:
        ticks, count = random.randint(3, 8), random.randint(3, 12)
        for k in range(ticks + 1):
            y = y1 - (y1 - y0) * k / ticks
            if random.random() < 0.8:
                canvas.path([(x0, y), (x1, y)], stroke="#8888", width=1)
            value = str(k * 10) if ticks % 2 else f"{k / ticks:.1f}"
            canvas.text(value, x0 - face.width(value) - 6, y, face, ink, anchor="start")
        canvas.path([(x0, y0), (x0, y1), (x1, y1)], stroke=ink, width=random.choice((1, 1.5, 2)))
        wide = (x1 - x0) / count
        for k in range(count):
            label = str(2010 + k) if count > 6 else name(random, most=1)[:9]
            if face.width(label) < wide:
                canvas.text(label, x0 + (k + 0.5) * wide, y1 + face.size, face, ink)
        _series(random, canvas, kind, (x0, y0, x1, y1), count, colours, face, ink)
        if random.random() < 0.5:
            canvas.text(name(random, most=2), (x0 + x1) / 2, height - face.size, face, ink)
    for k in range(random.choice((0, 0, 2, 3))):
        y = y0 + 1.5 * face.size * (k + 1)
        canvas.rect(width - 6 * face.size, y - 5, width - 6 * face.size + 10, y + 5, fill=colours[k])
        canvas.text(name(random, most=1)[:8], width - 5.2 * face.size, y, face, ink, anchor="start")
    svg, about = canvas.svg(width, height, ground), _CALLED.get(kind, f"{kind} chart")
    return Sheet("chart", svg, width, height, canvas.texts, title=title, about=about)


def _series(
    random: Random,
    canvas: Canvas,
    kind: str,
    box: tuple[float, ...],
    count: int,
    colours: list[str],
    face: Face,
    ink: str,
) -> None:
    x0, y0, x1, y1 = box
    wide = (x1 - x0) / count
    for row in range(random.randint(1, 3)):
        values = [random.uniform(0.05, 0.95) for _ in range(count)]
        tops: list[Point] = [(x0 + (k + 0.5) * wide, y1 - v * (y1 - y0)) for k, v in enumerate(values)]
        if kind == "bar":
            for x, y in tops:
                part = 0.8 * wide / 3
                canvas.rect(x + (row - 1.5) * part, y, x + (row - 0.5) * part, y1, fill=colours[row])
                if random.random() < 0.3:
                    canvas.text(number(random), x, y - face.size, face, ink)
        elif kind == "level":
            for k, v in enumerate(values):
                y = y0 + (y1 - y0) * (k + 0.3) / count
                canvas.rect(x0, y, x0 + v * (x1 - x0), y + 0.5 * (y1 - y0) / count, fill=colours[row])
        elif kind == "scatter":
            for _ in range(count * 6):
                x, y = random.uniform(x0, x1), random.uniform(y0, y1)
                canvas.path(
                    shapes.outline("ellipse", x, y, 7, 7), stroke="none", width=0, fill=colours[row], closed=True
                )
        else:
            canvas.path(tops, stroke=colours[row], width=random.choice((1.5, 2, 3)))
            if random.random() < 0.4:
                for x, y in tops:
                    canvas.path(
                        shapes.outline("ellipse", x, y, 8, 8), stroke="none", width=0, fill=colours[row], closed=True
                    )


def _pie(
    random: Random, canvas: Canvas, x: float, y: float, r: float, colours: list[str], face: Face, ink: str
) -> None:
    cuts = sorted(random.uniform(0, 2 * math.pi) for _ in range(random.randint(3, 5)))
    for k, (a, b) in enumerate(zip(cuts, [*cuts[1:], cuts[0] + 2 * math.pi], strict=True)):
        rim = [(x + r * math.cos(a + (b - a) * n / 24), y + r * math.sin(a + (b - a) * n / 24)) for n in range(25)]
        canvas.path([(x, y), *rim], stroke="#fff", width=1, fill=colours[k % 5], closed=True)
        middle = (a + b) / 2
        canvas.text(number(random), x + 1.3 * r * math.cos(middle), y + 1.2 * r * math.sin(middle), face, ink)
