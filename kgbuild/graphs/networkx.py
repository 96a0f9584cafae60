"""The graph in NetworkX: entities as nodes, statements as edges of a MultiDiGraph; the same as GraphML."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from kgbuild.graphs.data import GraphData
from kgbuild.graphs.graphml import Edge, Node, Scalar, write
from kgbuild.sources.sniff import source_class
from kgbuild.types import Value
from kgbuild.vocab import shorten, words

if TYPE_CHECKING:
    import networkx as nx


def nodes(data: GraphData) -> Iterator[Node]:
    """Entity IRIs with ``label``, ``type``, ``modalities``, ``mentions`` and one attribute per literal fact; sources of
    which something is said, with ``label`` (the path) and ``type``.
    """
    literals: dict[str, dict[str, set[str]]] = {}
    for s in data.asserted:
        if isinstance(s.object, Value):
            name = data.phrases.get(s.predicate) or shorten(s.predicate).partition(":")[2]
            literals.setdefault(s.subject, {}).setdefault(name, set()).add(s.object.lexical)
    for e in data.entities:
        made: dict[str, Scalar] = {
            "label": e.pref_label,
            "type": e.types[0],
            "modalities": " ".join(data.modalities[e.id]),
            "mentions": len(e.mentions),
        }
        for name, values in literals.get(e.id, {}).items():
            own = {str(made[name])} if name in made else set()
            made[name] = " | ".join(sorted(v for v in values | own if v))
        yield e.id, made
    subjects = {s.subject for s in data.asserted}
    for r in data.readings:
        if r.source.id in subjects:  # a picture that says something of itself
            told = {n: " | ".join(sorted(filter(None, v))) for n, v in literals.get(r.source.id, {}).items()}
            yield r.source.id, {"label": r.source.path, "type": source_class(r.source.media_type), **told}


def edges(data: GraphData) -> Iterator[Edge]:
    """Statements: key = their IRI, with ``predicate``, ``label`` (the same in words), ``confidence``, ``sources``."""
    stated = data.asserted
    names = {p: (shorten(p), data.phrases.get(p) or words(p)) for p in {s.predicate for s in stated}}
    for s in stated:
        if not isinstance(s.object, Value):
            predicate, label = names[s.predicate]
            yield (
                s.subject,
                s.object,
                s.id,
                {
                    "predicate": predicate,
                    "label": label,
                    "confidence": s.confidence,
                    "sources": " ".join(sorted({e.target.source for e in s.evidence})),
                },
            )


def to_networkx(data: GraphData) -> nx.MultiDiGraph:
    """The nodes and edges as one graph."""
    import networkx as nx

    graph = nx.MultiDiGraph(name="kgbuild")
    graph.add_nodes_from(nodes(data))
    graph.add_edges_from(edges(data))
    return graph


def write_graphml(data: GraphData, path: Path) -> None:
    """GraphML that any XML parser reads; characters that XML cannot hold become U+FFFD."""
    write(path, nodes(data), edges(data))
