"""Tables of records: CSV, TSV, JSON Lines and Parquet. Each row is a passage that begins with what it names.

A row reads like one of a document's table (see ``rows``): the cell that names it, then each further one behind its
column's header; marks say which characters are a cell. Segments have the modality ``record``: cells are no prose.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kgbuild.errors import SourceError
from kgbuild.sources.delimited import Report, delimiter_of, rows
from kgbuild.sources.reader import Composer, Limits, decode
from kgbuild.sources.rows import row_passage
from kgbuild.types import Issue, Reading, Source

_FORMULA = re.compile(r"[=@]\s*[A-Za-z(]|=\s*[-+\d\"']|[-+][A-Za-z]+\(|[-+=@].*\|.*!")
_MISSING = frozenset({"", "nan", "null", "none", "n/a", "na", "nil", "-", "--", "#n/a", "<na>"})
_SAMPLE = 200  # rows that the naming column is found from
_BATCH = 1000  # rows of Parquet that are held at a time

Row = tuple[int, Mapping[str, str]]


class RecordReader:
    """Base of the readers below: rows of named cells become passages, what is wrong with them issues."""

    name = "records"
    version = "1"
    media_types: frozenset[str] = frozenset()

    def rows(self, path: Path, limits: Limits, report: Report) -> Iterator[Row]:
        """Number of the line (from 1) and the cells of each row, by header. Raises ``SourceError``."""
        raise NotImplementedError

    def __call__(self, path: Path, source: Source, limits: Limits) -> Reading:
        found: dict[str, tuple[str, int, int]] = {}

        def report(code: str, message: str, line: int) -> None:
            """Keep the first of each kind and count the others: a column of formulas is one issue."""
            kept, first, count = found.get(code, (message, line, 0))
            found[code] = kept, first, count + 1

        composer = Composer(source, f"{self.name}/{self.version}")
        _compose(composer, self.rows(path, limits, report), limits, report)
        if not composer.segments:
            report("no-content", "no row of it holds a value", 0)
        issues = tuple(
            Issue(
                "read", code, f"{f'line {line}: ' if line else ''}{message}{f' ({n} times)' if n > 1 else ''}",
                source.id, severity="error" if code in ("row", "too-large") else "warning",
            )
            for code, (message, line, n) in found.items()
        )  # fmt: skip
        reading = composer.reading(source)
        return Reading(source, reading.segments, reading.text, issues=issues)


class DelimitedReader(RecordReader):
    """``text/csv`` and ``text/tab-separated-values``; the first row is the header."""

    media_types = frozenset({"text/csv", "text/tab-separated-values"})

    def rows(self, path: Path, limits: Limits, report: Report) -> Iterator[Row]:
        lines = [line + "\n" for line in decode(path.read_bytes()).split("\n")]
        for n, text in enumerate(lines):
            if len(text) > limits.max_characters:
                report("row", f"{len(text)} characters in one line; sources.max_characters is smaller", n + 1)
                lines[n] = "\n"
        if lines and re.match(r"sep=.\n", lines[0]):  # a spreadsheet's own first line
            lines[0] = "\n"
        try:
            delimiter = delimiter_of([text for text in lines if text.strip()][:50])
        except csv.Error:
            delimiter = ","
        header: list[str] | None = None
        for line, cells in rows(lines, delimiter, report, max_cell=limits.max_cell):
            if header is None:
                header = _header(cells, line, report)
                continue
            if len(cells) > len(header) and any(c.strip() for c in cells[len(header) :]):
                report("ragged", f"{len(cells)} cells under {len(header)} headers: what is over is left out", line)
            elif len(cells) < len(header):
                report("ragged", f"{len(cells)} cells under {len(header)} headers: the missing are empty", line)
            yield line, dict(zip(header, cells, strict=False))


class JsonLinesReader(RecordReader):
    """``application/x-ndjson``: an object a line; nested ones give columns like "size width"."""

    media_types = frozenset({"application/x-ndjson"})

    def rows(self, path: Path, limits: Limits, report: Report) -> Iterator[Row]:
        for number, line in enumerate(decode(path.read_bytes()).split("\n"), 1):
            if not line.strip():
                continue
            try:
                if len(line) > limits.max_characters:
                    raise ValueError(f"{len(line)} characters; sources.max_characters is smaller")
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise ValueError("no object")
            except (ValueError, RecursionError) as err:
                report("row", f"the line cannot be read and is left out: {err}", number)
                continue
            yield number, flat(row)


class ParquetReader(RecordReader):
    """``application/vnd.apache.parquet``, read in batches on one thread; numbers of lines are those of rows."""

    media_types = frozenset({"application/vnd.apache.parquet"})

    def rows(self, path: Path, limits: Limits, report: Report) -> Iterator[Row]:
        import pyarrow as pa
        from pyarrow import parquet

        try:
            with parquet.ParquetFile(path, memory_map=False) as file:
                groups = (file.metadata.row_group(i) for i in range(file.metadata.num_row_groups))
                size = sum(g.total_byte_size for g in groups)
                if size > limits.max_unpacked_bytes:
                    raise SourceError(
                        f"unpacks to {size} bytes; sources.max_unpacked_bytes is {limits.max_unpacked_bytes}",
                        "too-large",
                    )
                number = 0
                for batch in file.iter_batches(_BATCH, use_threads=False):
                    names = batch.schema.names
                    columns = [_told(c, n, number, report) for c, n in zip(batch.columns, names, strict=True)]
                    for row in zip(*columns, strict=True):
                        number += 1
                        yield number, flat(dict(zip(names, row, strict=True)))
        except (pa.ArrowException, OSError, ValueError) as err:
            raise SourceError(f"damaged Parquet: {err}"[:300], "damaged") from err


def _told(column: Any, name: str, before: int, report: Report) -> list[Any]:
    """The values of a column as Python has them; None for those that it cannot have: a date of the year 5,000,000, a
    time in a zone that nobody knows, a text that is no UTF-8.
    """
    import pyarrow as pa

    unknown = (pa.ArrowException, OverflowError, ValueError, KeyError)
    try:
        return list(column.to_pylist())
    except unknown:
        found: list[Any] = []
    for number, value in enumerate(column, before + 1):
        try:
            found.append(value.as_py())
        except unknown as err:
            report("value", f"a value of {name!r} is left out: {err}"[:200], number)
            found.append(None)
    return found


def flat(row: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Values as texts: objects give longer names, lists one text, bytes and what is missing nothing."""
    found: dict[str, str] = {}
    for name, value in row.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            found |= flat(value, f"{key} ")
        elif isinstance(value, list | tuple):
            found[key] = ", ".join(str(v) for v in value if isinstance(v, str | int | float) and v == v)
        elif isinstance(value, bool):
            found[key] = str(value).lower()
        elif value is not None and not isinstance(value, bytes):
            found[key] = str(value)
    return found


def _header(cells: Sequence[str], line: int, report: Report) -> list[str]:
    """Names of the columns, each once: an empty one is numbered, a second one of a name too."""
    names: list[str] = []
    for n, cell in enumerate(cells, 1):
        name = " ".join(cell.split())
        if not name:
            report("header", f"column {n} has no header", line)
            name = f"column {n}"
        if name in names:
            report("header", f"two columns are named {name!r}", line)
            name = f"{name} {n}"
        names.append(name)
    return names


def _compose(composer: Composer, found: Iterator[Row], limits: Limits, report: Report) -> None:
    """Rows as passages; the first ones are held back until it is known which column names them."""
    held: list[Row] = []
    lead = ""
    length = 0
    for line, cells in found:
        row = (line, dict(_cells(cells, line, limits, report)))
        length += sum(len(name) + len(cell) + 4 for name, cell in row[1].items())
        if length > limits.max_characters:
            message = f"sources.max_characters is {limits.max_characters}: the rows from here on are left out"
            report("too-large", message, line)
            break
        if lead:
            _passage(composer, row, lead)
            continue
        held.append(row)
        if len(held) == _SAMPLE:
            lead = naming([r for _, r in held], limits.label_columns)
            for one in held:
                _passage(composer, one, lead)
    if not lead:
        lead = naming([r for _, r in held], limits.label_columns)
        for one in held:
            _passage(composer, one, lead)


def _cells(cells: Mapping[str, str], line: int, limits: Limits, report: Report) -> Iterator[tuple[str, str]]:
    for name, cell in cells.items():
        if len(cell) > limits.max_cell:
            report("cell", f"{len(cell)} characters in {name!r}; sources.max_cell is {limits.max_cell}", line)
            continue
        text = " ".join(cell.split())
        if _FORMULA.match(text):
            report("formula", f"a formula in {name!r} is not computed: {text[:40]!r}", line)
        elif text.lower() not in _MISSING:
            yield " ".join(name.split()), text


def _passage(composer: Composer, row: Row, lead: str) -> None:
    cells = row[1]
    names = [lead, *(n for n in cells if n != lead)] if lead in cells else list(cells)
    if names:
        passage = row_passage([cells[n] for n in names], names, score=1.0)
        passage.modality = "record"
        composer.passage(passage)


def naming(rows: Iterable[Mapping[str, str]], wanted: Sequence[str]) -> str:
    """The column that names the rows: one with a wanted header, or word of it, else the first of distinct words."""
    values: dict[str, list[str]] = {}
    for row in rows:
        for name, cell in row.items():
            values.setdefault(name, []).append(cell)
    headers = {name: re.findall(r"[^\W_]+", name.lower()) for name in values}
    for exact in (True, False):
        for header in map(str.lower, wanted):
            for name, said in headers.items():
                if name.lower() == header if exact else header in said:
                    return name
    for name, cells in values.items():
        letters = sum(any(c.isalpha() for c in v) and not v.startswith(("http:", "https:")) for v in cells)
        if letters > 0.8 * len(cells) and len(set(cells)) > 0.5 * len(cells):
            return name
    return next(iter(values), "")


DELIMITED, JSON_LINES, PARQUET = DelimitedReader(), JsonLinesReader(), ParquetReader()
