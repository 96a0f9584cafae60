"""SHACL over the union: a violation inside a named graph is found."""

from __future__ import annotations

from pathlib import Path

from kgbuild.queries.graph import Graph
from kgbuild.statements.shapes import validate
from kgbuild.vocab import CORE, TYPE


def test_the_example_conforms(graph: Graph) -> None:
    assert validate(graph.out / "graph.nq") == []


def test_a_violation_in_a_named_graph_is_found(graph: Graph, tmp_path: Path) -> None:
    bad = "https://example.org/kg/statement/0123456789abcdef"
    quad = f"<{bad}> <{TYPE}> <{CORE}Statement> <https://example.org/kg/graph/provenance> .\n"
    path = tmp_path / "graph.nq"
    path.write_text((graph.out / "graph.nq").read_text("utf-8") + quad, "utf-8")
    found = validate(path)
    assert found and all(bad in line for line in found)
