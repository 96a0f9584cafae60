"""Plain text: passages between blank lines; positions count in the decoded file."""

from __future__ import annotations

import re
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
        for match in re.finditer(r"\S(?:.|\n(?!\s*\n))*", text):
            passage = match.group().rstrip()
            place = TextPosition(match.start(), match.start() + len(passage))
            composer.add("text", (place,), passage)
        return composer.reading(source, text)


READER = TextReader()
