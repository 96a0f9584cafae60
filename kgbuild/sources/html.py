"""HTML: headings, paragraphs, list items, table rows, figures; nothing is fetched or run.

lxml (libxml2) parses: it stays quick on hostile input where pure-Python parsers hang,
and the child process is killed if it does not. The rendition is the text as a reader
sees it, as W3C's Text Position Selector asks.
"""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path
from typing import Any

from kgbuild.errors import SourceError
from kgbuild.sources.image import picture_png
from kgbuild.sources.language import declared
from kgbuild.sources.links import corpus_path
from kgbuild.sources.reader import Composer, Limits, Passage, decode
from kgbuild.sources.rows import row_passage
from kgbuild.types import Box, Part, Reading, Source

_DROP = frozenset({"script", "style", "noscript", "template", "head", "svg", "iframe", "object", "nav", "sup", "math"})
_BLOCKS = frozenset(
    [
        "p",
        "div",
        "li",
        "td",
        "th",
        "tr",
        "table",
        "ul",
        "ol",
        "dl",
        "dt",
        "dd",
        "section",
        "article",
        "header",
        "footer",
        "main",
        "aside",
        "blockquote",
        "pre",
        "figure",
        "figcaption",
        "body",
        "html",
        "caption",
        "thead",
        "tbody",
        "tfoot",
        "form",
        "fieldset",
        "address",
        "details",
        "summary",
        "center",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
    ]
)
_MARKS = {
    "b": "strong",
    "strong": "strong",
    "i": "emphasis",
    "em": "emphasis",
    "a": "link",
    "code": "code",
    "dfn": "strong",
}
_MAX_DEPTH = 400


class HtmlReader:
    """``text/html``."""

    name = "html"
    version = "1"
    media_types = frozenset({"text/html"})

    def __call__(self, path: Path, source: Source, limits: Limits) -> Reading:
        from dataclasses import replace

        document = parse(_decode(path.read_bytes()))
        composer = Composer(source, f"{self.name}/{self.version}")
        title = " ".join((document.findtext(".//title") or "").split())
        Walker(composer, limits).walk(document)
        source = replace(source, title=title or source.title, language=declared(document.get("lang") or ""))
        return composer.reading(source)


def _decode(data: bytes) -> str:
    """As ``decode``, but a charset that the page declares wins over the Windows fallback."""
    found = re.search(rb"<meta[^>]+charset=[\"']?([\w-]+)", data[:4096], re.I)
    if found:
        try:
            return data.decode(found.group(1).decode("ascii")).replace("\r\n", "\n").replace("\r", "\n")
        except (LookupError, UnicodeError):  # no encoding of texts, or not this one's
            pass
    return decode(data)


def parse(text: str) -> Any:
    """The root element. Raises ``SourceError`` if there is none."""
    from lxml import etree, html

    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    try:
        root = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as err:
        raise SourceError(f"no HTML content: {err}", "no-content") from err
    return root


class Walker:
    """Goes through elements in order and composes segments; used for HTML inside Markdown too."""

    def __init__(self, composer: Composer, limits: Limits, *, headings: list[tuple[int, str]] | None = None) -> None:
        self.composer, self.limits = composer, limits
        self.headings = headings if headings is not None else []
        self._text: list[str] = []
        self._marks: list[tuple[int, int, str]] = []
        self._length = 0
        self._last = ""

    def walk(self, root: Any) -> None:
        """Compose the element and everything inside it."""
        self._element(root, 0)
        self.flush()

    def context(self) -> tuple[tuple[str, str], ...]:
        return tuple(("heading", text) for _, text in self.headings)

    def flush(self, *extra: tuple[str, str]) -> str:
        """Close the current passage; returns its text."""
        text = "".join(self._text)
        lead = len(text) - len(text.lstrip())
        text = text.strip()
        if text:
            marks = tuple(
                (max(0, a - lead), min(len(text), b - lead), kind)
                for a, b, kind in self._marks
                if b - lead > 0 and a - lead < len(text)
            )
            self.composer.passage(Passage(text, (*self.context(), *extra), marks))
            self._last = text
        self._text, self._marks, self._length = [], [], 0
        return text

    def _add(self, text: str | None) -> None:
        if not text:
            return
        text = re.sub(r"\s+", " ", text)
        if text.startswith(" ") and (not self._text or self._text[-1].endswith(" ")):
            text = text[1:]
        self._text.append(text)
        self._length += len(text)

    def _element(self, element: Any, depth: int) -> None:
        tag = element.tag if isinstance(element.tag, str) else ""
        if tag in _DROP or not tag or depth > _MAX_DEPTH:
            return
        block = tag in _BLOCKS
        if tag == "tr":
            self.flush()
            self._row(element)
            return
        if block:
            self.flush()
        if tag == "br":
            self._add(" ")
        elif tag == "img":
            self._picture(element)
        start = self._length
        self._add(element.text)
        for child in element:
            self._element(child, depth + 1)
            self._add(child.tail)
        if tag in _MARKS and self._length > start:
            self._marks.append((start, self._length, _MARKS[tag]))
        if re.fullmatch(r"h[1-6]", tag):
            level = int(tag[1])
            while self.headings and self.headings[-1][0] >= level:
                self.headings.pop()
            text = self.flush()
            if text:
                self.headings.append((level, text))
        elif block:
            self.flush()

    def _row(self, row: Any) -> None:
        """A table row as one passage, cell by cell; a header names its column's cells."""
        cells = [(c.tag, " ".join(c.text_content().split())) for c in row if c.tag in ("td", "th")]
        for picture in row.iter("img"):
            self._picture(picture)
        table = next(row.iterancestors("table"), None)
        header: list[str] = []
        if table is not None:
            first = next(table.iter("tr"), None)
            if first is not None and first is not row:
                header = [" ".join(c.text_content().split()) for c in first if c.tag == "th"]
        self.composer.passage(row_passage([text for _, text in cells], header, self.context()))

    def _picture(self, image: Any) -> None:
        address, alt = (image.get("src") or "").strip(), " ".join((image.get("alt") or "").split())
        figure = next(image.iterancestors("figure"), None)
        found = figure.find(".//figcaption") if figure is not None else None
        caption = " ".join(found.text_content().split()) if found is not None else ""
        before = " ".join("".join(self._text).split()) or self._last
        context = [*self.context()]
        context += [(k, v) for k, v in (("alt", alt), ("caption", caption), ("before", before[-300:])) if v]
        if address.startswith("data:image/"):
            self._embedded(address, context, caption or alt)
        elif link := corpus_path(self.composer.source.path, address):
            self.composer.add("link", (), caption or alt, (("link", link), *context))

    def _embedded(self, address: str, context: list[tuple[str, str]], text: str) -> None:
        import hashlib

        try:
            data = base64.b64decode(address.partition(",")[2], validate=False)
            png, width, height = picture_png(data, self.limits)
        except (SourceError, binascii.Error, ValueError):
            return  # a broken picture inside a good page: the page's text stands
        sha = hashlib.sha256(png).hexdigest()
        number = sum(s.modality == "picture" for s in self.composer.segments) + 1
        self.composer.blobs[sha] = png
        place = (Part(f"picture-{number}"), Box(0, 0, width, height))
        self.composer.add("picture", place, text, tuple(context), blob=sha)


READER = HtmlReader()
