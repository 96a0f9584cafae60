"""Dates and numbers as typed literals; what is not certain stays a string.

dateutil fills missing parts from a default date, so each surface is parsed against two
defaults: what differs was not in the text. Nothing depends on today's date.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation

from kgbuild.types import Value
from kgbuild.vocab import XSD

_ONE, _TWO = datetime(1904, 1, 1), datetime(1808, 2, 2)
_NUMBERS = {
    w: str(n)
    for n, w in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )
}


def time_value(surface: str) -> Value:
    """``xsd:date``, ``gYearMonth``, ``gYear`` or ``gMonthDay`` if the surface is one date, else a string."""
    from dateutil import parser

    text = " ".join(surface.replace("\u2013", "-").split())
    if re.fullmatch(r"[12]\d{3}", text):
        return Value(text, XSD + "gYear")
    if (
        not re.search(r"\d", text)
        or not re.search(r"[A-Za-z]{3}|\d[-/.]\d", text)
        or re.search(r":|\d{3,4}\s*-\s*\d|'s|\ds\b", text)
    ):
        return Value(text, XSD + "string")
    try:
        one, two = parser.parse(text, default=_ONE), parser.parse(text, default=_TWO)
    except (ValueError, OverflowError, TypeError, parser.ParserError):
        return Value(text, XSD + "string")
    has = (one.year == two.year, one.month == two.month, one.day == two.day)
    if re.fullmatch(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}", text) and one.day <= 12:
        return Value(text, XSD + "string")  # day or month first: not said
    if not re.search(r"\d{4}", text) and has[0]:
        return Value(text, XSD + "string")  # a century would be guessed
    match has:
        case (True, True, True):
            return Value(one.strftime("%Y-%m-%d").zfill(10), XSD + "date")
        case (True, True, False):
            return Value(f"{one.year:04d}-{one.month:02d}", XSD + "gYearMonth")
        case (True, False, False):
            return Value(f"{one.year:04d}", XSD + "gYear")
        case (False, True, True):
            return Value(f"--{one.month:02d}-{one.day:02d}", XSD + "gMonthDay")
    return Value(text, XSD + "string")


def quantity_value(surface: str) -> Value:
    """``xsd:decimal`` for a plain number in digits or words, else a string."""
    text = " ".join(surface.split())
    plain = _NUMBERS.get(
        text.lower(), text.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", text) else text
    )
    try:
        if re.fullmatch(r"[-+]?\d+(\.\d+)?", plain):
            return Value(format(Decimal(plain).normalize(), "f"), XSD + "decimal")
    except InvalidOperation:
        pass
    return Value(text, XSD + "string")


def literal(label: str, surface: str) -> Value:
    """The literal that a Time or Quantity mention becomes."""
    return time_value(surface) if label == "Time" else quantity_value(surface)
