"""Nodes: closed shapes with their text, tables of cells, frames around other nodes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kgbuild.mentions.ocr import Line
from kgbuild.mentions.raster.body import (
    Body,
    Frame,
    Layout,
    Rect,
    cell_order,
    cuts,
    hull,
    loose_blocks,
    overlap,
    reading_order,
    within,
)
from kgbuild.mentions.raster.plausible import plausible, step
from kgbuild.mentions.raster.shapes import Shape


def lay_out(
    shapes: Sequence[Shape],
    solids: Sequence[Shape],
    icons: Sequence[Body],
    lines: Sequence[Line],
    picture: np.ndarray,
    contrast: np.ndarray,
) -> Layout:
    """Text lines put into the smallest shape around them; shapes around nodes become frames; the rest is loose."""
    size = float(np.median([n.height for n in lines])) if lines else 12.0
    home: dict[int, list[Line]] = {}
    shapes = [s for s in shapes if not any(_is_part(s.box, b) for b in icons)]
    solids = [s for s in solids if not any(_is_part(s.box, b) for b in icons)]
    captions = {id(n) for b in icons for n in b.lines}
    lines = [n for n in lines if id(n) not in captions and not any(_in_icon(n, b) for b in icons)]
    for line in lines:
        index = next((i for i, s in enumerate(shapes) if _contains(s, line)), None)
        if index is not None:
            home.setdefault(index, []).append(line)
    chosen = {i: shapes[i] for i in sorted(home)}
    cells = [Body([s.outline], s.box, home[i], s.kind, s.colour) for i, s in chosen.items()]
    shape_of = dict(zip(map(id, cells), chosen.values(), strict=True))
    bodies: list[Body] = []
    frames: list[Frame] = []
    for body in cells:
        shape = shape_of[id(body)]
        inner = [
            b
            for b in cells
            if b is not body and within(b.box, body.box) and plausible(shape_of[id(b)], b, picture, contrast, size)
        ] + [b for b in icons if _middle_in(b.box, body.box)]
        if inner or _is_area(body):
            if shape.kind in ("rectangle", "rounded", "ellipse", "cylinder") or shape.solidity > 0.95:
                frames.append(Frame(shape.box))
        elif plausible(shape, body, picture, contrast, size):
            bodies.append(body)
    bodies = _tables(bodies, size)
    _fill(bodies, solids, lines, size)
    _grow(bodies, shapes, picture, size)
    bodies += icons
    for shape in shapes:  # shapes without text of their own around nodes
        held = [b for b in bodies if within(b.box, shape.box) or (b.kind == "icon" and _middle_in(b.box, shape.box))]
        if held and all(f.box != shape.box for f in frames) and shape.kind in ("rectangle", "rounded"):
            frames.append(Frame(shape.box))
    frames = [f for f in frames if not any(cuts(f.box, b.box) for b in bodies)]
    used = {id(n) for b in bodies for n in b.lines} | {id(n) for f in frames for n in f.lines}
    loose = [n for n in lines if id(n) not in used]
    for body in bodies:
        body.text = body.text or (cell_order(body.cells) if body.cells else reading_order(body.lines))
    return Layout(bodies, frames, loose)


def _is_area(body: Body) -> bool:
    """Whether a shape holds so many texts apart that it is an area with nodes without a shape in it."""
    text = sum((n.x1 - n.x0) * n.height for n in body.lines)
    room = (body.box[2] - body.box[0]) * (body.box[3] - body.box[1])
    return room > 8 * text and len(loose_blocks(body.lines)) > 3


def _contains(shape: Shape, line: Line) -> bool:
    x0, y0, x1, y1 = shape.box
    slack = 0.35 * line.height + 2
    if line.x0 < x0 - slack or line.x1 > x1 + slack or line.y0 < y0 - slack or line.y1 > y1 + slack:
        return False
    y, dx = (line.y0 + line.y1) / 2, min(line.height * 0.4, (line.x1 - line.x0) / 4)
    return all(shape.holds(x, y) for x in (line.x0 + dx, (line.x0 + line.x1) / 2, line.x1 - dx))


def _tables(bodies: list[Body], size: float) -> list[Body]:
    """Cells that share a whole side become one node (records, classes)."""
    merged = True
    while merged:
        merged = False
        for i, a in enumerate(bodies):
            for b in bodies[i + 1 :]:
                if _adjacent(a.box, b.box, gap=0.45 * size):
                    box = hull(a.box, b.box)
                    joined = Body([*a.outlines, *b.outlines], box, [*a.lines, *b.lines], "table", a.colour)
                    joined.cells = [*(a.cells or [(a.box, a.lines)]), *(b.cells or [(b.box, b.lines)])]
                    bodies = [c for c in bodies if c is not a and c is not b] + [joined]
                    merged = True
                    break
            if merged:
                break
    return bodies


def _adjacent(a: Rect, b: Rect, *, gap: float) -> bool:
    def side(i: int) -> bool:
        j = 1 - i
        near = min(abs(a[i + 2] - b[i]), abs(b[i + 2] - a[i])) <= gap
        shared = min(a[j + 2], b[j + 2]) - max(a[j], b[j])
        same = abs(a[j] - b[j]) <= 4 and abs(a[j + 2] - b[j + 2]) <= 4
        return near and same and shared > 0

    return side(0) or side(1)


def _fill(bodies: list[Body], solids: Sequence[Shape], lines: Sequence[Line], size: float) -> None:
    """Blocks around one node are its stack and shadow; a block with nothing but text in it is a node of its own."""
    for solid in solids:
        held = [b for b in bodies if overlap(b.box, solid.box) > 0]
        if len(held) == 1:
            margins = [abs(p - q) for p, q in zip(solid.box, held[0].box, strict=True)]
            if max(margins) < 2.2 * size and solid.solidity > 0.8:
                held[0].outlines.append(solid.outline)
                held[0].box = hull(held[0].box, solid.box)
                if max(margins) > 0.6 * size and held[0].kind in ("rectangle", "rounded"):
                    held[0].kind = "stack"
        elif not held and solid.solidity > 0.85 and solid.kind != "triangle":
            inside = [n for n in lines if _contains(solid, n)]
            if inside and solid.area < 14 * sum((n.x1 - n.x0) * n.height for n in inside):
                bodies.append(Body([solid.outline], solid.box, inside, solid.kind, solid.colour))


def _grow(bodies: list[Body], shapes: Sequence[Shape], picture: np.ndarray, size: float) -> None:
    """Second outlines, and strips of a node's own colour beside it (stacks, cylinder lids), belong to it."""
    for body in bodies:
        for shape in shapes:
            if within(body.box, shape.box):
                margins = [shape.box[k] - body.box[k] for k in range(4)]
                if max(abs(m) for m in margins) < 0.75 * size + 3 and shape.solidity > 0.9:
                    body.outlines.append(shape.outline)
                    body.box = shape.box
                    body.kind = shape.kind if shape.kind != "other" else body.kind
    taken = {id(o) for b in bodies for o in b.outlines}
    reach = int(1.5 * size)
    boxes = [b.box for b in bodies]
    for body, box in zip(bodies, boxes, strict=True):
        for shape in shapes:
            if (
                id(shape.outline) in taken
                or max(abs(p - q) for p, q in zip(shape.colour, body.colour, strict=True)) > 10
            ):
                continue
            dx = max(shape.box[0] - box[2], box[0] - shape.box[2], 0)
            dy = max(shape.box[1] - box[3], box[1] - shape.box[3], 0)
            thin = min(shape.size) < 1.2 * size or shape.solidity < 0.6
            inside = within(shape.box, (box[0] - reach, box[1] - reach, box[2] + reach, box[3] + reach))
            lid = abs(shape.box[0] - box[0]) <= 4 and abs(shape.box[2] - box[2]) <= 4
            if max(dx, dy) <= 6 and thin and inside and (lid or step(shape, picture) > 16):
                body.outlines.append(shape.outline)
                taken.add(id(shape.outline))
                body.box = hull(body.box, shape.box)


def _is_part(box: Rect, icon: Body) -> bool:
    """Whether a box lies mostly in an icon."""
    return overlap(box, icon.box) > 0.6 * (box[2] - box[0]) * (box[3] - box[1])


def _in_icon(line: Line, icon: Body) -> bool:
    x, y = (line.x0 + line.x1) / 2, (line.y0 + line.y1) / 2
    return icon.box[0] <= x < icon.box[2] and icon.box[1] <= y < icon.box[3]


def _middle_in(inner: Rect, outer: Rect) -> bool:
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] < x < outer[2] and outer[1] < y < outer[3]
