"""Labels read in pictures, frames and drawings as mentions of the things they name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kgbuild.config import Config
from kgbuild.identity import mention_iri
from kgbuild.types import Extraction, Mention, Reading, Segment, TextQuote

VERSION = "1"
AGENT = f"labels/{VERSION}"
MAX_WORDS = 7


class LabelExtractor:
    """One mention per label that can name a thing: has letters, is short, is no sentence."""

    name = "labels"
    version = VERSION

    def __call__(self, readings: Sequence[Reading]) -> list[Extraction]:
        return [self._extract(reading) for reading in readings]

    def _extract(self, reading: Reading) -> Extraction:
        mentions = []
        for segment in reading.segments:
            if segment.modality != "label" or not names_a_thing(segment.text):
                continue
            target = segment.target.within(TextQuote(segment.text))
            score = float(dict(segment.context).get("score", "1.0"))
            mentions.append(
                Mention(
                    mention_iri(target, segment.text, "Thing", AGENT), target, segment.text, "Thing",
                    round(score, 4), AGENT, _modality(segment), segment.id, caption(segment),
                )
            )  # fmt: skip
        return Extraction(reading.source.id, tuple(mentions))


def names_a_thing(text: str) -> bool:
    """Whether a label can be a name: two letters at least, at most seven words, no number or sentence."""
    words = text.split()
    letters = sum(c.isalpha() for c in text)
    if letters < 2 or len(words) > MAX_WORDS or letters < 0.5 * sum(not c.isspace() for c in text):
        return False
    return not re.search(r"[.!?;]\s|[.!?,;:]$|https?:|www\.|^[-•*]", text)


def caption(segment: Segment) -> str:
    """What stands around the picture: caption, alternative text or nearest heading, else the label."""
    around = dict(segment.context)
    return around.get("caption") or around.get("alt") or around.get("heading") or segment.text


def _modality(segment: Segment) -> str:
    from kgbuild.types import TimeSpan

    if segment.target.find(TimeSpan) is not None:
        return "frame"
    return "drawing" if segment.derived_by.startswith("svg") else "picture"


def extractor(config: Config) -> LabelExtractor:
    """The extractor of ``[mentions] extractors = ["labels"]``."""
    return LabelExtractor()
