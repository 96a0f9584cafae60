"""The judge learns from documents that its reader has not learned from: what is counted, what is fitted."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest

from kgbuild.cli.app import run
from kgbuild.statements import load_ontology
from kgbuild.statements.judge import from_json
from kgbuild.statements.signs import SIGNS
from kgbuild.training.judge import Recipe, is_held, know
from kgbuild.training.judged import codes, judged
from kgbuild.vocab import GENERAL


def document(n: int) -> dict[str, object]:
    """A town in a region of a country; the country has a capital."""
    names = [f"Town{n}", f"Region{n}", f"Land{n}", f"City{n}"]
    facts = [(0, "P131", 1), (1, "P17", 2), (0, "P17", 2), (2, "P36", 3), (3, "P1376", 2), (3, "P17", 2)]
    return {
        "id": f"d{n}", "split": "train", "sents": [[*names, "."]],
        "mentions": [[0, i, i + 1, "LOC"] for i in range(4)], "clusters": [[i] for i in range(4)],
        "relations": [{"h": h, "p": p, "t": t} for h, p, t in facts],
    }  # fmt: skip


def found(d: dict, choose: random.Random) -> dict[str, object]:
    """What a network finds: most of the facts, and a second country that is wrong and less sure."""
    right = [r for r in d["relations"] if choose.random() < 0.9]
    wrong = [{"h": h, "p": "P17", "t": 3} for h in (0, 1) if choose.random() < 0.7]
    rows = [(r, choose.uniform(0.5, 4)) for r in right] + [(r, choose.uniform(0, 3)) for r in wrong]
    return {
        "mentions": d["mentions"], "clusters": d["clusters"],
        "relations": [{**r, "score": 0.5, "signs": [margin, -0.1]} for r, margin in rows],
    }  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Documents, and what a network found in those that it did not learn from, as a break leaves them."""
    folder, choose = tmp_path_factory.mktemp("judge"), random.Random(1)
    documents = [document(n) for n in range(80)]
    with gzip.open(folder / "redocred_train.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(d) + "\n" for d in documents)
    (folder / "state").mkdir()
    held = {str(d["id"]): found(d, choose) for d in documents if is_held(str(d["id"]))}
    (folder / "state" / "held.json").write_text(json.dumps(held), "utf-8")
    return folder


def test_what_goes_together_and_follows_is_counted() -> None:
    by_code = codes(load_ontology(["general"]))
    facts = {(0, by_code["P131"], 1), (1, by_code["P17"], 2), (0, by_code["P17"], 2), (2, by_code["P36"], 3)}
    known = know([facts] * 10, Recipe())
    inside, country = by_code["P131"], by_code["P17"]
    assert known.follows[inside, False, country, False] == {country: pytest.approx(10 / 12)}
    assert known.one[country] == pytest.approx(21 / 22)
    assert known.one_of[country] == pytest.approx(1 / 12)
    assert known.joined == {p: {} for p in (inside, country, by_code["P36"])}


def test_a_judge_is_learned_and_comes_again(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["train", "judge", "--data", str(data), "--checkpoints", str(data / "state"), "--out"]
    assert run([*command, str(tmp_path / "one")]) == 0
    assert run([*command, str(tmp_path / "two")]) == 0
    made = (tmp_path / "one" / "judge.json").read_bytes()
    assert made == (tmp_path / "two" / "judge.json").read_bytes()
    judge = from_json(json.loads(made))
    weights = dict(zip(SIGNS, judge.weights, strict=True))
    assert judge.trust > 0 > weights["rival"]
    printed = dict(line.split(": ") for line in capsys.readouterr().out.splitlines() if ": " in line)
    assert float(printed["judged"]) < float(printed["as read"])
    assert judge.knowledge.one[GENERAL + "country"] > 0.9


def test_too_little_found_is_said(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = json.loads((data / "state" / "held.json").read_text("utf-8"))
    (tmp_path / "held.json").write_text(json.dumps({i: {**d, "relations": []} for i, d in few.items()}), "utf-8")
    command = ["train", "judge", "--data", str(data), "--checkpoints", str(tmp_path), "--out", str(tmp_path)]
    assert run(command) == 2
    assert "--set epochs=" in capsys.readouterr().err


def test_a_document_is_judged_by_its_annotation() -> None:
    d = document(1)
    by_code = codes(load_ontology(["general"]))
    relation = {"h": 0, "p": "P17", "t": 3, "score": 0.4, "signs": [0.1, -0.1]}
    seen = judged(d, {**d, "relations": [{**relation, "t": 2}, relation]}, by_code)
    assert [seen.right(s) for s in seen.found] == [True, False]
    assert [e.pref_label for e in seen.entities] == ["Town1", "Region1", "Land1", "City1"]


def test_a_network_of_its_own_reads_the_rest(tmp_path: Path) -> None:
    """The whole way on a tiny corpus, with a network too little taught to find anything."""
    with gzip.open(tmp_path / "redocred_train.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(document(n)) + "\n" for n in range(4))
    command = ["train", "judge", "--data", str(tmp_path), "--checkpoints", str(tmp_path / "state")]
    assert run([*command, "--out", str(tmp_path), "--set", "epochs=1"]) == 2
    rows = json.loads((tmp_path / "state" / "held.json").read_text("utf-8"))
    assert sorted(rows) == [f"d{n}" for n in range(4) if is_held(f"d{n}")]
    assert all({"mentions", "clusters", "relations"} <= row.keys() for row in rows.values())
