"""Dates and periods: XSD for points of the calendar, EDTF (ISO 8601-2:2019) for periods.

dateutil fills missing parts from a default date, so each text is parsed against two
defaults: what differs was not in the text.
"""

from __future__ import annotations

import re
from datetime import datetime

from kgbuild.types import Value
from kgbuild.vocab import EDTF, XSD

_ONE, _TWO = datetime(1904, 1, 1, 1, 1, 1), datetime(1808, 2, 2, 2, 2, 2)
_CALENDAR = frozenset(XSD + t for t in ("date", "gYear", "gYearMonth"))
_YEAR = r"[12]\d{3}"
_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
_TO = r"\s*(?:-|\bto\b|\buntil\b|\btill\b)\s*"
_DAYS = re.compile(rf"(\d{{1,2}}){_TO}(\d{{1,2}}) ({_MONTH}),? ({_YEAR})", re.I | re.A)
_MONTH_DAYS = re.compile(rf"({_MONTH}) (\d{{1,2}}){_TO}(\d{{1,2}}),? ({_YEAR})", re.I | re.A)
# Sub-year groupings of EDTF level 2: seasons without a hemisphere, quarters, halves.
_PARTS = {
    "spring": 21, "summer": 22, "autumn": 23, "fall": 23, "winter": 24,
    "q1": 33, "q2": 34, "q3": 35, "q4": 36,
    "first quarter": 33, "second quarter": 34, "third quarter": 35, "fourth quarter": 36,
    "first half": 40, "second half": 41, "h1": 40, "h2": 41,
}  # fmt: skip


def time_value(text: str) -> Value | None:
    """The point or period that the whole text names, or None if it names none exactly."""
    text = re.sub(r"[\u2010-\u2015\u2212]", "-", " ".join(text.split()))
    return _point(text) or _period(text)


def _point(text: str) -> Value | None:
    if re.fullmatch(_YEAR, text, re.A):
        return Value(text, XSD + "gYear")
    if era := re.fullmatch(r"(?:AD|CE) (\d{1,3})|(\d{1,3}) (?:AD|CE)", text, re.A):
        return Value(f"{int(era[1] or era[2]):04d}", XSD + "gYear") if int(era[1] or era[2]) else None
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)?", text, re.A):
        return Value(text, XSD + "dateTime") if _is_iso(text) else None
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.A):
        return Value(text, XSD + "date") if _is_iso(text) else None
    if iso := re.fullmatch(rf"({_YEAR})-(0[1-9]|1[0-2])", text, re.A):
        # "2005-06" may be June or the years 2005 and 2006; "2019-04" can only be April.
        return Value(text, XSD + "gYearMonth") if int(iso[2]) <= int(iso[1][2:]) else None
    return _named(text)


def _is_iso(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).year > 0
    except ValueError:
        return False


def _named(text: str) -> Value | None:
    """A date with a month's name, or in figures where only one order of day and month is possible."""
    from dateutil import parser

    in_figures = re.fullmatch(r"(\d{1,2})([-/.])(\d{1,2})\2\d{4}", text, re.A)
    words = re.findall(r"[^\W\d_]+", text)
    # dateutil skips words such as "and", "at" and "m"; those allowed here change no meaning.
    known = all(re.fullmatch(rf"{_MONTH}|of|the|on|st|nd|rd|th|[a-z]+day", w, re.I) for w in words)
    if in_figures:
        if int(in_figures[1]) <= 12 and int(in_figures[3]) <= 12 and in_figures[1] != in_figures[3]:
            return None  # day or month first: not said
    elif not known or not re.search(rf"\b{_MONTH}", text, re.I) or re.search(r"[^\w\s.,-]|\d\s*-\s*\d|\d{5}", text):
        return None
    text = re.sub(r"\b(?:the|of|on)\b", " ", text, flags=re.I)
    try:
        one, two = parser.parse(text, default=_ONE), parser.parse(text, default=_TWO)
    except (ValueError, OverflowError, TypeError, parser.ParserError):
        return None
    if one.hour == two.hour or one.tzinfo is not None:
        return None
    year, month, day = one.year == two.year, one.month == two.month, one.day == two.day
    if year and not re.search(rf"\b{_YEAR}\b", text, re.A):
        return None  # a century would be guessed
    match year, month, day:
        case True, True, True:
            said = re.search(r"[a-z]+day\b", text, re.I)
            right = said is None or one.strftime("%A").lower() == said[0].lower()
            return Value(f"{one:%Y-%m-%d}", XSD + "date") if right else None
        case True, True, False:
            return Value(f"{one.year:04d}-{one.month:02d}", XSD + "gYearMonth")
        case False, True, True:
            return Value(f"--{one.month:02d}-{one.day:02d}", XSD + "gMonthDay")
    return None


def _period(text: str) -> Value | None:
    text = re.sub(r"^the ", "", text, flags=re.I)
    if decade := re.fullmatch(r"([12]\d[1-9])0'?s", text, re.A):  # "1900s" may be a century
        return Value(f"{decade[1]}X", EDTF)
    if about := re.fullmatch(rf"(?:circa|ca\.?|c\.|about|around) ({_YEAR})", text, re.I | re.A):
        return Value(f"{about[1]}~", EDTF)
    if part := re.fullmatch(rf"({'|'.join(_PARTS)})(?: of|,)? ({_YEAR})", text, re.I | re.A):
        return Value(f"{part[2]}-{_PARTS[part[1].lower()]}", EDTF)
    if open_end := re.fullmatch(r"since (.+)", text, re.I):
        start = _edtf(open_end[1])
        return Value(f"{start}/..", EDTF) if start else None
    return _interval(text)


def _interval(text: str) -> Value | None:
    """Two ends; what the second end alone says (month, year) holds for the first too."""
    if days := _DAYS.fullmatch(text):
        return _ends(f"{days[1]} {days[3]} {days[4]}", f"{days[2]} {days[3]} {days[4]}")
    if days := _MONTH_DAYS.fullmatch(text):
        return _ends(f"{days[2]} {days[1]} {days[4]}", f"{days[3]} {days[1]} {days[4]}")
    between = text.lower().startswith("between ")
    for cut in re.finditer(r" and " if between else _TO, text, re.I):
        left = re.sub(r"^(?:from|between) ", "", text[: cut.start()], flags=re.I)
        right = text[cut.end() :]
        year = re.search(rf"\b{_YEAR}\b", right, re.A)
        if year and not re.search(rf"\b{_YEAR}\b", left, re.A):
            left = f"{left} {year[0]}"
        if found := _ends(left, right):
            return found
    return None


def _ends(left: str, right: str) -> Value | None:
    """The interval of two points of one exactness, in their order."""
    start, end = _edtf(left), _edtf(right)
    right_order = start is not None and end is not None and len(start) == len(end) and start < end
    return Value(f"{start}/{end}", EDTF) if right_order else None


def _edtf(text: str) -> str | None:
    """A year, month or day as EDTF level 0, which writes them as XSD does."""
    found = _point(text.strip())
    return found.lexical if found is not None and found.datatype in _CALENDAR else None
