"""Plain text: passages between blank lines; positions count in the decoded file."""

from __future__ import annotations

from pathlib import Path

from kgbuild.sources.reader import Composer, Limits, decode
from kgbuild.types import Reading, Source, TextPosition


class TextReader:
    """``text/plain``: one segment per paragraph."""

    name = "text"
    version = "1"
    media_types = frozenset({"text/plain"})

    def __call__(self, path: Path, source: Source, limits: Limits) -> Reading:
        text = decode(path.read_bytes())
        composer = Composer(source, f"{self.name}/{self.version}")
        for start, end in paragraphs(text):
            composer.add("text", (TextPosition(start, end),), text[start:end])
        return composer.reading(source, text)


def paragraphs(text: str) -> list[tuple[int, int]]:
    """Character ranges of runs of lines that are not blank, without blanks at either end."""
    found: list[tuple[int, int]] = []
    start, position = -1, 0
    for line in [*text.split("\n"), ""]:
        if line.strip() and start < 0:
            start = position + len(line) - len(line.lstrip())
        elif not line.strip() and start >= 0:
            end = start + len(text[start:position].rstrip())
            found.append((start, end))
            start = -1
        position += len(line) + 1
    return found


READER = TextReader()
