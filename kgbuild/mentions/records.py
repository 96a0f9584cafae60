"""Facts of tables of records: each row is one thing, each further cell a typed value or a thing of its own.

Unlike the tables of a document (see ``tables``) a file of records says what it is: no row is passed over because its
cells do not look like names, and two rows of one name are two things until something else says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from kgbuild.config import Config
from kgbuild.identity import mention_iri, open_relation_iri, relation_iri
from kgbuild.mentions.labels import names
from kgbuild.mentions.pieces import narrow
from kgbuild.mentions.tables import Field, column_kinds, phrase, value_label
from kgbuild.types import Extraction, Mention, Reading, RelationMention, Segment

VERSION = "1"
AGENT = f"records/{VERSION}"
MODALITY = "record"  # of the segments that readers of records make
_LONG = 1000  # characters from which a cell is prose: it is compared, but no value
_CONTEXT = 600  # characters of a row that go with a mention


class RecordExtractor:
    """Mentions and open relations of rows. One extraction per reading."""

    name = "records"
    version = VERSION

    def __init__(self, config: Config) -> None:
        self.base = config["graph"]["base"]

    def __call__(self, readings: Sequence[Reading]) -> list[Extraction]:
        return [self._extract(reading) for reading in readings]

    def _extract(self, reading: Reading) -> Extraction:
        rows = [fields(s) for s in reading.segments if s.modality == MODALITY]
        kinds = column_kinds([row for row in rows if row])
        mentions: dict[str, Mention] = {}
        relations: dict[str, RelationMention] = {}
        for row in filter(None, rows):
            segment = row[0].segment
            subject = _mention(row[0], "Thing", cluster=segment.id)
            mentions[subject.id] = subject
            for field in row[1:]:
                words = phrase(field.column)
                predicate = open_relation_iri(self.base, words)
                for value in _values(field, kinds[field.column]):
                    mentions[value.id] = value
                    iri = relation_iri(subject.id, predicate, value.id, segment.target, AGENT)
                    relations[iri] = RelationMention(
                        iri, subject.id, predicate, value.id, segment.target, 1.0, AGENT, segment.text[:_CONTEXT],
                        "text", words,
                    )  # fmt: skip
        return Extraction(reading.source.id, tuple(mentions.values()), tuple(relations.values()))


def fields(segment: Segment) -> list[Field]:
    """The cells of a row with their columns; of a row of one cell, that one."""
    columns = [text for kind, text in segment.context if kind == "column"]
    cells = [m for m in segment.marks if m[2] == "cell"]
    found = [Field(name, segment, a, b) for name, (a, b, _) in zip(columns, cells, strict=False)]
    return found or [Field("", segment, 0, len(segment.text))]


def is_row(mention: Mention) -> bool:
    """Whether a mention is the thing that a row of a table of records is about."""
    return mention.agent == AGENT and mention.cluster == mention.segment != ""


def _values(field: Field, kind: str) -> list[Mention]:
    label = value_label(field.text, field.column)
    if kind == "Thing" and not label:
        parts = [field._replace(start=field.start + a, end=field.start + b) for a, b in names(field.text)]
        if parts:
            return [_mention(part, "Thing") for part in parts]
    if len(field.text) > _LONG or not phrase(field.column):
        return []
    return [_mention(field, label if kind == "value" and label else "Text")]


def _mention(field: Field, label: str, *, cluster: str = "") -> Mention:
    segment = field.segment
    target = narrow(segment.target, field.start, field.end)
    return Mention(
        mention_iri(target, field.text, label, AGENT), target, field.text, label, 1.0, AGENT, "text", segment.id,
        segment.text[:_CONTEXT], cluster,
    )  # fmt: skip


def extractor(config: Config) -> RecordExtractor:
    """The extractor of ``[mentions] extractors = ["records"]``."""
    return RecordExtractor(config)
