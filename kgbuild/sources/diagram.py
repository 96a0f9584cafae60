"""Files of diagram source code: the whole file is one segment, the extractor reads it."""

from __future__ import annotations

from pathlib import Path

from kgbuild.errors import SourceError
from kgbuild.sources.reader import Composer, Limits, decode
from kgbuild.types import Reading, Source, TextPosition

LANGUAGES = {"text/vnd.mermaid": "mermaid", "text/vnd.graphviz": "dot", "text/x-plantuml": "plantuml"}


class DiagramReader:
    """Mermaid, Graphviz and PlantUML files."""

    name = "diagram"
    version = "1"
    media_types = frozenset(LANGUAGES)

    def __call__(self, path: Path, source: Source, limits: Limits) -> Reading:
        text = decode(path.read_bytes())
        if not text.strip():
            raise SourceError("the file is empty", "no-content")
        composer = Composer(source, f"{self.name}/{self.version}")
        context = (("language", LANGUAGES[source.media_type]),)
        composer.add("diagram", (TextPosition(0, len(text)),), text, context)
        return composer.reading(source, text)


READER = DiagramReader()
