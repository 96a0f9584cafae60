"""Where and how a mention stands, in numbers: box, time, page, place in the passage, container, writing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from kgbuild.types import Box, Mention, Page, Segment, TextPosition, TimeSpan

MODALITIES = ("text", "cue", "picture", "frame", "diagram", "drawing")
FEATURES = (
    "box", "middle x", "middle y", "width", "height", "area", "aspect",
    "time", "start", "duration", "page", "page number", "span", "place in passage", "length",
    *(f"as {m}" for m in MODALITIES),
    "caption", "heading", "cell", "words", "upper case", "lower case", "digits", "joined words", "described",
)  # fmt: skip


def layout(mentions: Sequence[Mention], segments: Sequence[Segment]) -> np.ndarray:
    """float32 (len(mentions), len(FEATURES)), every number in [-1, 1]; 0 for what a mention has not.

    A box counts as a share of the picture that it lies in, a place as one of its passage.
    """
    by_id = {s.id: s for s in segments}
    out = np.zeros((len(mentions), len(FEATURES)), dtype=np.float32)
    for row, m, frame in zip(out, mentions, frames(mentions, segments), strict=True):
        segment = by_id.get(m.segment)
        row[:7] = _box(m.target.find(Box), frame)
        span = m.target.find(TimeSpan)
        if span is not None:
            row[7:10] = 1, math.log1p(max(0.0, span.start)) / 9, math.log1p(max(0.0, span.end - span.start)) / 5
        page = m.target.find(Page)
        if page is not None:
            row[10:12] = 1, math.log1p(max(0, page.number)) / 6
        place = m.target.find(TextPosition)
        if place is not None:
            row[12:15] = 1, _within(place, segment), math.log1p(max(0, place.end - place.start)) / 6
        if m.modality in MODALITIES:
            row[15 + MODALITIES.index(m.modality)] = 1
        row[15 + len(MODALITIES) :] = _container(segment) + _writing(m)
    return np.clip(out, -1, 1)


def frames(mentions: Sequence[Mention], segments: Sequence[Segment]) -> list[Box | None]:
    """The box of the whole picture that each mention lies in, None for those in no picture."""
    blob_of = {s.id: s.blob for s in segments}
    shown: dict[str, list[Box]] = {}
    for s in segments:
        outer = s.target.selectors[-1] if s.target.selectors else None
        if s.blob and s.modality != "label" and isinstance(outer, Box):
            shown.setdefault(s.blob, []).append(outer)
    found: list[Box | None] = []
    for m in mentions:
        box, places = m.target.find(Box), shown.get(blob_of.get(m.segment, ""), [])
        around = [f for f in places if box is not None and f.x <= box.x < f.x + f.w and f.y <= box.y < f.y + f.h]
        found.append(next(iter(around or places), None) if box is not None else None)
    return found


def _box(box: Box | None, frame: Box | None) -> tuple[float, ...]:
    if box is None or frame is None or frame.w <= 0 or frame.h <= 0:
        return (float(box is not None), 0, 0, 0, 0, 0, 0)
    w, h = max(1, box.w) / frame.w, max(1, box.h) / frame.h
    x, y = (box.x - frame.x) / frame.w + w / 2, (box.y - frame.y) / frame.h + h / 2
    return (1, 2 * x - 1, 2 * y - 1, w, h, 1 + math.log10(w * h) / 3, math.log(max(1, box.w) / max(1, box.h)) / 3)


def _within(place: TextPosition, segment: Segment | None) -> float:
    outer = segment.target.find(TextPosition) if segment is not None else None
    if outer is None or outer.end <= outer.start:
        return 0.0
    return (place.start - outer.start) / (outer.end - outer.start)


def _container(segment: Segment | None) -> tuple[float, ...]:
    around = {k for k, _ in segment.context} if segment is not None else set()
    cell = bool(around & {"cell", "column", "row"})
    return (float(bool(around & {"caption", "alt", "title"})), float("heading" in around), float(cell))


def _writing(m: Mention) -> tuple[float, ...]:
    text = m.surface
    joined = "_" in text or any(a.islower() and b.isupper() for a, b in pairwise(text))
    return (
        math.log1p(len(text.split())) / 3, float(text.isupper()), float(text.islower()),
        float(any(c.isdigit() for c in text)), float(joined), float(m.nominal),
    )  # fmt: skip
