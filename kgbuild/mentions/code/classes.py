"""Mermaid class diagrams. Syntax: Mermaid's documentation, "Class diagrams"."""

from __future__ import annotations

import re

from kgbuild.mentions.code.grammar import Grammar, Span, pick, statements
from kgbuild.mentions.code.uml import relation
from kgbuild.mentions.diagram import Diagram, Group, Node

_GRAMMAR = Grammar(r"""
start: "class" name ("," name)* LABEL? CLASS? STEREOTYPE? (OPEN BODY? CLOSE?)?  -> class
     | name QUOTED? LINE QUOTED? name (":" TEXT?)?                              -> relation
     | STEREOTYPE name                                                          -> annotated
     | name ":" TEXT                                                            -> member
     | "namespace" NAME LABEL? OPEN                                             -> namespace
     | CLOSE                                                                    -> close
     | name CLASS                                                               -> alone
     | WORD TEXT?                                                               -> ignored
name: NAME GENERIC?

WORD.3: /(?:direction|note|click|link|callback|style|classDef|cssClass|accTitle|accDescr|title)(?=[\s:{]|$)/
LINE.2: /(?:<\||\(\)|[*<o])?(?:--|\.\.)(?:\|>|\(\)|[*>]|o(?=[\s"`]))?/
QUOTED: /"[^"\n]*"/
LABEL: /\[\s*"[^"\n]*"\s*\]/
STEREOTYPE: /<<[^>\n]*>>/
CLASS.2: /:::[\w-]+/
OPEN: "{"
CLOSE: "}"
BODY: /[^{}]+/
GENERIC: /~(?:[^\s~]|,[ ]|~(?:[^\s~]|,[ ]|~[^\s~]+~)+~)+~/
NAME: /`[^`\n]+`|[^\s:;,{}"~<>\[\]().*`-](?:[^\s:;,{}"~<>\[\]()*`.-]|-(?!-)|\.(?!\.))*/
TEXT: /[^\s:](?s:.*)/
%ignore /[ \t]+|;/
""")


def read(code: str, start: int, diagram: Diagram) -> None:
    """Adds classes, relations and namespaces; members are no nodes. The marked end of a relation is its head."""
    stack: list[Group] = []
    inside = 0  # statements before this character are members of a class
    for a, b in statements(code, start):
        if a < inside:
            continue
        tree = _GRAMMAR.statement(code, a, b, diagram)
        if tree is None:
            continue
        names = [pick(n, "NAME")[0].bare() for n in tree.children if getattr(n, "data", "") == "name"]
        for name in names:
            _enter(name, diagram, stack)
        if tree.data == "class":
            for bracket in pick(tree, "LABEL"):
                node, title = diagram.nodes[names[-1].text], bracket.cut(1, len(bracket.text) - 1).bare()
                node.label, node.start, node.end = title.text, title.start, title.end
            if pick(tree, "OPEN") and not pick(tree, "CLOSE"):
                inside = _body_end(code, b)
        elif tree.data == "relation":
            line, text = pick(tree, "LINE")[0].text, next((t.text.strip() for t in pick(tree, "TEXT")), "")
            marks = re.split(r"--|\.\.", line)
            ends = names[0].text, names[1].text
            diagram.edges.append(relation(*ends, text, a, b, (marks[0], marks[1]), dotted=".." in line))
        elif tree.data == "namespace":
            stack.append(_namespace(pick(tree, "NAME")[0], pick(tree, "LABEL"), diagram, stack))
        elif tree.data == "close" and stack:
            stack.pop()


def _body_end(code: str, at: int) -> int:
    """Behind the brace that closes a class: the first that ends a line, as members may hold braces."""
    match = re.compile(r"^[^\n{]*\}", re.M).search(code, at)
    return match.end() if match else len(code)


def _enter(name: Span, diagram: Diagram, stack: list[Group]) -> None:
    diagram.nodes.setdefault(name.text, Node(name.text, name.text, name.start, name.end, "class"))
    diagram.enter(name.text, stack[-1] if stack else None)


def _namespace(name: Span, labels: list[Span], diagram: Diagram, stack: list[Group]) -> Group:
    label = labels[0].cut(1, len(labels[0].text) - 1).bare() if labels else name.bare()
    group = next((g for g in diagram.groups if g.key == f"namespace {name.text}"), None)
    if group is None:
        group = Group(f"namespace {name.text}", label.text, label.start, label.end)
        diagram.groups.append(group)
        if stack:
            stack[-1].members.append(group.key)
    return group
