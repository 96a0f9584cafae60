"""A published graph in other formats: RDF of every kind, property graphs, tables. Everything is streamed.

A format is a function of the published folder and the path to write to, by an entry point of the group
``kgbuild.formats``.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kgbuild import registry
from kgbuild.errors import UsageError
from kgbuild.queries.answer import formula_safe
from kgbuild.queries.store import generation
from kgbuild.vocab import PREFIXES, shorten

TABLES = ("entities", "statements", "mentions", "events", "segments")
_ROWS = 10_000  # of a table that are held at once


def export(out: str | Path, format: str, path: str | Path) -> Path:
    """Write the graph of a workspace to a path, a file or, for ``neo4j`` and ``parquet``, a folder.

    It is written aside and moved into place. Raises ``WorkspaceError`` if there is no graph, ``ConfigError`` if there
    is no such format, ``UsageError`` if the path cannot be written.
    """
    folder, target = generation(out), Path(path)
    write = registry.load("formats", format)
    aside = target.with_name(f"{target.name}.tmp")
    if target.is_dir() and any(target.iterdir()):
        raise UsageError(f"{target} is a folder that holds something. Name another with --output.")
    try:
        _remove(aside)
        write(folder, aside)
        _remove(target)
        aside.rename(target)
    except OSError as err:
        raise UsageError(f"{target} cannot be written: {err.strerror}.") from err
    finally:
        _remove(aside)
    return target


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


# -- RDF --


def nquads(folder: Path, path: Path) -> None:
    """Everything: facts in the graphs of their sources, evidence, inferred and refused statements."""
    shutil.copyfile(folder / "graph.nq", path)


def turtle(folder: Path, path: Path) -> None:
    """The facts, in one graph."""
    shutil.copyfile(folder / "facts.ttl", path)


def trig(folder: Path, path: Path) -> None:
    """Everything, with named graphs and prefixes."""
    _serialise(folder, path, "TRIG", prefixes=True)


def jsonld(folder: Path, path: Path) -> None:
    """Everything, as expanded JSON-LD 1.1 with named graphs."""
    _serialise(folder, path, "JSON_LD", prefixes=False)


def _serialise(folder: Path, path: Path, format: str, *, prefixes: bool) -> None:
    import pyoxigraph as ox

    quads = ox.parse(path=folder / "graph.nq", format=ox.RdfFormat.N_QUADS)
    named = PREFIXES if prefixes else None
    with path.open("wb") as file:
        ox.serialize(quads, file, format=getattr(ox.RdfFormat, format), prefixes=named)


# -- property graphs --


def graphml(folder: Path, path: Path) -> None:
    """Entities as nodes, asserted statements between them as edges."""
    shutil.copyfile(folder / "graph.graphml", path)


def node_link(folder: Path, path: Path) -> None:
    """JSON of nodes and edges: ``networkx.node_link_graph(data, edges="edges")`` and D3 read it."""
    with path.open("w", encoding="utf-8") as file:
        file.write('{"directed": true, "multigraph": true, "graph": {"name": "kgbuild"},\n"nodes": [')
        _items(file, (_node(e) for e in _rows(folder, "entities")))
        file.write('],\n"edges": [')
        known = {e["id"] for e in _rows(folder, "entities", "id")}
        _items(file, (_edge(s) for s in _rows(folder, "statements") if _is_edge(s, known)))
        file.write("]}\n")


def neo4j(folder: Path, path: Path) -> None:
    """CSV for ``neo4j-admin database import``: ``nodes.csv``, ``values.csv`` (literals) and ``relationships.csv``.

    A text that a spreadsheet would run as a formula gets a ``'`` in front.
    """
    path.mkdir()
    known = set()
    with (path / "nodes.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(("id:ID", "label", "alt_labels:string[]", "modalities:string[]", "mentions:long", ":LABEL"))
        for e in _rows(folder, "entities"):
            known.add(e["id"])
            lists = (_array(e["alt_labels"]), _array(e["modalities"]))
            kind = shorten(e["type"]).rpartition(":")[2]
            writer.writerow((e["id"], formula_safe(e["label"]), *lists, e["mentions"], f"Entity;{_array([kind])}"))
    values: set[str] = set()
    with (
        (path / "values.csv").open("w", encoding="utf-8", newline="") as literals,
        (path / "relationships.csv").open("w", encoding="utf-8", newline="") as file,
    ):
        nodes, writer = (csv.writer(f, quoting=csv.QUOTE_ALL) for f in (literals, file))
        nodes.writerow(("id:ID", "value", "datatype", ":LABEL"))
        writer.writerow((":START_ID", ":END_ID", "id", "predicate", "confidence:double", "status", ":TYPE"))
        for s in _rows(folder, "statements"):
            if s["status"] == "quarantined":
                continue
            end = s["object"]
            if end not in known:
                end = f"value:{s['datatype']}:{s['object']}"
                if end not in values:
                    values.add(end)
                    nodes.writerow((end, formula_safe(s["object"]), s["datatype"], "Value"))
            kind = formula_safe(s["relation"].upper().replace(" ", "_"))
            writer.writerow((s["subject"], end, s["id"], s["predicate"], s["confidence"], s["status"], kind))


def _array(values: list[str]) -> str:
    return ";".join(formula_safe(v.replace(";", ",")) for v in values)


def _node(e: dict[str, Any]) -> dict[str, Any]:
    return {k: e[k] for k in ("id", "label", "alt_labels", "type", "mentions", "modalities", "sources")}


def _edge(s: dict[str, Any]) -> dict[str, Any]:
    return {
        "source": s["subject"], "target": s["object"], "key": s["id"], "predicate": shorten(s["predicate"]),
        "label": s["relation"], "confidence": s["confidence"], "sources": s["sources"],
    }  # fmt: skip


def _is_edge(s: dict[str, Any], known: set[str]) -> bool:
    return s["status"] == "asserted" and s["object"] in known


def _items(file: Any, rows: Iterator[dict[str, Any]]) -> None:
    for n, row in enumerate(rows):
        file.write((",\n" if n else "\n") + json.dumps(row, ensure_ascii=False))


# -- tables --


def parquet(folder: Path, path: Path) -> None:
    """The tables of entities, statements, mentions, events and segments."""
    path.mkdir()
    for name in TABLES:
        shutil.copyfile(folder / f"{name}.parquet", path / f"{name}.parquet")


def _rows(folder: Path, table: str, *columns: str) -> Iterator[dict[str, Any]]:
    """The rows of a table, a few at a time."""
    from pyarrow import parquet as pq

    with pq.ParquetFile(folder / f"{table}.parquet") as file:
        for batch in file.iter_batches(_ROWS, columns=list(columns) or None):
            yield from batch.to_pylist()
