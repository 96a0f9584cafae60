"""Tokens of a SPARQL query, and the guard that reads them before any parser does (docs/decisions/0002)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kgbuild.errors import QueryError, UpdateError
from kgbuild.vocab import PREFIXES

MAX_LENGTH = 100_000
MAX_DEPTH = 64  # 2,200 nested braces crash the parser
_UPDATES = frozenset({"insert", "delete", "load", "clear", "drop", "create", "copy", "move", "add"})
_PROLOGUE = frozenset(("word", "name", "iri"))
_BEGIN = _UPDATES | {"prefix", "base", "select", "ask", "construct", "describe", "with", "service", "from"}
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})")
# What may hold any word without meaning it comes first, then words, brackets and the rest. A prefix has a longest
# length, and reading ends at a quote without an end: else each of many dashes or quotes would be read to the end.
_TOKEN = re.compile(
    r"""(?P<string>'''(?:[^\\]|\\.)*?'''|\"\"\"(?:[^\\]|\\.)*?\"\"\"|'(?:[^'\\\n\r]|\\.)*'|"(?:[^"\\\n\r]|\\.)*")
      |(?P<unclosed>['"])
      |(?P<iri><[^<>"{}|^`\\\x00-\x20]*>)|(?P<comment>\#[^\n\r]*)|(?P<variable>[?$]\w+)|(?P<language>@[A-Za-z][\w-]*)
      |(?P<name>[\w.-]{0,128}:(?:(?:[\w.:%-]|\\[_~.\-!$&'()*+,;=/?\#@%])*(?:[\w:%-]|\\[_~.\-!$&'()*+,;=/?\#@%]))?)
      |(?P<word>[A-Za-z_]\w*)|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      |(?P<open>[{(\[])|(?P<close>[})\]])|(?P<other>\S)""",
    re.VERBOSE | re.DOTALL,
)


_DOUBTFUL = re.compile(r"<(?![A-Za-z][\w+.-]*://).*['#)]", re.DOTALL)  # "?a <'>'": less than a text, or an IRI?
_OPERANDS = frozenset(("variable", "number", "string", "language", "name", "iri", "word", "close"))


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
    """The tokens of a query in their order, without comments.

    Raises ``QueryError`` at a quote without an end, and at what a parser may read as an IRI or as "less than": what
    stands after it could be hidden in a text or a comment that only one of them sees.
    """
    before, inside = "", 0
    for match in _TOKEN.finditer(query):
        kind, text = match.lastgroup or "", match.group()
        if kind == "unclosed":
            raise QueryError("a text in quotes begins here and does not end.", *place(query, match.start()))
        if kind == "iri" and inside > 0 and before in _OPERANDS and _DOUBTFUL.match(text):
            raise QueryError(f"{text[:60]} can be read in two ways: put a blank after <.", *place(query, match.start()))
        if kind != "comment":
            inside += (text == "(") - (text == ")")
            before = kind
            yield Token(kind, text, match.start())


def check(query: str) -> None:
    """Refuse what must not reach the parser. Raises ``QueryError`` with line and column where there is one."""
    if len(query) > MAX_LENGTH:
        raise QueryError(f"the query has {len(query)} characters; {MAX_LENGTH} are allowed.")
    _check_tokens(query)
    # By the grammar (SPARQL 1.1, 19.2) escapes of code points count as their characters everywhere.
    plain = _ESCAPE.sub(lambda m: character(m.group(1) or m.group(2)), query)
    if plain != query:
        _check_tokens(plain)
        if sum(t.text.lower() == "from" for t in tokens(plain)) != sum(t.text.lower() == "from" for t in tokens(query)):
            raise QueryError("FROM is to be written in letters.")


@dataclass(frozen=True, slots=True)
class Dataset:
    """Graphs that a query is over, all of them if none are named."""

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


def dataset(query: str) -> tuple[str, Dataset]:
    """A query with blanks for its ``FROM`` clauses, so that no parser sees them, and the graphs that they name.

    Raises ``QueryError`` with line and column.
    """
    found = list(tokens(query))
    known = prefixes(found)
    graphs: dict[bool, list[str]] = {False: [], True: []}
    depth = 0
    for n, token in enumerate(found):
        depth += (token.kind == "open") - (token.kind == "close")
        if token.kind != "word" or token.text.lower() != "from":
            continue
        named = n + 1 < len(found) and found[n + 1].text.lower() == "named"
        last = found[min(n + 1 + named, len(found) - 1)]
        graph = resolve(last, known)
        if depth or ":" not in graph:
            raise QueryError(
                "FROM is not allowed here: name a graph of this store in full.", *place(query, token.start)
            )
        graphs[named].append(graph)
        query = query[: token.start] + re.sub(r"[^\n]", " ", query[token.start : last.end]) + query[last.end :]
    return query, Dataset(tuple(graphs[False]), tuple(graphs[True]))


def prefixes(found: Sequence[Token]) -> dict[str, str]:
    """Namespaces by prefix: those that every query knows, and those that it declares."""
    known = dict(PREFIXES)
    for n in declarations(found):
        known[found[n].text.removesuffix(":")] = found[n + 1].text[1:-1]
    return known


def declarations(found: Sequence[Token]) -> Iterator[int]:
    """Numbers of the tokens that are prefixes declared, each followed by its IRI."""
    for n, (word, _, iri) in enumerate(zip(found, found[1:], found[2:], strict=False)):
        if word.kind == "word" and word.text.lower() == "prefix" and iri.kind == "iri":
            yield n + 1


def resolve(token: Token, known: Mapping[str, str]) -> str:
    """The IRI that a token names, "" if it names none."""
    if token.kind == "iri":
        return token.text[1:-1]
    prefix, colon, local = token.text.partition(":")
    if token.kind == "name" and colon and prefix in known:
        return known[prefix] + re.sub(r"\\(.)", r"\1", local)
    return ""


def _check_tokens(plain: str) -> None:
    depth, first = 0, True
    for token in tokens(plain):
        if first and (token.kind not in _PROLOGUE or (token.kind == "word" and token.text.lower() not in _BEGIN)):
            raise QueryError("a query begins with SELECT, ASK, CONSTRUCT or DESCRIBE.", *place(plain, token.start))
        if token.kind == "open":
            depth += 1
            if depth > MAX_DEPTH:
                raise QueryError(f"brackets are nested deeper than {MAX_DEPTH}.", *place(plain, token.start))
        elif token.kind == "close":
            depth -= 1
        elif token.kind == "word":
            word = token.text.lower()
            if word == "service":
                raise QueryError("SERVICE is not allowed: a query sees this graph alone.", *place(plain, token.start))
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
