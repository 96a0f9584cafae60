"""Literals of Time and Quantity mentions: exact, or the words as they stand.

Nothing is guessed: no century, no order of day and month, no currency behind "$", nothing
from today's date. See docs/decisions/0007 for the datatypes.
"""

from __future__ import annotations

import re
from functools import lru_cache

from kgbuild.statements.quantities import duration_value, quantity_value
from kgbuild.statements.times import time_value
from kgbuild.types import Value
from kgbuild.vocab import XSD

_WHOLE = r"[+-]?\d+"
_FORMS = {
    name: re.compile(form, re.IGNORECASE)
    for name, form in {
        "boolean": "true|false", "anyURI": r"[a-z][a-z0-9+.-]*:[^\s<>\"{}|\\^`]+", "gYear": r"\d{4}", "integer": _WHOLE,
        "int": _WHOLE, "long": _WHOLE, "short": _WHOLE, "nonNegativeInteger": r"\+?\d+", "unsignedInt": r"\+?\d+",
        "positiveInteger": r"\+?0*[1-9]\d*", "float": r"[+-]?\d+(\.\d+)?", "double": r"[+-]?\d+(\.\d+)?",
    }.items()
}  # fmt: skip
LIMIT = 100  # characters; what is longer is no date and no number


@lru_cache(1 << 16)  # asked when relations are typed, and again when they become statements
def literal(label: str, surface: str) -> Value:
    """The literal that a Time, Quantity or Text mention becomes: the label says which reading is tried first.

    A Text (a code, a cell of words) stays the words that stand there.

    Datatypes: ``xsd:date``, ``gYear``, ``gYearMonth``, ``gMonthDay``, ``dateTime``, ``duration``,
    ``decimal``, EDTF (periods), ``cdt:ucum`` (number and unit), ``core:money``, else ``xsd:string``.
    """
    text = " ".join(surface.split())
    if label != "Text" and len(text) <= LIMIT:
        readings = (time_value, duration_value)
        for read in readings if label == "Time" else (quantity_value, *readings):
            found = read(text)
            if found is not None:
                return found
    return Value(text, XSD + "string")


def as_asked(value: Value, surface: str, wanted: frozenset[str]) -> Value:
    """The literal in one of the datatypes that a property takes, where what stands there is one: "8080" is an integer,
    room "101" a string. Else as it was: the gate tells.
    """
    text, number = " ".join(surface.split()), value.lexical if value.datatype == XSD + "decimal" else ""
    if not wanted or value.datatype in wanted:
        return value
    for datatype in sorted(wanted):
        form = _FORMS.get(datatype.removeprefix(XSD) if datatype.startswith(XSD) else "")
        if form and (found := form.fullmatch(number or text)):
            return Value(found[0].lower() if datatype == XSD + "boolean" else found[0], datatype)
    return Value(text, XSD + "string") if XSD + "string" in wanted else value
