"""Mermaid flowcharts: shapes, arrows, chains and subgraphs."""

from __future__ import annotations

from kgbuild.mentions.code.mermaid import parse_mermaid

CODE = """flowchart LR
    A[Web Server] -->|asks| B[(Database)]
    C{Is it cached?}
    A --> C
    C -- yes --> D([Client])
    C -. no .-> B
    subgraph cloud [The Cloud]
        B & E --> F
    end
    G <--> A
    H --- A %% a comment
    F@{ shape: cyl, label: "Store" } ==> H
"""


def test_shapes_arrows_and_labels() -> None:
    d = parse_mermaid(CODE)
    shapes = {"A": "rectangle", "B": "cylinder", "C": "diamond", "D": "stadium", "F": "cylinder"}
    assert {k: d.nodes[k].shape for k in shapes} == shapes and d.nodes["F"].label == "Store"
    found = {(e.source, e.target): (e.label, e.directed, e.both, e.style) for e in d.edges}
    assert found["A", "B"] == ("asks", True, False, "solid") and found["C", "B"] == ("no", True, False, "dotted")
    assert found["G", "A"] == ("", True, True, "solid") and found["H", "A"] == ("", False, False, "solid")
    assert found["F", "H"] == ("", True, False, "thick") and {("B", "F"), ("E", "F")} <= found.keys()
    (group,) = d.groups
    assert (group.label, group.members) == ("The Cloud", ["B", "E", "F"])


def test_an_arrow_is_said_by_its_statement() -> None:
    d = parse_mermaid(CODE)
    (edge,) = (e for e in d.edges if e.label == "asks")
    assert CODE[edge.start : edge.end] == "A[Web Server] -->|asks| B[(Database)]"


def test_a_title_stands_in_the_front_matter() -> None:
    d = parse_mermaid("---\ntitle: The whole\n---\ngraph TD; a-->b; b-->c;")
    assert d.title == "The whole" and len(d.edges) == 2
