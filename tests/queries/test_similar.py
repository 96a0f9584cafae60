"""Likeness by meaning, through the published index."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from kgbuild.errors import QueryError, WorkspaceError
from kgbuild.queries.graph import Graph
from kgbuild.report import Report


def test_near_things_by_other_words(graph: Graph) -> None:
    found = graph.similar("antennas that talk to spacecraft", k=8)
    assert len(found) == 8 and [n.score for n in found] == sorted((n.score for n in found), reverse=True)
    assert {"High Gain Antenna", "Deep Space Network"} & {n.label for n in found[:3]}
    assert len({n.entity for n in found}) == 8 and all(-1 <= n.score <= 1 for n in found)


def test_only_one_class(graph: Graph) -> None:
    found = graph.similar("space agency", k=3, type="Organisation")
    assert found and {n.type for n in found} == {"Organisation"}
    assert graph.similar("space agency", type="NoSuchClass") == []


def test_an_empty_text_is_refused(graph: Graph) -> None:
    with pytest.raises(QueryError, match="empty"):
        graph.similar("  ")


def test_more_than_there_is(graph: Graph) -> None:
    assert len(graph.similar("telescope", k=100_000)) == len(
        list(graph.sparql("SELECT DISTINCT ?e { ?x oa:hasBody ?e }"))
    )


def test_vectors_of_other_names_are_not_answered_from(example: tuple[Path, Report], tmp_path: Path) -> None:
    shutil.copytree(example[0], out := tmp_path / "out", symlinks=True)
    facts = json.loads((path := out / "current" / "vectors.json").read_text("utf-8"))
    path.write_text(json.dumps({**facts, "ids": facts["ids"][::-1]}), "utf-8")
    with pytest.raises(WorkspaceError, match=r"vectors\.json is damaged"):
        Graph(out).similar("telescope")
