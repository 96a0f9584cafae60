"""Questions in English on the example graph: answers, the query that gave them, evidence, and what is not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kgbuild.cli.app import run
from kgbuild.errors import QueryError
from kgbuild.queries.graph import Graph
from kgbuild.report import Report

CORPUS = Path(__file__).parents[2] / "examples" / "corpus"

ASKED = {
    "Where does John C. Mather work?": {"Goddard Space Flight Center"},
    "who launched the hubble space telescope?": {"NASA"},
    "What was the Hubble Space Telescope launched by?": {"NASA"},
    "When was the James Webb Space Telescope launched on an Ariane 5 rocket?": {"2021-12-25"},
    "How many gigabytes does the Solid State Recorder store?": {"68 GBy"},
    "What does the Solar Array connect to?": {"Spacecraft Bus"},
    "Which instruments are made by the European Space Agency?": {"NIRSpec"},
    "Which country is Canberra in?": {"Australia"},
    "What is the maker of NIRISS?": {"Canadian Space Agency"},
    "Who is Barbara Mikulski?": {"politician"},
    "What are the components that the Spacecraft Bus connects to?": {"High Gain Antenna", "Solid State Recorder"},
    "Who made the instrument that is built in Ottobrunn?": {"European Space Agency"},
    "Which sources mention Kourou?": {"mission-brief.pdf", "overview.md"},
    "How many components connect to the Jet Propulsion Laboratory?": {"4"},
    "How many pictures show the High Gain Antenna?": {"2"},
    "What lies between the Mission Operations Center and the Calibration Pipeline?": {"MAST archive"},
    "Who employs the leader of the NIRCam team?": {"University of Arizona"},
    "Which slide shows Canberra?": {"14", "21"},
    "Where is the Calibration Pipeline drawn?": {"archive.dot", "data-path.md"},
    "Which is shown in fewer pictures, the High Gain Antenna or the Sunshield?": {"Sunshield"},
    "Which things are shown both in the tour and in the picture of the ground segment?": {
        "Jet Propulsion Laboratory",
        "Ka-band",
        "Mission Operations Center",
        "James Webb Space Telescope",
        "Madrid",
        "Deep Space Network and ground segment",
        "Canberra",
        "MAST archive",
        "Goldstone",
    },
}


@pytest.mark.parametrize("question", ASKED)
def test_answers(graph: Graph, question: str) -> None:
    reply = graph.ask(question)
    assert {a.text for a in reply.answers} == ASKED[question]
    assert 0.4 < reply.confidence <= 1
    assert reply.evidence


@pytest.mark.parametrize(
    "question", ["Where does John C. Mather work?", "Which instruments are made by the European Space Agency?"]
)
def test_the_query_gives_the_answer_again(graph: Graph, question: str) -> None:
    reply = graph.ask(question)
    assert {row["answer"] for row in graph.sparql(reply.sparql)} == {a.id for a in reply.answers}


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Did NASA build the James Webb Space Telescope?", "yes"),
        ("Is Barbara Mikulski a politician?", "yes"),
        ("Does the Solar Array connect to the Spacecraft Bus?", "yes"),
        ("Is the Solar Array connected to the High Gain Antenna?", "no"),
        ("Does the tour mention the Deep Space Network?", "yes"),
        ("Is the Sunshield shown in the tour?", "no"),
        ("Is the Sunshield both drawn and written?", "yes"),
    ],
)
def test_yes_and_no(graph: Graph, question: str, answer: str) -> None:
    reply = graph.ask(question)
    assert (reply.kind, reply.text) == ("yes/no", answer)
    assert graph.sparql(reply.sparql).boolean is (answer == "yes")


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("Who founded Google?", "'Google'"),
        ("Who sold the Solar Array?", "no fact"),
        ("In which year was NIRISS painted?", "no fact"),
        ("What is the weather?", "names nothing"),
    ],
)
def test_what_is_not_in_the_graph(graph: Graph, question: str, reason: str) -> None:
    reply = graph.ask(question)
    assert not reply
    assert reply.text == "not in the graph"
    assert reason in reply.reason


def test_a_picture_limits_the_question(graph: Graph) -> None:
    reply = graph.ask("What does the Spacecraft Bus connect to?", image=CORPUS / "pictures" / "on-board.png")
    assert reply.text == "Solid State Recorder"
    assert {p.path for p in reply.evidence} == {"pictures/on-board.png"}


def test_a_copy_of_a_picture_is_known_by_what_it_shows(graph: Graph, tmp_path: Path) -> None:
    from PIL import Image

    copy = tmp_path / "copy.jpg"
    with Image.open(CORPUS / "pictures" / "ground-segment.png") as image:
        image.convert("RGB").resize((1062, 504)).save(copy, quality=85)
    reply = graph.ask("What connects to the Mission Operations Center?", image=copy)
    assert reply.text == "Jet Propulsion Laboratory"


def test_a_file_that_is_no_picture_is_refused(graph: Graph, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    with pytest.raises(QueryError, match=r"broken\.png"):
        graph.ask("What is this?", image=broken)
    with pytest.raises(QueryError, match="1 to 1000 characters"):
        graph.ask("   ")


def test_a_name_cannot_break_out_of_the_query(graph: Graph) -> None:
    reply = graph.ask('Who built "> } ; DROP ALL # NIRCam?')
    assert "DROP" not in reply.sparql


def test_command_line(example: tuple[Path, Report], capsys: pytest.CaptureFixture[str]) -> None:
    out = str(example[0])
    assert run(["ask", out, "Who manages the Deep Space Network?", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["text"] == "Jet Propulsion Laboratory"
    assert found["evidence"][0]["path"] == "operations-note.docx"
    assert run(["ask", out, "Who sold the moon?"]) == 0
    assert "not in the graph" in capsys.readouterr().out
