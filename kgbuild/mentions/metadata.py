"""Facts out of what pictures say of themselves: EXIF, IPTC and XMP (see ``sources.metadata``).

The subject of each is the picture itself, a source of the graph; its evidence is the value in its field.
"""

from __future__ import annotations

from collections.abc import Sequence

from kgbuild.config import Config
from kgbuild.identity import mention_iri, relation_iri
from kgbuild.types import Extraction, Field, Mention, Reading, RelationMention, Segment, Target
from kgbuild.vocab import CORE

VERSION = "1"
AGENT = f"metadata/{VERSION}"
MODALITY = "metadata"
SCORE = 0.95  # clocks are wrong now and then, and people write what they like
_CONTEXT = 600  # characters around a mention
# By kind of value: the property, and the label of its object.
_FACTS = {
    "created": ("created", "Time"), "latitude": ("latitude", "Quantity"), "longitude": ("longitude", "Quantity"),
    "camera": ("camera", "Product"), "caption": ("caption", "Text"), "rights": ("rights", "Text"),
    "keyword": ("keyword", "Thing"), "person": ("depicts", "Person"), "creator": ("creator", "Thing"),
    "taken in": ("takenIn", "Place"),
}  # fmt: skip


class MetadataExtractor:
    """One mention and one fact about the picture for each value of its metadata. One extraction per reading."""

    name = "metadata"
    version = VERSION

    def __call__(self, readings: Sequence[Reading]) -> list[Extraction]:
        return [self._extract(reading) for reading in readings]

    def _extract(self, reading: Reading) -> Extraction:
        mentions, relations = [], []
        for segment in reading.segments:
            field, kind = segment.target.find(Field), dict(segment.context).get("kind", "")
            if field is None or kind not in _FACTS:
                continue
            local, label = _FACTS[kind]
            mention = _mention(reading, segment, field, label)
            id = relation_iri(reading.source.id, CORE + local, mention.id, segment.target, AGENT)
            mentions.append(mention)
            relations.append(
                RelationMention(
                    id,
                    reading.source.id,
                    CORE + local,
                    mention.id,
                    segment.target,
                    SCORE,
                    AGENT,
                    segment.text,
                    MODALITY,
                )
            )
        return Extraction(reading.source.id, tuple(mentions), tuple(relations))


def _mention(reading: Reading, segment: Segment, field: Field, label: str) -> Mention:
    # A caption as a whole is another thing than a name that stands at the same characters: its place is the field.
    target = Target(reading.source.id, (field,)) if label == "Text" else segment.target
    return Mention(
        mention_iri(target, segment.text, label, AGENT), target, segment.text, label, SCORE, AGENT, MODALITY,
        segment.id, reading.text[:_CONTEXT], nominal=label == "Thing" and segment.text.islower(),
    )  # fmt: skip


def extractor(config: Config) -> MetadataExtractor:
    """The extractor of ``[mentions] extractors = ["metadata"]``."""
    return MetadataExtractor()
