"""Tables in pictures: the lines that OCR read, put into rows and columns, with the rules that are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import numpy as np

from kgbuild.mentions.ocr import Line
from kgbuild.mentions.unread import contrast
from kgbuild.sources.grids import Cell, Rule, Table, find_tables, likely

_INK = 18  # levels of one colour from the ground
_LONG = 48  # pixels: no letter has a stroke of that length
_THIN = 6
_ELSE = 0.2  # share of the lines that a picture of a table holds beside it


def split_tables(png: bytes, lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """The cells of the tables in a picture, with their ``row`` and ``column`` as context, and the other lines."""
    from PIL import Image

    if len(lines) < 6:
        return [], list(lines)
    with Image.open(BytesIO(png)) as image:
        picture = np.asarray(image.convert("RGB"))
    texts = [Cell(n.text, n.x0, n.y0, n.x1, n.y1) for n in lines]
    scores = dict(zip(texts, (n.score for n in lines), strict=True))
    cells: list[Line] = []
    used: set[Cell] = set()
    for number, table in enumerate(find_tables(texts, find_rules(picture)), 1):
        part = {t for t in texts if any(_inside(t, c) for c in table.cells())}
        used |= part
        sure = likely(table, set_off=_is_set_off(picture, table)) * min(scores[t] for t in part)
        cells += _labels(table, number, round(sure, 3))
    return cells, [n for n, t in zip(lines, texts, strict=True) if t not in used]


def is_table(cells: Sequence[Line], rest: Sequence[Line]) -> bool:
    """Whether a picture shows a table and little else."""
    return len(rest) <= _ELSE * (len(cells) + len(rest))


def _inside(part: Cell, whole: Cell) -> bool:
    return whole.x0 <= part.x0 and part.x1 <= whole.x1 and whole.y0 <= part.y0 and part.y1 <= whole.y1


def _labels(table: Table, number: int, score: float) -> list[Line]:
    found = []
    for r, row in enumerate((table.header, *table.rows)):
        for head, cell in zip(table.header, row, strict=True):
            if cell is not None:
                column = (("column", head.text if head else ""), ("row", f"{number}.{r}")) if r else ()
                found.append(Line(cell.text, cell.x0, cell.y0, cell.x1, cell.y1, score, (("role", "cell"), *column)))
    return found


def _is_set_off(picture: np.ndarray, table: Table) -> bool:
    """Whether the first row's ground has another colour than that of every other row."""
    first, *others = (_ground(picture, row) for row in (table.header, *table.rows))
    return all(np.abs(first - other).max() > _INK for other in others)


def _ground(picture: np.ndarray, row: Sequence[Cell | None]) -> np.ndarray:
    parts = [picture[int(c.y0) : int(c.y1) + 1, int(c.x0) : int(c.x1) + 1].reshape(-1, 3) for c in row if c is not None]
    return np.asarray(np.median(np.concatenate(parts), axis=0))


def find_rules(picture: np.ndarray) -> list[Rule]:
    """Thin level and upright lines in a picture: uint8 RGB, shape (h, w, 3)."""
    import cv2

    ink = (contrast(picture) > _INK).astype(np.uint8)
    found = []
    for kernel in (np.ones((1, _LONG), np.uint8), np.ones((_LONG // 2, 1), np.uint8)):
        _, _, stats, _ = cv2.connectedComponentsWithStats(cv2.morphologyEx(ink, cv2.MORPH_OPEN, kernel))
        for x, y, w, h, _ in stats[1:].tolist():
            if min(w, h) <= _THIN:
                found.append(Rule(x, y, x + w, y + h))
    return found
