"""Comma-separated values (RFC 4180) as people write them: delimiter found from the lines, damage kept to its row."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

_DELIMITERS = ",;\t|"
_SAMPLE = 50  # lines that the delimiter is found from
_SPAN = 200  # lines of one row: a quote that stays open longer was never closed

Report = Callable[[str, str, int], None]  # code, message, line


def delimiter_of(lines: Sequence[str]) -> str:
    """The character that cuts the first lines into the same number of cells, two or more; else a comma."""
    best, found = (0.0, 0), ","
    for mark in _DELIMITERS:
        widths = Counter(len(row) for row in csv.reader(lines[:_SAMPLE], delimiter=mark) if row)
        width, count = max(widths.items(), key=lambda kv: (kv[1], kv[0]), default=(1, 0))
        grade = (count / max(1, widths.total()), width)
        if width > 1 and grade > best:
            best, found = grade, mark
    return found


def rows(lines: Sequence[str], delimiter: str, report: Report, *, max_cell: int) -> Iterator[tuple[int, list[str]]]:
    """Number of the first line, from 1, and the cells of each row that is not blank.

    A row that cannot be read is reported and left out, the next line begins a new one. ``lines`` keep their ends.
    """
    csv.field_size_limit(max(max_cell, 1) * 50)
    start = 0
    while start < len(lines):
        reader = csv.reader(_window(lines, start), delimiter=delimiter)
        first = start
        try:
            for cells in reader:
                end = start + reader.line_num
                if end - first > 1 and _is_open(lines[first:end]):
                    raise csv.Error("a quotation mark is never closed")
                if any(c.strip() for c in cells):
                    yield first + 1, cells
                first = end
                if reader.line_num >= _SPAN:
                    break
        except csv.Error as err:
            report("row", f"the row cannot be read and is left out: {err}", first + 1)
            first += 1
        start = first


def _window(lines: Sequence[str], start: int) -> Iterator[str]:
    """Lines from one on; twice the span is enough for the row that begins before the first span ends."""
    return (lines[i] for i in range(start, min(len(lines), start + 2 * _SPAN)))


def _is_open(lines: Sequence[str]) -> bool:
    return sum(line.count('"') for line in lines) % 2 == 1
