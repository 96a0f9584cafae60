"""Pictures in the graph: nodes as mentions with boxes, lines as relation mentions, nothing twice; the measure of it."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest
from sketch import Sketch, png
from typer.testing import CliRunner

from kgbuild.cli.app import app
from kgbuild.config import Config
from kgbuild.identity import open_relation_iri
from kgbuild.mentions import extract, load
from kgbuild.mentions.measure import measure
from kgbuild.types import Box, Extraction, Reading, Segment, Source, Target, TextQuote, TimeSpan
from kgbuild.vocab import CORE

SOURCE = Source("https://x.org/source/a.png", "a.png", "image/png", "0", 1)


def read(data: bytes, size: tuple[int, int], *outer, config: Config, copies: int = 1) -> tuple[Reading, Extraction]:
    segments = []
    for n in range(copies):
        selectors = [TimeSpan(n, n + 1)] if outer else []
        place = Target(SOURCE.id, (*selectors, Box(0, 0, *size)))
        segments.append(Segment(f"{SOURCE.id}#{n}", place, "frame" if outer else "picture", blob="b"))
    return extract(Reading(SOURCE, tuple(segments), blobs={"b": data}), load(config))


@pytest.fixture(scope="module")
def sketch() -> Sketch:
    """Two boxes with an arrow between them and a third with a plain line, in a picture with a title."""
    made = Sketch()
    made.box("Gateway", 150, 200)
    made.box("Billing Service", 700, 200)
    made.box("Archive", 700, 400)
    made.line((220, 200), (630, 200))
    made.line((700, 230), (700, 370), head=False)
    made.text("sends invoices", 425, 180)
    made.text("Payments at a glance", 425, 40)
    return made


def test_nodes_and_lines_become_mentions_once(sketch: Sketch, config: Config) -> None:
    reading, made = read(png(sketch), sketch.image.size, config=config)
    labels = [dict(s.context) for s in reading.segments if s.modality == "label"]
    assert labels and {c["picture"] for c in labels} == {"diagram"}
    mentions = {m.id: m for m in made.mentions if m.agent.startswith("pictures")}
    assert sorted(m.surface for m in mentions.values()) == ["Archive", "Billing Service", "Gateway"]
    others = [m.surface for m in made.mentions if m.agent.startswith("labels")]
    assert not {"Gateway", "Billing Service", "Archive", "sends invoices"} & set(others)
    for m in mentions.values():
        box = m.target.find(Box)
        assert m.modality == "picture" and m.target.find(TextQuote) == TextQuote(m.surface)
        assert box is not None and 130 < box.w < 150 and 50 < box.h < 70
    stated = {(mentions[r.subject].surface, mentions[r.object].surface, r.surface) for r in made.relations}
    assert stated == {
        ("Gateway", "Billing Service", "sends invoices"),
        ("Billing Service", "Archive", ""), ("Archive", "Billing Service", ""),
    }  # fmt: skip
    told = open_relation_iri(config["graph"]["base"], "send invoices")
    score = {r.predicate: r.score for r in made.relations if r.surface}
    assert score.keys() == {CORE + "connectsTo", told} and score[told] < score[CORE + "connectsTo"]


def test_frames_state_their_time(sketch: Sketch, config: Config) -> None:
    _, made = read(png(sketch), sketch.image.size, "frame", config=config, copies=3)
    assert {m.modality for m in made.mentions if m.agent.startswith("pictures")} == {"frame"}
    assert {r.target.find(TimeSpan) for r in made.relations} == {TimeSpan(0, 1)}  # the first of equal ones


def test_a_page_of_text_is_known_as_one(config: Config) -> None:
    page = Sketch()
    for n in range(18):
        page.text("the quiet river runs past the mill and the old bridge", 320, 30 + 26 * n)
    reading, made = read(png(page), page.image.size, config=config)
    assert {dict(s.context)["picture"] for s in reading.segments if s.modality == "label"} == {"text"}
    assert not made.relations and not [m for m in made.mentions if m.agent.startswith("pictures")]


def test_diagrams_can_be_switched_off(sketch: Sketch) -> None:
    off = Config.load(overrides={"ocr.diagrams": False})
    reading, made = read(png(sketch), sketch.image.size, config=off)
    assert not made.relations and {m.agent.partition("/")[0] for m in made.mentions} <= {"labels", "text", "marks"}
    assert all("role" not in dict(s.context) for s in reading.segments)


GOLD = {
    "nodes": [{"id": "a", "label": "Alpha"}, {"id": "b", "label": "Beta one"}, {"id": "c", "label": "Gamma"}],
    "edges": [
        {"source": "a", "target": "b", "label": "calls", "directed": True, "both": False},
        {"source": "b", "target": "c", "label": "", "directed": False, "both": False},
    ],
    "groups": [{"label": "Greek", "nodes": ["a", "b", "c"]}, {"label": "First two", "nodes": ["a", "b"]}],
}


def test_the_measure_of_right_and_wrong_graphs() -> None:
    assert set(measure({"x": GOLD}, {"x": GOLD}).values()) == {1.0}
    turned = {**GOLD, "edges": [{**GOLD["edges"][0], "source": "b", "target": "a"}, GOLD["edges"][1]]}
    found = measure({"x": GOLD}, {"x": turned})
    assert found["edge F1, directed"] == 0.5 and found["edge F1, undirected"] == 1.0
    assert found["edge-label accuracy"] == 0.0 and found["exact graphs"] == 0.0
    assert set(measure({"x": GOLD}, {}).values()) == {0.0}
    fewer = measure({"x": GOLD}, {"x": {**GOLD, "groups": [{"label": "Greek", "nodes": ["a", "b"]}]}})
    assert fewer["nodes in groups F1"] == pytest.approx(2 * 2 / (2 + 5)) and fewer["exact graphs"] == 1.0


def test_the_measure_agrees_with_the_data_sets_own(shared: Path) -> None:
    score = runpy.run_path(str(shared / "diagrams" / "score.py"))
    gold = {p.stem: json.loads(p.read_text()) for p in sorted((shared / "diagrams" / "gold").glob("*.json"))[:40]}
    found = {}
    for n, (name, g) in enumerate(gold.items()):  # every third node lost, every other edge turned
        nodes = [v for k, v in enumerate(g["nodes"]) if (k + n) % 3]
        kept = {v["id"] for v in nodes}
        edges = [
            {**e, "source": e["target"], "target": e["source"], "both": k % 7 == 0} if k % 2 else e
            for k, e in enumerate(g["edges"])
            if e["source"] in kept and e["target"] in kept
        ]
        found[name] = {"nodes": nodes, "edges": edges}
    theirs = score["score"](gold, found)[1]
    ours = measure(gold, found)
    names = ("node_f1_macro", "edge_directed_f1_macro", "edge_undirected_f1_macro", "edge_label_acc_macro", "exact")
    assert [round(v, 6) for v in [*ours.values()][:5]] == [round(theirs[k], 6) for k in names]


def test_evaluate_prints_the_table_and_writes_predictions(sketch: Sketch, tmp_path: Path) -> None:
    for name in ("png", "gold"):
        (tmp_path / name).mkdir()
    (tmp_path / "png" / "x.png").write_bytes(png(sketch))
    gold = {
        "nodes": [{"id": "g", "label": "Gateway"}, {"id": "b", "label": "Billing Service"}, {"id": "a", "label": "Archive"}],
        "edges": [
            {"source": "g", "target": "b", "label": "sends invoices"},
            {"source": "b", "target": "a", "label": "", "directed": False},
        ],
    }  # fmt: skip
    (tmp_path / "gold" / "x.json").write_text(json.dumps(gold))
    done = CliRunner().invoke(app, ["evaluate", "diagrams", str(tmp_path), "--predictions", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "exact graphs           1.000" in done.output
    written = json.loads((tmp_path / "out" / "x.json").read_text())
    assert written["id"] == "x" and len(written["nodes"]) == 3 and len(written["edges"]) == 2
