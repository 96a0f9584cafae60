"""Nodes: closed shapes with their text, tables of cells, icons with a caption, frames around other nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from kgbuild.mentions.ocr import Line, blocks
from kgbuild.mentions.raster.shapes import Shape

Rect = tuple[float, float, float, float]
_PATCH = 48  # grey levels: the ground of a label differs less than that from the picture's


@dataclass(slots=True, eq=False)
class Body:
    """A node in pixels: outline polygons, half-open box, its text lines, kind of shape."""

    outlines: list[np.ndarray]
    box: tuple[int, int, int, int]
    lines: list[Line]
    kind: str
    colour: tuple[int, int, int] = (255, 255, 255)
    text: str = ""
    cells: list[tuple[tuple[int, int, int, int], list[Line]]] = field(default_factory=list)

    @property
    def score(self) -> float:
        """What OCR held of the text, times the share of such nodes that were right on the development diagrams."""
        return min((n.score for n in self.lines), default=0.5) * {"icon": 0.95, "table": 0.8}.get(self.kind, 0.98)


@dataclass(slots=True, eq=False)
class Frame:
    """A container: half-open box and the lines of its title."""

    box: tuple[int, int, int, int]
    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class Layout:
    """What stands in a picture besides lines."""

    bodies: list[Body]
    frames: list[Frame]
    loose: list[Line]


def lay_out(
    shapes: Sequence[Shape],
    solids: Sequence[Shape],
    lines: Sequence[Line],
    picture: np.ndarray,
    contrast: np.ndarray,
) -> Layout:
    """Text lines put into the smallest shape around them; shapes around nodes become frames; the rest is loose."""
    size = float(np.median([n.height for n in lines])) if lines else 12.0
    home: dict[int, list[Line]] = {}
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
            if b is not body and _within(b.box, body.box) and _plausible(shape_of[id(b)], b, picture, contrast, size)
        ]
        if inner:
            if shape.kind in ("rectangle", "rounded", "ellipse", "other", "cylinder"):
                frames.append(Frame(shape.box))
        elif _plausible(shape, body, picture, contrast, size):
            bodies.append(body)
    bodies = _tables(bodies, size)
    _fill(bodies, solids, lines, size)
    _grow(bodies, shapes, picture, size)
    for shape in shapes:  # shapes without text of their own around nodes
        held = [b for b in bodies if _within(b.box, shape.box)]
        if held and all(f.box != shape.box for f in frames) and shape.kind in ("rectangle", "rounded"):
            frames.append(Frame(shape.box))
    used = {id(n) for b in bodies for n in b.lines} | {id(n) for f in frames for n in f.lines}
    loose = [n for n in lines if id(n) not in used]
    for body in bodies:
        body.text = cell_order(body.cells) if body.cells else reading_order(body.lines)
    return Layout(bodies, frames, loose)


def entitle(layout: Layout, *, size: float) -> None:
    """Loose text just inside the upper or lower side of a frame, in its middle or at its left, is the frame's title."""
    for frame in sorted(layout.frames, key=lambda f: (f.box[2] - f.box[0]) * (f.box[3] - f.box[1])):
        x0, y0, x1, y1 = frame.box
        if frame.lines:
            continue
        for line in list(layout.loose):
            middle = (line.x0 + line.x1) / 2
            inside = x0 - 2 <= line.x0 and line.x1 <= x1 + 2
            centred = abs(middle - (x0 + x1) / 2) < 0.8 * size or line.x0 - x0 < 2 * size
            top = -0.8 * size < line.y0 - y0 < 1.2 * size
            bottom = -0.8 * size < y1 - line.y1 < 1.2 * size
            if inside and centred and (top or (bottom and not frame.lines)):
                frame.lines.append(line)
                layout.loose.remove(line)


def split_lines(lines: Sequence[Line], ink: np.ndarray) -> list[Line]:
    """Lines cut where a gap as wide as a letter is high parts them, or a stroke from top to bottom."""
    made = []
    for line in lines:
        made += _split(line, ink)
    return made


def _split(line: Line, ink: np.ndarray) -> list[Line]:
    x0, x1 = max(0, int(line.x0)), int(line.x1) + 1
    y0, y1 = max(0, int(line.y0)), int(line.y1) + 1
    part = ink[y0:y1, x0:x1]
    if len(line.text) < 3 or not part.any():
        return [line]
    letters = _letters(ink, x0, y0, x1, y1)
    filled = letters.sum(axis=0)
    wall = part.sum(axis=0) >= part.shape[0] - 1
    dark = np.flatnonzero((filled > 0) & ~wall)
    if not len(dark):
        return [line]
    best, at = 0.0, -1
    for a, b in pairwise(dark.tolist()):
        width = float(b - a - 1) * (2.0 if wall[a:b].any() else 1.0)
        if width > best:
            best, at = width, int(a + b) // 2
    if best < 0.8 * line.height:
        return [line]
    share = (at - dark[0]) / max(1, dark[-1] - dark[0])
    breaks = [k for k, c in enumerate(line.text) if c in " /\\|" and abs(k / len(line.text) - share) < 0.2]
    cut = min(breaks, key=lambda k: abs(k / len(line.text) - share), default=-1)
    if cut < 0:
        return [line]
    left = Line(line.text[:cut].strip(), line.x0, line.y0, x0 + at - best / 4, line.y1, line.score)
    right = Line(line.text[cut + 1 :].strip(), x0 + at + best / 4, line.y0, line.x1, line.y1, line.score)
    if not left.text or not right.text:
        return [line]
    return [*_split(left, ink), *_split(right, ink)]


def _letters(ink: np.ndarray, x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    """The ink of a text box without strokes that come from above it and go on below."""
    import cv2

    top, bottom = max(0, y0 - 3), min(ink.shape[0], y1 + 3)
    part = ink[top:bottom, x0:x1]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(part.astype(np.uint8), connectivity=8)
    through = (stats[:, 1] == 0) & (stats[:, 1] + stats[:, 3] == part.shape[0])
    through[0] = True
    return ~through[labels]


def reading_order(lines: Sequence[Line]) -> str:
    """The texts of lines, row by row, from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda n: (n.y0 + n.y1, n.x0)):
        middle = (line.y0 + line.y1) / 2
        row = next((r for r in rows if r[0].y0 < middle < r[0].y1), None)
        if row is None:
            rows.append([line])
        else:
            row.append(line)
    return " ".join(n.text for row in rows for n in sorted(row, key=lambda n: n.x0))


def cell_order(cells: list[tuple[tuple[int, int, int, int], list[Line]]]) -> str:
    """The texts of a table's cells: the table is cut along whole rows, else whole columns, again and again."""
    if len(cells) > 1:
        for side in (1, 0):
            cells = sorted(cells, key=lambda c: c[0][side])
            end = cells[0][0][side + 2]
            parts = [[cells[0]]]
            for cell in cells[1:]:
                if cell[0][side] >= end - 3:
                    parts.append([])
                parts[-1].append(cell)
                end = max(end, cell[0][side + 2])
            if len(parts) > 1:
                return " ".join(cell_order(part) for part in parts)
    return reading_order([n for c in cells for n in c[1]])


def _contains(shape: Shape, line: Line) -> bool:
    x0, y0, x1, y1 = shape.box
    slack = 0.35 * line.height + 2
    if line.x0 < x0 - slack or line.x1 > x1 + slack or line.y0 < y0 - slack or line.y1 > y1 + slack:
        return False
    y, dx = (line.y0 + line.y1) / 2, min(line.height * 0.4, (line.x1 - line.x0) / 4)
    return all(shape.holds(x, y) for x in (line.x0 + dx, (line.x0 + line.x1) / 2, line.x1 - dx))


def _plausible(shape: Shape, body: Body, picture: np.ndarray, contrast: np.ndarray, size: float) -> bool:
    """Whether a shape is drawn around its text, and not left between lines, or the ground of a label."""
    if shape.solidity < 0.85 or (shape.kind == "triangle" and shape.area < 9 * size * size):
        return False
    x0, y0 = min(n.x0 for n in body.lines), min(n.y0 for n in body.lines)
    x1, y1 = max(n.x1 for n in body.lines), max(n.y1 for n in body.lines)
    w, h = shape.size
    off_x = abs((x0 + x1) / 2 - shape.centre[0]) / w
    off_y = abs((y0 + y1) / 2 - shape.centre[1]) / h
    if shape.kind in ("rectangle", "rounded"):
        if not (off_x < 0.15 or x0 - shape.box[0] < 2.5 * size) or off_y > 0.4:
            return False
    elif off_x > 0.2 or off_y > 0.25 or (step(shape, picture) < 8 and symmetric(shape) < 0.92):
        return False
    return not is_patch(shape, (x0, y0, x1, y1), picture, contrast, size)


def is_patch(shape: Shape, text: Rect, picture: np.ndarray, contrast: np.ndarray, size: float) -> bool:
    """Whether a shape is the ground laid under a label: tight around the text, without an outline."""
    x0, y0, x1, y1 = shape.box
    tight = min(text[0] - x0, x1 - text[2], text[1] - y0, y1 - text[3]) < 0.45 * size
    if not tight or shape.kind not in ("rectangle", "rounded"):
        return False
    return ring(shape.box, contrast) < 0.5 and step(shape, picture) < _PATCH


def step(shape: Shape, picture: np.ndarray) -> int:
    """How much a shape's colour differs from the ground just outside, in grey levels."""
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = shape.box
    around = []
    for d in (7, 9):
        around += [picture[max(0, y0 - d), x0:x1], picture[min(height - 1, y1 - 1 + d), x0:x1]]
        around += [picture[y0:y1, max(0, x0 - d)], picture[y0:y1, min(width - 1, x1 - 1 + d)]]
    ground = np.median(np.concatenate(around).astype(np.int16), axis=0)
    return int(np.abs(ground - np.array(shape.colour)).max())


def symmetric(shape: Shape) -> float:
    """Overlap (intersection over union) of a shape with itself mirrored or turned round, whichever is greater."""
    import cv2

    w, h = shape.size
    mask = np.zeros((h, w), np.uint8)
    cv2.drawContours(mask, [shape.outline - np.array([[shape.box[0], shape.box[1]]])], -1, 1, -1)
    own = mask.astype(bool)

    def like(other: np.ndarray) -> float:
        return float((own & other).sum() / max(1, (own | other).sum()))

    return max(like(own[:, ::-1]), like(own[::-1, ::-1]))


def ring(box: tuple[int, int, int, int], contrast: np.ndarray) -> float:
    """The share of a box's border that is drawn as a stroke."""
    height, width = contrast.shape
    x0, y0, x1, y1 = box
    sides = []
    for a in (y0, y1 - 1):
        band = contrast[max(0, a - 4) : min(height, a + 5), max(0, x0) : min(width, x1)]
        sides.append(band.max(axis=0) if band.size else np.zeros(1))
    for a in (x0, x1 - 1):
        band = contrast[max(0, y0) : min(height, y1), max(0, a - 4) : min(width, a + 5)]
        sides.append(band.max(axis=1) if band.size else np.zeros(1))
    return float((np.concatenate(sides) > 24).mean())


def _within(inner: tuple[int, int, int, int], outer: tuple[int, int, int, int]) -> bool:
    return (
        inner != outer
        and outer[0] <= inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2] and inner[3] <= outer[3]
    )  # fmt: skip


def hull(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """The smallest box around two boxes."""
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


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


def _adjacent(a: tuple[int, int, int, int], b: tuple[int, int, int, int], *, gap: float) -> bool:
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
        held = [b for b in bodies if _overlap(b.box, solid.box) > 0]
        if len(held) == 1:
            margins = [abs(p - q) for p, q in zip(solid.box, held[0].box, strict=True)]
            if max(margins) < 2.2 * size and solid.solidity > 0.8:
                held[0].outlines.append(solid.outline)
                held[0].box = hull(held[0].box, solid.box)
        elif not held and solid.solidity > 0.85 and solid.kind != "triangle":
            inside = [n for n in lines if _contains(solid, n)]
            if inside and solid.area < 14 * sum((n.x1 - n.x0) * n.height for n in inside):
                bodies.append(Body([solid.outline], solid.box, inside, solid.kind, solid.colour))


def _overlap(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> int:
    """Pixels that two boxes share."""
    return max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))


def _grow(bodies: list[Body], shapes: Sequence[Shape], picture: np.ndarray, size: float) -> None:
    """Second outlines, and strips of a node's own colour beside it (stacks, cylinder lids), belong to it."""
    for body in bodies:
        for shape in shapes:
            if _within(body.box, shape.box):
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
            inside = _within(shape.box, (box[0] - reach, box[1] - reach, box[2] + reach, box[3] + reach))
            lid = abs(shape.box[0] - box[0]) <= 4 and abs(shape.box[2] - box[2]) <= 4
            if max(dx, dy) <= 6 and thin and inside and (lid or step(shape, picture) > 16):
                body.outlines.append(shape.outline)
                taken.add(id(shape.outline))
                body.box = hull(body.box, shape.box)


def loose_blocks(lines: Sequence[Line]) -> list[tuple[Line, list[Line]]]:
    """Loose lines joined to labels, each with its lines."""
    made = []
    for block in blocks(lines):
        parts = [
            n for n in lines if block.x0 <= (n.x0 + n.x1) / 2 <= block.x1 and block.y0 <= (n.y0 + n.y1) / 2 <= block.y1
        ]
        made.append((block, parts))
    return made


def has_ground(text: Line, picture: np.ndarray, size: float) -> bool:
    """Whether a text stands on a ground of another colour than what lies around it."""
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = (int(v) for v in (text.x0, text.y0, text.x1, text.y1))
    inner = picture[max(0, y0) : y1 + 1, max(0, x0) : x1 + 1].reshape(-1, 3)
    reach = max(6, int(0.7 * size))
    rows = [r for r in (y0 - reach, y1 + reach) if 0 <= r < height]
    outer = [picture[r, max(0, x0) : min(width, x1 + 1)] for r in rows]
    outer += [picture[max(0, y0) : y1 + 1, c] for c in (x0 - reach, x1 + reach) if 0 <= c < width]
    if not len(inner) or not outer:
        return False
    away = np.median(np.concatenate(outer).astype(np.int16), axis=0) - np.median(inner.astype(np.int16), axis=0)
    return bool(np.abs(away).max() >= 5)
