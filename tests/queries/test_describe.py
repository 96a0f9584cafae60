"""Descriptions of things and pictures: every clause says what is so, and where it stands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kgbuild.cli.app import run
from kgbuild.errors import QueryError
from kgbuild.queries.graph import Graph
from kgbuild.report import Report


def test_a_thing(graph: Graph) -> None:
    found = graph.describe("JPL")
    assert found.title == "Jet Propulsion Laboratory"
    said = {c.text: {p.path for p in c.evidence} for c in found.clauses}
    assert "operations-note.docx" in said["It manages Deep Space Network."]
    assert "instruments.html" in said["It is the maker of MIRI."]
    assert any(t.startswith("It connects to Mission Operations Center") for t in said)
    assert all(said.values())
    assert found.text.startswith("Jet Propulsion Laboratory, also called JPL, is an organisation. ")
    assert graph.describe(found.id) == graph.describe(found.id.rsplit("/", 1)[-1]) == found


def test_lines_say_what_they_carry(graph: Graph) -> None:
    texts = [c.text for c in graph.describe("Solid State Recorder").clauses]
    assert "ISIM Command and Data Handling passes “science data” to it." in texts
    assert "It holds science data." in texts


def test_a_picture(graph: Graph) -> None:
    found = graph.describe("pictures/ground-segment.png")
    texts = [c.text for c in found.clauses]
    assert "From Mission Operations Center a line leads to MAST archive (“raw data”)." in texts
    assert "data-path.md refers to it." in texts
    assert any(t.startswith("The same picture is in tour.mp4 (0:14.0 to 0:21.0") for t in texts)
    lines = next(c for c in found.clauses if "raw data" in c.text)
    assert {p.path for p in lines.evidence} == {"pictures/ground-segment.png"}


def test_what_is_not_there(graph: Graph) -> None:
    with pytest.raises(QueryError, match="no thing and no source"):
        graph.describe("the moon")
    with pytest.raises(QueryError, match="shows no picture"):
        graph.describe("glossary.txt")


def test_jupyter_shows_a_thing(graph: Graph) -> None:
    card = graph.show("Solid State Recorder")
    html = card._repr_html_()
    assert html.startswith("<h3>Solid State Recorder")
    assert "<svg" in html and "High Gain Antenna" in html and "data:image/png;base64," in html and "<mark>" in html
    assert "http" not in html.replace("http://www.w3.org", "")  # nothing is loaded from elsewhere


def test_command_line(example: tuple[Path, Report], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["describe", str(example[0]), "NIRSpec", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "Its maker is European Space Agency." in found["text"]
    assert run(["describe", str(example[0]), "NIRSpec"]) == 0
    assert "instruments.html" in capsys.readouterr().out
