"""Mermaid and Graphviz: exact nodes, edges, groups, with their characters in the code."""

from __future__ import annotations

import pytest

from kgbuild.errors import SourceError
from kgbuild.mentions.code.dot import parse_dot
from kgbuild.mentions.code.mermaid import parse_mermaid
from kgbuild.mentions.diagram import Diagram

MERMAID = """flowchart LR
    A[Web Server] -->|asks| B[(Database)]
    A --> C{Is it cached?}
    C -- yes --> D([Client])
    C -. no .-> B
    subgraph cloud [The Cloud]
        B & E --> F
    end
    G <--> A
    H --- A %% a comment
"""
DOT = """digraph g { // comment
    rankdir=LR; node [shape=box];
    web [label="Web Server"]; db [label=<<b>Data</b>base>, shape=cylinder];
    web -> db [label="asks"];
    web -> cache -> db;
    subgraph cluster_0 { label = "The Cloud"; db; queue }
    { rank=same; a; b } -> c
}"""


def edges(d: Diagram) -> set[tuple[str, str, str]]:
    return {(d.nodes[e.source].label, d.nodes[e.target].label, e.label) for e in d.edges}


def test_mermaid_flowchart() -> None:
    d = parse_mermaid(MERMAID)
    assert edges(d) == {
        ("Web Server", "Database", "asks"), ("Web Server", "Is it cached?", ""), ("Is it cached?", "Client", "yes"),
        ("Is it cached?", "Database", "no"), ("Database", "F", ""), ("E", "F", ""), ("G", "Web Server", ""),
        ("H", "Web Server", ""),
    }  # fmt: skip
    for node in d.nodes.values():
        assert MERMAID[node.start : node.end] == node.label
    flags = {d.nodes[e.source].label: (e.directed, e.both) for e in d.edges if e.source in "GH"}
    assert flags == {"G": (True, True), "H": (False, False)}
    (group,) = d.groups
    assert group.label == "The Cloud" and {"B", "E", "F"} <= set(group.members)


def test_graphviz() -> None:
    d = parse_dot(DOT)
    found = edges(d)
    assert ("Web Server", "cache", "") in found and len(d.edges) == 5
    assert {(e.source, e.target) for e in d.edges} == {
        ("web", "db"),
        ("web", "cache"),
        ("cache", "db"),
        ("a", "c"),
        ("b", "c"),
    }
    assert any(e.label == "asks" for e in d.edges)
    assert d.groups[0].label == "The Cloud" and {"db", "queue"} <= set(d.groups[0].members)
    assert d.nodes["db"].shape == "cylinder"


def test_sequence_and_state_diagrams() -> None:
    sequence = parse_mermaid("sequenceDiagram\n participant A as Alice\n A->>B: Hello\n B-->>A: Hi\n")
    assert ("Alice", "B", "Hello") in edges(sequence)
    state = parse_mermaid("stateDiagram-v2\n [*] --> Idle\n Idle --> Busy: work\n Busy --> [*]\n")
    assert ("Idle", "Busy", "work") in edges(state)


@pytest.mark.parametrize("code", ["digraph {", "digraph { a -> }", 'graph { "open }', "digraph { a [label=] }"])
def test_broken_graphviz_names_the_line(code: str) -> None:
    with pytest.raises(SourceError, match="line 1"):
        parse_dot(code)


@pytest.mark.parametrize(
    "code", ["flowchart LR\n A[open --> B", "flowchart\n --> -->", "pie\n x", "", "subgraph\nend\nend"]
)
def test_odd_mermaid_never_breaks(code: str) -> None:
    try:
        parse_mermaid(code)
    except SourceError as err:
        assert str(err)


def test_deep_nesting_is_no_crash() -> None:
    with pytest.raises(SourceError):
        parse_dot("digraph " + "{" * 5000)
