"""SHACL over the union: a violation inside a named graph is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgbuild.errors import OntologyError
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


def test_shapes_of_the_users_own_know_the_subclasses_of_their_file(tmp_path: Path) -> None:
    quads, shapes = tmp_path / "graph.nq", tmp_path / "own.ttl"
    quads.write_text(f"<http://e/ann> <{TYPE}> <http://e/Nurse> <http://e/source> .\n", "utf-8")
    shapes.write_text(
        "@prefix : <http://e/> . @prefix sh: <http://www.w3.org/ns/shacl#> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        ":Nurse rdfs:subClassOf :Staff .\n"
        ':S sh:targetClass :Staff ; sh:property [ sh:path :ward ; sh:minCount 1 ; sh:message "where?" ] .\n',
        "utf-8",
    )
    assert validate(quads, ("shapes", str(shapes))) == ["http://e/ann: where?"]
    shapes.write_text(shapes.read_text("utf-8").replace("minCount", "minCuont"), "utf-8")
    with pytest.raises(OntologyError, match=r"own\.ttl:4: .*minCount"):
        validate(quads, (str(shapes),))
