"""Where a statement comes from, and what the graph knows of a thing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import kgbuild
from kgbuild.config import Config
from kgbuild.errors import QueryError
from kgbuild.queries.graph import Graph
from kgbuild.queries.places import describe, parse_fragment
from kgbuild.queries.shares import Decided, told
from kgbuild.types import Box, Page, Target, TextPosition, TimeSpan

CORPUS = Path(__file__).parents[2] / "examples" / "corpus"


def statement(graph: Graph, modality: str) -> str:
    rows = list(
        graph.sparql(
            f'SELECT ?s {{ ?s a core:Statement ; core:confidence ?c ; prov:wasGeneratedBy/core:modality "{modality}" }} '
            "ORDER BY DESC(?c) ?s LIMIT 1"
        )
    )
    found: str = rows[0]["s"]
    return found


def test_a_sentence(graph: Graph) -> None:
    found = graph.why(statement(graph, "text"))
    assert found.kind == "Statement" and 0 < found.confidence <= 1
    piece = found.evidence[0]
    assert piece.marked == piece.surface and piece.target.find(TextPosition)
    assert (graph.out / "texts").is_dir() and piece.path and "characters" in piece.place


def test_an_arrow_of_a_diagram(graph: Graph) -> None:
    found = graph.why(statement(graph, "diagram").rsplit("/", 1)[1])
    assert "->" in found.evidence[0].marked


def test_an_entity_in_all_its_modalities(graph: Graph) -> None:
    (row,) = graph.sparql('SELECT ?e { ?e rdfs:label "Jet Propulsion Laboratory"@en }')
    found = graph.why(row["e"])
    assert found.kind == "Entity"
    assert {"text", "picture", "frame", "cue", "diagram"} <= {p.modality for p in found.evidence}
    frame = next(p for p in found.evidence if p.modality == "frame")
    assert frame.target.find(TimeSpan) and frame.target.find(Box) and " to " in frame.place


def test_a_mention(graph: Graph) -> None:
    rows = graph.sparql(
        'SELECT ?m ?l { ?m prov:wasGeneratedBy/core:modality "frame" ; oa:hasBody/rdfs:label ?l } ORDER BY ?m LIMIT 1'
    )
    row = next(iter(rows))
    found = graph.why(row["m"])
    assert found.kind == "Mention" and row["l"] in found.text and found.evidence[0].id == row["m"]
    piece = graph.why(statement(graph, "text")).evidence[0]
    assert "#relation-" in piece.id
    relation = graph.why(piece.id)
    assert relation.kind == "RelationMention" and relation.evidence == (piece,)


def test_an_event_of_a_video(graph: Graph) -> None:
    (row,) = graph.sparql(
        'SELECT ?e ?s { ?e a core:Appearance ; dcterms:isPartOf ?s ; core:shows/rdfs:label "NIRSpec"@en }'
    )
    found = graph.why(row["e"])
    assert (found.kind, found.text) == ("Event", "NIRSpec appears in the scene “Four instruments” of tour.mp4")
    (piece,) = found.evidence
    assert piece.target.find(TimeSpan) == TimeSpan(7, 14) and piece.target.find(Box) and graph.crop(piece)
    scene = graph.why(row["s"])
    assert scene.text == "scene “Four instruments” of tour.mp4" and scene.evidence[0].picture == piece.picture
    assert not graph.crop(scene.evidence[0])


def test_a_refused_statement_has_its_reason(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "Ada Lovelace was born in London, England, in 1815. She worked for Charles Babbage.", "utf-8"
    )
    kgbuild.build(
        tmp_path / "a.md", out=tmp_path / "out", config=Config.load(overrides={"statements.min_confidence": 0.999})
    )
    with kgbuild.open(tmp_path / "out") as graph:
        row = next(iter(graph.sparql("SELECT ?s { ?s a core:QuarantinedStatement }")))
        found = graph.why(row["s"])
    assert found.kind == "QuarantinedStatement" and "0.999" in found.reason and found.evidence


@pytest.mark.parametrize(
    "what", ["nothing", "https://example.org/kg/entity/none-00000000", "0123456789abcdef", "", "<x>"]
)
def test_what_is_not_known_says_where_to_look(graph: Graph, what: str) -> None:
    with pytest.raises(QueryError, match="knows no"):
        graph.why(what)


def test_places_for_people() -> None:
    target = Target("s", (Page(3), Box(10, 20, 30, 40)))
    assert describe(target) == "page 3, box 10,20 of 30 x 40 pixels"
    assert describe(Target("s", (TimeSpan(63.5, 70.0),))) == "1:03.5 to 1:10.0"
    with pytest.raises(ValueError, match="unknown fragment"):
        parse_fragment("xywh=percent:1,2,3,4")


def test_how_much_each_modality_decided(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    shutil.copy(CORPUS / "pictures" / "ground-segment.png", corpus)
    (corpus / "a.md").write_text("Goldstone is a complex of antennas in California.", "utf-8")
    kgbuild.build(corpus, out=tmp_path / "out", config=Config.load(overrides={"embeddings.fusion": "attention"}))
    with kgbuild.open(tmp_path / "out") as graph:
        _shares_are_told(graph)


def _shares_are_told(graph: Graph) -> None:
    (row,) = graph.sparql('SELECT ?e { ?m prov:wasGeneratedBy/core:modality "picture" ; oa:hasBody ?e } LIMIT 1')
    found = graph.why(row["e"])
    shares = dict(found.decided)
    assert 0.95 < sum(shares.values()) <= 1.001 and list(shares.values()) == sorted(shares.values(), reverse=True)
    for piece in found.evidence:
        decided = dict(piece.decided)
        assert 0.95 < sum(decided.values()) <= 1.001
        assert ("picture" in decided) <= (piece.modality in ("picture", "frame"))
    assert dict(graph.why(found.evidence[0].id).decided) == dict(found.evidence[0].decided)


def test_a_graph_without_fused_vectors_says_nothing_of_shares(tmp_path: Path) -> None:
    assert Decided(tmp_path).of("x") == Decided(tmp_path).mean(["x"]) == ()
    assert told((("text", 0.8), ("links", 0.2))) == "text 80 %, links 20 %"
