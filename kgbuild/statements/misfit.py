"""Whether a property may stand between two things, or a thing and a literal, by its domain and range."""

from __future__ import annotations

from collections.abc import Iterable

from kgbuild.statements.ontology import Ontology, Property, is_datatype
from kgbuild.types import Value
from kgbuild.vocab import EDTF, GENERAL, MONEY, UCUM, XSD, shorten

TIMES = frozenset((EDTF, *(XSD + t for t in ("date", "gYear", "gYearMonth", "gMonthDay", "dateTime"))))
_NUMBERS = frozenset(XSD + t for t in ("decimal", "double", "float"))
_WHOLE = frozenset(XSD + t for t in ("integer", "int", "long", "nonNegativeInteger", "positiveInteger"))
_OF_VALUES = frozenset((GENERAL + "Time", GENERAL + "Quantity"))


Kinds = tuple[str, ...] | Value  # what stands at an end: a thing of these classes, finest first, or a literal


def misfit(subject: tuple[str, ...], object: Kinds, p: Property, ontology: Ontology) -> str:
    """Why a property may not stand between two things of these classes (finest first), or a thing and a literal;
    "" if it may.
    """
    return (
        _barred("domain: the subject", subject, p, p.barred[0], ontology)
        or _barred("range: the object", object, p, p.barred[1], ontology)
        or _no_subject(subject, p, ontology)
        or _no_object(object, p, ontology)
    )


class Misfit:
    """``misfit`` under one ontology, of the same classes looked at once: texts say few kinds of things."""

    def __init__(self, ontology: Ontology) -> None:
        self._ontology = ontology
        self._known: dict[tuple[str, Kinds, Kinds], str] = {}

    def __call__(self, subject: tuple[str, ...], object: Kinds, p: Property) -> str:
        if isinstance(object, Value):
            return misfit(subject, object, p, self._ontology)
        key = (p.iri, subject, object)
        if key not in self._known:
            self._known[key] = misfit(subject, object, p, self._ontology)
        return self._known[key]


def may_begin(subject: Kinds, p: Property, ontology: Ontology) -> bool:
    """Whether a property may stand behind a thing of these classes. What may begin and end, has no ``misfit``."""
    if isinstance(subject, Value):
        return False
    return not (_barred("", subject, p, p.barred[0], ontology) or _no_subject(subject, p, ontology))


def may_end(object: Kinds, p: Property, ontology: Ontology) -> bool:
    """Whether a property may stand before a thing of these classes, or a literal."""
    return not (_barred("", object, p, p.barred[1], ontology) or _no_object(object, p, ontology))


def _barred(end: str, kinds: Kinds, p: Property, bars: frozenset[str], ontology: Ontology) -> str:
    if bars and not isinstance(kinds, Value) and (kind := ontology.barred(kinds, bars)):
        return f"{end} is a {called(kind, ontology)}, {p.label} takes no {_names(bars, ontology)}"
    return ""


def _no_subject(subject: tuple[str, ...], p: Property, ontology: Ontology) -> str:
    for wanted in p.domains:
        if not ontology.admits(subject, wanted):
            return (
                f"domain: the subject is a {called(subject[0], ontology)}, {p.label} takes {_names(wanted, ontology)}"
            )
    return ""


def _no_object(object: Kinds, p: Property, ontology: Ontology) -> str:
    is_value = isinstance(object, Value)
    if is_value and not p.literal and not p.either and not any(w & _OF_VALUES for w in p.ranges):
        return f"range: the object is a value, {p.label} takes {_names(p.range, ontology) or 'an entity'}"
    if not is_value and p.literal:
        return f"range: the object is an entity, {p.label} takes a value ({_names(p.range, ontology)})"
    for wanted in p.ranges:
        if reason := unfit(object, wanted, ontology):
            return f"range: {reason}, {p.label} takes {_names(wanted, ontology)}"
    return ""


def unfit(object: Kinds, wanted: frozenset[str], ontology: Ontology) -> str:
    """In what way a thing of these classes, or a literal, is none of the classes or datatypes of ``wanted``; "" if it
    is one, or nothing tells.
    """
    if not isinstance(object, Value):
        classes = frozenset(w for w in wanted if not is_datatype(w))
        return "" if classes and ontology.admits(object, classes) else f"the object is a {called(object[0], ontology)}"
    names, is_time = {iri.rsplit("#", 1)[-1] for iri in wanted}, object.datatype in TIMES
    if names == {"Time"}:
        return "" if is_time else f"{object.lexical!r} is no date that can be read"
    if names == {"Quantity"}:
        return f"{object.lexical!r} is a time" if is_time else ""
    datatypes = frozenset(filter(is_datatype, wanted))
    if datatypes and not _fits_datatype(object, datatypes):
        return f"{object.lexical!r} is of {shorten(object.datatype)}"
    return "" if datatypes or names & {"Time", "Quantity"} else "the object is a value"


def _fits_datatype(value: Value, wanted: frozenset[str]) -> bool:
    """Whether a literal is of one of the datatypes, where nothing but datatypes is asked; numbers fit by value, and
    whatever is written is a string.
    """
    if (
        value.datatype in wanted
        or XSD + "string" in wanted
        or not all(iri.startswith((XSD, EDTF, UCUM, MONEY)) for iri in wanted)
    ):
        return True
    is_number = value.datatype == XSD + "decimal"
    return is_number and bool(wanted & _NUMBERS or ("." not in value.lexical and wanted & _WHOLE))


def called(iri: str, ontology: Ontology) -> str:
    """What a class or property is called."""
    return ontology.labels.get(iri, shorten(iri))


def _names(iris: Iterable[str], ontology: Ontology) -> str:
    return " or ".join(sorted(called(i, ontology) for i in iris))
