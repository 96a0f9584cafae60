"""The vector index: exact search against numpy, recall of the large form, damage is found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kgbuild.embeddings.index import EXACT_BELOW, VectorIndex
from kgbuild.errors import WorkspaceError
from kgbuild.types import EmbeddingTable


def table(count: int, dim: int = 32, seed: int = 0) -> EmbeddingTable:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(max(1, count // 10), dim))
    matrix = centres[rng.integers(0, len(centres), count)] + 0.3 * rng.normal(size=(count, dim))
    matrix = (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)
    return EmbeddingTable("test", tuple(f"m{i}" for i in range(count)), matrix)


def test_small_indexes_are_exact() -> None:
    t = table(500)
    scores, rows = VectorIndex.build(t).search(t.matrix[:20], 5)
    truth = np.sort(t.matrix[:20] @ t.matrix.T, axis=1)[:, ::-1][:, :5]
    assert np.allclose(scores, truth, atol=1e-5)
    assert (rows[:, 0] == np.arange(20)).all()


def test_large_indexes_find_nearly_all() -> None:
    t = table(EXACT_BELOW + 1000)
    index = VectorIndex.build(t)
    queries = t.matrix[::200]
    _, rows = index.search(queries, 10)
    truth = np.argsort(-(queries @ t.matrix.T), axis=1)[:, :10]
    recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(rows, truth, strict=True)])
    assert recall > 0.9
    again = VectorIndex.build(t).search(queries, 10)[1]
    assert (again == rows).all()


def test_fewer_rows_than_asked_for() -> None:
    t = table(3)
    scores, rows = VectorIndex.build(t).search(t.matrix, 10)
    assert scores.shape[0] == 3 and set(rows[0]) >= {0, 1, 2}


def test_damage_is_found(tmp_path: Path) -> None:
    t = table(50)
    VectorIndex.build(t).save(tmp_path / "vectors.faiss")
    assert VectorIndex.load(tmp_path / "vectors.faiss").ids == t.ids
    data = bytearray((tmp_path / "vectors.faiss").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "vectors.faiss").write_bytes(data)
    with pytest.raises(WorkspaceError, match="checksum"):
        VectorIndex.load(tmp_path / "vectors.faiss")
    with pytest.raises(WorkspaceError, match="missing"):
        VectorIndex.load(tmp_path / "other.faiss")
