"""Mermaid flowcharts. Syntax: Mermaid's documentation, "Flowcharts - Basic Syntax"."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from kgbuild.mentions.code.grammar import Grammar, Span, pick, span, statements
from kgbuild.mentions.diagram import Diagram, Edge, Group, Node

_GRAMMAR = Grammar(r"""
start: "subgraph" TITLE?                          -> subgraph
     | "end"                                      -> close
     | WORD REST?                                 -> ignored
     | nodes (link nodes)*                        -> chain
nodes: node ("&" node)*
node: ID (SHAPE | AT DATA | CLASS)*
link: EDGE_ID? (LINK | LABELLED) PIPE?

WORD.3: /(?:style|classDef|class|linkStyle|click|direction|accTitle|accDescr)(?=[\s:{]|$)/
TITLE: /[^\n]+/
REST: /(?s:.+)/
AT: "@"
DATA: /\{(?:[^{}"]|"[^"]*")*\}/
CLASS: /:::[\w-]+/
EDGE_ID.4: /[^\s"@]+@(?=[xo<]?(?:--|==|-\.))/
LINK.3: /[xo<]?(?:--+[-xo>]|==+[=xo>]|-?\.+-[xo>]?|~~~+)/
LABELLED.2: /[xo<]?--(?![->])\s*/ (QUOTED | /(?:[^-"\n]|-(?!-))+?/) /\s*--+[-xo>]/
          | /[xo<]?==\s*/ (QUOTED | /(?:[^="\n]|=(?!=))+?/) /\s*==+[=xo>]/
          | /[xo<]?-\.\s*/ (QUOTED | /(?:[^."\n]|\.(?!-))+?/) /\s*\.+-[xo>]?/
QUOTED: /\s*"[^"]*"\s*/
PIPE: /\|\s*(?:"[^"]*"|[^|"\n]*)\s*\|/
SHAPE: "(((" (QUOTED | /[^"()]*/) ")))" | "((" (QUOTED | /[^"()]*/) "))"
     | "([" (QUOTED | /[^"\]]*/) "])"    | "(-" (QUOTED | /[^"]*?/) "-)"
     | "[[" (QUOTED | /[^"\]]*/) "]]"    | "[(" (QUOTED | /[^"]*?/) ")]"
     | /\[[\/\\]/ (QUOTED | /[^"\]]*?/) /[\/\\]\]/
     | "{{" (QUOTED | /[^"}]*/) "}}"     | "{" (QUOTED | /[^"}]*/) "}"
     | "(" (QUOTED | /[^"()]*(?:\([^"()]*\)[^"()]*)*/) ")"
     | "[" (QUOTED | /[^"\[\]]*(?:\[[^"\[\]]*\][^"\[\]]*)*/) "]"
     | ">" (QUOTED | /[^"\]]*/) "]"
ID: /(?:[^\s\[\](){}<>|&;:"=~@,^-]|-(?![-.>])|=(?!=))(?:[^\s\[\](){}<>|;:"=~@,^-]|:(?!::)|-(?![-.>])|=(?!=))*/
%ignore /\s+|;/
""")
_SHAPES = (
    ("(((", ")))", "double circle"), ("((", "))", "circle"), ("([", "])", "stadium"), ("[(", ")]", "cylinder"),
    ("(-", "-)", "ellipse"), ("[[", "]]", "subroutine"), ("[/", "/]", "parallelogram"), ("[/", "\\]", "trapezoid"),
    ("[\\", "\\]", "parallelogram"), ("[\\", "/]", "trapezoid"), ("{{", "}}", "hexagon"), ("{", "}", "diamond"),
    ("(", ")", "rounded"), ("[", "]", "rectangle"), (">", "]", "flag"),
)  # fmt: skip
_NAMES = {  # short names of the documentation's table of shapes, to ours
    "rect": "rectangle", "proc": "rectangle", "process": "rectangle", "rounded": "rounded", "event": "rounded",
    "pill": "stadium", "terminal": "stadium", "fr-rect": "subroutine", "subproc": "subroutine", "cyl": "cylinder",
    "db": "cylinder", "database": "cylinder", "circ": "circle", "diam": "diamond", "decision": "diamond",
    "hex": "hexagon", "lean-r": "parallelogram", "lean-l": "parallelogram", "in-out": "parallelogram",
    "out-in": "parallelogram", "trap-b": "trapezoid", "trap-t": "trapezoid", "dbl-circ": "double circle",
    "doc": "document", "docs": "documents", "cloud": "cloud", "tri": "triangle", "st-rect": "stacked",
}  # fmt: skip
_ICON = re.compile(r"(?:fa[bsrlk]?|fab|mdi|logos):[\w-]+\s*")


def read(code: str, start: int, diagram: Diagram) -> None:
    """Adds the nodes, edges and subgraphs of the statements from ``start``."""
    stack: list[Group] = []
    named: set[str] = set()  # edges with a name
    held: set[str] = set()  # what stands in a subgraph that is closed
    for a, b in statements(code, start, ends="\n;", brackets="[({"):
        tree = _GRAMMAR.statement(code, a, b, diagram)
        if tree is None:
            continue
        if tree.data == "subgraph":
            stack.append(_subgraph(pick(tree, "TITLE"), a, diagram, stack))
        elif tree.data == "close" and stack:
            _close(stack.pop(), held)
        elif tree.data == "chain":
            named |= {e.text[:-1] for part in tree.children for e in pick(part, "EDGE_ID")}
            first = tree.children[0].children[0]
            if len(tree.children) > 1 or str(first.children[0]) not in named:  # else it describes an edge
                _chain(tree, a, b, diagram, stack)
    while stack:
        _close(stack.pop(), held)
    names = {g.key for g in diagram.groups}
    for key in names & diagram.nodes.keys():  # a subgraph at the end of an arrow
        del diagram.nodes[key]


def _subgraph(titles: list[Span], at: int, diagram: Diagram, stack: list[Group]) -> Group:
    title = titles[0].cut(0, len(titles[0].text)) if titles else Span("", at, at)
    match = re.match(r"(\"[^\"]*\"|[^\s\[]+)\s*\[(.*)\]$", title.text, re.S)
    key, label = title.bare(), title.bare()
    if match:
        key = title.cut(*match.span(1)).bare()
        label = _words(title.cut(*match.span(2)))
    name = key.text or f"subgraph {len(diagram.groups)}"
    group = Group(name, label.text, label.start, label.end)
    if stack:
        stack[-1].members.append(name)
    diagram.groups.append(group)
    return group


def _close(group: Group, held: set[str]) -> None:
    """What a subgraph names stands in it, unless a subgraph that was closed before holds it."""
    group.members = [k for k in dict.fromkeys(group.members) if k not in held and k != group.key]
    held.update(group.members)


def _chain(tree: Any, start: int, end: int, diagram: Diagram, stack: list[Group]) -> None:
    parts = tree.children
    sides = [[_node(n, diagram, stack) for n in side.children] for side in parts[::2]]
    for (left, right), link in zip(pairwise(sides), parts[1::2], strict=True):
        text = next(iter(pick(link, "LINK") + pick(link, "LABELLED")))
        if text.text.startswith("~"):
            continue
        label = _link_label(link, text)
        head, tail = text.text[-1] in "xo>", text.text[0] in "xo<"
        body = text.text.lstrip("xo<")
        style = "dotted" if body.startswith(("-.", ".")) else "thick" if body.startswith("=") else "solid"
        for a, b in diagram.pairs(left, right):
            ends = (b, a) if tail and not head else (a, b)
            diagram.edges.append(Edge(*ends, label, start, end, head or tail, head and tail, style))


def _link_label(link: Any, text: Span) -> str:
    pipe = pick(link, "PIPE")
    if pipe:
        return _words(pipe[0].cut(1, len(pipe[0].text) - 1)).text
    if pick(link, "LABELLED"):
        body = re.sub(r"^[xo<]?(?:--|==|-\.)|(?:--+[-xo>]|==+[=xo>]|\.+-[xo>]?)$", "", text.text)
        return _words(Span(body, 0, len(body))).text
    return ""


def _node(tree: Any, diagram: Diagram, stack: list[Group]) -> str:
    key = span(tree.children[0])
    for shape in pick(tree, "SHAPE"):
        opening, closing, kind = next(s for s in _SHAPES if shape.text.startswith(s[0]) and shape.text.endswith(s[1]))
        label = _words(shape.cut(len(opening), len(shape.text) - len(closing)))
        return _enter(key, label, kind, diagram, stack)
    for data in pick(tree, "DATA"):
        return _describe(key, data, diagram, stack)
    return _enter(key, None, "", diagram, stack)


def _describe(key: Span, data: Span, diagram: Diagram, stack: list[Group]) -> str:
    """``A@{ shape: cyl, label: "Database" }``."""
    label = re.search(r"\blabel\s*:\s*(?:\"([^\"]*)\"|'([^']*)'|([^,\n}]+))", data.text)
    shape = re.search(r"\bshape\s*:\s*[\"']?([\w-]+)", data.text)
    kind = _NAMES.get(shape.group(1), shape.group(1)) if shape else ""
    words = _words(data.cut(*label.span(label.lastindex or 0))) if label else None
    return _enter(key, words, kind, diagram, stack)


def _enter(key: Span, label: Span | None, shape: str, diagram: Diagram, stack: list[Group]) -> str:
    node = diagram.nodes.get(key.text)
    if node is None:
        node = diagram.nodes[key.text] = Node(key.text, key.text, key.start, key.end)
    if label is not None and label.text:
        node.label, node.start, node.end = label.text, label.start, label.end
    node.shape = shape or node.shape
    if stack and all(g.key != key.text for g in stack):
        stack[-1].members.append(key.text)
    return key.text


def _words(label: Span) -> Span:
    """A label without quotes, the backticks of a Markdown string, and an icon before it."""
    label = label.cut(0, len(label.text)).bare()
    if len(label.text) > 2 and label.text[0] == "`" == label.text[-1]:
        label = label.cut(1, len(label.text) - 1)
    icon = _ICON.match(label.text)
    return label.cut(icon.end(), len(label.text)) if icon and icon.end() < len(label.text) else label
