"""Rows of published tables found by the value of a column: a table stays as Arrow has it, columns beside each other.

What is read is kept by file, so that a process which answers many questions reads once, and one which is forked shares.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

_KEPT = 16  # tables and indexes


class Rows:
    """A table with the order of one of its columns of strings."""

    def __init__(self, table: Any, column: str) -> None:
        import pyarrow.compute as pc

        self.table = table
        self._values = values = table[column].combine_chunks()
        sorted_already = pc.all(pc.less_equal(values[:-1], values[1:])).as_py() is not False
        self._order = None if sorted_already else pc.sort_indices(values).to_numpy()

    def numbers(self, value: str) -> list[int]:
        """Rows that have the value, ascending."""
        at = self._order

        def nth(n: int) -> str:
            found: str = self._values[n if at is None else int(at[n])].as_py()
            return found

        places = range(len(self._values))
        first = bisect_left(places, value, key=nth)
        last = bisect_right(places, value, lo=first, key=nth)
        return list(range(first, last)) if at is None else sorted(at[first:last].tolist())

    def of(self, value: str) -> list[dict[str, Any]]:
        """The same as records."""
        numbers = self.numbers(value)
        found: list[dict[str, Any]] = self.table.take(numbers).to_pylist() if numbers else []
        return found


def read(path: Path, columns: Sequence[str]) -> Any:
    """Columns of a table, those that it has; read without threads, so that the process may be forked."""
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        known = set(file.schema_arrow.names)
        return file.read([c for c in columns if c in known], use_threads=False)


def rows(path: Path, column: str, *columns: str) -> Rows:
    """A table, kept, by one of its columns; ``columns``: all that are read."""
    return _rows(path.resolve(), path.stat().st_mtime_ns, column, columns)


@lru_cache(_KEPT)
def _rows(path: Path, _: int, column: str, columns: tuple[str, ...]) -> Rows:
    return Rows(_table(path, _, columns), column)


@lru_cache(_KEPT)
def _table(path: Path, _: int, columns: tuple[str, ...]) -> Any:
    return read(path, columns)
