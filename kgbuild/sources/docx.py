"""Word documents (Office Open XML) through python-docx: paragraphs, tables, pictures."""

from __future__ import annotations

import hashlib
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

from kgbuild.errors import SourceError
from kgbuild.sources.image import picture_png
from kgbuild.sources.reader import Composer, Limits, Passage
from kgbuild.sources.rows import FIRST, row_passage
from kgbuild.sources.xml import parse_xml
from kgbuild.types import Box, Issue, Part, Reading, Source

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"

_BLOCKS = frozenset({f"{_W}p", f"{_W}tbl"})
_INLINE = frozenset({f"{_W}r", f"{_W}hyperlink"})
# What was deleted (w:del) or moved away (w:moveFrom) is no text of the document.
_WRAPPERS = frozenset(f"{_W}{n}" for n in ("ins", "moveTo", "sdt", "sdtContent", "smartTag", "customXml", "fldSimple"))


class DocxReader:
    """``.docx``; names of parts inside the container are labels only, never paths."""

    name = "docx"
    version = "1"
    media_types = frozenset({"application/vnd.openxmlformats-officedocument.wordprocessingml.document"})

    def __call__(self, path: Path, source: Source, limits: Limits) -> Reading:
        import docx
        from docx.table import Table
        from docx.text.paragraph import Paragraph

        _check_size(path, limits)
        missing: list[str] = []
        try:
            try:
                document = docx.Document(str(path))
            except KeyError:
                document = docx.Document(_without_dangling(path, missing))
        except Exception as err:  # python-docx raises whatever its XML and zip layers raise
            raise SourceError(_said(err), "broken-docx") from err
        composer = Composer(source, f"{self.name}/{self.version}")
        body = Body(composer, document, limits)
        if missing:
            message = f"parts that it refers to are missing in it: {', '.join(missing)}"[:300]
            body.issues.append(Issue("read", "missing-part", message, source.id, severity="warning"))
        for element in _shown(document.element.body, _BLOCKS):
            if element.tag == f"{_W}tbl":
                body.table(Table(element, document._body))
            else:
                body.paragraph(Paragraph(element, document._body))
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


def _without_dangling(path: Path, missing: list[str]) -> BytesIO:
    """A copy of the container without relationships to parts that are not in it (a picture "NULL", as some programs
    write): python-docx refuses the whole document for one. Their names are added to ``missing``.
    """
    from lxml import etree

    copy = BytesIO()
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(copy, "w") as target:
        names = frozenset(archive.namelist())
        for name in sorted(names):
            data = archive.read(name)
            if name.endswith(".rels"):
                root = parse_xml(data.decode("utf-8", "replace"), "list of relationships", "broken-docx")
                folder = name.partition("_rels/")[0]
                for relation in list(root):
                    part = posixpath.normpath(posixpath.join("/", folder, relation.get("Target") or ""))[1:]
                    if relation.get("TargetMode") != "External" and part not in names:
                        missing.append(part)
                        root.remove(relation)
                data = etree.tostring(root)
            target.writestr(name, data)
    return copy


def _said(err: Exception) -> str:
    """Why python-docx could not open a file, in words."""
    if isinstance(err, KeyError):
        return f"no Word document: a part that belongs to it is missing ({err.args[0]})"[:300]
    if "Excessive depth" in str(err):
        return "its structure is nested more than 256 deep"
    return f"cannot be opened as docx: {err}"[:300]


class Body:
    """Composes the document's items in order; pictures wait for the caption that may follow."""

    def __init__(self, composer: Composer, document: Any, limits: Limits) -> None:
        self.composer, self.document, self.limits = composer, document, limits
        self.title = ""
        self.headings: list[tuple[int, str]] = []
        self.issues: list[Issue] = []
        self._last = ""
        self._styles: dict[str | None, str] = {}  # names by id: to look one up costs as much as to read a paragraph
        self._waiting: list[tuple[str, str]] = []  # relationship id, alternative text

    def paragraph(self, paragraph: Any) -> None:
        found = [
            (blip.get(f"{_R}embed"), _alt(blip)) for blip in paragraph._p.iter(f"{_A}blip") if blip.get(f"{_R}embed")
        ]
        text, marks = _flatten(paragraph)
        if text:
            style = self._style(paragraph)
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

    def _style(self, paragraph: Any) -> str:
        id = paragraph._p.style
        if id not in self._styles:
            self._styles[id] = (paragraph.style.name if paragraph.style is not None else "") or ""
        return self._styles[id]

    def table(self, table: Any) -> None:
        self.pictures()
        for span in table._tbl.iter(f"{_W}gridSpan"):
            if not re.fullmatch(r"[1-9]\d{0,2}", span.get(f"{_W}val") or ""):  # no table is a billion columns wide
                span.set(f"{_W}val", "1")
        header: list[str] = []
        for number, row in enumerate(table.rows):
            cells = [" ".join(t for p in cell.paragraphs if (t := _flatten(p)[0])) for cell in row.cells]
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


def _shown(element: Any, wanted: frozenset[str]) -> Iterator[Any]:
    """The wanted children, also of what only wraps them: changes that were tracked, fields, controls of a form."""
    for child in element:
        if child.tag in wanted:
            yield child
        elif child.tag in _WRAPPERS:
            yield from _shown(child, wanted)


def _flatten(paragraph: Any) -> tuple[str, tuple[tuple[int, int, str], ...]]:
    text, marks = "", []
    from docx.text.hyperlink import Hyperlink
    from docx.text.run import Run

    for element in _shown(paragraph._p, _INLINE):
        link = element.tag == f"{_W}hyperlink"
        item: Any = Hyperlink(element, paragraph) if link else Run(element, paragraph)
        part = re.sub(r"\s+", " ", item.text)
        if text.endswith(" ") and part.startswith(" "):
            part = part[1:]
        kind = "link" if link else "strong" if item.bold else "emphasis" if item.italic else ""
        if kind and part.strip():
            marks.append((len(text), len(text) + len(part), kind))
        text += part
    lead = len(text) - len(text.lstrip())
    text = text.strip()
    kept = [(max(0, a - lead), min(b - lead, len(text)), k) for a, b, k in marks]
    return text, tuple(m for m in kept if m[1] > m[0])


READER = DocxReader()
