"""Shapes as SHACL Core has them (https://www.w3.org/TR/shacl/), read from a graph of shapes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from kgbuild.vocab import RDF, RDFS, SH, TYPE


class NotCompiled(Exception):
    """A construct that is not compiled to SPARQL: another engine has to validate."""


# Parameters that make a constraint by themselves, and what is said besides.
PARAMETERS = (
    "class", "datatype", "nodeKind", "minCount", "maxCount", "minExclusive", "minInclusive", "maxExclusive",
    "maxInclusive", "minLength", "maxLength", "pattern", "languageIn", "uniqueLang", "equals", "disjoint", "lessThan",
    "lessThanOrEquals", "not", "and", "or", "xone", "node", "property", "qualifiedValueShape", "closed", "hasValue",
    "in",
)  # fmt: skip
BESIDES = frozenset(
    ("path", "targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf", "severity", "message", "deactivated",
     "name", "description", "order", "group", "defaultValue", "rule", "flags", "ignoredProperties", "qualifiedMinCount",
     "qualifiedMaxCount", "qualifiedValueShapesDisjoint")
)  # fmt: skip
_SHAPES = frozenset(("not", "and", "or", "xone", "node", "property", "qualifiedValueShape"))
LISTS = frozenset(("and", "or", "xone", "languageIn", "in", "ignoredProperties"))


@dataclass(frozen=True, slots=True)
class Constraint:
    """One constraint of a shape: the parameter's local name and its value (a term, a list of terms, or shapes)."""

    name: str
    value: Any
    more: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Shape:
    """A node shape, or a property shape if it has a ``path`` (SPARQL 1.1 property path in text form).

    Terms are strings as in N-Triples. ``targets``: pairs (kind, term).
    """

    id: str
    path: str
    path_term: Any
    constraints: tuple[Constraint, ...]
    targets: tuple[tuple[str, str], ...]
    severity: str
    message: str


def read_shapes(graph: Any) -> tuple[list[Shape], list[tuple[str, NotCompiled]]]:
    """The shapes of an ``rdflib.Graph`` that have targets, and those that are not compiled, as in N-Triples, each with
    the reason: what SHACL Core lacks, shapes that refer to themselves, constants that are blank nodes.

    Raises ``NotCompiled`` for what concerns all shapes: components and targets of one's own, entailment.
    """
    from rdflib import URIRef

    for beyond in ("js", "target", "entailment", "parameter", "validator", "nodeValidator", "propertyValidator"):
        if (None, URIRef(SH + beyond), None) in graph:
            raise NotCompiled(f"sh:{beyond}")
    found = {str(s) for kind in ("NodeShape", "PropertyShape") for s in graph.subjects(URIRef(TYPE), URIRef(SH + kind))}
    for target in ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf"):
        found |= {str(s) for s in graph.subjects(URIRef(SH + target), None)}
    nodes = {str(s): s for s in graph.subjects() if str(s) in found}
    shapes, left = [], []
    for _, node in sorted(nodes.items()):
        reader = Reader(graph)
        if reader.off(node) or not any(reader.targets(node)):
            continue
        try:
            shapes.append(reader.shape(node))
        except NotCompiled as err:
            left.append((node.n3(), err))
    return shapes, left


class Reader:
    """Reads the shapes of an ``rdflib.Graph`` one by one."""

    def __init__(self, graph: Any) -> None:
        self._g, self._open = graph, []  # type: ignore[var-annotated]

    def _values(self, node: Any, name: str) -> list[Any]:
        from rdflib import URIRef

        return sorted(self._g.objects(node, URIRef(SH + name)), key=lambda t: t.n3())

    def off(self, node: Any) -> bool:
        """Whether a shape or rule is deactivated."""
        return any(str(v).lower() in ("true", "1") for v in self._values(node, "deactivated"))

    def shape(self, node: Any) -> Shape:
        """The shape of a node of the graph."""
        from rdflib import Literal

        if node in self._open:
            raise NotCompiled("a shape that refers to itself")
        self._open.append(node)
        path = next(iter(self._values(node, "path")), None)
        for p in self._g.predicates(node):
            local = str(p).removeprefix(SH)
            if str(p).startswith(SH) and local not in BESIDES and local not in PARAMETERS:
                raise NotCompiled(f"sh:{local}")
        message = next((str(m) for m in self._values(node, "message") if isinstance(m, Literal)), "")
        severity = next((str(s) for s in self._values(node, "severity")), SH + "Violation")
        made = Shape(
            node.n3(), self.path(path) if path is not None else "", path, tuple(self._constraints(node)),
            tuple(self.targets(node)), severity, message,
        )  # fmt: skip
        self._open.pop()
        return made

    def targets(self, node: Any) -> Iterator[tuple[str, str]]:
        """What a shape is asked of: (kind of target, term)."""
        from rdflib import OWL, BNode, URIRef

        for kind in ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf"):
            for value in self._values(node, kind):
                yield kind, str(value.n3())
        types = set(self._g.objects(node, URIRef(TYPE)))
        if not isinstance(node, BNode) and types & {URIRef(RDFS + "Class"), OWL.Class}:
            yield "targetClass", node.n3()

    def _constraints(self, node: Any) -> Iterator[Constraint]:
        from rdflib import URIRef

        for name in PARAMETERS:
            for value in self._values(node, name):
                more: dict[str, Any] = {}
                if name == "pattern":
                    more["flags"] = next((str(f) for f in self._values(node, "flags")), "")
                if name == "closed":
                    if str(value).lower() not in ("true", "1"):
                        continue
                    ignored = [i for v in self._values(node, "ignoredProperties") for i in self._g.items(v)]
                    own = [p for s in self._values(node, "property") for p in self._values(s, "path")]
                    more["allowed"] = sorted({t.n3() for t in (*ignored, *own) if isinstance(t, URIRef)})
                if name == "qualifiedValueShape":
                    if any(str(v).lower() in ("true", "1") for v in self._values(node, "qualifiedValueShapesDisjoint")):
                        raise NotCompiled("sh:qualifiedValueShapesDisjoint")
                    for end in ("qualifiedMinCount", "qualifiedMaxCount"):
                        more[end] = next((int(v) for v in self._values(node, end)), None)
                yield Constraint(name, self._value(name, value), more)

    def _value(self, name: str, value: Any) -> Any:
        members = list(self._g.items(value)) if name in LISTS else [value]
        if name in _SHAPES:
            shapes = tuple(self.shape(m) for m in members if name == "not" or not self.off(m) or name != "property")
            return shapes if name in LISTS else shapes[0] if shapes else None
        terms = tuple(self.constant(m) for m in members)
        return terms if name in LISTS else terms[0]

    def constant(self, term: Any) -> str:
        from rdflib import BNode

        if isinstance(term, BNode):
            raise NotCompiled("a blank node as a constant")
        return str(term.n3())

    def path(self, term: Any) -> str:
        """A SHACL path (section 2.3.1) as a SPARQL 1.1 property path."""
        from rdflib import URIRef

        if isinstance(term, URIRef):
            return str(term.n3())
        for name, form in (
            ("inversePath", "^({})"), ("zeroOrMorePath", "({})*"), ("oneOrMorePath", "({})+"),
            ("zeroOrOnePath", "({})?"),
        ):  # fmt: skip
            for inner in self._values(term, name):
                return form.format(self.path(inner))
        for inner in self._values(term, "alternativePath"):
            return "(" + "|".join(self.path(m) for m in self._g.items(inner)) + ")"
        members = list(self._g.items(term)) if (term, URIRef(RDF + "first"), None) in self._g else []
        if not members:
            raise NotCompiled("a path that is none")
        return "(" + "/".join(self.path(m) for m in members) + ")"
