"""Pictures that carry their own source: what draw.io and Excalidraw write into the PNG and SVG files they export.

draw.io: percent-encoded ``mxfile`` XML in a text chunk of a PNG, XML in the ``content`` attribute of an SVG.
Excalidraw: a scene as JSON around deflated bytes, in a PNG text chunk or in base64 between comments of an SVG.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from kgbuild.errors import SourceError
from kgbuild.sources.drawio import pages
from kgbuild.sources.excalidraw import parse_excalidraw
from kgbuild.sources.mxgraph import parse_drawio
from kgbuild.sources.reader import Composer
from kgbuild.sources.xml import parse_xml
from kgbuild.types import Box, Issue, Page, Selector

Embedded = tuple[str, list[str]]  # language, the text of each page
_PAYLOAD = re.compile(r"<!--\s*payload-start\s*-->\s*([A-Za-z0-9+/=\s]*?)\s*<!--\s*payload-end\s*-->")
_SCENE = "application/vnd.excalidraw+json"


def source_in_png(data: bytes, limit: int) -> Embedded | None:
    """The source that a PNG carries, None without one. Raises ``SourceError`` if it cannot be unpacked."""
    for keyword, text in _texts(data, limit):
        if keyword in ("mxfile", "mxGraphModel"):
            return "drawio", pages(unquote(text) if text.lstrip().startswith("%3C") else text, limit)
        if keyword == _SCENE:
            return "excalidraw", [_scene(text, limit)]
    return None


def source_in_svg(text: str, limit: int) -> Embedded | None:
    """The source that an SVG carries, None without one. Raises ``SourceError`` if it cannot be unpacked."""
    if _SCENE in text and (payload := _PAYLOAD.search(text)):
        try:
            return "excalidraw", [_scene(base64.b64decode(payload.group(1)).decode("latin-1"), limit)]
        except binascii.Error as err:
            raise SourceError(f"its Excalidraw scene is damaged: {err}", "broken-excalidraw") from err
    content = parse_xml(text, "SVG", "broken-svg").get("content") or ""
    if "<mxfile" in content or "<mxGraphModel" in content:
        return "drawio", pages(content, limit)
    return None


def add_embedded(
    composer: Composer, find: Callable[[], Embedded | None], canvas: tuple[Selector, ...], blob: str = ""
) -> tuple[Issue, ...]:
    """Adds a segment for each page of a carried source: the first is what the canvas shows.

    A source that cannot be read is an issue, and nothing is added: the picture is read like any other.
    """
    source = composer.source.id
    try:
        found = find()
        drawings = [_PARSERS[found[0]](page) for page in found[1]] if found else []
    except SourceError as err:
        return (Issue("read", err.code, f"the diagram's source in it: {err}", source, severity="warning"),)
    if found and drawings and drawings[0].shapes:
        for number, (page, drawing) in enumerate(zip(found[1], drawings, strict=True), 1):
            place = canvas if number == 1 else (Page(number), Box(0, 0, drawing.width, drawing.height))
            composer.add("drawing", place, page, (("language", found[0]),), blob=blob if number == 1 else "")
    return ()


_PARSERS = {"drawio": parse_drawio, "excalidraw": parse_excalidraw}


def _texts(data: bytes, limit: int) -> Iterator[tuple[str, str]]:
    """Keyword and text of each text chunk of a PNG (PNG specification, 11.3.4)."""
    at = 8
    while at + 12 <= len(data):
        (size,), kind = struct.unpack(">I", data[at : at + 4]), data[at + 4 : at + 8]
        body, at = data[at + 8 : at + 8 + size], at + 12 + size
        keyword, _, rest = body.partition(b"\x00")
        name = keyword.decode("latin-1")
        if name not in ("mxfile", "mxGraphModel", _SCENE):
            continue
        if kind == b"tEXt":
            yield name, rest.decode("latin-1")
        elif kind == b"zTXt":
            yield name, _inflate(rest[1:], limit).decode("latin-1")
        elif kind == b"iTXt" and len(rest) > 2:
            packed = rest[0] == 1
            words = rest[2:].split(b"\x00", 2)[-1]
            yield name, (_inflate(words, limit) if packed else words).decode("utf-8", "replace")


def _scene(text: str, limit: int) -> str:
    """The JSON of a scene out of Excalidraw's envelope (``encoded``: a string of bytes, deflated)."""
    try:
        envelope = json.loads(text)
        encoded = envelope.get("encoded") if isinstance(envelope, dict) else None
        if not isinstance(encoded, str):
            return text
        data = encoded.encode("latin-1")
    except (ValueError, RecursionError) as err:
        raise SourceError(f"its Excalidraw scene is damaged: {err}", "broken-excalidraw") from err
    return (_inflate(data, limit) if envelope.get("compressed") else data).decode("utf-8", "replace")


def _inflate(data: bytes, limit: int) -> bytes:
    inflate = zlib.decompressobj()
    try:
        raw = inflate.decompress(data, limit)
    except zlib.error as err:
        raise SourceError(f"its compressed data is damaged: {err}", "broken-picture") from err
    if inflate.unconsumed_tail:
        raise SourceError(f"it unpacks to more than {limit} bytes (sources.max_unpacked_bytes)", "too-large")
    return raw
