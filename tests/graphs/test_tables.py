"""Parquet tables agree with the graph."""

from __future__ import annotations

from pathlib import Path

from pyarrow import parquet
from test_rdf import EVIL, evil_data

from kgbuild.graphs.tables import write_parquet
from kgbuild.queries.graph import Graph


def rows(graph: Graph, name: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = parquet.read_table(graph.out / f"{name}.parquet").to_pylist()
    return found


def test_tables_agree_with_the_quads(graph: Graph) -> None:
    asserted = [r for r in rows(graph, "statements") if r["status"] == "asserted"]
    counted = graph.sparql("SELECT (COUNT(*) AS ?n) { ?s a core:Statement }")
    assert [len(asserted)] == [r["n"] for r in counted]
    refused = [r for r in rows(graph, "statements") if r["status"] == "quarantined"]
    assert all(r["reason"] for r in refused)
    entities = {r["id"] for r in rows(graph, "entities")}
    assert entities == {r["e"] for r in graph.sparql("SELECT DISTINCT ?e { ?x oa:hasBody ?e }")}
    assert {r["entity"] for r in rows(graph, "mentions")} - {""} == entities


def test_labels_of_any_kind(tmp_path: Path) -> None:
    write_parquet(evil_data(), tmp_path)
    labels = parquet.read_table(tmp_path / "entities.parquet")["label"].to_pylist()
    assert labels == [label.replace("\ud800", "\ufffd") for label in EVIL]
