"""What extractors of names by a model share: passages and cues in batches, spans of characters to mentions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kgbuild.identity import mention_iri
from kgbuild.mentions.pieces import narrow
from kgbuild.sources.language import SPOKEN
from kgbuild.types import Extraction, Issue, Mention, Reading, Segment

_CONTEXT = 300  # characters on each side that go with a mention


@dataclass(frozen=True, slots=True)
class Span:
    """Characters of a text that name a thing. ``label``: as ``Mention.label`` has it."""

    start: int
    end: int
    label: str
    score: float


def spoken(reading: Reading, languages: frozenset[str]) -> list[Segment]:
    """Passages and cues in one of the languages, or in none that is known; all if no language is named."""
    return [
        s for s in reading.segments
        if s.modality in SPOKEN and s.text.strip() and (not languages or s.language in ("", *languages))
    ]  # fmt: skip


def extraction(
    reading: Reading, segments: Sequence[Segment], found: Sequence[Sequence[Span]], agent: str
) -> Extraction:
    """Spans of segments as mentions; one issue counts those that a model cannot have meant."""
    mentions, nonsense = list[Mention](), 0
    for segment, spans in zip(segments, found, strict=True):
        for span in spans:
            if not (0 <= span.start < span.end <= len(segment.text) and 0 <= span.score <= 1):  # NaN fails too
                nonsense += 1
                continue
            surface = segment.text[span.start : span.end]
            start, end = span.start + len(surface) - len(surface.lstrip()), span.start + len(surface.rstrip())
            if start < end:
                mentions.append(_mention(segment, Span(start, end, span.label, span.score), agent))
    message = f"{nonsense} spans of {agent} lie outside the text or have no score: left out"
    issues = (Issue("extract", "model-nonsense", message, reading.source.id, severity="warning"),) if nonsense else ()
    return Extraction(reading.source.id, tuple({m.id: m for m in mentions}.values()), (), issues)


def _mention(segment: Segment, span: Span, agent: str) -> Mention:
    surface, target = segment.text[span.start : span.end], narrow(segment.target, span.start, span.end)
    around = segment.text[max(0, span.start - _CONTEXT) : span.end + _CONTEXT]
    return Mention(
        mention_iri(target, surface, span.label, agent), target, surface, span.label, round(span.score, 4), agent,
        segment.modality, segment.id, around, nominal=surface.islower(),
    )  # fmt: skip
