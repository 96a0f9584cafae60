"""Numbers, numbers with units (UCUM), sums of money and lengths of time.

text2num reads number words; pint knows the names, prefixes and plurals of units. A unit
counts only if it has one meaning: "GB" and "kilometres per hour" do, "gallons", "KB",
"pounds" and "degrees" do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Context, Decimal
from functools import lru_cache
from typing import Any

from kgbuild.types import Value
from kgbuild.vocab import MONEY, UCUM, XSD

_EXACT = Context(prec=120)  # a text of 100 characters holds no longer number
_SCALES = {"thousand": 3, "million": 6, "billion": 9, "bn": 9, "trillion": 12}
_DIGITS = r"[-+\u2212]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_FIGURES = re.compile(rf"(?P<digits>{_DIGITS})(?:\s?(?P<scale>(?:{'|'.join(_SCALES)})\b))?", re.I | re.A)
# ISO 4217 codes, and signs that only one currency has; other signs stay as written.
_CODES = (
    *("AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "IDR", "ILS", "INR", "JPY", "KRW"),
    *("MXN", "NOK", "NZD", "PLN", "RUB", "SEK", "SGD", "THB", "TRY", "TWD", "USD", "ZAR"),
)
_SIGNS = {"US$": "USD", "A$": "AUD", "C$": "CAD", "HK$": "HKD", "NZ$": "NZD", "€": "EUR", "₹": "INR", "euro": "EUR"}
_SIGNS |= {"euros": "EUR", "US dollars": "USD", "$": "$", "£": "£", "¥": "¥", "₩": "₩"}
_CURRENCY = "|".join(re.escape(s) for s in sorted((*_SIGNS, *_CODES), key=lambda s: (-len(s), s)))

# Lengths of time: (field of xsd:duration, how many of it).
_TIMES: dict[str, tuple[str, str]] = {
    "century": ("M", "1200"), "centuries": ("M", "1200"), "decade": ("M", "120"), "year": ("M", "12"),
    "yr": ("M", "12"),
    "month": ("M", "1"), "fortnight": ("S", "1209600"), "week": ("S", "604800"), "day": ("S", "86400"),
    "hour": ("S", "3600"), "hr": ("S", "3600"), "h": ("S", "3600"), "minute": ("S", "60"), "min": ("S", "60"),
    "second": ("S", "1"), "sec": ("S", "1"), "s": ("S", "1"), "millisecond": ("S", "0.001"), "ms": ("S", "0.001"),
    "microsecond": ("S", "0.000001"), "µs": ("S", "0.000001"), "us": ("S", "0.000001"),
    "nanosecond": ("S", "0.000000001"), "ns": ("S", "0.000000001"),
}  # fmt: skip

# What pint calls a unit, and its UCUM code (https://ucum.org/ucum).
_UNITS = {
    "meter": "m", "gram": "g", "second": "s", "minute": "min", "hour": "h", "day": "d", "year": "a", "kelvin": "K",
    "hertz": "Hz", "watt": "W", "volt": "V", "ampere": "A", "ohm": "Ohm", "farad": "F", "joule": "J", "newton": "N",
    "pascal": "Pa", "bar": "bar", "byte": "By", "bit": "bit", "liter": "L", "metric_ton": "t", "hectare": "har",
    "percent": "%", "degree_Celsius": "Cel", "degree_Fahrenheit": "[degF]", "electron_volt": "eV", "decibel": "dB",
    "light_year": "[ly]", "parsec": "pc", "watt_hour": "W.h", "ampere_hour": "A.h", "angstrom": "Ao", "mile": "[mi_i]",
    "foot": "[ft_i]", "inch": "[in_i]", "yard": "[yd_i]", "knot": "[kn_i]",
    "mile_per_hour": "[mi_i]/h", "acre": "[acr_us]",
    "standard_atmosphere": "atm", "pound_force_per_square_inch": "[psi]", "lumen": "lm", "lux": "lx", "mole": "mol",
    "tesla": "T", "candela": "cd", "becquerel": "Bq", "sievert": "Sv", "bel": "B",
}  # fmt: skip
_PREFIXES = {
    "": "", "kilo": "k", "mega": "M", "giga": "G", "tera": "T", "peta": "P", "exa": "E", "centi": "c", "milli": "m",
    "micro": "u", "nano": "n", "pico": "p", "femto": "f", "hecto": "h", "deci": "d", "kibi": "Ki", "mebi": "Mi",
    "gibi": "Gi", "tebi": "Ti",
}  # fmt: skip
# Names with several meanings, and what pint reads otherwise than texts mean it.
_AMBIGUOUS = frozenset({"K", "C", "F", "B", "T", "M", "d", "a", "A", "D", "pound", "pounds", "us", "cd", "at", "in"})
_RENAMED = {"bps": "bit/s", "kbps": "kbit/s", "Mbps": "Mbit/s", "Gbps": "Gbit/s", "Tbps": "Tbit/s", "kph": "km/h"}
_RENAMED |= {
    "light-years": "light_year",
    "light years": "light_year",
    "light-year": "light_year",
    "per cent": "percent",
}


def quantity_value(text: str) -> Value | None:
    """A plain number (``xsd:decimal``), a sum of money or a number with a unit, if the whole text is one."""
    text = " ".join(text.split())
    number = _number(text)
    if number is not None:
        return Value(_plain(number), XSD + "decimal")
    return _money(text) or (None if duration_value(text) else _measure(text))


def duration_value(text: str) -> Value | None:
    """``xsd:duration`` of "three years", "100 ms" or "1 h 30 min", if the whole text is one."""
    text = " ".join(text.split())
    months, seconds = Decimal(0), Decimal(0)
    parts = re.split(r",? and |, |(?<=[a-z]) (?=\d)", text)
    for part in parts:
        found = next((f for f in map(_length, _splits(part)) if f), None)
        if found is None:
            return None
        months, seconds = _EXACT.add(months, found[0]), _EXACT.add(seconds, found[1])
    if months != months.to_integral_value():
        return None  # a fraction of a month has no exact length
    return Value(_duration(int(months), seconds), XSD + "duration")


def _length(split: tuple[Decimal, str, str]) -> tuple[Decimal, Decimal] | None:
    """Months and seconds of a number with a unit of time."""
    number, gap, unit = split
    unit = unit.replace("μ", "µ")
    unit = unit.lower() if len(unit) > 3 else unit
    field, size = _TIMES.get(unit) or _TIMES.get(unit.removesuffix("s") if len(unit) > 2 else "", ("", "0"))
    if number < 0 or not field or (len(unit) == 1 and gap != " "):
        return None
    length = _EXACT.multiply(number, Decimal(size))
    return (length, Decimal(0)) if field == "M" else (Decimal(0), length)


def _duration(months: int, seconds: Decimal) -> str:
    """The canonical form of XML Schema 1.1."""
    whole = int(seconds)
    fraction = _plain(seconds - whole)[1:]
    days, rest = divmod(whole, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    date = "".join(f"{n}{f}" for n, f in ((months // 12, "Y"), (months % 12, "M"), (days, "D")) if n)
    clock = "".join(f"{n}{f}" for n, f in ((hours, "H"), (minutes, "M")) if n)
    clock += f"{rest}{fraction}S" if rest or fraction else ""
    return f"P{date}" + (f"T{clock}" if clock else "") if date or clock else "PT0S"


def _money(text: str) -> Value | None:
    found = re.fullmatch(rf"(?P<sign>{_CURRENCY}) ?(?P<amount>.+)", text)
    found = found or re.fullmatch(rf"(?P<amount>.+?) ?(?P<sign>{_CURRENCY})", text)
    number = _number(found["amount"]) if found else None
    if found is None or number is None:
        return None
    return Value(f"{_plain(number)} {_SIGNS.get(found['sign'], found['sign'])}", MONEY)


def _measure(text: str) -> Value | None:
    for number, gap, unit in _splits(text):
        if len(unit) <= 40 and (code := _ucum(unit, alone=gap == " ")):
            return Value(f"{_plain(number)} {code}", UCUM)
    return None


@lru_cache(1024)
def _ucum(unit: str, *, alone: bool) -> str:
    """The UCUM code of a unit as written, or "". ``alone``: a blank stands before it, so one letter may be a unit."""
    unit = _RENAMED.get(unit, unit)
    over, *under = re.split(r"\s*/\s*|\s+per\s+", unit)
    codes = [_factor(factor) for factor in (over, *under)]
    if len(under) > 1 or not all(codes) or (len(unit) == 1 and unit.isalpha() and not alone):
        return ""
    return "" if unit in _TIMES or unit.removesuffix("s") in _TIMES else "/".join(codes)


def _factor(text: str) -> str:
    power = {"square ": "2", "sq ": "2", "cubic ": "3"}.get(
        next(iter(re.findall(r"^(?:square|sq|cubic) ", text)), ""), ""
    )
    name = re.sub(r"^(?:square|sq|cubic) ", "", text)
    if end := re.search(r"[23²³]$", name):
        if power:
            return ""
        power, name = {"²": "2", "³": "3"}.get(end[0], end[0]), name[:-1]
    name = name.lower() if len(name) > 4 and name.isalpha() else name
    name = _RENAMED.get(name, name)
    if name in _AMBIGUOUS or not re.fullmatch(r"[A-Za-zµμ°%Å_]{1,30}", name):
        return ""
    for prefix, base, _ in _registry().parse_unit_name(name)[:1]:
        code = _UNITS.get(base, "")
        if code and prefix in _PREFIXES and not (power and not code.isalpha() and not code.startswith("[")):
            return _PREFIXES[prefix] + code + power
    return ""


@lru_cache(1)
def _registry() -> Any:
    import pint

    return pint.UnitRegistry()


def _splits(text: str) -> Iterator[tuple[Decimal, str, str]]:
    """The ways to read a text as number, gap and unit."""
    if found := _FIGURES.match(text):
        rest = re.match(r"( |-|)(.+)", text[found.end() :])
        if rest:
            yield _in_figures(found), rest[1], rest[2]
        return
    for cut in re.finditer(r"[ -]", text):
        number = _in_words(text[: cut.start()])
        if number is not None:
            yield number, cut[0], text[cut.end() :]


def _number(text: str) -> Decimal | None:
    found = _FIGURES.fullmatch(text)
    return _in_figures(found) if found else _in_words(text)


def _in_figures(found: re.Match[str]) -> Decimal:
    number = Decimal(found["digits"].replace(",", "").replace("\u2212", "-"))
    return _EXACT.scaleb(number, _SCALES[found["scale"].lower()]) if found["scale"] else number


def _in_words(words: str) -> Decimal | None:
    from text_to_num import text2num

    words = words.lower()
    if not re.fullmatch(r"[a-z]+(?:[ -][a-z]+){0,9}", words) or words in ("hundred", *_SCALES):
        return None  # "million" alone says no number
    try:
        return Decimal(text2num(words, "en"))
    except ValueError:
        return None


def _plain(number: Decimal) -> str:
    """The canonical form of ``xsd:decimal`` without exponent: no zeros that say nothing."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "+0", "") else text
