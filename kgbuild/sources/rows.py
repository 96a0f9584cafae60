"""Table rows as passages: read as a sentence, with the characters of each cell marked.

A row of a table with a header has one mark ``cell`` for each cell that holds text, and in its context, in the same
order, one ``column`` with the header's words; ``score`` says how sure it is that they are a header.
"""

from __future__ import annotations

from collections.abc import Sequence

from kgbuild.sources.reader import Passage
from kgbuild.types import Selector

STATED = 0.95  # a header that the format itself marks as one
FIRST = 0.9  # the first row, where the format knows of no header


def row_passage(
    cells: Sequence[str],
    header: Sequence[str] = (),
    context: tuple[tuple[str, str], ...] = (),
    *,
    selectors: tuple[Selector, ...] = (),
    score: float = STATED,
) -> Passage:
    """A row as a passage: the first cell, then each further one behind its column's name."""
    if len(header) != len(cells) or not cells or not cells[0]:
        return Passage(row_text(cells, header), context, (), selectors)
    text, marks, columns = cells[0], [(0, len(cells[0]), "cell")], [("column", header[0])]
    for name, cell in zip(header[1:], cells[1:], strict=True):
        if cell:
            text += (": " if len(marks) == 1 else "; ") + (f"{name}: " if name else "")
            marks.append((len(text), len(text) + len(cell), "cell"))
            columns.append(("column", name))
            text += cell
    if len(marks) == 1:
        return Passage(text, context, (), selectors)
    return Passage(text + ".", (*context, *columns, ("score", f"{score:.2f}")), tuple(marks), selectors)


def row_text(cells: Sequence[str], header: Sequence[str]) -> str:
    """A row without marks as one text."""
    if len(header) != len(cells) or not cells:
        return "; ".join(c for c in cells if c)
    rest = [f"{name}: {cell}" if name else cell for name, cell in zip(header[1:], cells[1:], strict=True) if cell]
    return f"{cells[0]}: {'; '.join(rest)}." if rest else cells[0]
