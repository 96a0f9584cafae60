"""Measures on documents whose scores are known, and against the scorer of the shared data."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from kgbuild.mentions.metrics import conll, score_documents

GOLD = {
    "id": "a", "mentions": [[0, 0, 2, "PER"], [0, 3, 4, "LOC"], [1, 0, 1, "PER"], [1, 2, 3, "ORG"]],
    "clusters": [[0, 2], [1], [3]], "relations": [{"h": 0, "t": 1, "p": "P19"}, {"h": 0, "t": 2, "p": "P108"}],
}  # fmt: skip


def test_a_perfect_prediction() -> None:
    scores = score_documents([GOLD], {"a": GOLD})
    assert all(s.f1 == 1 for s in scores.values()) and conll(scores) == 1


def test_nothing_found() -> None:
    scores = score_documents([GOLD], {})
    assert all(s.f1 == 0 and s.wanted > 0 for s in scores.values())


def test_counts_by_hand() -> None:
    found = {
        "mentions": [[0, 0, 2, "PER"], [0, 3, 4, "ORG"], [1, 0, 1, "PER"]], "clusters": [[0], [1], [2]],
        "relations": [{"h": 0, "t": 1, "p": "P19"}],
    }  # fmt: skip
    scores = score_documents([GOLD], {"a": found})
    strict = scores["mentions, span and type"]
    assert (strict.right_found, strict.found, strict.wanted) == (2, 3, 4)
    assert scores["mentions, span"].recall == 3 / 4
    assert scores["coreference, MUC"].f1 == 0  # no link found, one wanted
    b3 = scores["coreference, B-cubed"]
    assert b3.precision == 1 and b3.recall == pytest.approx((0.5 + 1 + 0.5) / 4)
    assert scores["coreference, CEAF-e"].right_found == pytest.approx(2 / 3 + 1)
    assert scores["relations, both entities exact"].right_found == 0  # the first entity is not whole


def test_trees() -> None:
    gold = {**GOLD, "upos": [["DET", "NOUN"]], "head": [[2, 0]], "deprel": [["det", "root"]]}
    found = {**GOLD, "upos": [["DET", "VERB"]], "head": [[2, 0]], "deprel": [["nmod", "root"]]}
    scores = score_documents([gold], {"a": found})
    assert scores["parts of speech"].f1 == 0.5
    assert scores["heads (UAS)"].f1 == 1 and scores["heads and labels (LAS)"].f1 == 0.5


def test_as_the_scorer_of_the_shared_data(shared: Path, tmp_path: Path) -> None:
    choose = random.Random(5)
    gold, found = [], {}
    for n in range(30):
        spans = [[s, w, w + choose.choice((1, 2)), choose.choice("AB")] for s in range(3) for w in range(0, 8, 2)]
        home = [choose.randrange(6) for _ in spans]
        gold.append(made(f"d{n}", spans, home))
        kept = [i for i in range(len(spans)) if choose.random() < 0.97]
        moved = [home[i] if choose.random() < 0.97 else choose.randrange(6) for i in kept]
        found[f"d{n}"] = made(f"d{n}", [spans[i] for i in kept], moved)
    for name, rows in (("gold", gold), ("found", found.values())):
        (tmp_path / name).write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
    command = [
        sys.executable,
        str(shared / "text" / "score.py"),
        str(tmp_path / "gold"),
        str(tmp_path / "found"),
        "--json",
    ]
    theirs = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    ours = score_documents(gold, found)
    assert 0 < theirs["relation_strict"]["micro"]["f1"] < 1 and 0 < theirs["coref"]["conll"] < 1
    assert conll(ours) == pytest.approx(theirs["coref"]["conll"])
    assert ours["mentions, span and type"].f1 == pytest.approx(theirs["mention"]["strict"]["f1"])
    assert ours["relations, both entities exact"].f1 == pytest.approx(theirs["relation_strict"]["micro"]["f1"])


def made(name: str, spans: list[list[object]], home: list[int]) -> dict[str, object]:
    clusters = [c for k in range(6) if (c := [i for i, h in enumerate(home) if h == k])]
    relations = [{"h": i, "t": i + 1, "p": "P1"} for i in range(len(clusters) - 1)]
    return {"id": name, "mentions": spans, "clusters": clusters, "relations": relations}
