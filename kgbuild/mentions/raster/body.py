"""What stands in a picture besides lines: nodes, frames, text that belongs to neither."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kgbuild.mentions.ocr import Line, blocks

Rect = tuple[int, int, int, int]


@dataclass(slots=True, eq=False)
class Body:
    """A node in pixels: outline polygons, half-open box, its text lines, kind of shape."""

    outlines: list[np.ndarray]
    box: Rect
    lines: list[Line]
    kind: str
    colour: tuple[int, int, int] = (255, 255, 255)
    text: str = ""
    cells: list[tuple[Rect, list[Line]]] = field(default_factory=list)

    @property
    def score(self) -> float:
        """What OCR held of the text, times the share of such nodes that were right on the development diagrams."""
        return min((n.score for n in self.lines), default=0.5) * {"icon": 0.95, "table": 0.8, "plain": 0.45}.get(
            self.kind, 0.98
        )


@dataclass(slots=True, eq=False)
class Frame:
    """A container: half-open box and the lines of its title."""

    box: Rect
    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class Layout:
    """What stands in a picture besides lines."""

    bodies: list[Body]
    frames: list[Frame]
    loose: list[Line]


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


def cell_order(cells: list[tuple[Rect, list[Line]]]) -> str:
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


def loose_blocks(lines: Sequence[Line]) -> list[tuple[Line, list[Line]]]:
    """Loose lines joined to labels, each with its lines."""
    made = []
    for block in blocks(lines):
        parts = [
            n for n in lines if block.x0 <= (n.x0 + n.x1) / 2 <= block.x1 and block.y0 <= (n.y0 + n.y1) / 2 <= block.y1
        ]
        made.append((block, parts))
    return made


def within(inner: Rect, outer: Rect) -> bool:
    """Whether a box lies in another one."""
    return (
        inner != outer
        and outer[0] <= inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2] and inner[3] <= outer[3]
    )  # fmt: skip


def cuts(frame: Rect, box: Rect, *, slack: int = 4) -> bool:
    """Whether a side of a frame runs through a box, as sides of true frames do not."""
    apart = (
        frame[2] <= box[0] + slack
        or box[2] - slack <= frame[0]
        or frame[3] <= box[1] + slack
        or box[3] - slack <= frame[1]
    )
    around = (
        frame[0] <= box[0] + slack and frame[1] <= box[1] + slack
        and frame[2] >= box[2] - slack and frame[3] >= box[3] - slack
    )  # fmt: skip
    return not apart and not around


def hull(a: Rect, b: Rect) -> Rect:
    """The smallest box around two boxes."""
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def overlap(a: Rect, b: Rect) -> int:
    """Pixels that two boxes share."""
    return max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))


def join_lines(lines: Sequence[Line]) -> Line:
    """Lines under one another as one, around all of them."""
    return Line(
        " ".join(n.text for n in lines),
        min(n.x0 for n in lines), min(n.y0 for n in lines), max(n.x1 for n in lines), max(n.y1 for n in lines),
        min(n.score for n in lines),
    )  # fmt: skip
