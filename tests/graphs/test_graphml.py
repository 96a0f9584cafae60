"""The GraphML writer: what networkx reads back is what was written, whatever the characters and types."""

from __future__ import annotations

from pathlib import Path

import networkx as nx

from kgbuild.graphs.graphml import write

MARKED = 'a & b <c> "d"\te\nf'


def test_networkx_reads_back_what_was_written(tmp_path: Path) -> None:
    graph = nx.MultiDiGraph()
    for n in range(1200):  # more than one block, and attributes that come and go
        extra = {"odd": True, "share": n / 7} if n % 2 else {"名前": f"{MARKED} {n}"}
        graph.add_node(f"urn:n{n}", label=f"node {n}", mentions=n, **extra)
    for n in range(1500):
        graph.add_edge(f"urn:n{n % 7}", f"urn:n{n % 11}", key=f"urn:<e>{n}", label=MARKED if n == 700 else "to")
    graph.add_node("urn:bare")
    write(tmp_path / "g.graphml", graph.nodes(data=True), graph.edges(keys=True, data=True))
    back = nx.read_graphml(tmp_path / "g.graphml", force_multigraph=True)
    assert back.nodes == graph.nodes
    assert back.adj == graph.adj


def test_an_attribute_of_two_types_is_text(tmp_path: Path) -> None:
    write(tmp_path / "g.graphml", [("a", {"x": 1}), ("b", {"x": "one"})], [])
    assert dict(nx.read_graphml(tmp_path / "g.graphml").nodes(data="x")) == {"a": "1", "b": "one"}


def test_characters_that_xml_cannot_hold(tmp_path: Path) -> None:
    write(tmp_path / "g.graphml", [("a", {"x": "\x00\ud800\uffff!"})], [("a", "a", "k", {})])
    graph = nx.read_graphml(tmp_path / "g.graphml", force_multigraph=True)
    assert graph.nodes["a"]["x"] == "\ufffd\ufffd\ufffd!"
    assert list(graph.edges(keys=True)) == [("a", "a", "k")]


def test_an_empty_graph(tmp_path: Path) -> None:
    write(tmp_path / "g.graphml", [], [])
    assert len(nx.read_graphml(tmp_path / "g.graphml")) == 0
