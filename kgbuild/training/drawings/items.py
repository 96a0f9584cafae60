"""Nodes of drawn diagrams: what they are, their outlines, how they are drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import Any

from kgbuild.training.drawings import shapes
from kgbuild.training.drawings.canvas import Canvas
from kgbuild.training.drawings.fonts import PICTOGRAMS
from kgbuild.training.drawings.graphs import Item, Point
from kgbuild.training.drawings.style import Style
from kgbuild.training.drawings.words import name, number, verb


@dataclass(slots=True)
class Part:
    """An item as drawn: the outlines at which lines end."""

    item: Item
    outline: list[Point]


def random_item(random: Random, style: Style, key: str, *, icons: bool, tables: bool) -> Item:
    """A node of a drawing; ``icons``, ``tables``: such nodes are in it."""
    face = style.face
    if icons and random.random() < 0.9:
        lines, size = [name(random, most=2)], random.uniform(2.6, 4.5) * face.size
        w = max(size, face.width(lines[0]))
        return Item(key, lines, "icon", w, size + 1.5 * face.size)
    if tables and random.random() < 0.5:
        head = name(random, most=2)
        columns = random.choice((1, 1, 2))
        rows = [
            [random.choice((verb(random), number(random))) for _ in range(columns)] for _ in range(random.randint(1, 4))
        ]
        w = max(face.width(head), sum(max(face.width(r[c]) for r in rows) + 16 for c in range(columns))) + 2 * face.size
        return Item(key, [head], "table", w, 1.9 * face.size * (1 + len(rows)), rows=rows)
    kind = random.choice(style.shapes)
    chance = random.random()
    if chance < 0.03:
        kind = "actor"
    elif chance < 0.06:
        kind = "stack"
    elif chance < 0.09:
        kind = "plain"
    lines = wrap(name(random), random.choice((8, 14, 24)))
    return sized(random, style, key, lines, kind)


def sized(random: Random, style: Style, key: str, lines: list[str], kind: str) -> Item:
    """A node with room for the lines of its label; ``kind``: a shape, or ``icon``, ``actor``, ``stack``, ``plain``."""
    face = style.face
    w = max(face.width(line) for line in lines)
    h = 1.25 * face.size * len(lines)
    if kind == "actor":
        return Item(key, lines, kind, max(w, 2 * face.size), h + 3.2 * face.size)
    if kind == "plain":
        return Item(key, lines, kind, w + 4, h + 2)
    if kind == "icon":
        size = random.uniform(2.6, 4.5) * face.size
        return Item(key, [" ".join(lines)], kind, max(size, face.width(" ".join(lines))), size + 1.5 * face.size)
    w += random.uniform(0.8, 2.6) * face.size
    h += random.uniform(0.6, 1.8) * face.size
    if kind in ("ellipse", "cloud"):
        w, h = 1.25 * w, 1.3 * h
    elif kind == "diamond":
        w, h = 1.5 * w + face.size, 1.6 * h + face.size
    elif kind in ("hexagon", "parallelogram", "octagon"):
        w += 1.2 * face.size
    elif kind == "cylinder":
        h += 1.4 * face.size
    return Item(key, lines, kind, w, h)


def wrap(text: str, width: int) -> list[str]:
    """A label in lines of about ``width`` characters."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def place_item(item: Item, style: Style) -> list[Point]:
    """Where lines end at an item; also sets its box."""
    if item.shape == "stack":
        item.w, item.h = item.w - 8, item.h - 8  # room for the copies behind
    body = item.shape if item.shape in shapes.KINDS else "rectangle"
    points = shapes.outline(body, item.x, item.y, item.w, item.h, radius=style.radius)
    more = 8 if item.shape == "stack" else 0
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    item.box = (min(xs), min(ys) - more, max(xs) + more, max(ys))
    if item.shape in ("icon", "actor", "plain"):  # lines keep away from captions
        return shapes.outline("rectangle", item.x, item.y, item.w + 8, item.h + 8)
    return points


def draw_item(random: Random, canvas: Canvas, style: Style, part: Part) -> None:
    """Draw a node with its label."""
    item, face = part.item, style.face
    fill = random.choice(style.fills)
    fill = item.fill or fill
    text = style.fill_text
    if fill != "none" and style.gradient:
        fill = "url(#fade)"
    extra = ('filter="url(#shadow)" ' if style.shadow and fill != "none" else "") + (
        f'fill-opacity="{style.opacity}"' if style.opacity < 1 else ""
    )
    look: dict[str, Any] = {"stroke": style.ink, "width": style.border, "fill": fill, "closed": True, "extra": extra}
    x0, y0, x1, y1 = item.x - item.w / 2, item.y - item.h / 2, item.x + item.w / 2, item.y + item.h / 2
    middle = item.y
    if item.shape == "icon":
        size = item.h - 1.5 * face.size
        colour = (
            random.choice(style.fills) if style.fills[0].startswith("#") and style.fill_text == "#fff" else style.ink
        )
        colour = item.fill or colour
        boxed, code = random.random() < 0.4, random.choice(PICTOGRAMS)
        code = item.pictogram or code
        if boxed:
            canvas.rect(item.x - size / 2, y0, item.x + size / 2, y0 + size, fill=colour, extra='rx="4"')
            canvas.pictogram(code, item.x, y0 + size / 2, 0.6 * size, style.ground)
        else:
            canvas.pictogram(code, item.x, y0 + size / 2, 0.85 * size, colour)
        canvas.text(item.lines[0], item.x, y1 - 0.6 * face.size, face, style.text)
        return
    if item.shape == "actor":
        r, top = 0.45 * face.size, y0
        lines = [
            [(item.x, top + 2 * r), (item.x, top + 4.4 * r)],
            [(item.x - 1.4 * r, top + 3 * r), (item.x + 1.4 * r, top + 3 * r)],
            [(item.x - 1.2 * r, top + 6.4 * r), (item.x, top + 4.4 * r), (item.x + 1.2 * r, top + 6.4 * r)],
        ]  # fmt: skip
        canvas.path(
            shapes.outline("ellipse", item.x, top + r, 2 * r, 2 * r), stroke=style.ink, width=style.border, closed=True
        )
        for line in lines:
            canvas.path(line, stroke=style.ink, width=style.border)
        middle, text = y1 - 0.625 * face.size * len(item.lines), style.text
    elif item.shape == "plain":
        text = style.text
    elif item.shape == "table":
        canvas.path(part.outline, **look)
        row = item.h / (1 + len(item.rows))
        for k, cells in enumerate(item.rows, 1):
            canvas.path([(x0, y0 + k * row), (x1, y0 + k * row)], stroke=style.ink, width=style.border)
            for c, cell in enumerate(cells):
                canvas.text(cell, x0 + item.w * (c + 0.5) / len(cells), y0 + (k + 0.5) * row, face, text)
        if item.rows and len(item.rows[0]) == 2:
            canvas.path([(item.x, y0 + row), (item.x, y1)], stroke=style.ink, width=style.border)
        middle = y0 + row / 2
    else:
        if item.shape == "stack":
            for shift in (8, 4):
                canvas.path([(x + shift, y - shift) for x, y in part.outline], **look)
        canvas.path(part.outline, **look)
        if item.shape == "cylinder":
            lid = min(0.18 * item.h, 14)
            bow = [
                (item.x - item.w / 2 * math.cos(t), y0 + lid + lid * math.sin(t))
                for t in (k * math.pi / 24 for k in range(25))
            ]
            canvas.path(bow, stroke=style.ink, width=style.border)
            middle += lid / 2
    step = 1.25 * face.size
    for k, words in enumerate(item.lines):
        canvas.text(words, item.x, middle + (k - (len(item.lines) - 1) / 2) * step, face, text)
