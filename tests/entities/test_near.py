"""Near vectors are those that the index finds, whatever their number and order."""

from __future__ import annotations

import numpy as np
import pytest

from kgbuild.embeddings.index import VectorIndex
from kgbuild.entities import near
from kgbuild.entities.near import near_pairs
from kgbuild.models.arrays import unit
from kgbuild.types import EmbeddingTable

LEAST = 0.5


def clustered(size: int) -> np.ndarray:
    """Unit vectors in clusters, the first three of them equal."""
    pick = np.random.default_rng(5)
    middle = pick.normal(size=(size // 8, 16))[pick.integers(0, size // 8, size)]
    matrix = unit(middle + pick.normal(size=(size, 16)) / 4)
    matrix[1:3] = matrix[0]
    return matrix


def nearest(matrix: np.ndarray, k: int) -> list[tuple[int, int]]:
    found = near_pairs(matrix, k, LEAST)
    assert found is not None
    return [(a, b) for a, b in found.tolist()]


def indexed(matrix: np.ndarray, k: int) -> set[tuple[int, int]]:
    index = VectorIndex.build(EmbeddingTable("x", tuple(map(str, range(len(matrix)))), matrix))
    found = set()
    for rows, scores, others in index.neighbours(k):
        at, nth = np.nonzero((others >= 0) & (scores >= LEAST))
        found |= set(zip(rows[at].tolist(), others[at, nth].tolist(), strict=True))
    return found


@pytest.mark.parametrize("k", [1, 4, 40])
def test_the_nearest_are_those_of_the_index(k: int) -> None:
    matrix = clustered(2600)  # several blocks and stripes
    pairs = nearest(matrix, k)
    assert len(pairs) == len(set(pairs)) and set(pairs) == indexed(matrix, k)


def test_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = clustered(2600)
    several = nearest(matrix, 4)
    monkeypatch.setattr(near, "THREADS", 1)
    assert nearest(matrix, 4) == several


def test_vectors_that_are_all_near_are_not_listed() -> None:
    assert near_pairs(np.tile(clustered(8)[:1], (2000, 1)), 4, LEAST) is None
