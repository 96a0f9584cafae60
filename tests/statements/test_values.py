"""Literals of time and quantity: exact, or left as they stand; no input raises."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import RDFS, Graph, Literal, URIRef

from kgbuild.statements.values import as_asked, literal
from kgbuild.types import Value
from kgbuild.vocab import EDTF, MONEY, UCUM, XSD

TIMES = {
    XSD + "date": {
        "25 December 2021": "2021-12-25", "December 25, 2021": "2021-12-25", "25 Dec 2021": "2021-12-25",
        "Dec. 25, 2021": "2021-12-25", "the 25th of December 2021": "2021-12-25", "2021-12-25": "2021-12-25",
        "Saturday, 25 December 2021": "2021-12-25", "25/12/2021": "2021-12-25", "05.05.2020": "2020-05-05",
        "29 February 2020": "2020-02-29",
    },
    XSD + "gYearMonth": {"December 2021": "2021-12", "Sept. 2020": "2020-09", "2019-04": "2019-04"},
    XSD + "gYear": {"1990": "1990", "AD 79": "0079", "79 AD": "0079"},
    XSD + "gMonthDay": {"4 July": "--07-04", "July 4th": "--07-04", "29 February": "--02-29"},
    XSD + "dateTime": {"2021-12-25T10:30:00Z": "2021-12-25T10:30:00Z"},
    EDTF: {
        "1990s": "199X", "the 1990s": "199X", "1990's": "199X", "9-11 June 2005": "2005-06-09/2005-06-11",
        "9–11 June 2005": "2005-06-09/2005-06-11", "June 9-11, 2005": "2005-06-09/2005-06-11",
        "30 May - 2 June 2005": "2005-05-30/2005-06-02", "June–July 2005": "2005-06/2005-07", "1914–1918": "1914/1918",
        "from 9 June to 11 June 2005": "2005-06-09/2005-06-11", "between 1914 and 1918": "1914/1918",
        "December 31, 2019 to January 2, 2020": "2019-12-31/2020-01-02", "second half of 2019": "2019-41",
        "Q3 2021": "2021-35", "spring 2020": "2020-21", "circa 1900": "1900~", "since 2005": "2005/..",
    },
    XSD + "duration": {
        "three years": "P3Y", "2 weeks": "P14D", "18 months": "P1Y6M", "2.5 years": "P2Y6M", "two decades": "P20Y",
        "1 h 30 min": "PT1H30M", "2 hours and 30 minutes": "PT2H30M", "100 ms": "PT0.1S", "50 µs": "PT0.00005S",
        "30-day": "P30D", "24 hours": "P1D", "0 seconds": "PT0S",
    },
    XSD + "string": {
        s: s for s in (
            "05/06/2020", "2005-06", "1914-18", "1900s", "the 19th century", "'90s", "25 Dec 21", "44 BC", "July", "Monday",
            "yesterday", "three years ago", "31 February 2020", "Friday, 25 December 2021", "9 and 11 June 2005", "10:30",
            "12 May 2021 10am", "5 m May 2020", "2 to 3 weeks", "2.5 months", "2021-13-01", "11-9 June 2005", "2006-2005", "24",
        )
    },
}  # fmt: skip
QUANTITIES = {
    XSD + "decimal": {
        "1,500": "1500", "24": "24", "1.50": "1.5", "0.0": "0", "-0": "0", "007": "7", "-3": "-3", "twenty-four": "24",
        "two million": "2000000", "1.5 million": "1500000", "three hundred and five": "305", "9" * 50: "9" * 50,
    },
    UCUM: {
        "24 GB": "24 GBy", "16 GiB": "16 GiBy", "1.5 million km": "1500000 km", "70 %": "70 %", "five percent": "5 %",
        "90 per cent": "90 %", "3 GHz": "3 GHz", "10 km/h": "10 km/h", "2 kilometers per hour": "2 km/h", "60 mph": "60 [mi_i]/h",
        "10 Gbps": "10 Gbit/s", "12 square kilometres": "12 km2", "12 km²": "12 km2", "9.8 m/s²": "9.8 m/s2", "−5 °C": "-5 Cel",
        "4.2 light-years": "4.2 [ly]", "5 kWh": "5 kW.h", "5 m": "5 m", "6 feet": "6 [ft_i]", "300 kelvin": "300 K",
    },
    XSD + "duration": {"100 ms": "PT0.1S", "three years": "P3Y", "5-year": "P5Y"},
    MONEY: {
        "US$4.2 million": "4200000 USD", "$4.2 million": "4200000 $", "€5": "5 EUR", "4.2bn USD": "4200000000 USD",
        "EUR 300": "300 EUR", "2 million euros": "2000000 EUR", "£5": "5 £",
    },
    EDTF: {"the 1990s": "199X"},
    XSD + "string": {
        s: s for s in (
            "1,50", "1,5000", "1 500", "about twenty", "third", "21st", "million", "2 to 3 weeks", "5–10 km", "512 KB", "8 Gb",
            "20 K", "5m", "5 gallons", "8 tons", "3 pounds", "40 users", "5 N m", "300 requests per second", "$4.2M", "kilometres",
            "5 km/h/s", "10 dollars", "-5 years",
        )
    },
}  # fmt: skip
CASES = [
    (label, surface, Value(lexical, datatype))
    for label, table in (("Time", TIMES), ("Quantity", QUANTITIES))
    for datatype, rows in table.items()
    for surface, lexical in rows.items()
]


@pytest.mark.parametrize(("label", "surface", "value"), CASES)
def test_values(label: str, surface: str, value: Value) -> None:
    assert literal(label, surface) == value


@pytest.mark.parametrize("value", [v for _, _, v in CASES if v.datatype.startswith(XSD)])
def test_the_lexical_forms_are_those_of_xsd(value: Value) -> None:
    assert not Literal(value.lexical, datatype=URIRef(value.datatype)).ill_typed


PIECES = """25 2021 June June, to - – 9-11 1990s the of since between and circa Q3 Friday AD million two GB km/h per square ²
    % $ € USD ms years 1,5 -0 . / 10:30 ٣ half first \u2212 μ °C euros twenty-four hundred 2021-12-25 T10 99999999999"""
WORDS = st.sampled_from(PIECES.split())


@settings(max_examples=400, deadline=None)
@given(
    st.one_of(st.text(max_size=120), st.lists(WORDS, max_size=7).map(" ".join)), st.sampled_from(["Time", "Quantity"])
)
def test_no_input_raises_and_nothing_is_lost(surface: str, label: str) -> None:
    value = literal(label, surface)
    if value.datatype == XSD + "string":
        assert value.lexical == " ".join(surface.split())
    else:
        assert any(c.isdigit() for c in value.lexical)
        assert value == literal(label, f"  {surface} ")
    if value.datatype.startswith(XSD):
        assert not Literal(value.lexical, datatype=URIRef(value.datatype)).ill_typed


def test_the_datatype_of_money_is_described() -> None:
    graph = Graph().parse(Path(__file__).parents[2] / "ontologies" / "core.ttl")
    assert str(graph.value(URIRef(MONEY), RDFS.label)) == "sum of money"
    assert graph.value(URIRef(MONEY), RDFS.comment)


@pytest.mark.parametrize(
    ("label", "surface", "wanted", "made"),
    [
        ("Quantity", "8080", "integer", ("8080", "integer")), ("Quantity", "8,080", "nonNegativeInteger", ("8080", "nonNegativeInteger")),
        ("Quantity", "2.5", "integer", ("2.5", "decimal")), ("Quantity", "101", "string", ("101", "string")),
        ("Quantity", "2.5", "double", ("2.5", "double")), ("Text", "True", "boolean", ("true", "boolean")),
        ("Text", "https://e.org/a", "anyURI", ("https://e.org/a", "anyURI")), ("Time", "5 May 1950", "date", ("1950-05-05", "date")),
        ("Time", "5 May 1950", "string", ("5 May 1950", "string")), ("Quantity", "-3", "nonNegativeInteger", ("-3", "decimal")),
    ],
)  # fmt: skip
def test_a_literal_takes_the_datatype_that_its_property_asks(
    label: str, surface: str, wanted: str, made: tuple[str, str]
) -> None:
    value = as_asked(literal(label, surface), surface, frozenset({XSD + wanted}))
    assert (value.lexical, value.datatype.removeprefix(XSD)) == made
