"""Mermaid state diagrams. Syntax: Mermaid's documentation, "State diagrams"."""

from __future__ import annotations

import re

from kgbuild.mentions.code.grammar import Grammar, Span, pick, statements, without_blocks
from kgbuild.mentions.diagram import Diagram, Edge, Group, Node

_GRAMMAR = Grammar(r"""
start: end "-->" end (":" TEXT?)?                     -> transition
     | "state" QUOTED "as" ID OPEN?                   -> named
     | "state" ID STEREOTYPE? OPEN?                   -> state
     | "state" QUOTED OPEN?                           -> state
     | end ":" TEXT                                   -> described
     | end                                            -> alone
     | CLOSE                                          -> close
     | "--"                                           -> concurrent
     | WORD TEXT?                                     -> ignored
end: (ID | POINT) CLASS?

WORD.3: /(?:style|classDef|class|direction|hide|scale|accTitle|accDescr|note|click)(?=[\s:{]|$)/
QUOTED: /"[^"\n]*"/
STEREOTYPE: /<<\w+>>|\[\[\w+\]\]/
POINT: /\[(?:\*|H\*?)\](?:<\w+>)?/
OPEN: "{"
CLOSE: "}"
CLASS.2: /:::[\w-]+/
ID: /[^\s:;{}"\[\]<>-](?:[^\s:;{}"\[\]<>-]|-(?!-))*/
TEXT: /[^\s:](?s:.*)/
%ignore /[ \t]+|;/
""")
_END = r"^[ \t]*end[ \t]+note\b[^\n]*"
_NOTES = (re.compile(rf"^[ \t]*note\b[^\n:]*\n.*?{_END}", re.S | re.M), re.compile(_END, re.M))
_SHAPES = {"fork": "bar", "join": "bar", "choice": "diamond"}


def read(code: str, start: int, diagram: Diagram) -> None:
    """Adds states, transitions and composite states; the start and end points are no nodes."""
    code = without_blocks(code, (_NOTES,))
    stack: list[Group] = []
    for a, b in _lines(code, start):
        tree = _GRAMMAR.statement(code, a, b, diagram)
        if tree is None:
            continue
        if tree.data in ("transition", "described", "alone"):
            ends = [next(iter(pick(e, "ID")), None) for e in tree.children if getattr(e, "data", "") == "end"]
            for end in ends:
                _enter(end, end, "", diagram, stack)
            text = next(iter(pick(tree, "TEXT")), None)
            if tree.data == "described" and text is not None and ends[0] is not None:
                _describe(ends[0].text, text, diagram)
            elif len(ends) == 2 and ends[0] is not None and ends[1] is not None:
                label = text.text.strip() if text is not None else ""
                diagram.edges.append(Edge(ends[0].text, ends[1].text, label, a, b, kind="transition"))
        elif tree.data in ("named", "state"):
            labels = [q.bare() for q in pick(tree, "QUOTED")]
            key = next(iter(pick(tree, "ID")), labels[0] if labels else None)
            if key is not None and pick(tree, "OPEN"):
                stack.append(_compose(key, (labels or [key])[0], diagram, stack))
            elif key is not None:
                kind = next((_SHAPES.get(s.text.strip("<>[]").lower(), "") for s in pick(tree, "STEREOTYPE")), "")
                _enter(key, (labels or [key])[0], kind, diagram, stack)
        elif tree.data == "close" and stack:
            stack.pop()


def _lines(code: str, start: int) -> list[tuple[int, int]]:
    """Statements; braces end them too, as in ``state A { B --> C }``."""
    found: list[tuple[int, int]] = []
    for a, b in statements(code, start, ends="\n;"):
        cuts = [m.end() for m in re.finditer(r"\{(?=\s*\S)", code[a:b])]
        if cuts and code[a:b].startswith("state") and code[b - 1] == "}":
            found += [(a, a + cuts[0]), *_trim(code, a + cuts[0], b - 1), (b - 1, b)]
        else:
            found.append((a, b))
    return found


def _trim(code: str, a: int, b: int) -> list[tuple[int, int]]:
    inner = code[a:b]
    lead = len(inner) - len(inner.lstrip())
    return [(a + lead, a + lead + len(inner.strip()))] if inner.strip() else []


def _enter(key: Span | None, label: Span | None, shape: str, diagram: Diagram, stack: list[Group]) -> None:
    if key is None or label is None:
        return
    if all(g.key != key.text for g in diagram.groups):
        node = diagram.nodes.get(key.text)
        if node is None:
            node = diagram.nodes[key.text] = Node(key.text, label.text, label.start, label.end, shape or "rounded")
        elif label.text != key.text:
            node.label, node.start, node.end = label.text, label.start, label.end
        node.shape = shape or node.shape
    if all(g.key != key.text for g in stack):
        diagram.enter(key.text, stack[-1] if stack else None)


def _describe(key: str, text: Span, diagram: Diagram) -> None:
    """The first description of a state is its label; the others are lines below it."""
    item = diagram.nodes.get(key) or next((g for g in diagram.groups if g.key == key), None)
    if item is not None and item.label == key:
        item.label, item.start, item.end = text.text.strip(), text.start, text.start + len(text.text.rstrip())


def _compose(key: Span, label: Span, diagram: Diagram, stack: list[Group]) -> Group:
    old = diagram.nodes.pop(key.text, None)  # named in a transition before it is opened
    group = next((g for g in diagram.groups if g.key == key.text), None)
    if group is None:
        group = Group(key.text, label.text, label.start, label.end)
        if old is not None and old.label != old.key and label.text == key.text:
            group.label, group.start, group.end = old.label, old.start, old.end
        diagram.groups.append(group)
        diagram.enter(key.text, stack[-1] if stack else None)
    return group
