"""SHACL Core validation: compiled to SPARQL on Oxigraph, by pySHACL where a construct is not compiled.

Both look at one graph, so the union of all named graphs is what they see.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kgbuild.statements.shacl.compile import Compiler, Query, texts
from kgbuild.statements.shacl.model import NotCompiled, read_shapes
from kgbuild.vocab import RDFS

__all__ = ["NotCompiled", "Result", "as_rdflib", "by_pyshacl", "compiled", "validate_store"]


@dataclass(frozen=True, slots=True, order=True)
class Result:
    """One validation result; terms as in N-Triples, "" where there is none. ``shape`` is "" for a nameless one,
    ``root`` the named shape with targets that led to it, where the engine tells.
    """

    focus: str
    path: str
    value: str
    component: str
    severity: str
    shape: str
    message: str
    root: str = field(default="", compare=False)


def validate_store(store: Any, shapes: Any) -> list[Result]:
    """Results for a ``pyoxigraph.Store`` (the union of its graphs) against an ``rdflib.Graph`` of shapes, sorted.

    Shapes with what is not compiled go to pySHACL, alone if they are named. Raises ``NotCompiled`` if it fails, too.
    """
    try:
        found, left = _compiled(store, shapes)
    except NotCompiled:
        return by_pyshacl(as_rdflib(store), shapes)
    if any(not id.startswith("<") for id, _ in left):
        return by_pyshacl(as_rdflib(store), shapes)
    return sorted(found + by_pyshacl(as_rdflib(store), shapes, only=[id for id, _ in left])) if left else found


def compiled(store: Any, shapes: Any) -> list[Result]:
    """The same through SPARQL alone. Raises ``NotCompiled`` if the shapes have what is not compiled."""
    found, left = _compiled(store, shapes)
    for _, err in left:
        raise err
    return found


def _compiled(store: Any, shapes: Any) -> tuple[list[Result], list[tuple[str, NotCompiled]]]:
    below: dict[str, list[str]] = {}

    def subclasses(kind: str) -> list[str]:
        if kind not in below:
            rows = _solve(store, f"SELECT DISTINCT ?c WHERE {{ ?c <{RDFS}subClassOf>* {kind} }}")
            below[kind] = sorted({kind, *(str(row[0]) for row in rows if not str(row[0]).startswith("_:"))})
        return below[kind]

    compiler, asked = Compiler(subclasses), list[tuple[Query, str]]()
    roots, left = read_shapes(shapes)
    for root in roots:
        try:
            asked += [(q, root.id if root.id.startswith("<") else "") for q in compiler.queries(root)]
        except NotCompiled as err:
            left.append((root.id, err))
    roots_of = {id(q): root for q, root in asked}
    found = [
        _result(row, q, roots_of[id(q)])
        for text, flags in texts(q for q, _ in asked) for row, q in _violated(store, text, flags)
    ]  # fmt: skip
    return sorted(found), left


def _violated(store: Any, text: str, flags: Mapping[str, Query]) -> Iterator[tuple[Any, Query]]:
    for row in _solve(store, text):
        yield from ((row, q) for name, q in flags.items() if row[name] is not None and row[name].value == "true")


def _result(row: Any, query: Query, root: str) -> Result:
    shape = query.shape
    named = shape.id if shape.id.startswith("<") else ""
    path = str(shape.path_term.n3()) if shape.path_term is not None else ""
    value, shown = row["value"], row["path"]
    return Result(
        str(row["this"]), str(shown) if shown is not None else path if path.startswith("<") else "",
        "" if value is None else str(value), query.component, shape.severity, named,
        shape.message or f"violates {query.says}", root,
    )  # fmt: skip


def _solve(store: Any, query: str) -> Iterable[Any]:
    rows: Iterable[Any] = store.query(query, use_default_graph_as_union=True)
    return rows


def as_rdflib(store: Any) -> Any:
    """The union of a store's graphs as an ``rdflib.Graph``."""
    import pyoxigraph as ox
    from rdflib import Graph

    triples = (q.triple for q in store)
    return Graph().parse(data=ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES), format="nt")


def by_pyshacl(union: Any, shapes: Any, *, only: Sequence[str] = ()) -> list[Result]:
    """The same for an ``rdflib.Graph`` through pySHACL, in memory and much slower; ``only``: shapes, none for all."""
    import warnings

    from pyshacl import validate
    from pyshacl.errors import ConstraintLoadError, ReportableRuntimeError, ShapeLoadError, ShapeRecursionWarning
    from rdflib import BNode, Graph, URIRef
    from rdflib.namespace import SH as S

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShapeRecursionWarning)  # it backs out by itself
        chosen: list[Any] = [URIRef(id.strip("<>")) for id in only]
        try:
            _, results, _ = validate(
                union, shacl_graph=shapes, advanced=False, inference="none", use_shapes=chosen or None
            )
        except (ReportableRuntimeError, ShapeLoadError, ConstraintLoadError) as err:
            raise NotCompiled(str(err)) from err
    if not isinstance(results, Graph):
        raise NotCompiled(str(results))

    def text(term: Any) -> str:
        return "" if term is None or isinstance(term, BNode) else str(term.n3())

    def result(node: Any) -> Result:
        focus, value = results.value(node, S.focusNode), results.value(node, S.value)
        return Result(
            focus.n3() if focus is not None else "", text(results.value(node, S.resultPath)),
            value.n3() if value is not None else "", str(results.value(node, S.sourceConstraintComponent)),
            str(results.value(node, S.resultSeverity)), text(results.value(node, S.sourceShape)),
            str(results.value(node, S.resultMessage)),
        )  # fmt: skip

    return sorted(map(result, results.objects(None, S.result)))
