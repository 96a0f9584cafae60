"""What of a reading is annotated together, and how words of it lead back to places in the source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from kgbuild.sources.language import script
from kgbuild.types import Reading, Segment, Target, TextPosition, TimeSpan

AT_ONCE = 100_000  # characters that are annotated together
NEAR = 12  # passages between a list item and what the list goes on from


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters ``[offset, end)`` of a segment; they begin at ``start`` in the text that is read together."""

    segment: Segment
    offset: int
    end: int
    start: int = 0

    @property
    def text(self) -> str:
        return self.segment.text[self.offset : self.end]


def units(reading: Reading) -> list[list[Piece]]:
    """What is read together: all English passages, all cues, the labels of each picture, each caption that a model
    made; long texts in parts.
    """
    english = [s for s in reading.segments if s.language in ("", "en") and script(s.text) in ("LATIN", "")]
    texts = [s for s in english if s.modality == "text" and s.text.strip()]
    cues = [s for s in english if s.modality == "cue" and s.text.strip()]
    labels = [s for s in english if s.modality == "label" and len(s.text.split()) > 1]
    pictures = [list(g) for _, g in groupby(labels, key=lambda s: s.target.selectors[:-1])]
    captions = [[s] for s in english if s.modality == "caption" and s.text.strip()]
    return [part for unit in (texts, cues, *pictures, *captions) for part in _parts(unit)]


def _parts(unit: Sequence[Segment]) -> Iterator[list[Piece]]:
    """Runs of at most ``AT_ONCE`` characters: the network's states of a longer text would not fit into memory."""
    part: list[Piece] = []
    size = 0
    for segment in unit:
        offset = 0
        while offset < len(segment.text):
            end = offset + AT_ONCE
            if end < len(segment.text):  # cut between words
                blank = segment.text.rfind(" ", offset, end)
                end = blank + 1 if blank > offset else end
            piece = Piece(segment, offset, min(end, len(segment.text)))
            if part and size + len(piece.text) > AT_ONCE:
                yield part
                part, size = [], 0
            part.append(piece)
            size += len(piece.text)
            offset = piece.end
    if part:
        yield part


def lead_of(pieces: Sequence[Piece], n: int) -> int:
    """The piece that a list item goes on from ("... does the following:"), -1 if none stands close before it."""
    level = _level(pieces[n].segment)
    for j in range(n - 1, max(-1, n - NEAR), -1):
        other, text = _level(pieces[j].segment), pieces[j].text.rstrip()
        if level and other == level[:-1]:
            return j if pieces[j].segment.text == level[-1] and text.endswith(":") else -1
        if not level and not other and text.endswith("following:"):
            return j
        if len(other) < len(level) or _headings(pieces[j].segment) != _headings(pieces[n].segment):
            return -1
    return -1


def _level(segment: Segment) -> tuple[str, ...]:
    return tuple(text for kind, text in segment.context if kind == "item")


def _headings(segment: Segment) -> tuple[str, ...]:
    return tuple(text for kind, text in segment.context if kind == "heading")


def position(segment: Segment) -> TextPosition:
    """Where the segment's text stands in the rendition."""
    position = segment.target.find(TextPosition)
    if position is None:
        raise ValueError(f"segment {segment.id} has text but no position")
    return position


def union(segments: list[Segment]) -> tuple[Any, ...]:
    """Selectors around the text of several segments: the time from first to last, the page if it is one."""
    first = [s for s in segments[0].target.selectors if not isinstance(s, TextPosition)]
    if len(segments) == 1:
        return tuple(first)
    times = [t for s in segments if (t := s.target.find(TimeSpan)) is not None]
    if times:
        return (TimeSpan(times[0].start, times[-1].end),)
    same = [s for s in first if all(s in other.target.selectors for other in segments)]
    return tuple(same)


def spoken(segment: Segment, start: int, end: int) -> Target:
    """The place of characters of a segment's text: also narrowed to the time of their words, if that is known."""
    target = narrow(segment.target, start, end)
    times = [(a, b) for first, last, a, b in segment.times if first < end and last > start]
    if not times:
        return target
    said = TimeSpan(times[0][0], times[-1][1])
    return Target(target.source, tuple(said if isinstance(s, TimeSpan) else s for s in target.selectors))


def certainty(segment: Segment) -> float:
    """How sure it is that a segment says what its text is: below 1 for what a model heard or said of a picture."""
    return float(dict(segment.context).get("score", "1")) if segment.modality in ("cue", "caption") else 1.0


def made_by(agent: str, segment: Segment) -> str:
    """The agent, and after a blank the model that the segment's text comes from, if it is no text of the source."""
    _, blank, model = segment.derived_by.partition(" ")
    return f"{agent}{blank}{model}"


def narrow(target: Target, start: int, end: int) -> Target:
    """The target with its text position narrowed to characters of the segment's text."""
    return Target(
        target.source,
        tuple(
            TextPosition(s.start + start, s.start + end) if isinstance(s, TextPosition) else s for s in target.selectors
        ),
    )
