"""The graph in NetworkX: entities as nodes, statements as edges of a MultiDiGraph."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from kgbuild.graphs.data import GraphData
from kgbuild.types import Value
from kgbuild.vocab import shorten, words

if TYPE_CHECKING:
    import networkx as nx

# Characters that XML 1.0 cannot hold.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def to_networkx(data: GraphData) -> nx.MultiDiGraph:
    """Nodes: entity IRIs with ``label``, ``type``, ``modalities``, ``mentions`` and one attribute per literal fact.

    Edges: key = statement IRI, with ``predicate``, ``label`` (the same in words), ``confidence``, ``sources``.
    """
    import networkx as nx

    graph = nx.MultiDiGraph(name="kgbuild")
    for e in data.entities:
        graph.add_node(
            e.id,
            label=e.pref_label,
            type=e.types[0],
            modalities=" ".join(data.modalities[e.id]),
            mentions=len(e.mentions),
        )
    for s in data.asserted:
        if isinstance(s.object, Value):
            name = data.phrases.get(s.predicate) or shorten(s.predicate).partition(":")[2]
            values = [*str(graph.nodes[s.subject].get(name, "")).split(" | "), s.object.lexical]
            graph.nodes[s.subject][name] = " | ".join(sorted({v for v in values if v}))
        else:
            sources = " ".join(sorted({e.target.source for e in s.evidence}))
            graph.add_edge(
                s.subject,
                s.object,
                key=s.id,
                predicate=shorten(s.predicate),
                label=data.phrases.get(s.predicate) or words(s.predicate),
                confidence=s.confidence,
                sources=sources,
            )
    return graph


def write_graphml(data: GraphData, path: Path) -> None:
    """GraphML that any XML parser reads; characters that XML cannot hold become U+FFFD."""
    import networkx as nx

    graph = to_networkx(data)
    for holder in (*(d for _, d in graph.nodes(data=True)), *(d for *_, d in graph.edges(data=True))):
        for name, value in holder.items():
            if isinstance(value, str):
                holder[name] = _NOT_XML.sub("\ufffd", value)
    nx.write_graphml_xml(graph, path, named_key_ids=True)
