"""Facts of tables: the first column names the thing, the header the property, the cell its value.

Rows come from the readers (``cell`` marks with their ``column``, see ``sources/rows``) and from pictures (labels with
``row`` and ``column``, see ``mentions/cells``). Nothing is taken where the first row is no header, from columns of
prose or of "yes" and "no", or from rows that name no thing: a layout grid states nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kgbuild.config import Config
from kgbuild.identity import mention_iri, open_relation_iri, relation_iri
from kgbuild.mentions.labels import names, names_a_thing, quoted, seen_as
from kgbuild.mentions.pieces import narrow
from kgbuild.mentions.wordlists import stop_words
from kgbuild.types import Extraction, Mention, Reading, RelationMention, Segment

VERSION = "1"
AGENT = f"tables/{VERSION}"
_ALIKE = 0.6  # share of a column's cells that must be values, or names, and of the first one's that must be names
_WORDS = 4  # of a name in a cell; of a header
_THING = 0.95  # part of its score that a fact between two things keeps: a header may be a heading of both
_NUMBER = re.compile(
    r"[~≈<>≤≥±+-]?\s?(?:[A-Z]{0,3}[$€£¥])?\s?\d(?:[\d ,']*\d)?(?:\.\d+)?"
    r"(?:\s?[%°µ€£$]?[a-zA-Z/²³·]{0,12}){0,3}"
)
_SPAN = re.compile(
    r"(?:\d+(?:\.\d+)?\s?(?:years?|months?|weeks?|days?|hours?|hrs?|minutes?|mins?|seconds?|secs?|ms|[dhms])(?![a-z])\s?)+"
)
_DATE = re.compile(
    r"\d{4}-\d\d(?:-\d\d)?|(?:\d{1,2}\.? )?(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
    r"(?: \d{1,2})?,? \d{4}|(?:since |until |\d{4} ?[-–] ?)\d{4}",
    re.I,
)
_YEAR = re.compile(r"[12]\d{3}")
_WHEN = re.compile(
    r"\b(?:years?|dates?|since|when|time|period|from|until|founded|born|died|opened|launch(?:ed)?|released?|built)\b",
    re.I,
)
_NUMBERING = re.compile(r"#|nr\.?|no\.?|id|rank|pos\.?|number", re.I)
_IN_NAMES = frozenset(
    ("of", "and", "for", "the", "in", "on", "per", "at", "by", "system", "top", "side", "front", "back")
)
_SAYS_NOTHING = frozenset(
    ("yes", "no", "true", "false", "none", "n/a", "na", "unknown", "tbd", "various", "total", "sum", "other")
)


class Field(NamedTuple):
    """A cell: its column's name, and the characters ``[start, end)`` of a segment's text that say it."""

    column: str
    segment: Segment
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.segment.text[self.start : self.end]


class Fact(NamedTuple):
    """What a row says: parts of two of its fields, the value's label, and how sure it is."""

    subject: Field
    value: Field
    label: str
    score: float


class TableExtractor:
    """Mentions and open relations of the rows of tables. One extraction per reading."""

    name = "tables"
    version = VERSION

    def __init__(self, config: Config) -> None:
        self.base = config["graph"]["base"]

    def __call__(self, readings: Sequence[Reading]) -> list[Extraction]:
        return [self._extract(reading) for reading in readings]

    def _extract(self, reading: Reading) -> Extraction:
        mentions: dict[str, Mention] = {}
        relations: dict[str, RelationMention] = {}
        for rows in tables(reading.segments):
            for fact in facts(rows):
                subject, value = _mention(fact.subject, "Thing", fact), _mention(fact.value, fact.label, fact)
                words = phrase(fact.value.column)
                predicate = open_relation_iri(self.base, words)
                segment = fact.value.segment
                iri = relation_iri(subject.id, predicate, value.id, segment.target, AGENT)
                mentions |= {subject.id: subject, value.id: value}
                relations[iri] = RelationMention(
                    iri, subject.id, predicate, value.id, segment.target, fact.score, AGENT, segment.text,
                    seen_as(segment), words,
                )  # fmt: skip
        return Extraction(reading.source.id, tuple(mentions.values()), tuple(relations.values()))


def tables(segments: Sequence[Segment]) -> Iterator[list[list[Field]]]:
    """The tables of a source as rows of fields: runs of passages with cells, labels of one picture's table."""
    run: list[list[Field]] = []
    pictured: dict[tuple[object, ...], dict[str, list[Field]]] = {}
    for s in segments:
        if s.modality == "record":  # a file of records is no table of a document: see ``records``
            continue
        columns = [text for kind, text in s.context if kind == "column"]
        around = dict(s.context)
        if s.modality == "label":
            if columns and "row" in around:
                table, _, row = around["row"].partition(".")
                rows = pictured.setdefault((s.blob, s.target.selectors[:-1], table), {})
                rows.setdefault(row, []).append(Field(columns[0], s, 0, len(s.text)))
            continue
        cells = [m for m in s.marks if m[2] == "cell"]
        fields = [Field(name, s, a, b) for name, (a, b, _) in zip(columns, cells, strict=False)]
        if run and (not fields or fields[0].column != run[0][0].column):
            yield run
            run = []
        if fields:
            run.append(fields)
    if run:
        yield run
    for rows in pictured.values():
        yield list(rows.values())


def facts(rows: Sequence[Sequence[Field]]) -> Iterator[Fact]:
    """The facts of a table, row by row."""
    columns = list(dict.fromkeys(f.column for row in rows for f in row))
    if len(columns) < 2:
        return
    key = columns[0]
    if len(columns) > 2 and (_NUMBERING.fullmatch(key) or _are_values([r[0] for r in rows if r[0].column == key])):
        key = columns[1]  # the rows are numbered
    subjects = [next((f for f in row if f.column == key), None) for row in rows]
    if sum(s is not None and _names(s.text) for s in subjects) < _ALIKE * len(rows):
        return
    kinds = column_kinds(rows) | {key: ""}
    for row, subject in zip(rows, subjects, strict=True):
        if subject is None or not _names(subject.text):
            continue
        for field in row:
            kind = kinds.get(field.column, "")
            score = float(dict(field.segment.context).get("score", "0"))
            if kind == "Thing" and not _value(field):
                for a, b in names(field.text):
                    part = field._replace(start=field.start + a, end=field.start + b)
                    if _is_name(part.text) and part.text != subject.text:
                        yield Fact(subject, part, "Thing", round(score * _THING, 4))
            elif kind == "value" and (label := _value(field)):
                yield Fact(subject, field, label, round(score, 4))


def column_kinds(rows: Sequence[Sequence[Field]]) -> dict[str, str]:
    """What each column holds: ``value``, ``Thing``, or "" if its header is none or its cells are neither."""
    columns: dict[str, list[Field]] = {}
    for row in rows:
        for field in row:
            columns.setdefault(field.column, []).append(field)
    return {name: _kind(name, found) for name, found in columns.items()}


def _kind(column: str, fields: Sequence[Field]) -> str:
    if not _names(column) or value_label(column, "") or len(column.split()) > _WORDS:
        return ""
    if _are_values(fields):
        return "value"
    listed = sum(all(_is_name(f.text[a:b]) for a, b in names(f.text)) and bool(names(f.text)) for f in fields)
    words = Counter(f.text.lower() for f in fields)
    few = len(words) < 0.34 * len(fields) and len(fields) > 5  # "High", "Low": marks, no things
    return "Thing" if listed >= _ALIKE * len(fields) and not few else ""


def _are_values(fields: Sequence[Field]) -> bool:
    return bool(fields) and sum(bool(_value(f)) for f in fields) >= _ALIKE * len(fields)


def _value(field: Field) -> str:
    return value_label(field.text, field.column)


def value_label(text: str, column: str) -> str:
    """``Time`` or ``Quantity`` if a text is a value, else ""."""
    if _DATE.fullmatch(text) or (_YEAR.fullmatch(text) and _WHEN.search(column)):
        return "Time"
    return "Quantity" if len(text) <= 32 and (_NUMBER.fullmatch(text) or _SPAN.fullmatch(text)) else ""


def _names(text: str) -> bool:
    """Whether a cell can name a thing: short, no number, and a word in it that says something."""
    words = [w.lower() for w in re.findall(r"[^\W\d_]+", text)]
    if not names_a_thing(text) or len(text.split()) > _WORDS + 1 or text.lower() in _SAYS_NOTHING:
        return False
    if re.search(r"[/?={}\"<>\\|]", text) or any(w in stop_words() - _IN_NAMES for w in words[1:]):
        return False  # "GET /persons", "deletes a resource"
    return any(w not in stop_words() and len(w) > 1 for w in words)


def _is_name(text: str) -> bool:
    """Whether a cell that is no subject names a thing of its own: as a name is written."""
    return _names(text) and (text[0].isupper() or text[0].isdigit() or any(c.isupper() for c in text[1:]))


def phrase(header: str) -> str:
    """The header's words as those of an open relation."""
    return " ".join(re.findall(r"[\w%$€]+", header.lower()))


def _mention(field: Field, label: str, fact: Fact) -> Mention:
    segment = field.segment
    place = quoted if segment.modality == "label" else lambda s, a, b: narrow(s.target, a, b)
    target = place(segment, field.start, field.end)
    context = (
        fact.subject.segment.text
        if segment.modality != "label"
        else f"{fact.subject.text} {fact.value.column} {fact.value.text}"
    )
    return Mention(
        mention_iri(target, field.text, label, AGENT), target, field.text, label, fact.score, AGENT, seen_as(segment),
        segment.id, context[:600],
    )  # fmt: skip


def extractor(config: Config) -> TableExtractor:
    """The extractor of ``[mentions] extractors = ["tables"]``."""
    return TableExtractor(config)
