"""Graphviz DOT source to a diagram, with the characters of every label.

A parser of our own because evidence needs offsets, which pydot does not keep; the
grammar is that of the Graphviz documentation ("DOT Language").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from kgbuild.errors import SourceError
from kgbuild.mentions.diagram import Diagram, Edge, Group, Node

_TOKEN = re.compile(
    r"(?P<skip>\s+|//[^\n]*|/\*.*?\*/|^\#[^\n]*)|(?P<op>->|--)|(?P<mark>[{}\[\];,=:+])"
    r"|(?P<string>\"(?:[^\"\\]|\\.)*\")|(?P<number>-?(?:\.\d+|\d+(?:\.\d*)?))|(?P<name>[A-Za-z_\u0080-\U0010ffff][\w\u0080-\U0010ffff]*)",
    re.S | re.M,
)
_MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Token:
    """A token: kind (``op``, ``mark``, ``id``), value without quotes, its characters."""

    kind: str
    value: str
    start: int
    end: int


def parse_dot(code: str) -> Diagram:
    """The graph that DOT code draws. Raises ``SourceError`` ("broken-dot") with line and column."""
    return _Parser(code).parse()


def _tokens(code: str) -> list[Token]:
    found: list[Token] = []
    position = 0
    while position < len(code):
        if code[position] == "<":
            end = _html_end(code, position)
            found.append(Token("id", code[position + 1 : end - 1], position + 1, end - 1))
            position = end
            continue
        match = _TOKEN.match(code, position)
        if match is None:
            raise _error(code, position, f"unexpected {code[position]!r}")
        kind, (a, b) = str(match.lastgroup), match.span()
        if kind == "string":
            found.append(Token("id", code[a + 1 : b - 1], a + 1, b - 1))
        elif kind in ("name", "number"):
            found.append(Token("id", match.group(), a, b))
        elif kind != "skip":
            found.append(Token(kind, match.group(), a, b))
        position = b
    return found


def _html_end(code: str, position: int) -> int:
    depth = 0
    for i in range(position, len(code)):
        depth += (code[i] == "<") - (code[i] == ">")
        if depth == 0:
            return i + 1
    raise _error(code, position, "an HTML label that does not end")


def _error(code: str, position: int, what: str) -> SourceError:
    line = code.count("\n", 0, position) + 1
    column = position - code.rfind("\n", 0, position)
    return SourceError(f"no valid DOT: {what} at line {line}, column {column}", "broken-dot")


class _Parser:
    def __init__(self, code: str) -> None:
        self.code, self.tokens, self.at = code, _tokens(code), 0
        self.diagram = Diagram()
        self.directed = True

    def parse(self) -> Diagram:
        self._word("strict")
        kind = self._take("id").value.lower()
        if kind not in ("graph", "digraph"):
            raise _error(self.code, self.tokens[self.at - 1].start, "expected graph or digraph")
        self.directed = kind == "digraph"
        if self._peek("id"):
            self.at += 1
        self._body(None, {}, 0)
        return self.diagram

    def _peek(self, kind: str, value: str = "") -> Token | None:
        token = self.tokens[self.at] if self.at < len(self.tokens) else None
        return token if token and token.kind == kind and (not value or token.value == value) else None

    def _word(self, word: str) -> bool:
        token = self._peek("id")
        if token and token.value.lower() == word and self.code[token.start - 1 : token.start] != '"':
            self.at += 1
            return True
        return False

    def _take(self, kind: str, value: str = "") -> Token:
        token = self._peek(kind, value)
        if token is None:
            place = self.tokens[self.at].start if self.at < len(self.tokens) else len(self.code)
            raise _error(self.code, place, f"expected {value or kind}")
        self.at += 1
        return token

    def _body(self, group: Group | None, shape: dict[str, Token], depth: int) -> list[str]:
        """Statements up to the closing brace; returns the keys of the nodes named in it."""
        if depth > _MAX_DEPTH:
            raise _error(self.code, self.tokens[self.at].start, "subgraphs nested too deeply")
        self._take("mark", "{")
        inside: list[str] = []
        defaults = dict(shape)
        while not self._peek("mark", "}"):
            if self._peek("mark", ";") or self._peek("mark", ","):
                self.at += 1
                continue
            inside += self._statement(group, defaults, depth)
        self.at += 1
        return list(dict.fromkeys(inside))

    def _statement(self, group: Group | None, defaults: dict[str, Token], depth: int) -> list[str]:
        first = self._peek("id")
        following = self.tokens[self.at + 1] if self.at + 1 < len(self.tokens) else None
        if first and following and following.kind == "mark" and following.value == "=":
            self.at += 2
            value = self._value()
            if group is not None and first.value == "label":
                group.label, group.start, group.end = value.value, value.start, value.end
            return []
        quoted = first is not None and self.code[first.start - 1 : first.start] == '"'
        if first and not quoted and first.value.lower() in ("graph", "node", "edge"):
            self.at += 1
            attributes = self._attributes()
            if first.value.lower() == "node":
                defaults.update(attributes)
            elif first.value.lower() == "graph" and group is not None and "label" in attributes:
                token = attributes["label"]
                group.label, group.start, group.end = token.value, token.start, token.end
            return []
        begin = self.tokens[self.at].start if self.at < len(self.tokens) else len(self.code)
        ends = [self._end(group, defaults, depth)]
        operators = []
        while operator := self._peek("op"):
            self.at += 1
            operators.append(operator.value)
            ends.append(self._end(group, defaults, depth))
        attributes = self._attributes()
        if operators:
            self._edges(ends, attributes, begin)
        elif "label" in attributes or "shape" in attributes:
            self._describe(ends[0], attributes)
        return [key for end in ends for key in end]

    def _edges(self, ends: list[list[str]], attributes: dict[str, Token], begin: int) -> None:
        label = (
            attributes["label"].value
            if "label" in attributes
            else attributes["xlabel"].value
            if "xlabel" in attributes
            else ""
        )
        direction = attributes["dir"].value.lower() if "dir" in attributes else "forward" if self.directed else "none"
        style = attributes["style"].value.lower() if "style" in attributes else "solid"
        if style == "invis":
            return
        end = self.tokens[self.at - 1].end
        for left, right in pairwise(ends):
            for a in left:
                for b in right:
                    pair = (b, a) if direction == "back" else (a, b)
                    self.diagram.edges.append(
                        Edge(*pair, label, begin, end, direction != "none", direction == "both", style)
                    )

    def _describe(self, keys: list[str], attributes: dict[str, Token]) -> None:
        for key in keys:
            node = self.diagram.nodes.get(key)
            if node is None:
                continue
            if "shape" in attributes:
                node.shape = attributes["shape"].value
            label = attributes.get("label")
            if label is not None and label.value.strip() and label.value != "\\N":
                node.label, node.start, node.end = label.value, label.start, label.end

    def _end(self, group: Group | None, defaults: dict[str, Token], depth: int) -> list[str]:
        """A node or a subgraph at one end of an edge or as a statement of its own."""
        if self._word("subgraph") or self._peek("mark", "{"):
            name = self._peek("id")
            if name:
                self.at += 1
            key = name.value if name else ""
            inner = Group(key, "", name.start if name else 0, name.end if name else 0)
            is_cluster = key.startswith("cluster")
            if is_cluster:
                self.diagram.groups.append(inner)
                if group is not None:
                    group.members.append(key)
            return self._body(inner if is_cluster else group, defaults, depth + 1)
        token = self._take("id")
        while self._peek("mark", ":"):
            self.at += 1
            self._take("id")
        if token.value not in self.diagram.nodes:
            shape = defaults["shape"].value if "shape" in defaults else "ellipse"
            self.diagram.nodes[token.value] = Node(token.value, token.value, token.start, token.end, shape)
        self.diagram.enter(token.value, group)
        return [token.value]

    def _attributes(self) -> dict[str, Token]:
        found: dict[str, Token] = {}
        while self._peek("mark", "["):
            self.at += 1
            while not self._peek("mark", "]"):
                if self._peek("mark", ",") or self._peek("mark", ";"):
                    self.at += 1
                    continue
                name = self._take("id")
                if self._peek("mark", "="):
                    self.at += 1
                    found[name.value.lower()] = self._value()
            self.at += 1
        return found

    def _value(self) -> Token:
        """An identifier or a sum of strings; a sum keeps its first part's characters."""
        token = self._take("id")
        while self._peek("mark", "+"):
            self.at += 1
            self._take("id")
        return token
