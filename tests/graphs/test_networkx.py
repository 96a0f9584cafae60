"""GraphML and NetworkX say the same as the RDF."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
from test_rdf import EVIL, evil_data

from kgbuild.graphs.networkx import to_networkx, write_graphml
from kgbuild.queries.graph import Graph


def test_nodes_and_edges_are_entities_and_statements(graph: Graph) -> None:
    found = graph.to_networkx()
    assert isinstance(found, nx.MultiDiGraph)
    rows = graph.sparql(
        "SELECT ?e ?label { GRAPH ?g { ?e rdfs:label ?label } FILTER(STRENDS(STR(?g), 'graph/entities')) }"
    )
    assert {(r["e"], r["label"]) for r in rows} == {(n, d["label"]) for n, d in found.nodes(data=True)}
    rows = graph.sparql("SELECT ?st ?s ?o { ?st a core:Statement ; rdf:subject ?s ; rdf:object ?o FILTER(isIRI(?o)) }")
    assert {(r["s"], r["o"], r["st"]) for r in rows} == set(found.edges(keys=True))


def test_labels_of_any_kind(tmp_path: Path) -> None:
    write_graphml(evil_data(), tmp_path / "g.graphml")
    labels = {d["label"] for _, d in nx.read_graphml(tmp_path / "g.graphml", force_multigraph=True).nodes(data=True)}
    assert {"<script>alert(1)</script>", "名前 é ﷽ 👩‍🚀"} <= labels and len(labels) == len(EVIL)
    assert to_networkx(evil_data()).number_of_nodes() == len(EVIL)
