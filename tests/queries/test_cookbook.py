"""Each query of the cookbook runs on the example graph and finds what is known to be there."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgbuild.cli.app import run
from kgbuild.errors import UsageError
from kgbuild.queries.cookbook import recipe, recipes
from kgbuild.queries.graph import Graph
from kgbuild.report import Report

ROOT = Path(__file__).parents[2]

# One row of each answer, as far as it is certain from the sources.
KNOWN: dict[str, dict[str, object]] = {
    "agreed-by-several-modalities": {"from": "Mission Operations Center", "to": "MAST archive", "relation": "raw_data"},
    "connected-but-never-said-together": {"from": "ISIM Command and Data Handling", "to": "Solid State Recorder"},
    "countries-of-stations": {"station": "Madrid", "country": "Spain"},
    "dead-ends": {"thing": "Astronomer"},
    "derived-and-why": {"from": "On board", "relation": "hasPart", "to": "NIRCam", "premise": "partOf"},
    "drawn-and-stored": {"thing": "Solid State Recorder", "relation": "hold", "value": "science data"},
    "from-top-to-bottom": {"from": "Mission Operations Center", "to": "MAST archive"},
    "hubs": {"thing": "ISIM Command and Data Handling", "in": 5, "out": 1},
    "in-order-of-appearance": {"scene": "Four instruments", "thing": "NIRISS", "from": 7, "kind": "scene"},
    "like-a-description": {"thing": "High Gain Antenna", "picture": "pictures/on-board.png"},
    "makers-of-what-is-drawn": {"maker": "Canadian Space Agency", "part": "NIRISS"},
    "nearest-in-the-picture": {"picture": "pictures/spacecraft-bus.svg", "pixels": 70},
    "on-the-screen-between-two-moments": {"thing": "Goldstone", "from": 14, "to": 21},
    "one-modality-alone": {"modality": "text"},
    "one-thing-many-names": {"thing": "Jet Propulsion Laboratory", "written": "JPL", "modalities": "cue"},
    "path-with-evidence": {"from": "High Gain Antenna", "to": "Deep Space Network", "file": "data-path.md"},
    "refused-although-drawn": {"thing": "High Gain Antenna", "relation": "send_to"},
    "said-between-two-moments": {"thing": "recorder", "modality": "cue", "from": 14.5},
    "said-while-shown": {"shown": "NIRISS", "said": "University of Arizona", "from": 7.5},
    "seen-in-text-picture-and-video": {"thing": "Canberra", "texts": 2, "pictures": 1, "videos": 1},
    "shows-what-the-text-means": {"picture": "tour.mp4"},
    "who-made-it": {"thing": "NIRISS", "by": "Canadian Space Agency", "relation": "maker", "file": "instruments.html"},
    "where-the-talk-shows-a-figure": {"picture": "pictures/ground-segment.png", "from": 14, "to": 21},
}


def test_every_query_has_a_known_answer() -> None:
    assert {r.name for r in recipes()} == set(KNOWN)
    assert len(KNOWN) >= 20


@pytest.mark.parametrize("name", KNOWN)
def test_it_finds_what_is_there(graph: Graph, name: str) -> None:
    rows = list(graph.sparql(recipe(name).query))
    assert any(KNOWN[name].items() <= row.items() for row in rows), rows[:5]


def test_the_page_lists_every_query() -> None:
    page = (ROOT / "docs" / "cookbook.md").read_text("utf-8")
    for r in recipes():
        assert f"| [`{r.name}`](../kgbuild/queries/cookbook/{r.name}.rq) | {r.title} | {r.shows} |" in page
        assert len(r.title) < 80 and r.shows.endswith(".")


def test_command_line(example: tuple[Path, Report], capsys: pytest.CaptureFixture[str]) -> None:
    out = str(example[0])
    assert run(["query", out, "--cookbook", "dead-ends", "--format", "csv"]) == 0
    assert "Astronomer" in capsys.readouterr().out
    assert run(["query", out, "--list"]) == 0
    assert "path-with-evidence" in capsys.readouterr().out
    assert run(["query", out, "--cookbook", "dead-end"]) == 2
    assert "dead-ends" in capsys.readouterr().err
    with pytest.raises(UsageError, match="no query"):
        recipe("nothing of the kind")
