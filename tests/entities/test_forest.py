"""The forest's bits give what a walk down each tree gives, whatever is missing."""

from __future__ import annotations

import numpy as np
import pytest

from kgbuild.entities.forest import Forest, _repeats, load_forest
from kgbuild.entities.score import PAIR_FEATURES


def walked(forest: Forest, row: np.ndarray) -> float:
    """The log-odds of one row, node by node."""
    total = forest.base
    for root in forest.roots.tolist():
        node = root
        while forest.left[node] != node:
            value = row[forest.feature[node]]
            left = forest.missing[node] if np.isnan(value) else value <= forest.threshold[node]
            node = int((forest.left if left else forest.right)[node])
        total += float(forest.value[node])
    scale, shift = forest.calibration[int(row[0] > 0)]
    return scale * total + shift


@pytest.mark.parametrize("kind", ["plain", "states"])
def test_bits_walk_the_trees(kind: str) -> None:
    forest, pick = load_forest(PAIR_FEATURES, kind), np.random.default_rng(3)
    rows = pick.random((40, len(PAIR_FEATURES)), np.float32)
    rows[pick.random(rows.shape) < 0.2] = np.nan
    rows[::2, 0] = 0
    assert np.allclose(forest.log_odds(rows), [walked(forest, row) for row in rows], rtol=0, atol=1e-9)


def test_trees_of_more_leaves_than_a_short_has_bits() -> None:
    forest = chain(leaves=20)
    rows = np.linspace(-1, 20, 43, dtype=np.float32)[:, None]
    assert np.array_equal(forest.log_odds(rows), [walked(forest, row) for row in rows])


def test_a_tree_of_one_leaf_says_the_same_of_every_row() -> None:
    rows = np.array([[-1], [np.nan], [5]], np.float32)
    assert chain(leaves=1).log_odds(rows).tolist() == [0, 0, 0]


def chain(leaves: int) -> Forest:
    """One tree over one feature: leaf n where it is above n - 1 and at most n."""
    inner = np.arange(leaves - 1)
    left = np.concatenate([leaves - 1 + inner, leaves - 1 + np.arange(leaves)])
    right = np.concatenate([inner[1:], [2 * leaves - 2], leaves - 1 + np.arange(leaves)])
    size = 2 * leaves - 1
    value = np.concatenate([np.zeros(leaves - 1), np.arange(leaves)]).astype(np.float32)
    threshold = np.concatenate([inner, np.zeros(leaves)]).astype(np.float32)
    nothing = np.zeros(size, np.int32)
    return Forest(("x",), np.array([0]), nothing, threshold, left, right, nothing > 0, value, leaves, 0.0)


@pytest.mark.parametrize("share", [0, 0.5, 1])
def test_tests_that_all_rows_pass_or_fail_are_settled(share: float) -> None:
    """Rows with the same name features, some of them missing in some rows or in all."""
    forest, pick = load_forest(PAIR_FEATURES, "states"), np.random.default_rng(4)
    rows = np.tile(pick.random(len(PAIR_FEATURES), np.float32), (30, 1))
    rows[:, -10:] = pick.random((30, 10), np.float32)
    rows[pick.random(30) < share, ::3] = np.nan
    assert np.allclose(forest.log_odds(rows), [walked(forest, row) for row in rows], rtol=0, atol=1e-9)


def test_rows_that_repeat_get_what_each_alone_gets() -> None:
    forest, pick = load_forest(PAIR_FEATURES, "plain"), np.random.default_rng(0)
    rows = pick.random((40, len(PAIR_FEATURES)), np.float32)
    rows[pick.random(rows.shape) < 0.1] = np.nan
    many = rows[pick.integers(0, 40, 500)]
    assert _repeats(many) is not None and _repeats(rows) is None
    alone = np.concatenate([forest.log_odds(row[None]) for row in many])
    assert np.array_equal(forest.log_odds(many), alone)
