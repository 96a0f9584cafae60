"""Literals of Time and Quantity mentions: exact, or the words as they stand.

Nothing is guessed: no century, no order of day and month, no currency behind "$", nothing
from today's date. See docs/decisions/0007 for the datatypes.
"""

from __future__ import annotations

from kgbuild.statements.quantities import duration_value, quantity_value
from kgbuild.statements.times import time_value
from kgbuild.types import Value
from kgbuild.vocab import XSD

LIMIT = 100  # characters; what is longer is no date and no number


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
