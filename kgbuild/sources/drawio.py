"""draw.io (diagrams.net) files: mxGraph XML, plain or compressed, one drawing a page.

Format: mxGraph's codec (``mxfile`` > ``diagram`` > ``mxGraphModel`` > ``root`` > ``mxCell``). A compressed page is
base64 of raw DEFLATE (RFC 1951) of percent-encoded XML.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

from kgbuild.errors import SourceError
from kgbuild.sources.mxgraph import parse_drawio
from kgbuild.sources.reader import Composer, Limits, decode
from kgbuild.sources.xml import parse_xml
from kgbuild.types import Box, Issue, Page, Reading, Source

MEDIA_TYPE = "application/vnd.jgraph.mxfile"
_MAX_PAGES = 500


class DrawioReader:
    """``.drawio`` files: a segment with the XML of each page; the rendition is the pages' XML."""

    name = "drawio"
    version = "1"
    media_types = frozenset({MEDIA_TYPE})

    def __call__(self, path: Path, source: Source, limits: Limits) -> Reading:
        composer = Composer(source, f"{self.name}/{self.version}")
        broken: list[SourceError] = []
        texts = pages(decode(path.read_bytes()), limits.max_unpacked_bytes, broken)
        for number, text in enumerate(texts, 1):
            drawing = parse_drawio(text)
            place = (*((Page(number),) if len(texts) > 1 else ()), Box(0, 0, drawing.width, drawing.height))
            context = (("language", "drawio"), *((("heading", drawing.title),) if drawing.title else ()))
            composer.add("drawing", place, text, context)
        issues = tuple(Issue("read", err.code, str(err), source.id) for err in broken)
        return replace(composer.reading(source, "\n".join(texts)), issues=issues)


def pages(text: str, limit: int, broken: list[SourceError] | None = None) -> list[str]:
    """The XML of each page (``<diagram name=...>`` around its ``mxGraphModel``), unpacked.

    Raises ``SourceError``: "broken-drawio", "entities", "too-large" (more than ``limit`` bytes unpacked), "no-content".
    Where there are other pages, those that cannot be unpacked are left out and collected in ``broken``.
    """
    from lxml import etree

    root = parse_xml(text, "draw.io XML", "broken-drawio")
    if root.tag == "mxGraphModel":
        return [text]
    if root.tag != "mxfile":
        raise SourceError(f"no draw.io file: its root is <{root.tag}>, not <mxfile>", "broken-drawio")
    found, left, wrong = list[str](), limit, list[SourceError]()
    for number, diagram in enumerate(root.iter("diagram"), 1):
        if number > _MAX_PAGES:
            raise SourceError(f"more than {_MAX_PAGES} pages", "too-large")
        model = diagram.find("mxGraphModel")
        packed = (diagram.text or "").strip()
        if model is None and packed:
            try:
                xml = _unpack(packed, left)
                model = parse_xml(xml, "draw.io XML", "broken-drawio")
            except SourceError as err:
                wrong.append(SourceError(f"page {number}: {err}", err.code))
                continue
            left -= len(xml)
        page = etree.Element("diagram", name=diagram.get("name") or "")
        if model is not None:
            page.append(model)
        found.append(etree.tostring(page, encoding="unicode", with_tail=False))
    if wrong and (broken is None or not found):
        raise wrong[0]
    if broken is not None:
        broken += wrong
    if not found:
        raise SourceError("a draw.io file without a page", "no-content")
    return found


def _unpack(packed: str, limit: int) -> str:
    if packed.startswith("%3C"):
        return unquote(packed)
    try:
        data = base64.b64decode(packed, validate=False)
        inflate = zlib.decompressobj(-15)
        raw = inflate.decompress(data, max(1, limit))
    except (binascii.Error, ValueError, zlib.error) as err:
        raise SourceError(f"its compressed data is damaged: {err}", "broken-drawio") from err
    if inflate.unconsumed_tail:
        raise SourceError(f"it unpacks to more than the {limit} bytes left of sources.max_unpacked_bytes", "too-large")
    if not inflate.eof:
        raise SourceError("its compressed data is cut off", "broken-drawio")
    return unquote(raw.decode("utf-8", "replace"))


READER = DrawioReader()
