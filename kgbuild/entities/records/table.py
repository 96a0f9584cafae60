"""A table of records: named columns of strings, each with the kind that its values show."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_NUMBER = re.compile(r"[^\w\s]{0,2}\s?[-+]?\d{1,3}(?:[, ]\d{3})*(?:\.\d+)?\s?\D{0,4}|[-+]?\d+(?:[.,]\d+)?")
_YEAR = re.compile(r"1[5-9]\d\d|20\d\d")
_SHARE = 0.8  # of a column's values that must show a kind
_WORDS = 15  # mean words of a value from which a column is prose
_NAMING = ("name", "title", "label", "product", "item")  # words of a header over the names of things, best first
_FEW = 0.1  # distinct values for each value, below which a column of text is a category


@dataclass(frozen=True, slots=True)
class RecordTable:
    """Records in rows: ``columns`` maps a name to one string per id, "" where the value is missing."""

    ids: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, object]], *, key: str = "id") -> RecordTable:
        """A table of mappings; ``key`` names the id, None and absent values are missing."""
        rows = list(rows)
        names = list(dict.fromkeys(name for row in rows for name in row if name != key))
        columns = {n: tuple("" if row.get(n) is None else str(row[n]).strip() for row in rows) for n in names}
        return cls(tuple(str(row[key]) for row in rows), columns)

    def rows(self) -> list[list[str]]:
        """The texts of each record; the column that names it best stands first."""
        lead = self.naming()
        order = [lead, *(n for n in self.columns if n != lead)] if self.columns else []
        return [list(row) for row in zip(*(self.columns[n] for n in order), strict=True)] or [[""] for _ in self.ids]

    def renamed(self, old: str, new: str) -> RecordTable:
        """The table with one column under another name, unless that is taken."""
        if old == new or old not in self.columns or new in self.columns:
            return self
        return RecordTable(self.ids, {new if n == old else n: v for n, v in self.columns.items()})

    def naming(self) -> str:
        """The column that names the records: by its header, else the first of short text, else the first."""
        for wanted in _NAMING:
            for name in self.columns:
                if wanted in words(name):
                    return name
        return next((n for n, v in self.columns.items() if kind_of(v) == "name"), next(iter(self.columns), ""))


def plain(text: str) -> str:
    """Lower case without accents, compatibility forms resolved."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def words(text: str) -> list[str]:
    """Runs of letters or digits of ``plain`` text; "2.5" stays whole."""
    return re.findall(r"\d+\.\d+|\w+", plain(text).replace("_", " "))


def number(text: str) -> float | None:
    """The number that a value says, with or without a currency and separators of thousands, else None."""
    found = re.search(r"[-+]?\d[\d, ]*(?:\.\d+)?", text)
    return float(re.sub(r"[, ]", "", found.group())) if found else None


def kind_of(values: Sequence[str]) -> str:
    """``number`` | ``year`` | ``code`` | ``category`` | ``prose`` | ``name`` | ``empty`` of a column's values."""
    held = [v for v in values if v]
    if not held:
        return "empty"

    def share(test: re.Pattern[str]) -> float:
        return sum(bool(test.fullmatch(v)) for v in held) / len(held)

    if share(_YEAR) >= _SHARE:
        return "year"
    distinct = len(set(held)) / len(held)
    if share(_NUMBER) >= _SHARE:
        return "number"
    digits = sum(any(c.isdigit() for c in v) for v in held) / len(held)
    length = sum(len(v.split()) for v in held) / len(held)
    if length < 2 and digits >= _SHARE and distinct >= _FEW:
        return "code"
    if distinct < _FEW and length < _WORDS:
        return "category"
    return "prose" if length >= _WORDS else "name"
