"""The merge score: trees as plain numbers say what the trained model says; known mentions become pairs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from kgbuild.entities.forest import load_forest, pack, unpack
from kgbuild.entities.score import PAIR_FEATURES
from kgbuild.errors import ConfigError, UsageError
from kgbuild.training.align import from_sklearn
from kgbuild.training.align_data import read_folder, sample
from kgbuild.types import EmbeddingTable

WIDTH = len(PAIR_FEATURES)


def test_the_exported_trees_score_as_the_model_does() -> None:
    ensemble = pytest.importorskip("sklearn.ensemble")
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((3000, WIDTH)).astype(np.float32)
    truth = rows[:, 0] * rows[:, 1] + rows[:, 2] > 0
    rows[rng.random(rows.shape) < 0.1] = np.nan
    model = ensemble.HistGradientBoostingClassifier(max_iter=12, random_state=0).fit(rows, truth)
    forest = from_sklearn(model)
    assert np.allclose(forest.log_odds(rows), model.decision_function(rows), atol=1e-5)
    again = unpack(json.loads(json.dumps(pack(forest))), PAIR_FEATURES, where="x")
    assert np.allclose(again.log_odds(rows), forest.log_odds(rows), atol=1e-4)


def test_the_shipped_forests_know_the_features() -> None:
    empty = np.zeros((1, WIDTH), np.float32)
    for kind in ("plain", "states"):
        assert np.isfinite(load_forest(PAIR_FEATURES, kind).log_odds(empty)).all()


@pytest.mark.parametrize("text", ["", "{}", '{"forests": {"plain": {"features": ["x"]}}}'])
def test_weights_that_are_none_are_refused_by_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "mine.json"
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=r"mine\.json"):
        load_forest(PAIR_FEATURES, "plain", str(file))


def folder(path: Path) -> Path:
    rows = [
        {"id": f"m{i}", "doc": f"d{i}", "text": "Dee", "start": 4, "end": 7, "sentence": "The Dee ran.", "source": s}
        for i, s in enumerate(("wiki", "wiki", "nyt"))
    ]
    path.joinpath("mentions.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    path.joinpath("gold.csv").write_text("id,cluster\nm0,Q1\nm1,Q1\nm2,Q2\n", "utf-8")
    return path


def test_known_mentions_become_pairs_and_only_free_ones_teach(tmp_path: Path) -> None:
    known = read_folder(folder(tmp_path), free="wiki")
    table = EmbeddingTable("x", tuple(m.id for m in known.mentions), np.ones((3, 2), np.float32) / 2**0.5)
    made = sample(known, table, None)
    assert made.pairs.tolist() == [[0, 1], [0, 2], [1, 2]]
    assert made.truth.tolist() == [True, False, False] and made.teaches.tolist() == [True, False, False]
    assert made.same_name.all() and len(set(made.part.tolist())) == 1


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"mentions\.jsonl"):
        read_folder(tmp_path)
