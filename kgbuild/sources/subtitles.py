"""Subtitle files (SubRip, WebVTT): cues with their time and their characters in the file.

Parsed here because evidence needs each cue's character offsets, which subtitle
libraries do not give. Both formats share blocks of: optional id, times, text lines.
"""

from __future__ import annotations

import re
from pathlib import Path

from kgbuild.errors import SourceError
from kgbuild.sources.reader import Composer, Limits, decode
from kgbuild.types import Reading, Source, TextPosition, TimeSpan

_TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})"
_TIMES = re.compile(rf"[ \t]*{_TIME}[ \t]+-->[ \t]+{_TIME}[^\n]*$")
_TAGS_BEFORE = re.compile(r"(?:\s|<[^<>\n]{0,80}>|\{\\[^{}\n]{0,80}\})+")
_TAGS_AFTER = re.compile(r"(?:\s|</[^<>\n]{0,80}>)+\Z")


class SubtitleReader:
    """``.srt`` and ``.vtt``."""

    name = "subtitles"
    version = "1"
    media_types = frozenset({"application/x-subrip", "text/vtt"})

    def __call__(self, path: Path, source: Source, limits: Limits) -> Reading:
        text = decode(path.read_bytes())
        composer = Composer(source, f"{self.name}/{self.version}")
        for span, start, end in cues(text):
            composer.add("cue", (span, TextPosition(start, end)), text[start:end])
        if not composer.segments:
            raise SourceError("no cue with a time and text", "no-content")
        return composer.reading(source, text)


def cues(text: str) -> list[tuple[TimeSpan, int, int]]:
    """Time span and character range of each cue's text, without tags around it."""
    found: list[tuple[TimeSpan, int, int]] = []
    position, times, start = 0, None, 0
    for line in [*text.split("\n"), ""]:
        match = _TIMES.match(line)
        if (match or not line.strip()) and times is not None:
            a, b = _trim(text, start, min(position, len(text)))
            if b > a and times.end > times.start:
                found.append((times, a, b))
            times = None
        if match:
            times = TimeSpan(_seconds(match.groups()[:4]), _seconds(match.groups()[4:]))
            start = position + len(line) + 1
        position += len(line) + 1
    return found


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    start, end = min(start, end), end
    if match := _TAGS_BEFORE.match(text, start, end):
        start = match.end()
    body = text[start:end]
    while match := _TAGS_AFTER.search(body[-200:]):
        body = body[: len(body) - len(match.group())]
    return start, start + len(body)


def _seconds(groups: tuple[str | None, ...]) -> float:
    hours, minutes, whole, thousandths = groups
    return (
        int(hours or 0) * 3600
        + int(minutes or 0) * 60
        + int(whole or 0)
        + int((thousandths or "0").ljust(3, "0")) / 1000
    )


READER = SubtitleReader()
