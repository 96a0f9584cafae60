"""Mermaid sequence diagrams. Syntax: Mermaid's documentation, "Sequence diagrams"."""

from __future__ import annotations

from kgbuild.mentions.code.grammar import Grammar, Span, pick, statements
from kgbuild.mentions.diagram import Diagram, Edge, Group, Node

_GRAMMAR = Grammar(r"""
start: CREATE? KIND NAME DATA? ("as" TEXT)?       -> participant
     | NAME ARROW SIGN? NAME (":" TEXT?)?           -> message
     | BOX TEXT?                                    -> box
     | END                                          -> close
     | BLOCK TEXT?                                  -> block
     | WORD TEXT?                                   -> ignored

CREATE.3: /create(?=\s)/
BOX.3: /box(?=\s|$)/
END.3: /end(?=\s|$)/
KIND.4: /(?:participant|actor)(?=\s)/
BLOCK.3: /(?:loop|alt|opt|par|par_over|critical|break|rect)(?=\s|$)/
WORD.3: /(?:else|and|option|activate|deactivate|autonumber|title|links?|properties|details)(?=[\s:{]|$)/
      | /(?:destroy|accTitle|accDescr|[Nn]ote)(?=[\s:{]|$)/
ARROW.2: /\(?\)?/ (FORWARD | BACKWARD) /(?:\(\))?/
FORWARD: /<<--?>>|--?(?:>>|>|x|\)|\|\\|\|\/|\\\\|\/\/)/
BACKWARD: /(?:\\\||\/\||\\\\|\/\/)--?/
SIGN.2: /[+-]/
DATA: /@\{[^}]*\}/
NAME: /"[^"\n]*"/
    | /[^\s:;,<>+\-@(][^\n:;<>@]*?(?=\s*(?:$|\n|:|@|\s+as\s|\(?\)?(?:<<-|--?[>x)|\\\/]|[\\\/]\||\\\\-|\/\/-)))/
TEXT: /\S(?s:.*)/
%ignore /[ \t]+|;/
""")


def read(code: str, start: int, diagram: Diagram) -> None:
    """Adds participants, and one edge a message; a ``box`` is a group."""
    stack: list[Group | None] = []
    for a, b in statements(code, start, ends="\n;"):
        tree = _GRAMMAR.statement(code, a, b, diagram)
        if tree is None:
            continue
        names = [n.bare() for n in pick(tree, "NAME")]
        if tree.data == "participant":
            alias = next((t.cut(0, len(t.text)).bare() for t in pick(tree, "TEXT")), names[0])
            diagram.nodes[names[0].text] = Node(names[0].text, alias.text, alias.start, alias.end, "actor")
            diagram.enter(names[0].text, next((g for g in reversed(stack) if g is not None), None))
        elif tree.data == "message":
            for name in names:
                diagram.nodes.setdefault(name.text, Node(name.text, name.text, name.start, name.end, "actor"))
            arrow = pick(tree, "ARROW")[0].text.strip("()")
            backward, both = arrow[0] in "\\/", arrow.startswith("<<")
            ends = (names[1].text, names[0].text) if backward else (names[0].text, names[1].text)
            label = next((t.text.strip() for t in pick(tree, "TEXT")), "")
            style = "dotted" if "--" in arrow else "solid"
            diagram.edges.append(Edge(*ends, label, a, b, True, both, style))
        elif tree.data == "box":
            stack.append(_box(pick(tree, "TEXT"), a, diagram))
        elif tree.data == "block":
            stack.append(None)
        elif tree.data == "close" and stack:
            stack.pop()


def _box(texts: list[Span], at: int, diagram: Diagram) -> Group:
    """``box Aqua Group of two``: the first word may be a colour."""
    from PIL.ImageColor import colormap

    title = texts[0].cut(0, len(texts[0].text)) if texts else Span("", at, at)
    first = title.text.split(" ")[0].lower()
    if first.startswith(("rgb(", "rgba(", "hsl(")) and ")" in title.text:
        title = title.cut(title.text.index(")") + 1, len(title.text))
    elif first in colormap or first == "transparent" or first.startswith("#"):
        title = title.cut(len(first), len(title.text))
    group = Group(f"box {len(diagram.groups)}", title.text, title.start, title.end)
    diagram.groups.append(group)
    return group
