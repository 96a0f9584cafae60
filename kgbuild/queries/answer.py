"""Answers of SPARQL queries and their forms: Python values, table rows, CSV, JSON, Turtle."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kgbuild.vocab import XSD

_NUMBERS = {XSD + t: int for t in ("integer", "int", "long")} | {XSD + t: float for t in ("decimal", "double", "float")}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Term:
    """An RDF term. ``kind``: ``uri`` | ``literal`` | ``bnode`` | ``triple``, as in SPARQL JSON results."""

    kind: str
    value: str
    datatype: str = ""
    language: str = ""

    def python(self) -> str | int | float | bool:
        """Numbers and booleans of XML Schema as Python's, everything else as its text."""
        try:
            if self.datatype in _NUMBERS:
                return _NUMBERS[self.datatype](self.value)
        except ValueError:
            return self.value
        if self.datatype == XSD + "boolean":
            return self.value in ("true", "1")
        return self.value

    def as_dict(self) -> dict[str, str]:
        """The term as SPARQL 1.1 Query Results JSON has it."""
        extra = {"datatype": self.datatype, "xml:lang": self.language}
        return {"type": self.kind, "value": self.value, **{k: v for k, v in extra.items() if v}}


Row = tuple[Term | None, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of one query. Iterating gives rows as dictionaries of Python values.

    ``kind``: ``select`` (``variables`` and ``rows``), ``ask`` (``boolean``) or ``graph``
    (``turtle``, ``rows`` of three terms). ``truncated``: the row limit cut it off.
    """

    kind: str
    variables: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    boolean: bool = False
    turtle: str = ""
    truncated: bool = False

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for row in self.rows:
            yield {v: t.python() if t else None for v, t in zip(self.variables, row, strict=True)}

    def __len__(self) -> int:
        return len(self.rows)

    def __bool__(self) -> bool:
        return self.boolean if self.kind == "ask" else bool(self.rows)

    def to_json(self) -> str:
        """SPARQL 1.1 Query Results JSON; for graphs a list of triples in the same terms."""
        if self.kind == "ask":
            return json.dumps({"head": {}, "boolean": self.boolean})
        bindings = [
            {v: t.as_dict() for v, t in zip(self.variables, row, strict=True) if t is not None} for row in self.rows
        ]
        return json.dumps(
            {"head": {"vars": list(self.variables)}, "results": {"bindings": bindings}}, ensure_ascii=False
        )

    def to_csv(self) -> str:
        """CSV with a header line. A text that a spreadsheet would run as a formula gets a ``'`` in front."""
        if self.kind == "ask":
            return f"answer\r\n{str(self.boolean).lower()}\r\n"
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(self.variables)
        writer.writerows([_cell(t) for t in row] for row in self.rows)
        return out.getvalue()


def _cell(term: Term | None) -> str:
    if term is None:
        return ""
    number = isinstance(term.python(), (int, float))
    return term.value if number else formula_safe(term.value)


def formula_safe(text: str) -> str:
    """A text for CSV: one that a spreadsheet would run as a formula gets a ``'`` in front."""
    return f"'{text}" if text.startswith(_FORMULA) else text
