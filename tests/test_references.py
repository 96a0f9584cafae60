"""A build with a reference file: links in the graph with score and reason, and what changes when the file does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import kgbuild
from kgbuild.config import Config
from kgbuild.errors import ConfigError
from kgbuild.progress import Silent
from kgbuild.report import Report

REFERENCE = """@prefix schema: <https://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<https://ref.org/toll> schema:name "Toll Station" ; schema:description "where drivers pay for the bridge" .
<https://ref.org/archive> a skos:Concept ; skos:prefLabel "archives"@en ; skos:altLabel "Archive"@en .
<https://ref.org/other> schema:name "Tide Gauge" .
"""
FILES = {"a.md": "The **Toll Station** sends its records to the **Archive** and the **Data Centre**.\n"}
LINKS = """SELECT ?item ?p ?score ?reason { ?e rdfs:label ?name . ?e ?p ?item . FILTER(STR(?name) = "%s")
    GRAPH <https://example.org/kg/graph/provenance> { ?l a core:Link ; rdf:subject ?e ; rdf:predicate ?p ;
    rdf:object ?item ; core:confidence ?score ; core:reason ?reason } }"""


class Extracted(Silent):
    """Counts what was extracted anew."""

    def __init__(self) -> None:
        self.stage, self.names = "", list[str]()

    def start(self, stage: str, total: int) -> None:
        self.stage = stage

    def advance(self, stage: str, by: int = 1, note: str = "") -> None:
        if self.stage == "extract" and note:
            self.names.append(note)


def test_links_are_in_the_graph_and_follow_their_file(
    corpus: Callable[[Mapping[str, str]], Path], tmp_path: Path
) -> None:
    folder, out, reference = corpus(FILES), tmp_path / "out", tmp_path / "ref.ttl"
    decisions = tmp_path / "decisions.txt"
    reference.write_text(REFERENCE, "utf-8")
    decisions.write_text("", "utf-8")
    settings = {
        "run.workers": 1, "align.references": [str(reference)], "statements.decisions": str(decisions),
    }  # fmt: skip

    def build() -> tuple[Report, list[str]]:
        progress = Extracted()
        report = kgbuild.build(folder, out=out, config=Config.load(overrides=settings), progress=progress)
        return report, progress.names

    def links(name: str) -> list[tuple[str, str]]:
        with kgbuild.open(out) as graph:
            rows = list(graph.sparql(LINKS % name))
        assert all(0.5 <= float(row["score"]) <= 1 and row["reason"] for row in rows)
        return [(str(row["item"]), str(row["p"]).rsplit("#", 1)[1]) for row in rows]

    report, _ = build()
    assert report.counts["links to references"] == 2
    assert links("Toll Station") == [("https://ref.org/toll", "sameAs")]
    assert links("Archive") == [("https://ref.org/archive", "exactMatch")]
    assert links("Data Centre") == []
    assert "<https://ref.org/toll>" in (out / "current" / "facts.ttl").read_text("utf-8")
    listed = json.loads((out / "current" / "links.json").read_text("utf-8"))
    assert {row["item"] for row in listed} >= {"https://ref.org/toll", "https://ref.org/archive"}
    assert build()[0].unchanged

    reference.write_text(REFERENCE.replace("Tide Gauge", "Data Centre"), "utf-8")
    report, extracted = build()
    assert not report.unchanged and extracted == []  # only the graph is assembled again
    assert links("Data Centre") == [("https://ref.org/other", "sameAs")]

    decisions.write_text(
        "different Toll Station | <https://ref.org/toll>\nsame Archive | <https://ref.org/x>\n", "utf-8"
    )
    build()
    assert links("Toll Station") == [] and links("Archive") == [("https://ref.org/x", "sameAs")]

    reference.write_text("<https://ref.org/toll> <broken", "utf-8")
    with pytest.raises(ConfigError, match=r"ref\.ttl, line 1"):
        build()
    reference.unlink()
    with pytest.raises(ConfigError, match="cannot be read"):
        build()
