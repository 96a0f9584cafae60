"""Graphviz: exact nodes, edges and clusters, with their characters in the code."""

from __future__ import annotations

import pytest

from kgbuild.errors import SourceError
from kgbuild.mentions.code.dot import parse_dot
from kgbuild.mentions.diagram import Diagram

DOT = """strict digraph "the g" { // comment
    rankdir=LR; node [shape=box]; graph [fontname=x]
    web [label="Web Server"]; db [label=<<b>Data</b>base>, shape=cylinder];
    web -> db [label="asks"];
    web:out:e -> cache -> db;
    subgraph cluster_0 { label = "The Cloud"; db; queue; subgraph { rank=same; q2 } }
    { rank=same; a; b } -> c
    web -> db  /* strict: the same edge */
# a line of the preprocessor
    "two" + " parts" -> Äpfel [dir=back, style=dashed]
    edge [dir=none]; a -> b; a -> b [dir=both, style="invis"]
    c -> -1.5 [dir=both, arrowtail=none]
    ghost [style=invis]; ghost -> a
}"""


def ends(d: Diagram) -> list[tuple[str, str]]:
    return [(e.source, e.target) for e in d.edges]


def test_statements_mean_what_they_mean_to_dot() -> None:
    d = parse_dot(DOT)
    assert ends(d) == [
        ("web", "db"), ("web", "cache"), ("cache", "db"), ("a", "c"), ("b", "c"), ("Äpfel", "two parts"),
        ("a", "b"), ("c", "-1.5"),
    ]  # fmt: skip
    assert [(e.directed, e.both) for e in d.edges[-3:]] == [(True, False), (False, False), (True, False)]
    assert d.edges[5].style == "dashed" and d.edges[0].label == "asks"
    assert d.nodes["db"].shape == "cylinder" and d.nodes["web"].shape == "box" and "ghost" not in d.nodes
    (group,) = d.groups
    assert (group.label, group.members) == ("The Cloud", ["db", "queue", "q2"])


def test_labels_keep_their_characters() -> None:
    d = parse_dot(DOT)
    said = {n.label: DOT[n.start : n.end] for n in d.nodes.values() if n.key != "two parts"}
    assert all(label == characters for label, characters in said.items())
    assert "<b>Data</b>base" in said
    assert DOT[d.edges[0].start : d.edges[0].end] == 'web -> db [label="asks"]'
    assert DOT[d.groups[0].start : d.groups[0].end] == "The Cloud"


def test_clusters_nest_and_defaults_hold_inside() -> None:
    code = """graph { subgraph cluster_a { label=A; node [label=inner]; x; subgraph cluster_b { label=B; y; x } } z
        subgraph cluster_c { cluster=true; w } subgraph plain { v } subgraph cluster_a { late } }"""
    d = parse_dot(code)
    assert [(g.label, g.members) for g in d.groups] == [
        ("A", ["late", "cluster_b"]),
        ("B", ["y", "x"]),
        ("", ["w"]),
    ]
    assert [d.nodes[k].label for k in "xyz"] == ["inner", "inner", "z"] and not d.edges


def test_several_graphs_are_one_diagram() -> None:
    d = parse_dot("digraph { a -> b }\ngraph { c -- d }")
    assert ends(d) == [("a", "b"), ("c", "d")] and [e.directed for e in d.edges] == [True, False]


@pytest.mark.parametrize("code", ["digraph {", "digraph { a -> }", 'graph { "open }', "digraph { a [label=] }", "no"])
def test_broken_code_names_the_line(code: str) -> None:
    with pytest.raises(SourceError, match="line 1") as caught:
        parse_dot(code)
    assert caught.value.code == "broken-dot"


@pytest.mark.parametrize(
    "code", ["digraph " + "{" * 5000, "digraph " + "{" * 5000 + "}" * 5000, "digraph {a=" + "<" * 9999]
)
def test_hostile_nesting_is_refused(code: str) -> None:
    with pytest.raises(SourceError):
        parse_dot(code)
