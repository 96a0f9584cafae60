"""Exports say the same as the published graph, in each format."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import networkx as nx
import pyoxigraph as ox
import pytest
from pyarrow import parquet as pq

from kgbuild import registry
from kgbuild.cli.app import run
from kgbuild.errors import ConfigError, UsageError
from kgbuild.queries.exports import export
from kgbuild.report import Report


@pytest.fixture(scope="module")
def out(example: tuple[Path, Report]) -> Path:
    return example[0]


def quads(path: Path, format: ox.RdfFormat) -> set[ox.Quad]:
    return set(ox.parse(path=path, format=format))


@pytest.mark.parametrize(
    ("name", "format"),
    [("nquads", ox.RdfFormat.N_QUADS), ("trig", ox.RdfFormat.TRIG), ("jsonld", ox.RdfFormat.JSON_LD)],
)
def test_rdf_has_every_quad(out: Path, tmp_path: Path, name: str, format: ox.RdfFormat) -> None:
    path = export(out, name, tmp_path / "g")
    assert quads(path, format) == quads(out / "graph.nq", ox.RdfFormat.N_QUADS)


def test_turtle_has_the_facts(out: Path, tmp_path: Path) -> None:
    path = export(out, "turtle", tmp_path / "g.ttl")
    assert quads(path, ox.RdfFormat.TURTLE) == quads(out / "facts.ttl", ox.RdfFormat.TURTLE)


def test_node_link_is_the_graph_of_graphml(out: Path, tmp_path: Path) -> None:
    graph = nx.read_graphml(export(out, "graphml", tmp_path / "g.graphml"), force_multigraph=True)
    data = json.loads(export(out, "node-link", tmp_path / "g.json").read_text("utf-8"))
    linked = nx.node_link_graph(data, edges="edges")
    assert set(linked.nodes) == set(graph.nodes)
    assert set(linked.edges(keys=True)) == set(graph.edges(keys=True))
    assert dict(linked.nodes(data="label")) == dict(graph.nodes(data="label"))


def test_neo4j_has_every_statement_that_holds(out: Path, tmp_path: Path) -> None:
    folder = export(out, "neo4j", tmp_path / "neo")
    tables = {}
    for name in ("nodes", "values", "relationships"):
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            tables[name] = list(csv.DictReader(file))
    ids = {row["id:ID"] for name in ("nodes", "values") for row in tables[name]}
    assert len(ids) == len(tables["nodes"]) + len(tables["values"])
    assert {row[end] for row in tables["relationships"] for end in (":START_ID", ":END_ID")} <= ids
    statements = pq.read_table(out / "statements.parquet").to_pylist()
    assert {r["id"] for r in tables["relationships"]} == {s["id"] for s in statements if s["status"] != "quarantined"}
    assert all(row[":LABEL"].startswith("Entity;") for row in tables["nodes"])


def test_a_formula_is_no_formula_in_a_spreadsheet(tmp_path: Path) -> None:
    import pyarrow as pa

    from kgbuild.queries.exports import neo4j

    entity = {"id": "urn:a", "label": "=1+1", "alt_labels": ["@x", "a;b"], "type": "Thing", "mentions": 1,
              "modalities": ["text"]}  # fmt: skip
    pq.write_table(pa.Table.from_pylist([entity]), tmp_path / "entities.parquet")
    statement = {"id": "urn:s", "subject": "urn:a", "predicate": "urn:p", "relation": "=cmd", "object": "-x",
                 "datatype": "", "confidence": 1.0, "status": "asserted"}  # fmt: skip
    pq.write_table(pa.Table.from_pylist([statement]), tmp_path / "statements.parquet")
    neo4j(tmp_path, tmp_path / "neo")
    cells = [
        cell
        for file in sorted((tmp_path / "neo").iterdir())
        for row in csv.reader(file.read_text("utf-8").splitlines()[1:])
        for cell in row
    ]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert {"'=1+1", "'@x;a,b", "'-x", "'=CMD"} <= set(cells)


def test_parquet_has_the_tables(out: Path, tmp_path: Path) -> None:
    folder = export(out, "parquet", tmp_path / "tables")
    for name in ("entities", "statements", "mentions", "events", "segments"):
        assert pq.read_table(folder / f"{name}.parquet").equals(pq.read_table(out / f"{name}.parquet"))


def test_what_cannot_be_written_is_said(out: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="jsonld"):
        export(out, "excel", tmp_path / "g")
    with pytest.raises(UsageError, match="cannot be written"):
        export(out, "turtle", tmp_path / "no" / "such" / "folder")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds something"):
        export(out, "parquet", tmp_path / "full")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["full"]


def test_command_line(out: Path, tmp_path: Path) -> None:
    assert run(["export", str(out), "--format", "node-link", "-o", str(tmp_path / "g.json")]) == 0
    assert json.loads((tmp_path / "g.json").read_text("utf-8"))["directed"] is True
    assert run(["export", str(out), "--format", "none", "-o", str(tmp_path / "x")]) == 2
    assert set(registry.available("formats")) >= {"jsonld", "turtle", "nquads", "trig", "graphml", "neo4j", "parquet"}
