"""Graphviz DOT source to a diagram, with the characters of every label.

The grammar is that of the Graphviz documentation ("DOT Language"), written for lark. Attributes mean what they mean to
``dot``: defaults hold for what is made after them in their subgraph, inner ones inherit them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from kgbuild.errors import SourceError
from kgbuild.mentions.code.grammar import Grammar, Span, line_of, span
from kgbuild.mentions.diagram import Diagram, Edge, Group, Node

_GRAMMAR = Grammar(r"""
start: graph+
graph: STRICT? (GRAPH | DIGRAPH) id? body ";"*
body: "{" ";"* (_statement ";"*)* "}"
_statement: assign | attr | node | edge | subgraph
assign: id "=" id
attr: (GRAPH | NODE | EDGE) list*
node: name list*
edge: end (OP end)+ list*
end: name | subgraph
name: id (":" id (":" id)?)?
subgraph: (SUBGRAPH id?)? body
list: "[" (pair ("," | ";")?)* "]"
pair: id ("=" id)?
id: ID | NUMBER | HTML | STRING ("+" STRING)*

STRICT.2: /(?i:strict)(?![\w\u0080-\U0010ffff])/
GRAPH.2: /(?i:graph)(?![\w\u0080-\U0010ffff])/
DIGRAPH.2: /(?i:digraph)(?![\w\u0080-\U0010ffff])/
SUBGRAPH.2: /(?i:subgraph)(?![\w\u0080-\U0010ffff])/
NODE.2: /(?i:node)(?![\w\u0080-\U0010ffff])/
EDGE.2: /(?i:edge)(?![\w\u0080-\U0010ffff])/
OP: "->" | "--"
ID: /[A-Za-z_\u0080-\U0010ffff][\w\u0080-\U0010ffff]*/
NUMBER: /-?(?:\.\d+|\d+(?:\.\d*)?)/
STRING: /"(?s:[^"\\]|\\.)*+"/
HTML: /<(?:[^<>]|<(?:[^<>]|<(?:[^<>]|<[^<>]*+>)*+>)*+>)*+>/
COMMENT: /\/\/[^\n]*|\/\*(?s:.*?)\*\/|^#[^\n]*/m
%ignore COMMENT
%ignore /[\s\ufeff]+/
""")
_MAX_DEPTH = 100
_Attributes = dict[str, Span]


def parse_dot(code: str) -> Diagram:
    """The graphs that DOT code draws, as one. Raises ``SourceError`` ("broken-dot") with line and column."""
    from lark import UnexpectedInput

    try:
        tree = _GRAMMAR.parse(code, 0, len(code))
    except UnexpectedInput as err:
        at = err.pos_in_stream if isinstance(err.pos_in_stream, int) and err.pos_in_stream >= 0 else len(code)
        column = at - code.rfind("\n", 0, at)
        found = repr(code[at]) if at < len(code) else "the end"
        where = f"line {line_of(code, at)}, column {column}"
        raise SourceError(f"no valid DOT: unexpected {found} at {where}", "broken-dot") from err
    diagram = Diagram()
    for graph in tree.children:
        _Reader(code, diagram).graph(graph)
    return diagram


@dataclass(slots=True)
class _Scope:
    """What holds in a (sub)graph: default attributes by kind, its own attributes, the keys of all nodes in it."""

    name: Span
    depth: int
    graph: _Attributes = field(default_factory=dict)
    node: _Attributes = field(default_factory=dict)
    edge: _Attributes = field(default_factory=dict)
    keys: dict[str, None] = field(default_factory=dict)
    parent: _Scope | None = None

    @property
    def cluster(self) -> bool:
        said = self.graph.get("cluster", Span("", 0, 0)).text.lower()
        return self.depth > 0 and (self.name.text.startswith("cluster") or said in ("true", "yes", "1"))


class _Reader:
    def __init__(self, code: str, diagram: Diagram) -> None:
        self.code, self.diagram = code, diagram
        self.directed = self.strict = True
        self.scopes: dict[str, _Scope] = {}
        self.hidden: set[str] = set()
        self.drawn: dict[tuple[str, str], int] = {}

    def graph(self, tree: Any) -> None:
        kinds = [t.type for t in tree.children if hasattr(t, "type")]
        self.directed, self.strict = "DIGRAPH" in kinds, "STRICT" in kinds
        root = _Scope(Span("", 0, 0), 0)
        self.body(tree.children[-1], root)
        title = root.graph.get("label")
        self.diagram.title = self.diagram.title or (title.text if title else "")
        self._close()

    def body(self, tree: Any, scope: _Scope) -> None:
        if scope.depth > _MAX_DEPTH:
            raise SourceError(f"no valid DOT: subgraphs nested more than {_MAX_DEPTH} deep", "broken-dot")
        for statement in tree.children:
            getattr(self, f"_{statement.data}")(statement, scope)

    def _assign(self, tree: Any, scope: _Scope) -> None:
        name, value = (_id(t) for t in tree.children)
        scope.graph[name.text] = value

    def _attr(self, tree: Any, scope: _Scope) -> None:
        getattr(scope, tree.children[0].type.lower()).update(_attributes(tree))

    def _node(self, tree: Any, scope: _Scope) -> None:
        key = self._name(tree.children[0], scope)
        self._describe(key, _attributes(tree))

    def _subgraph(self, tree: Any, scope: _Scope) -> _Scope:
        named = next((_id(t) for t in tree.children if getattr(t, "data", "") == "id"), None)
        inner = self.scopes.get(named.text) if named is not None else None
        if inner is None:
            name = named or Span(f"subgraph {len(self.scopes)}", 0, 0)
            copies = (dict(scope.graph), dict(scope.node), dict(scope.edge))
            inner = self.scopes[name.text] = _Scope(name, scope.depth + 1, *copies, parent=scope)
            inner.graph.pop("cluster", None)
        self.body(tree.children[-1], inner)
        return inner

    def _name(self, tree: Any, scope: _Scope) -> str:
        """The key of a node, made with the defaults of its scope when it is first named."""
        key = _id(tree.children[0])
        if key.text not in self.diagram.nodes:
            self.diagram.nodes[key.text] = Node(key.text, key.text, key.start, key.end, "ellipse")
            self._describe(key.text, scope.node)
        holder: _Scope | None = scope
        while holder is not None:
            holder.keys[key.text] = None
            holder = holder.parent
        return key.text

    def _describe(self, key: str, attributes: _Attributes) -> None:
        node = self.diagram.nodes[key]
        if "shape" in attributes:
            node.shape = attributes["shape"].text
        if "style" in attributes and "invis" in attributes["style"].text:
            self.hidden.add(key)
        label = attributes.get("label")
        if label is not None and label.text.strip() and label.text != "\\N":
            node.label, node.start, node.end = label.text, label.start, label.end

    def _edge(self, tree: Any, scope: _Scope) -> None:
        ends: list[list[str]] = []
        for end in (t for t in tree.children if getattr(t, "data", "") == "end"):
            (inner,) = end.children
            named = inner.data == "name"
            ends.append([self._name(inner, scope)] if named else list(self._subgraph(inner, scope).keys))
        attributes = {**scope.edge, **_attributes(tree)}
        said = {k: v.text.strip().lower() for k, v in attributes.items()}
        if "invis" in said.get("style", ""):
            return
        way = said.get("dir", "forward" if self.directed else "none")
        head = way in ("forward", "both") and said.get("arrowhead") != "none"
        tail = way in ("back", "both") and said.get("arrowtail") != "none"
        label = next((attributes[k].text for k in ("label", "xlabel") if k in attributes), "")
        style = next((s for s in ("dashed", "dotted", "bold") if s in said.get("style", "")), "solid")
        style, meta = "thick" if style == "bold" else style, tree.meta
        for left, right in pairwise(ends):
            for a, b in self.diagram.pairs(left, right):
                pair = (b, a) if tail and not head else (a, b)
                self._add(Edge(*pair, label, meta.start_pos, meta.end_pos, head or tail, head and tail, style))

    def _add(self, edge: Edge) -> None:
        """Appends an edge; a strict graph has one between two nodes, and what is said later counts."""
        ends = (edge.source, edge.target)
        ends = ends if self.directed or ends[0] < ends[1] else ends[::-1]
        known = self.drawn.setdefault(ends, len(self.diagram.edges)) if self.strict else len(self.diagram.edges)
        if known < len(self.diagram.edges):
            old = self.diagram.edges[known]
            self.diagram.edges[known] = replace(old, label=edge.label or old.label)
        else:
            self.diagram.edges.append(edge)

    def _close(self) -> None:
        """Makes the groups, innermost first, and takes out what is not drawn."""
        clusters = [s for s in self.scopes.values() if s.cluster]
        groups: dict[str, Group] = {}
        for scope in clusters:
            label = scope.graph.get("label", Span("", 0, 0))
            groups[scope.name.text] = Group(scope.name.text, label.text, label.start, label.end)
        held: set[str] = set()
        for scope in sorted(clusters, key=lambda s: -s.depth):
            own = [k for k in scope.keys if k not in held]
            held.update(own)
            groups[scope.name.text].members += own
        for scope in clusters:
            outer = next((s for s in _outer(scope) if s.cluster), None)
            if outer is not None:
                groups[outer.name.text].members.append(scope.name.text)
        self.diagram.groups += groups.values()
        for key in self.hidden:
            self.diagram.nodes.pop(key, None)
        self.diagram.edges = [e for e in self.diagram.edges if not {e.source, e.target} & self.hidden]


def _outer(scope: _Scope) -> Iterator[_Scope]:
    while (found := scope.parent) is not None:
        yield found
        scope = found


def _attributes(tree: Any) -> _Attributes:
    found: _Attributes = {}
    for part in tree.children:
        if getattr(part, "data", "") == "list":
            for pair in part.children:
                name, *value = (_id(t) for t in pair.children)
                found[name.text] = value[0] if value else Span("true", name.start, name.end)
    return found


def _id(tree: Any) -> Span:
    """An identifier without its quotes; a sum of strings keeps the characters of its first part."""
    first = span(tree.children[0])
    if tree.children[0].type == "HTML":
        return Span(first.text[1:-1], first.start + 1, first.end - 1)
    if tree.children[0].type != "STRING":
        return first
    text = "".join(str(t)[1:-1] for t in tree.children)
    return Span(re.sub(r"\\\n", "", text), first.start + 1, first.end - 1)
