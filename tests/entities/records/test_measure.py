"""Scores of pairs and clusters by hand, the layouts that are read, and what is wrong with a folder."""

from __future__ import annotations

import importlib.util
import json
import random
from pathlib import Path

import pytest

from kgbuild.cli.app import run
from kgbuild.entities.measure import read_pairs, read_rows, score_clusters, score_pairs, write_pairs
from kgbuild.errors import UsageError
from kgbuild.types import Match


def test_pairs_by_hand() -> None:
    gold = {("a1", "b1"): True, ("a2", "b2"): True, ("a3", "b3"): False, ("a4", "b4"): True}
    found = [Match("a1", "b1", 0.9), Match("a2", "b2", 0.4), Match("a3", "b3", 0.6), Match("x", "y", 1.0)]
    score = score_pairs(gold, found, 0.5)
    assert (score.precision, score.recall, score.f1) == (0.5, 1 / 3, 0.4)


def test_scores_are_those_of_the_scorer(shared: Path) -> None:
    given = importlib.util.spec_from_file_location("scorer", shared / "align" / "score.py")
    assert given is not None
    assert given.loader is not None
    scorer = importlib.util.module_from_spec(given)
    given.loader.exec_module(scorer)
    rnd = random.Random(0)
    for _ in range(20):
        gold = {(f"a{i}", f"b{rnd.randint(0, 9)}"): rnd.random() < 0.3 for i in range(40)}
        found = [Match(a, b, round(rnd.random(), 2)) for a, b in gold if rnd.random() < 0.8]
        theirs = scorer.score_pairs(
            [(a, b, int(y)) for (a, b), y in gold.items()], [(m.left, m.right, m.score) for m in found], 0.5
        )
        ours = score_pairs(gold, found, 0.5)
        assert (ours.precision, ours.recall, ours.f1) == pytest.approx((theirs["p"], theirs["r"], theirs["f1"]))
        clusters = {str(i): str(rnd.randint(0, 5)) for i in range(30)}
        said = {m: str(rnd.randint(0, 5)) for m in clusters if rnd.random() < 0.9}
        pairwise = scorer.score_clusters(clusters, said)["pairwise"]
        mine = score_clusters(clusters, said)
        assert (mine.precision, mine.recall, mine.f1) == pytest.approx((pairwise["p"], pairwise["r"], pairwise["f1"]))


def test_predictions_are_written_and_read(tmp_path: Path) -> None:
    write_pairs(tmp_path / "p.csv", [Match("a,1", "b1", 0.75)])
    assert (tmp_path / "p.csv").read_text("utf-8") == 'id_a,id_b,score\n"a,1",b1,0.7500\n'
    assert read_pairs(tmp_path / "none.csv") == {}


def test_a_folder_without_labels_gives_predictions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"id": f"a{i}", "name": f"Lamp model LX{i}00", "price": str(10 * i)} for i in range(5)]
    for side in "ab":
        text = "\n".join(json.dumps({**r, "id": side + r["id"][1:]}) for r in rows)
        (tmp_path / f"records_{side}.jsonl").write_text(text, "utf-8")
    assert run(["evaluate", "align", str(tmp_path), "--predictions", str(tmp_path / "p.csv")]) == 0
    assert "5 matches" in capsys.readouterr().out
    assert "a3,b3," in (tmp_path / "p.csv").read_text("utf-8")
    assert run(["evaluate", "align", str(tmp_path), "--labels"]) == 2
    assert "train.csv" in capsys.readouterr().err


def test_what_is_wrong_with_a_folder_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "align", str(tmp_path)]) == 2
    assert "records_a.jsonl" in capsys.readouterr().err
    (tmp_path / "x.jsonl").write_text('{"id": 1}\n{"id"', "utf-8")
    with pytest.raises(UsageError, match="line 2"):
        read_rows(tmp_path / "x.jsonl", ("id",))
    (tmp_path / "y.csv").write_text("id_a,id_b\n1,2\n", "utf-8")
    with pytest.raises(UsageError, match="label"):
        read_pairs(tmp_path / "y.csv")
