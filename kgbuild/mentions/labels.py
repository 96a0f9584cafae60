"""Labels read in pictures, frames and drawings as mentions of the things they name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kgbuild.config import Config
from kgbuild.identity import mention_iri
from kgbuild.types import Extraction, Mention, Reading, Segment, Target, TextQuote, TimeSpan

VERSION = "1"
AGENT = f"labels/{VERSION}"
MAX_WORDS = 7
_NUMBER = re.compile(r"\(?\d{1,2}[.)]\s*(?=[^\W\d])")  # "1. Write to cache": the step's number is no part of its name
_LIST = re.compile(r":\s+|,\s+(?:and\s+)?")


class LabelExtractor:
    """Mentions of the things that labels name: whole labels, or the parts of one that lists several."""

    name = "labels"
    version = VERSION

    def __call__(self, readings: Sequence[Reading]) -> list[Extraction]:
        return [self._extract(reading) for reading in readings]

    def _extract(self, reading: Reading) -> Extraction:
        mentions = []
        for segment in reading.segments:
            if segment.modality != "label" or "role" in dict(segment.context):
                continue  # what is part of a diagram is mentioned there
            score = float(dict(segment.context).get("score", "1.0"))
            for start, end in names(segment.text):
                surface = segment.text[start:end]
                target = quoted(segment, start, end)
                mentions.append(
                    Mention(
                        mention_iri(target, surface, "Thing", AGENT), target, surface, "Thing",
                        round(score, 4), AGENT, seen_as(segment), segment.id, caption(segment),
                    )
                )  # fmt: skip
        return Extraction(reading.source.id, tuple(mentions))


def names(text: str) -> list[tuple[int, int]]:
    """Spans of the names in a label: "Webb: NASA, ESA and CSA" holds four, "Deep Space Network" is one."""
    cuts = list(_LIST.finditer(text))
    if cuts:
        cuts += [m for m in re.finditer(r" (?:and|&) ", text) if m.start() > cuts[-1].end()]
    step = _NUMBER.match(text)
    starts, ends = [step.end() if step else 0, *(c.end() for c in cuts)], [*(c.start() for c in cuts), len(text)]
    spans = zip(starts, ends, strict=True)
    return [(a, b) for a, b in spans if names_a_thing(text[a:b]) and (not cuts or text[a].isupper())]


def quoted(segment: Segment, start: int, end: int) -> Target:
    """The place of a part of a label: the label's box, the part's characters, and what stands beside them."""
    text = segment.text
    return segment.target.within(TextQuote(text[start:end], text[:start][-32:], text[end:][:32]))


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


def seen_as(segment: Segment) -> str:
    """The modality of what a segment says; a label's or caption's is that of the picture which shows it."""
    if segment.modality not in ("label", "caption"):
        return segment.modality
    if segment.target.find(TimeSpan) is not None:
        return "frame"
    return "drawing" if segment.derived_by.startswith("diagrams/") else "picture"


def extractor(config: Config) -> LabelExtractor:
    """The extractor of ``[mentions] extractors = ["labels"]``."""
    return LabelExtractor()
