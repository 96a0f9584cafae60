"""Mermaid source to a diagram: flowchart, sequence, state, class and ER diagrams.

Written here because no kept Python library parses Mermaid; the syntax follows the
Mermaid documentation. Offsets count characters of the given code. Kinds that draw no
graph (gantt, pie, ...) give a diagram without nodes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kgbuild.mentions.diagram import Diagram, Edge, Group, Node

_SHAPES = (
    ("(((", ")))", "double circle"), ("((", "))", "circle"), ("([", "])", "stadium"), ("[(", ")]", "cylinder"),
    ("[[", "]]", "subroutine"), ("[/", "/]", "parallelogram"), ("[/", "\\]", "trapezoid"),
    ("[\\", "\\]", "parallelogram"),
    ("[\\", "/]", "trapezoid"), ("{{", "}}", "hexagon"), ("{", "}", "diamond"), ("(", ")", "rounded"),
    ("[", "]", "rectangle"), (">", "]", "flag"),
)  # fmt: skip
_ID = re.compile(r"[^\s\[\](){}<>|&;:\"'=~\-@%]+(?:-(?![-.>])[^\s\[\](){}<>|&;:\"'=~\-@%]+)*")
_LINK = re.compile(
    r"\s*(?P<tail>[<xo](?=[-=]))?(?P<body>-{2,}(?=[>xo](?:\s|\||[^\W_]|$))|={2,}(?=>)|-\.+-(?=>)|-{3,}|={3,}|-\.+-|~{3,})"
    r"(?P<head>>|[xo](?=[\s|]))?[ \t]*(?:\|(?P<text>[^|\n]*)\|)?[ \t]*"
)
_TEXT_LINK = re.compile(
    r"\s*(?P<tail>[<xo](?=[-=]))?(?P<body>--|==|-\.)[ \t]*(?P<text>[^\s\-=.|>][^\n]*?)[ \t]*"
    r"(?:-{2,}|={2,}|\.+-)(?P<head>[>xo])?[ \t]*"
)
_SKIP = re.compile(r"(?:style|classDef|class|linkStyle|click|direction|accTitle|accDescr|%%)\b|%%")
_MESSAGE = re.compile(
    r"(?P<a>[^\s:+\-<>][^:\n<>]*?)\s*(?P<arrow><<-{1,2}>>|-{1,2}(?:>>|>|x|\)))\s*[+-]?\s*(?P<b>[^\s:][^:\n]*?)\s*:\s*(?P<text>.*)$"
)
_CLASS = re.compile(
    r"(?P<a>[\w.~`]+)\s*(?:\"[^\"]*\"\s*)?(?P<arrow>(?:<\||[*o<])?(?:--|\.\.)(?:\|>|[*o>])?)\s*(?:\"[^\"]*\"\s*)?(?P<b>[\w.~`]+)\s*(?::\s*(?P<text>.*))?$"
)
_ER = re.compile(
    r"(?P<a>[\w-]+|\"[^\"]+\")\s+[|}o]{1,2}(?:--|\.\.)[|{o]{1,2}\s+(?P<b>[\w-]+|\"[^\"]+\")\s*:\s*(?P<text>.*)$"
)
_STATE = re.compile(r"(?P<a>\[\*\]|[\w.-]+?)\s*-->\s*(?P<b>\[\*\]|[\w.-]+)\s*(?::\s*(?P<text>.*))?$")


def parse_mermaid(code: str) -> Diagram:
    """The graph that Mermaid code draws. Lines that cannot be understood are passed over."""
    lines = [(start, line) for start, line in _lines(code) if line.strip()]
    kind = ""
    for n, (_, line) in enumerate(lines):
        if line.lstrip().startswith("%%") or line.strip() == "---":
            continue
        words = line.split()
        if words[0].rstrip(":") in ("title", "config"):
            continue
        kind, lines = words[0].rstrip(";"), lines[n + 1 :]
        break
    diagram = Diagram()
    if kind in ("graph", "flowchart", "flowchart-elk"):
        _flowchart(lines, diagram)
    elif kind == "sequenceDiagram":
        _sequence(lines, diagram)
    elif kind in ("stateDiagram", "stateDiagram-v2"):
        _states(lines, diagram)
    elif kind in ("classDiagram", "classDiagram-v2", "erDiagram"):
        _classes(lines, diagram, _ER if kind == "erDiagram" else _CLASS)
    return diagram


def _lines(code: str) -> Iterator[tuple[int, str]]:
    position = 0
    for line in code.split("\n"):
        yield position, line
        position += len(line) + 1


def _flowchart(lines: list[tuple[int, str]], diagram: Diagram) -> None:
    stack: list[Group] = []
    for offset, line in lines:
        for start, statement in _statements(line):
            text = statement.strip()
            begin = offset + start + len(statement) - len(statement.lstrip())
            if not text or _SKIP.match(text):
                continue
            if text == "end":
                if stack:
                    stack.pop()
            elif text.startswith("subgraph"):
                stack.append(_subgraph(text, begin, diagram, stack))
            else:
                _chain(text, begin, diagram, stack)


def _statements(line: str) -> Iterator[tuple[int, str]]:
    """The line cut at semicolons outside quotes and brackets."""
    depth, quoted, start = 0, False, 0
    for i, c in enumerate(line):
        if c == '"':
            quoted = not quoted
        elif not quoted:
            depth += (c in "[({") - (c in "])}")
            if c == ";" and depth <= 0:
                yield start, line[start:i]
                start = i + 1
    yield start, line[start:]


def _subgraph(text: str, begin: int, diagram: Diagram, stack: list[Group]) -> Group:
    body = text[len("subgraph") :]
    at = begin + len("subgraph") + len(body) - len(body.lstrip())
    body = body.strip()
    match = re.match(r"([^\s\[]+)\s*\[\s*\"?(.*?)\"?\s*\]$", body)
    if match:
        group = Group(match.group(1), match.group(2), at + match.start(2), at + match.end(2))
    else:
        inner = body.strip('"')
        shift = body.find(inner) if inner else 0
        group = Group(inner, inner, at + shift, at + shift + len(inner))
    if stack:
        stack[-1].members.append(group.key)
    diagram.groups.append(group)
    return group


def _chain(text: str, begin: int, diagram: Diagram, stack: list[Group]) -> None:
    position = 0
    left: list[str] = []
    link: re.Match[str] | None = None
    while position < len(text):
        right, position = _nodes(text, position, begin, diagram, stack)
        if not right:
            return
        if link is not None and not link.group("body").startswith("~"):
            label = (link.group("text") or "").strip().strip('"')
            head, tail = bool(link.group("head")), bool(link.group("tail"))
            style = {"=": "thick", "~": "hidden"}.get(
                link.group("body")[0], "dotted" if "." in link.group("body") else "solid"
            )
            for a in left:
                for b in right:
                    ends = (b, a) if tail and not head else (a, b)
                    diagram.edges.append(
                        Edge(*ends, label, begin, begin + len(text), head or tail, head and tail, style)
                    )
        link = _LINK.match(text, position) or _TEXT_LINK.match(text, position)
        if link is None:
            return
        left, position = right, link.end()


def _nodes(text: str, position: int, begin: int, diagram: Diagram, stack: list[Group]) -> tuple[list[str], int]:
    keys: list[str] = []
    while True:
        while position < len(text) and text[position] in " \t":
            position += 1
        match = _ID.match(text, position)
        if match is None:
            return keys, position
        key, position = match.group(), match.end()
        label, a, b, shape = key, begin + match.start(), begin + match.end(), ""
        if attributes := re.match(r"@\{[^}]*\}", text[position:]):
            named = re.search(r"label:\s*\"([^\"]*)\"", attributes.group())
            if named:
                label, shape = named.group(1), "rectangle"
                a, b = begin + position + named.start(1), begin + position + named.end(1)
            position += attributes.end()
        found = _shape(text, position)
        if found:
            inner, end, shape = found
            label, a, b = text[inner[0] : inner[1]], begin + inner[0], begin + inner[1]
            position = end
        if match := re.match(r":::\s*[\w-]+", text[position:]):
            position += match.end()
        groups = {g.key for g in diagram.groups}
        if key not in diagram.nodes and key not in groups:
            diagram.nodes[key] = Node(key, label, a, b, shape or "rectangle")
        elif shape and key in diagram.nodes and diagram.nodes[key].label == key:
            diagram.nodes[key] = Node(key, label, a, b, shape)
        if key in diagram.nodes:
            diagram.enter(key, stack[-1] if stack else None)
        keys.append(key)
        if match := re.match(r"\s*&", text[position:]):
            position += match.end()
        else:
            return keys, position


def _shape(text: str, position: int) -> tuple[tuple[int, int], int, str] | None:
    for opening, closing, shape in _SHAPES:
        if not text.startswith(opening, position):
            continue
        inner = position + len(opening)
        if quoted := re.compile(r"\s*\"([^\"]*)\"\s*").match(text, inner):
            if text.startswith(closing, quoted.end()):
                return quoted.span(1), quoted.end() + len(closing), shape
            continue
        end = text.find(closing, inner)
        if end > inner:
            raw = text[inner:end]
            a = inner + len(raw) - len(raw.lstrip())
            return (a, a + len(raw.strip())), end + len(closing), shape
    return None


def _sequence(lines: list[tuple[int, str]], diagram: Diagram) -> None:
    for offset, line in lines:
        if match := re.match(r"\s*(?:create\s+)?(?:participant|actor)\s+(\S+?)(?:\s+as\s+(.+?))?\s*$", line):
            group = 2 if match.group(2) else 1
            a, b = match.span(group)
            diagram.nodes[match.group(1)] = Node(match.group(1), line[a:b], offset + a, offset + b, "actor")
        elif match := re.match(r"\s*" + _MESSAGE.pattern, line):
            for name in ("a", "b"):
                a, b = match.span(name)
                diagram.nodes.setdefault(line[a:b], Node(line[a:b], line[a:b], offset + a, offset + b, "actor"))
            begin = offset + len(line) - len(line.lstrip())
            style = "dotted" if match.group("arrow").lstrip("<").startswith("--") else "solid"
            diagram.edges.append(
                Edge(
                    match.group("a"),
                    match.group("b"),
                    match.group("text").strip(),
                    begin,
                    offset + len(line.rstrip()),
                    style=style,
                )
            )


def _states(lines: list[tuple[int, str]], diagram: Diagram) -> None:
    stack: list[Group] = []

    def node(line: str, span: tuple[int, int], offset: int) -> None:
        key = line[span[0] : span[1]]
        if key != "[*]" and key not in diagram.nodes and all(g.key != key for g in diagram.groups):
            diagram.nodes[key] = Node(key, key, offset + span[0], offset + span[1], "rounded")
        if key in diagram.nodes:
            diagram.enter(key, stack[-1] if stack else None)

    for offset, line in lines:
        text = line.strip()
        if text == "}":
            if stack:
                stack.pop()
        elif match := re.match(r"\s*state\s+\"([^\"]+)\"\s+as\s+(\S+)", line):
            diagram.nodes[match.group(2)] = Node(
                match.group(2), match.group(1), offset + match.start(1), offset + match.end(1), "rounded"
            )
        elif match := re.match(r"\s*state\s+(\w+)\s*\{", line):
            group = Group(match.group(1), match.group(1), offset + match.start(1), offset + match.end(1))
            diagram.groups.append(group)
            stack.append(group)
        elif match := re.match(r"\s*" + _STATE.pattern, line):
            a, b = match.group("a"), match.group("b")
            node(line, match.span("a"), offset)
            node(line, match.span("b"), offset)
            if "[*]" not in (a, b):
                begin = offset + len(line) - len(line.lstrip())
                diagram.edges.append(
                    Edge(a, b, (match.group("text") or "").strip(), begin, offset + len(line.rstrip()))
                )
        elif match := re.match(r"\s*(\w+)\s*:\s*(.+?)\s*$", line):
            old = diagram.nodes.get(match.group(1))
            if old is None or old.label == old.key:
                a, b = match.span(2)
                diagram.nodes[match.group(1)] = Node(match.group(1), line[a:b], offset + a, offset + b, "rounded")


def _classes(lines: list[tuple[int, str]], diagram: Diagram, pattern: re.Pattern[str]) -> None:
    for offset, line in lines:
        if match := re.match(r"\s*class\s+([\w.~`]+)", line):
            a, b = match.span(1)
            diagram.nodes.setdefault(line[a:b], Node(line[a:b], line[a:b].strip("`"), offset + a, offset + b, "class"))
        elif match := re.match(r"\s*" + pattern.pattern, line):
            for name in ("a", "b"):
                a, b = match.span(name)
                if line[a] == '"':
                    a, b = a + 1, b - 1
                key = match.group(name)
                diagram.nodes.setdefault(key, Node(key, line[a:b], offset + a, offset + b, "class"))
            arrow = (match.groupdict().get("arrow") or "").strip()
            backward = arrow.startswith(("<", "*", "o")) and not arrow.endswith((">", "*", "o"))
            ends = (match.group("b"), match.group("a")) if backward else (match.group("a"), match.group("b"))
            begin = offset + len(line) - len(line.lstrip())
            diagram.edges.append(
                Edge(
                    *ends,
                    (match.group("text") or "").strip(' "'),
                    begin,
                    offset + len(line.rstrip()),
                    arrow not in ("--", ".."),
                )
            )
