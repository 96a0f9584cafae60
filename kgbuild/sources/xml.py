"""XML from strangers: no entities, nothing fetched, bounded depth."""

from __future__ import annotations

from typing import Any

from kgbuild.errors import SourceError


def parse_xml(text: str, what: str, code: str) -> Any:
    """The root element. Raises ``SourceError``: "entities", "too-deep", or ``code`` with the line."""
    from lxml import etree

    if "<!ENTITY" in text:
        raise SourceError(f"the {what} declares entities; such files are refused", "entities")
    safe = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False, "encoding": "utf-8"}
    data = text.encode("utf-8", "replace")
    try:
        root = etree.fromstring(data, etree.XMLParser(**safe))
    except etree.XMLSyntaxError as err:
        if "Excessive depth" in str(err):
            raise SourceError(f"the {what} is nested more than 256 deep", "too-deep") from err
        if err.code != etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE:
            raise SourceError(f"no well-formed {what}: {err}", code) from err
        root = etree.fromstring(data, etree.XMLParser(recover=True, **safe))  # as cut out of a page of HTML
        for element in root.iter():
            for name in [n for n in element.attrib if ":" in str(n).rpartition("}")[2]]:  # "xlink:href"
                del element.attrib[name]
    if root is None:
        raise SourceError(f"no {what}: the file holds no element", code)
    return root
