"""The recipe of diagrams from end to end on a handful of drawings, and its parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("resvg_py")

from kgbuild.errors import ConfigError
from kgbuild.mentions.measure import as_graph
from kgbuild.mentions.raster import find_parts
from kgbuild.mentions.raster.score import Scorer, weigh
from kgbuild.progress import Silent
from kgbuild.training.diagram_data import candidates, samples
from kgbuild.training.diagrams import Perceptron, Recipe, calibration_error, chances, fit
from kgbuild.training.drawings import example

SMALL = Recipe().but(["diagrams=12", "pages=2", "steps=30", "hidden=4"])


def test_a_tiny_recipe_gives_weights_that_the_reader_takes(tmp_path: Path) -> None:
    rows = list(samples(SMALL.diagrams, SMALL.pages, progress=Silent()))
    assert len(rows) == 12 + 5 * 2
    measures = fit(rows, tmp_path / "a", recipe=SMALL)
    fit(rows, tmp_path / "b", recipe=SMALL)
    one, two = ((tmp_path / k / "diagrams.safetensors").read_bytes() for k in "ab")
    assert one == two and 0 <= measures["kind: accuracy"] <= 1
    made = example(3)
    diagram = weigh(*find_parts(made.picture, made.lines), scorer=Scorer(tmp_path / "a"))
    assert all(0 <= n.score <= 1 for n in diagram.nodes.values()) and all(0 <= e.score <= 1 for e in diagram.edges)


def test_candidates_are_held_against_the_truth() -> None:
    made = example(3, clean=True)
    parts = find_parts(made.picture, made.lines)
    graph = as_graph(parts[0])
    assert graph["edges"]
    own = {**graph, "width": 100, "height": 100}
    found = candidates(*parts, own)  # what was found as its own truth: all right
    assert found.right.all() and found.joined.all()
    for (tail, head), e in zip(found.heads, graph["edges"], strict=True):
        assert np.isnan(head) or (head == e["directed"] and tail == e["both"])
    nothing = candidates(*parts, {"nodes": [], "edges": [], "width": 1, "height": 1})
    assert not nothing.right.any() and not nothing.joined.any() and np.isnan(nothing.heads).all()


def test_chances_are_calibrated() -> None:
    random = np.random.default_rng(5)
    x = random.normal(size=(4000, 6)).astype(np.float32)
    y = (random.random(4000) < 1 / (1 + np.exp(-x[:, 0] - 0.5 * x[:, 1]))).astype(np.float32)
    net = Perceptron(x[:1500], y[:1500], Recipe(steps=200))
    net.calibrate(x[1500:2500], y[1500:2500])
    assert calibration_error(chances(net.logits(x[2500:])), y[2500:]) < 0.05
    assert calibration_error(np.full(10, 0.9), np.zeros(10)) == pytest.approx(0.9)


def test_unknown_numbers_are_refused() -> None:
    with pytest.raises(ConfigError, match="hidden"):
        Recipe().but(["layers=3"])
