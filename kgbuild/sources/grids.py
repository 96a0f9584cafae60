"""Tables in places: rows and columns of texts that stand in boxes, with or without ruling lines.

Units are those of the boxes (points of a page, pixels of a picture), origin top left. What stands in a grid by
chance (columns of prose, a layout) is not told apart here by meaning, only by form: prose has long cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

_WORDS = 5  # mean words of a cell from which columns are prose
_MAX = 4000  # texts or rules on a page: more are no table
_PITCH = 2.6  # heights of type between two rows at most, without rules
_FILLED = 0.6  # share of a grid's cells that hold text


@dataclass(frozen=True, slots=True)
class Cell:
    """A text in its box; of several lines or parts, joined by blanks."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight level or upright line."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def is_level(self) -> bool:
        return self.x1 - self.x0 >= self.y1 - self.y0


@dataclass(frozen=True, slots=True)
class Table:
    """``header`` and each of ``rows`` have one place per column, None where nothing stands."""

    header: tuple[Cell | None, ...]
    rows: tuple[tuple[Cell | None, ...], ...]
    ruled: bool

    def cells(self) -> list[Cell]:
        """All cells that hold text, row by row."""
        return [c for row in (self.header, *self.rows) for c in row if c is not None]


def find_tables(texts: Sequence[Cell], rules: Sequence[Rule] = ()) -> list[Table]:
    """The tables that texts and rules form, top to bottom; each has a header row and two more at least."""
    if len(texts) < 6 or len(texts) > _MAX:
        return []
    found: list[tuple[Table, set[Cell]]] = []
    for xs, ys in _nets(rules) if len(rules) <= _MAX else ():
        made = _ruled(texts, xs, ys)
        if made is not None:
            found.append(made)
    taken = {c for _, used in found for c in used}
    tables = [t for t, _ in found] + _unruled([c for c in texts if c not in taken])
    return sorted(tables, key=lambda t: min((c.y0, c.x0) for c in t.cells()))


def likely(table: Table, *, set_off: bool = False) -> float:
    """How sure it is that the first row is a header and the whole no layout.

    Numbers under words say so, and a first row that is set off from the others (``set_off``); rules alone do not.
    """
    if not all(c is not None and not _is_figure(c) for c in table.header[1:]):
        return 0.3
    figures = any(all(_is_figure(row[k]) for row in table.rows) for k in range(1, len(table.header)))
    return 0.95 if figures and (set_off or table.ruled) else 0.9 if figures or set_off else 0.5


def _is_figure(cell: Cell | None) -> bool:
    return cell is not None and sum(c.isdigit() for c in cell.text) >= 0.3 * len(cell.text)


def join(cells: Sequence[Cell]) -> Cell:
    """Parts of one cell as one: read row by row."""
    rows = _lines(cells)
    parts = [c for row in rows for c in row]
    return Cell(
        " ".join(c.text for c in parts),
        min(c.x0 for c in parts), min(c.y0 for c in parts), max(c.x1 for c in parts), max(c.y1 for c in parts),
    )  # fmt: skip


# -- with rules --


def _nets(rules: Sequence[Rule]) -> list[tuple[list[float], list[float]]]:
    """Positions of the upright and level rules of each set of rules that touch one another."""
    level, upright = [r for r in rules if r.is_level], [r for r in rules if not r.is_level]
    group = list(range(len(rules)))

    def root(i: int) -> int:
        while group[i] != i:
            group[i] = group[group[i]]
            i = group[i]
        return i

    index = {id(r): i for i, r in enumerate(rules)}
    for a in level:
        for b in upright:
            if a.x0 - 4 <= b.x0 <= a.x1 + 4 and b.y0 - 4 <= a.y0 <= b.y1 + 4:
                group[root(index[id(a)])] = root(index[id(b)])
    nets: dict[int, tuple[list[float], list[float]]] = {}
    for r in rules:
        xs, ys = nets.setdefault(root(index[id(r)]), ([], []))
        (ys if r.is_level else xs).append((r.y0 + r.y1) / 2 if r.is_level else (r.x0 + r.x1) / 2)
    return [(_apart(xs), _apart(ys)) for _, (xs, ys) in sorted(nets.items())]


def _apart(values: Sequence[float]) -> list[float]:
    """Sorted positions, those of one rule (its two edges, its pieces) once."""
    kept: list[float] = []
    for v in sorted(values):
        if not kept or v - kept[-1] > 5:
            kept.append(v)
    return kept


def _ruled(texts: Sequence[Cell], xs: Sequence[float], ys: Sequence[float]) -> tuple[Table, set[Cell]] | None:
    if len(xs) < 3 or len(ys) < 4:
        return None
    held: dict[tuple[int, int], list[Cell]] = {}
    for c in texts:
        x, y = (c.x0 + c.x1) / 2, (c.y0 + c.y1) / 2
        if xs[0] < x < xs[-1] and ys[0] < y < ys[-1]:
            held.setdefault((sum(v <= y for v in ys) - 1, sum(v <= x for v in xs) - 1), []).append(c)
    rows, columns = len(ys) - 1, len(xs) - 1
    if len(held) < _FILLED * rows * columns:
        return None
    grid = [tuple(join(held[r, c]) if (r, c) in held else None for c in range(columns)) for r in range(rows)]
    return Table(grid[0], tuple(grid[1:]), True), {c for cells in held.values() for c in cells}


# -- without --


def _lines(texts: Sequence[Cell]) -> list[list[Cell]]:
    """Texts that stand side by side, each row from left to right, rows from top to bottom."""
    rows: list[list[Cell]] = []
    for c in sorted(texts, key=lambda c: (c.y0 + c.y1, c.x0)):
        last = rows[-1][0] if rows else None
        if last and min(last.y1, c.y1) - max(last.y0, c.y0) > 0.5 * min(last.y1 - last.y0, c.y1 - c.y0):
            rows[-1].append(c)
        else:
            rows.append([c])
    return [sorted(row, key=lambda c: c.x0) for row in rows]


def _unruled(texts: Sequence[Cell]) -> list[Table]:
    """Runs of rows whose cells stand under the cells of the first, which is the header."""
    rows, found, at = _lines(texts), [], 0
    while at < len(rows):
        run = _run(rows, at)
        if run is None:
            at += 1
        else:
            found.append(run)
            at += 1 + len(run.rows)
    return found


def _run(rows: Sequence[list[Cell]], at: int) -> Table | None:
    header = rows[at]
    if len(header) < 2:
        return None
    columns = [(c.x0, c.x1) for c in header]
    height = median(c.y1 - c.y0 for c in header)
    body: list[tuple[Cell | None, ...]] = []
    bottom = max(c.y1 for c in header)
    for row in rows[at + 1 :]:
        placed = _placed(row, columns)
        if placed is None or min(c.y0 for c in row) - bottom > (_PITCH - 1) * height:
            break
        columns = [(min(c.x0, a), max(c.x1, b)) if c else (a, b) for c, (a, b) in zip(placed, columns, strict=True)]
        body.append(placed)
        bottom = max(c.y1 for c in row)
    if len(body) < (2 if len(header) > 2 else 3):
        return None
    cells = [c for row in body for c in row if c is not None]
    words = sum(len(c.text.split()) for c in cells) / len(cells)
    if words > _WORDS or len(cells) < _FILLED * len(body) * len(header):
        return None
    return Table(tuple(header), tuple(body), False)


def _placed(row: Sequence[Cell], columns: Sequence[tuple[float, float]]) -> tuple[Cell | None, ...] | None:
    """The cells of a row under their columns, None if one stands under two or none, or two under one."""
    placed: list[Cell | None] = [None] * len(columns)
    for c in row:
        under = [i for i, (a, b) in enumerate(columns) if c.x0 < b and c.x1 > a]
        if len(under) != 1 or placed[under[0]] is not None:
            return None
        placed[under[0]] = c
    return tuple(placed) if sum(p is not None for p in placed) >= 2 else None
