"""Mermaid entity-relationship diagrams. Syntax: Mermaid's documentation, "Entity Relationship Diagrams"."""

from __future__ import annotations

from kgbuild.mentions.code.grammar import Grammar, Span, pick, statements
from kgbuild.mentions.diagram import Diagram, Edge, Node

_GRAMMAR = Grammar(r"""
start: name LINE name (":" TEXT?)?               -> relation
     | name (OPEN BODY? CLOSE?)?                 -> entity
     | WORD TEXT?                                -> ignored
name: NAME ALIAS? CLASS?

WORD.3: /(?:direction|style|classDef|class|accTitle|accDescr|title)(?=[\s:{]|$)/
LINE.2: (LEFT | COUNT) /\s*/ ("--" | ".." | "-." | ".-" | "optionally to" | "to") /\s*/ (RIGHT | COUNT)
LEFT: "|o" | "||" | "}o" | "}|"
RIGHT: "o|" | "||" | "o{" | "|{"
COUNT: "zero or one" | "one or zero" | "one or more" | "one or many" | "many(1)" | "1+" | "zero or more"
     | "zero or many" | "many(0)" | "0+" | "many" | "only one" | "one" | "1" | "u"
ALIAS: /\[\s*(?:"[^"\n]*"|[^\]"\n]*)\s*\]/
CLASS.2: /:::[\w,-]+/
OPEN: "{"
CLOSE: "}"
BODY: /[^{}]+/
NAME: /"[^"\n]+"|[^\s:;,{}"\[\]|-](?:[^\s:;,{}"\[\]|-]|-(?!-))*/
TEXT: /[^\s:](?s:.*)/
%ignore /[ \t]+|;/
""")


def read(code: str, start: int, diagram: Diagram) -> None:
    """Adds entities and relationships; a relationship is read from its first entity to its second."""
    inside = 0  # statements before this character are attributes of an entity
    for a, b in statements(code, start):
        if a < inside:
            continue
        tree = _GRAMMAR.statement(code, a, b, diagram)
        if tree is None or tree.data == "ignored":
            continue
        keys = [_enter(n, diagram) for n in tree.children if getattr(n, "data", "") == "name"]
        if tree.data == "relation":
            line = pick(tree, "LINE")[0].text
            dotted = ".." in line or "optionally" in line or "-." in line or ".-" in line
            label = next((t.cut(0, len(t.text)).bare().text for t in pick(tree, "TEXT")), "")
            diagram.edges.append(Edge(keys[0], keys[1], label, a, b, style="dotted" if dotted else "solid"))
        elif pick(tree, "OPEN") and not pick(tree, "CLOSE"):
            end = code.find("}", b)
            inside = end + 1 if end >= 0 else len(code)


def _enter(tree: object, diagram: Diagram) -> str:
    name = pick(tree, "NAME")[0].bare()
    node = diagram.nodes.get(name.text)
    if node is None:
        node = diagram.nodes[name.text] = Node(name.text, name.text, name.start, name.end, "entity")
    for alias in pick(tree, "ALIAS"):
        label: Span = alias.cut(1, len(alias.text) - 1).bare()
        node.label, node.start, node.end = label.text, label.start, label.end
    return name.text
