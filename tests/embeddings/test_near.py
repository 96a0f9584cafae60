"""Near pairs are exactly those that multiplying everything finds."""

from __future__ import annotations

import numpy as np
import pytest
from test_index import named, table

from kgbuild.embeddings import near
from kgbuild.embeddings.index import VectorIndex
from kgbuild.embeddings.near import near_pairs


def unit(matrix: np.ndarray) -> np.ndarray:
    made: np.ndarray = (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)
    return made


def by_force(matrix: np.ndarray, least: float) -> np.ndarray:
    wide = matrix.astype(np.float64)
    return np.argwhere(np.triu(np.round(wide @ wide.T, 6) >= least, 1))


@pytest.mark.parametrize("count", [2, 3, 63, 64, 65, 1400])
@pytest.mark.parametrize("least", [-1.0, 0.3, 0.9])
def test_no_near_pair_is_missed_and_none_is_invented(count: int, least: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near, "_CELLS", 64 * count - 1)  # blocks of 64 rows
    random = np.random.default_rng(count)
    falling = random.normal(size=(count, 48)) * (1 + np.arange(48)) ** -0.7  # as the axes of sentence vectors do
    for matrix in (unit(falling), unit(random.normal(size=(count, 48)))):
        found = near_pairs(matrix, least, count**2)
        assert found is not None
        pairs, scores = found
        order = np.lexsort(pairs.T[::-1])
        assert np.array_equal(pairs[order], by_force(matrix, least))
        assert np.allclose(scores, (matrix[pairs[:, 0]] * matrix[pairs[:, 1]]).sum(1), atol=1e-6)


def test_equal_rows_are_near_and_too_many_near_ones_are_given_up() -> None:
    matrix = unit(np.repeat(np.random.default_rng(0).normal(size=(10, 16)), 60, axis=0))
    found = near_pairs(matrix, 0.999, 10 * 60 * 60)
    assert found is not None and len(found[0]) == 10 * 60 * 59 // 2 and set(found[1].tolist()) == {1.0}
    assert near_pairs(matrix, 0.999, 1000) is None


def test_the_threshold_is_that_of_the_rounded_score() -> None:
    random = np.random.default_rng(3)
    one, other = (unit(random.normal(size=(4000, 24))) for _ in range(2))
    other = unit(other - (one * other).sum(1, keepdims=True) * one)
    cosine = 0.55 + random.uniform(-2e-6, 2e-6, (4000, 1))
    matrix = unit(np.concatenate([one, cosine * one + np.sqrt(1 - cosine**2) * other]))
    found = near_pairs(matrix, 0.55, len(matrix) ** 2)
    assert found is not None
    made = set(map(tuple, found[0].tolist()))
    wide = matrix.astype(np.float64)
    near_it = np.round((wide[:4000] * wide[4000:]).sum(1), 6) >= 0.55
    assert 500 < near_it.sum() < 3500
    assert [(n, n + 4000) in made for n in range(4000)] == near_it.tolist()


def test_few_near_pairs_are_found_without_the_neighbours_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    index = VectorIndex.build(table(1200, centres=40))
    wanted = np.concatenate(list(index.pairs(4, 0.9)))
    monkeypatch.setattr(index, "neighbours", None)
    assert len(wanted) and np.array_equal(np.concatenate(list(index.pairs(4, 0.9))), wanted)
    assert not list(VectorIndex.build(named(np.zeros((0, 8)))).pairs(3, 0.5))


@pytest.mark.parametrize("repeat", [1, 150])
def test_pairs_of_an_index_are_those_of_its_neighbours(repeat: int) -> None:
    t = table(1200, centres=40)
    index = VectorIndex.build(named(np.repeat(t.matrix[: 1200 // repeat], repeat, axis=0)))
    for k, least in ((4, 0.5), (4, 0.99), (300, 0.0), (0, 0.0)):
        rows = [np.stack([r[at], near[at, nth]], 1) for r, s, near in index.neighbours(k)
                for at, nth in [np.nonzero((near >= 0) & (s >= least))]]  # fmt: skip
        wanted = np.concatenate([np.zeros((0, 2), int), *rows])
        found = np.concatenate([np.zeros((0, 2), int), *index.pairs(k, least)])
        assert sorted(map(tuple, found.tolist())) == sorted(map(tuple, wanted.tolist()))
