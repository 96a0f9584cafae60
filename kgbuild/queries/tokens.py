"""Tokens of a SPARQL query, and the guard that reads them before any parser does (docs/decisions/0002)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kgbuild.errors import QueryError, UpdateError

MAX_LENGTH = 100_000
MAX_DEPTH = 64  # 2,200 nested braces crash the parser
_REFUSED = frozenset({"service", "from"})
_UPDATES = frozenset({"insert", "delete", "load", "clear", "drop", "create", "copy", "move", "add"})
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})")
# What may hold any word without meaning it comes first, then words, brackets and the rest.
_TOKEN = re.compile(
    r"""(?P<string>'''(?:[^\\]|\\.)*?'''|\"\"\"(?:[^\\]|\\.)*?\"\"\"|'(?:[^'\\\n\r]|\\.)*'|"(?:[^"\\\n\r]|\\.)*")
      |(?P<iri><[^<>"{}|^`\\\x00-\x20]*>)|(?P<comment>\#[^\n\r]*)|(?P<variable>[?$]\w+)|(?P<language>@[A-Za-z][\w-]*)
      |(?P<name>[\w.-]*:(?:[\w.:%\\-]*[\w:%\\-])?)
      |(?P<word>[A-Za-z_]\w*)|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      |(?P<open>[{(\[])|(?P<close>[})\]])|(?P<other>\S)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """``kind``: string, iri, variable, language, name (with prefix), word, number, open, close or other."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def tokens(query: str) -> Iterator[Token]:
    """The tokens of a query in their order, without comments."""
    for match in _TOKEN.finditer(query):
        if match.lastgroup != "comment":
            yield Token(match.lastgroup or "", match.group(), match.start())


def check(query: str) -> None:
    """Refuse what must not reach the parser. Raises ``QueryError`` with line and column where there is one."""
    if len(query) > MAX_LENGTH:
        raise QueryError(f"the query has {len(query)} characters; {MAX_LENGTH} are allowed.")
    _check_tokens(query)
    # By the grammar (SPARQL 1.1, 19.2) escapes of code points count as their characters everywhere.
    plain = _ESCAPE.sub(lambda m: character(m.group(1) or m.group(2)), query)
    if plain != query:
        _check_tokens(plain)


def _check_tokens(plain: str) -> None:
    depth, first = 0, True
    for token in tokens(plain):
        if token.kind == "open":
            depth += 1
            if depth > MAX_DEPTH:
                raise QueryError(f"brackets are nested deeper than {MAX_DEPTH}.", *place(plain, token.start))
        elif token.kind == "close":
            depth -= 1
        elif token.kind == "word":
            word = token.text.lower()
            if word in _REFUSED:
                raise QueryError(
                    f"{word.upper()} is not allowed: a query sees this graph. For one source: GRAPH <iri> {{ ... }}.",
                    *place(plain, token.start),
                )
            if first and word in _UPDATES:
                raise UpdateError(
                    f"{word.upper()} would change the graph; only queries are answered.", *place(plain, token.start)
                )
            first = first and word in ("prefix", "base")


def character(code: str) -> str:
    """The character of a hexadecimal code point, U+FFFD if there is none."""
    value = int(code, 16)
    return chr(value) if value <= 0x10FFFF else "\ufffd"


def place(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, both from 1."""
    line = text.count("\n", 0, offset)
    return line + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1
