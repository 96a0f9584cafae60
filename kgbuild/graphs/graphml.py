"""GraphML, written as a stream: http://graphml.graphdrawing.org/specification.html, attributes as its extension has it.

Nothing but the names and types of attributes is kept in memory; NetworkX, Gephi and yEd read it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Sequence
from itertools import chain, groupby, islice, repeat
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

Scalar = str | int | float | bool
Node = tuple[str, dict[str, Scalar]]
Edge = tuple[str, str, str, dict[str, Scalar]]  # source, target, key, attributes

_TYPES = {str: "string", bool: "boolean", int: "long", float: "double"}
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
# Characters to escape, and those that XML 1.0 cannot hold; and what of both is ASCII.
_SPECIAL = re.compile('[&<>"\t\n\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')
_SPECIAL_BYTES = bytes(b for b in range(128) if _SPECIAL.match(chr(b)))
_BLOCK = 500  # elements that are made at once: few enough that the garbage collector leaves them alone


class _Elements:
    """Writes nodes or edges, column by column; keeps a short id and the types of each of their attributes."""

    def __init__(self, prefix: str, head: tuple[str, ...], tail: str) -> None:
        self._prefix, self._head, self._tail = prefix, head, tail
        self._ids: dict[str, str] = {}
        self._types: dict[str, set[type]] = {}

    def write(self, file: IO[bytes], rows: Iterable[Node | Edge]) -> None:
        """Each row names an element and, last, gives its attributes."""
        rest = iter(rows)
        while block := list(islice(rest, _BLOCK)):
            for names, same in groupby(block, key=lambda row: tuple(row[-1])):
                file.write(self._alike(names, list(same)))

    def _alike(self, names: tuple[str, ...], rows: list[Node | Edge]) -> bytes:
        """Elements that have the same attributes, column by column: their texts and what stands between them."""
        *ends, attributes = zip(*rows, strict=True)
        parts: list[Iterable[str]] = []
        for between, column in zip(self._head, ends, strict=True):
            parts += (repeat(between), _escaped(column))
        before = '">'
        for name, values in zip(names, zip(*map(dict.values, attributes), strict=True), strict=True):
            kinds = set(map(type, values))
            self._types.setdefault(name, set()).update(kinds)
            id = self._ids.setdefault(name, f"{self._prefix}{len(self._ids)}")
            parts.append(repeat(f'{before}<data key="{id}">'))
            parts.append(_escaped(values) if kinds == {str} else map(_text, values))
            before = "</data>"
        parts.append(repeat(f"{before}{self._tail}"))
        return "".join(chain.from_iterable(zip(*parts, strict=False))).encode()

    def keys(self, end: str) -> str:
        """The declarations; an attribute of several types is declared as text."""
        made = []
        for name, id in self._ids.items():
            kinds = self._types[name]
            kind = _TYPES.get(next(iter(kinds)), "string") if len(kinds) == 1 else "string"
            made.append(f'  <key id="{id}" for="{end}" attr.name="{escape(name)}" attr.type="{kind}"/>\n')
        return "".join(made)


def _escaped(column: Sequence[str]) -> Sequence[str]:
    """Texts for elements; one look at all of them first, since most need nothing."""
    whole = "".join(column)
    if whole.isascii():
        clean = len(whole.encode().translate(None, _SPECIAL_BYTES)) == len(whole)
    else:
        clean = _SPECIAL.search(whole) is None
    return column if clean else [escape(text) for text in column]


def _text(value: Scalar) -> str:
    if isinstance(value, str):
        return escape(value)
    return str(value).lower() if isinstance(value, bool) else repr(value)


def escape(text: str) -> str:
    """Text for an element or attribute; characters that XML cannot hold become U+FFFD."""
    if _SPECIAL.search(text) is None:
        return text
    return _SPECIAL.sub(lambda m: _ESCAPES.get(m.group(), "\ufffd"), text)


def write(path: Path, nodes: Iterable[Node], edges: Iterable[Edge]) -> None:
    """A directed graph; edges may be parallel, their keys tell them apart."""
    of_nodes = _Elements("n", ('<node id="',), "</node>\n")
    of_edges = _Elements("e", ('<edge source="', '" target="', '" id="'), "</edge>\n")
    with TemporaryFile() as body:
        of_nodes.write(body, nodes)
        of_edges.write(body, edges)
        body.seek(0)
        with path.open("wb") as file:
            head = (
                '<?xml version="1.0" encoding="UTF-8"?>\n'
                '<graphml xmlns="http://graphml.graphdrawing.org/xmlns" '
                'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
                'xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns '
                'http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">\n'
                f'{of_nodes.keys("node")}{of_edges.keys("edge")}  <graph edgedefault="directed">\n'
            )
            file.write(head.encode())
            shutil.copyfileobj(body, file, 1 << 20)
            file.write(b"  </graph>\n</graphml>\n")
