"""XMP packets (ISO 16684-1): the properties that tell of a picture's making and content. Entities are refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from kgbuild.errors import SourceError
from kgbuild.sources.xml import parse_xml

LARGEST = 4 << 20  # bytes of a packet
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_SPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
}
_KINDS = {
    "dc:title": "title", "photoshop:Headline": "title", "dc:description": "caption", "dc:subject": "keyword",
    "dc:creator": "creator", "dc:rights": "rights", "Iptc4xmpExt:PersonInImage": "person",
    "Iptc4xmpCore:Location": "taken in", "photoshop:City": "taken in", "photoshop:State": "taken in",
    "photoshop:Country": "taken in", "exif:DateTimeOriginal": "created", "photoshop:DateCreated": "created",
    "xmp:CreateDate": "created", "exif:GPSLatitude": "latitude", "exif:GPSLongitude": "longitude",
}  # fmt: skip
_LONE = frozenset({"title", "caption", "rights"})  # said in several languages, not several times


def read_xmp(packet: bytes, dropped: Counter[str]) -> list[tuple[str, str, Any]]:
    """(field, kind, text) of each value, in the order of ``_KINDS``; what is left out is counted in ``dropped``."""
    if len(packet) > LARGEST:
        dropped["a packet of XMP that is too large"] += 1
        return []
    try:
        text = packet.decode("utf-8").strip("\x00\ufeff \n\r\t")
        if "<!DOCTYPE" in text:
            raise SourceError("it declares a document type", "entities")
        root = parse_xml(text, "XMP", "broken-xmp")
    except (UnicodeDecodeError, SourceError):
        dropped["XMP that cannot be read"] += 1
        return []
    said = []
    described = list(root.iter(f"{_RDF}Description"))
    top = [d for d in described if d.getparent() is None or d.getparent().tag == f"{_RDF}RDF"]
    for name, kind in _KINDS.items():
        space, _, local = name.partition(":")
        tag = f"{{{_SPACES[space]}}}{local}"
        for d in top:
            said += [(f"xmp:{name}", kind, value) for value in _values(d, tag, one=kind in _LONE)]
    said += [("xmp:mwg-rs:Name", "person", name) for name in _faces([*described, *root.iter(f"{_RDF}li")])]
    return said


def _values(described: Any, tag: str, *, one: bool) -> Iterator[str]:
    if described.get(tag):
        yield described.get(tag)
    for element in described.findall(tag):
        items = [i for i in element.iter(f"{_RDF}li") if isinstance(i.text, str)]
        if not items and isinstance(element.text, str):
            yield element.text
        ranked = sorted(items, key=_foreign) if one else items
        yield from (i.text for i in (ranked[:1] if one else ranked))


def _foreign(item: Any) -> int:
    language = (item.get(_LANG) or "x-default").lower()
    return 0 if language == "x-default" else 1 if language.startswith("en") else 2


def _faces(described: list[Any]) -> Iterator[str]:
    """Names of regions that are faces (Metadata Working Group, Guidelines 2.0)."""
    name, type = (f"{{{_SPACES['mwg-rs']}}}{local}" for local in ("Name", "Type"))
    for d in described:
        if (d.get(type) or d.findtext(type)) == "Face" and (found := d.get(name) or d.findtext(name)):
            yield found
