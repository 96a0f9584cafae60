"""Word documents (Office Open XML) through python-docx: paragraphs, tables, pictures."""

from __future__ import annotations

import hashlib
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from kgbuild.errors import SourceError
from kgbuild.sources.image import picture_png
from kgbuild.sources.reader import Composer, Limits, Passage
from kgbuild.sources.rows import FIRST, row_passage
from kgbuild.types import Box, Issue, Part, Reading, Source

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"


class DocxReader:
    """``.docx``; names of parts inside the container are labels only, never paths."""

    name = "docx"
    version = "1"
    media_types = frozenset({"application/vnd.openxmlformats-officedocument.wordprocessingml.document"})

    def __call__(self, path: Path, source: Source, limits: Limits) -> Reading:
        import docx

        _check_size(path, limits)
        try:
            with path.open("rb") as file:
                document = docx.Document(file)
        except Exception as err:  # python-docx raises whatever its XML and zip layers raise
            raise SourceError(f"cannot be opened as docx: {err}"[:300], "broken-docx") from err
        composer = Composer(source, f"{self.name}/{self.version}")
        body = Body(composer, document, limits)
        for item in document.iter_inner_content():
            if hasattr(item, "rows"):
                body.table(item)
            else:
                body.paragraph(item)
        body.pictures()
        if not composer.segments:
            raise SourceError("the document is empty", "no-content")
        title = (document.core_properties.title or body.title or "").strip()
        reading = composer.reading(replace(source, title=title or source.title))
        return replace(reading, issues=tuple(body.issues))


def _check_size(path: Path, limits: Limits) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError) as err:
        raise SourceError(f"a damaged container: {err}", "broken-docx") from err
    if size > limits.max_unpacked_bytes:
        raise SourceError(
            f"unpacks to {size} bytes; sources.max_unpacked_bytes is {limits.max_unpacked_bytes}", "too-large"
        )


class Body:
    """Composes the document's items in order; pictures wait for the caption that may follow."""

    def __init__(self, composer: Composer, document: Any, limits: Limits) -> None:
        self.composer, self.document, self.limits = composer, document, limits
        self.title = ""
        self.headings: list[tuple[int, str]] = []
        self.issues: list[Issue] = []
        self._last = ""
        self._waiting: list[tuple[str, str]] = []  # relationship id, alternative text

    def paragraph(self, paragraph: Any) -> None:
        found = [
            (blip.get(f"{_R}embed"), _alt(blip)) for blip in paragraph._p.iter(f"{_A}blip") if blip.get(f"{_R}embed")
        ]
        text, marks = _flatten(paragraph)
        style = (paragraph.style.name if paragraph.style is not None else "") or ""
        if text:
            if self._waiting:
                self.pictures(text if style == "Caption" or re.match(r"(?i)fig(ure|\.)", text) else "")
            level = re.fullmatch(r"(?:Heading (\d)|Title)", style)
            if level:
                rank = int(level.group(1) or 0)
                while self.headings and self.headings[-1][0] >= rank:
                    self.headings.pop()
            self.composer.passage(Passage(text, self.context(), marks))
            self._last = text
            if level:
                self.headings.append((rank, text))
                self.title = self.title or text
        self._waiting += found

    def table(self, table: Any) -> None:
        self.pictures()
        header: list[str] = []
        for number, row in enumerate(table.rows):
            cells = [" ".join(cell.text.split()) for cell in row.cells]
            if number == 0:
                header = cells
            self.composer.passage(row_passage(cells, header if number else [], self.context(), score=FIRST))

    def pictures(self, caption: str = "") -> None:
        """Compose the pictures that wait, with their caption."""
        for relation, alt in self._waiting:
            try:
                part = self.document.part.related_parts[relation]
                png, width, height = picture_png(part.blob, self.limits)
            except (KeyError, AttributeError, SourceError) as err:
                message = f"a picture in it cannot be read: {err}"
                self.issues.append(
                    Issue("read", "broken-picture", message, self.composer.source.id, severity="warning")
                )
                continue
            sha = hashlib.sha256(png).hexdigest()
            self.composer.blobs[sha] = png
            pairs = (("alt", alt), ("caption", caption), ("before", self._last[-300:]))
            context = (*self.context(), *((k, v) for k, v in pairs if v))
            place = (Part(str(part.partname).lstrip("/")), Box(0, 0, width, height))
            self.composer.add("picture", place, caption or alt, context, blob=sha)
        self._waiting = []

    def context(self) -> tuple[tuple[str, str], ...]:
        return tuple(("heading", text) for _, text in self.headings)


def _alt(blip: Any) -> str:
    frame = next(blip.iterancestors(f"{_WP}inline", f"{_WP}anchor"), None)
    properties = frame.find(f"{_WP}docPr") if frame is not None else None
    return (properties.get("descr") or "").strip() if properties is not None else ""


def _flatten(paragraph: Any) -> tuple[str, tuple[tuple[int, int, str], ...]]:
    text, marks = "", []
    for item in paragraph.iter_inner_content():  # runs and hyperlinks
        runs = getattr(item, "runs", None)
        part = re.sub(r"\s+", " ", item.text)
        if text.endswith(" ") and part.startswith(" "):
            part = part[1:]
        kind = "link" if runs is not None else "strong" if item.bold else "emphasis" if item.italic else ""
        if kind and part.strip():
            marks.append((len(text), len(text) + len(part), kind))
        text += part
    lead = len(text) - len(text.lstrip())
    text = text.strip()
    kept = [(max(0, a - lead), min(b - lead, len(text)), k) for a, b, k in marks]
    return text, tuple(m for m in kept if m[1] > m[0])


READER = DocxReader()
