"""Queries rewritten where a function must bind: ``(?thing ?score) kgf:nearest ("text" 10)`` becomes ``VALUES``.

Read on tokens, as the guard is (docs/decisions/0002): subject, verb and object must stand side by side, as one triple.
Texts that ``kgf:similarity`` compares with are found in the same pass, so that their vectors travel with the query and
the processes that answer need no model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kgbuild.errors import QueryError
from kgbuild.queries.functions.things import Iri
from kgbuild.queries.tokens import Token, character, declarations, place, prefixes, resolve, tokens
from kgbuild.vocab import KGF

Rows = list[tuple[str, ...]]
Find = Callable[[str, Sequence[str], int], Rows]  # name, arguments, how many columns -> terms as SPARQL writes them
BINDING = ("nearest", "nearestMention", "nearestPicture")
_MOST = 16  # such triples in one query
_COLUMNS = 3
_UNESCAPED = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f"}


@dataclass(frozen=True, slots=True)
class Rewritten:
    """``text`` goes to the parser; ``constants``: texts and IRIs that ``kgf:similarity`` is given."""

    text: str
    constants: tuple[str, ...] = ()
    _edits: tuple[tuple[int, int, int], ...] = field(default=())  # start, length now; length before

    def original(self, offset: int) -> int:
        """Where in the query as it was asked an offset of ``text`` lies."""
        moved = 0
        for start, now, before in self._edits:
            if offset < start:
                break
            if offset < start + now:
                return start - moved
            moved += now - before
        return offset - moved


def rewrite(query: str, find: Find) -> Rewritten:
    """The query with its binding functions answered. Raises ``QueryError`` with line and column.

    ``find`` is called for each of them; a query without any comes back as it is.
    """
    if KGF not in query and "kgf:" not in query:
        return Rewritten(query)
    reader = _Reader(query)
    parts: list[str] = []
    edits: list[tuple[int, int, int]] = []
    at = length = 0
    constants: dict[str, None] = {}
    for n in range(len(reader.tokens)):
        name = reader.function(n)
        if name == "similarity":
            constants |= dict.fromkeys(reader.constants(n))
        if name not in BINDING:
            continue
        if len(edits) == _MOST:
            reader.refuse(n, f"there are more than {_MOST} triples of kgf:nearest and the like.")
        start, end, made = reader.triple(n, name, find)
        parts += [query[at:start], made]
        length += start - at
        edits.append((length, len(made), end - start))
        length += len(made)
        at = end
    return Rewritten("".join([*parts, query[at:]]), tuple(constants), tuple(edits))


class _Reader:
    """Tokens of one query with its prefixes."""

    def __init__(self, query: str) -> None:
        self._query = query
        self.tokens = list(tokens(query))
        self._prefixes = prefixes(self.tokens)
        self._declared = {m for n in declarations(self.tokens) for m in (n, n + 1)}

    def refuse(self, n: int, why: str) -> None:
        raise QueryError(why, *place(self._query, self.tokens[n].start))

    def function(self, n: int) -> str:
        """Local name of the function of ours that a token names, else ""."""
        iri = "" if n in self._declared else resolve(self.tokens[n], self._prefixes)
        return iri.removeprefix(KGF) if iri.startswith(KGF) else ""

    def triple(self, n: int, name: str, find: Find) -> tuple[int, int, str]:
        """Start and end of the triple whose verb is token n, and what takes its place."""
        example = f'(?thing ?score) kgf:{name} ("text" 10)'
        first, variables = self._subject(n, example)
        last, arguments = self._object(n, example)
        try:
            rows = find(name, arguments, len(variables))
        except QueryError as err:
            raise QueryError(err.plain, *place(self._query, self.tokens[n].start)) from err
        block = " ".join(f"({' '.join(row)})" for row in rows)
        made = f"VALUES ({' '.join(variables)}) {{ {block} }}"
        end = self.tokens[last].end
        if last + 1 < len(self.tokens) and (after := self.tokens[last + 1]).text in (",", ";"):
            if after.text == ",":
                self.refuse(last + 1, f"kgf:{name} takes one object: {example}.")
            end = after.end
            if last + 2 < len(self.tokens) and self.tokens[last + 2].text not in (".", "}", ";"):
                made += f" . {variables[0]}"  # what else is said of the subject
        return self.tokens[first].start, end, made

    def _subject(self, n: int, example: str) -> tuple[int, list[str]]:
        """First token of the subject, and its variables."""
        first = n - 1
        if first >= 0 and self.tokens[first].text == ")":
            while first > 0 and self.tokens[first].text != "(":
                first -= 1
        named = [t for t in self.tokens[max(first, 0) : n] if t.text not in ("(", ")")]
        before = self.tokens[first - 1].text if first > 0 else ""
        if first < 0 or not named or len(named) > _COLUMNS or any(t.kind != "variable" for t in named):
            self.refuse(n, f"write it as a triple of its own, variables before it: {example}.")
        if before in (";", ",", "^", "/", "|", "!"):
            self.refuse(n, f"write it as a triple of its own, variables before it: {example}.")
        return first, [t.text for t in named]

    def _object(self, n: int, example: str) -> tuple[int, list[str]]:
        """Last token of the object, and its arguments without quotes and brackets."""
        last = n + 1
        if last < len(self.tokens) and self.tokens[last].text == "(":
            while last < len(self.tokens) - 1 and self.tokens[last].text != ")":
                last += 1
        found = []
        for m in range(n + 1, min(last + 1, len(self.tokens))):
            token = self.tokens[m]
            if token.text in ("(", ")") or token.kind == "language":
                continue
            value = self._constant(token)
            if value is None:
                self.refuse(m, f"what to look for must stand in the query itself: {example}.")
            else:
                found.append(value)
        if not found:
            self.refuse(n, f"it has no object: {example}.")
        if last + 1 < len(self.tokens) and self.tokens[last + 1].kind == "language":
            last += 1
        return last, found

    def constants(self, n: int) -> list[str]:
        """Texts and IRIs among the arguments of the function call that token n begins."""
        found, depth = [], 0
        for token in self.tokens[n + 1 :]:
            depth += (token.kind == "open") - (token.kind == "close")
            if depth <= 0:
                break
            value = self._constant(token) if token.kind in ("string", "iri", "name") else None
            if value is not None:
                found.append(value)
        return found

    def _constant(self, token: Token) -> str | None:
        if token.kind == "string":
            long = token.text.startswith(("'''", '"""'))
            return unescape(token.text[3:-3] if long else token.text[1:-1])
        if token.kind == "number":
            return token.text
        return Iri(iri) if (iri := resolve(token, self._prefixes)) else None


def unescape(text: str) -> str:
    """What a string of SPARQL says."""

    def one(match: re.Match[str]) -> str:
        code = match.group(1) or match.group(2)
        return character(code) if code else _UNESCAPED.get(match.group(3), match.group(3))

    return re.sub(r"\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})|\\(.)", one, text, flags=re.DOTALL)
