"""Pictures by likeness to a picture or a text, and the same picture in a document and in a film."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import CORPUS
from typer.testing import CliRunner

from kgbuild.cli.app import app
from kgbuild.errors import QueryError
from kgbuild.queries.evidence import check_evidence
from kgbuild.queries.graph import Graph

PICTURE = CORPUS / "pictures" / "ground-segment.png"


def test_a_picture_finds_itself_first(graph: Graph) -> None:
    found = graph.similar_pictures(PICTURE, k=5)
    assert len(found) == 5 and [n.score for n in found] == sorted((n.score for n in found), reverse=True)
    assert found[0].path == "pictures/ground-segment.png" and found[0].score > 0.999
    assert (graph.out / found[0].picture).is_file()


def test_a_text_finds_pictures(graph: Graph) -> None:
    found = graph.similar_pictures("a diagram of boxes and arrows", k=100)
    assert {"pictures/ground-segment.png", "tour.mp4"} <= {n.path for n in found}
    assert all(n.place.startswith("0:") for n in found if n.path == "tour.mp4")


def test_what_cannot_be_compared(graph: Graph, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="empty"):
        graph.similar_pictures(" ")
    (tmp_path / "x.png").write_text("no picture", "utf-8")
    for name in ("x.png", "absent.png"):
        with pytest.raises(QueryError, match="no picture that can be read"):
            graph.similar_pictures(tmp_path / name)


def test_the_command_line_takes_a_file(graph: Graph) -> None:
    found = CliRunner().invoke(app, ["similar", str(graph.out), str(PICTURE), "--json", "-k", "2"])
    assert found.exit_code == 0 and '"pictures/ground-segment.png"' in found.stdout
    words = CliRunner().invoke(app, ["similar", str(graph.out), "antenna", "--pictures", "-k", "2"])
    assert words.exit_code == 0 and "pictures/" in words.stdout


def test_the_film_shows_the_picture(graph: Graph) -> None:
    rows = graph.sparql(
        "SELECT ?score ?f { ?pair a core:SamePicture ; core:confidence ?score ; oa:hasTarget ?p, ?f . "
        '?p oa:hasSource/core:path "pictures/ground-segment.png" . '
        '?f oa:hasSource/core:path "tour.mp4" }'
    )
    (row,) = list(rows)
    assert float(row["score"]) > 0.9 and re.search(r"#t=npt:[\d.,]+&xywh=pixel:[\d,]+$", row["f"])
    both = "ASK { GRAPH ?a { ?a core:depictsSame ?b } GRAPH ?b { ?b core:depictsSame ?a } ?a core:path ?p }"
    assert graph.sparql(both).boolean
    why = graph.why("pictures/ground-segment.png")
    assert why.kind == "Source" and [p.path for p in why.evidence] == ["tour.mp4"]
    assert why.evidence[0].picture and graph.crop(why.evidence[0])
    pair = graph.why(why.evidence[0].id)
    assert pair.kind == "SamePicture" and {p.path for p in pair.evidence} == {"tour.mp4", "pictures/ground-segment.png"}


def test_the_places_resolve(graph: Graph) -> None:
    found = check_evidence(graph.out)
    assert found.checked["same picture"] >= 2 and not [f for f in found.failures if "/depiction/" in f[0]]
