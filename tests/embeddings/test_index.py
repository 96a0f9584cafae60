"""The vector index: exact answers against numpy, recall of joins, ties by row, damage and misuse are found."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import faiss
import numpy as np
import pytest

from kgbuild.embeddings.index import EXACT_BELOW, VectorIndex
from kgbuild.errors import UsageError, WorkspaceError
from kgbuild.types import EmbeddingTable


def table(count: int, dim: int = 32, seed: int = 0, *, centres: int = 0) -> EmbeddingTable:
    random = np.random.default_rng(seed)
    middle = random.normal(size=(centres or max(1, count // 10), dim))
    matrix = middle[random.integers(0, len(middle), count)] + 0.3 * random.normal(size=(count, dim))
    return named(matrix / np.linalg.norm(matrix, axis=1, keepdims=True))


def named(matrix: np.ndarray, space: str = "test") -> EmbeddingTable:
    return EmbeddingTable(space, tuple(f"m{i}" for i in range(len(matrix))), matrix.astype(np.float32))


def best(matrix: np.ndarray, queries: np.ndarray, k: int) -> np.ndarray:
    """Rows by exact score, rounded as the index rounds, then by number."""
    scores = np.round(queries.astype(np.float64) @ matrix.astype(np.float64).T, 6)
    return np.argsort(-scores, axis=1, kind="stable")[:, :k]


def join(index: VectorIndex, k: int) -> tuple[np.ndarray, np.ndarray]:
    found = [block for block in index.neighbours(k)]
    rows = np.concatenate([r for r, _, _ in found])
    assert sorted(rows) == list(range(len(index.ids)))  # each row once
    order = np.argsort(rows)
    return np.concatenate([s for _, s, _ in found])[order], np.concatenate([n for _, _, n in found])[order]


@pytest.fixture(scope="module")
def large() -> EmbeddingTable:
    return table(EXACT_BELOW + 1000, centres=300)


def test_small_indexes_are_exact() -> None:
    t = table(500)
    scores, rows = VectorIndex.build(t).search(t.matrix[:20], 5)
    assert (rows == best(t.matrix, t.matrix[:20], 5)).all()
    assert np.allclose(scores, np.take_along_axis(t.matrix[:20] @ t.matrix.T, rows, 1), atol=1e-6)


def test_a_join_leaves_each_row_out_of_its_own_neighbours() -> None:
    t = table(300)
    scores, near = join(VectorIndex.build(t), 4)
    assert (near == best(t.matrix, t.matrix, 5)[:, 1:]).all() and scores.shape == (300, 4)


def test_large_joins_find_nearly_all(large: EmbeddingTable) -> None:
    index = VectorIndex.build(large, device="cpu")
    scores, near = join(index, 10)
    assert index.lists is not None and index.lists.probes < len(index.lists.centres) / 4
    sample = np.arange(0, len(near), 50)
    true = best(large.matrix, large.matrix[sample], 11)[:, 1:]
    assert np.mean([len(set(a) & set(b)) / 10 for a, b in zip(near[sample], true, strict=True)]) >= 0.99
    many = VectorIndex.build(large, device="cpu").search(large.matrix[sample], 11)
    assert (many[1][:, 1:] == near[sample]).mean() > 0.99 and np.allclose(many[0][:, 1:], scores[sample], atol=0.02)


def test_few_queries_and_deep_ones_are_exact_at_any_size(large: EmbeddingTable) -> None:
    index, queries = VectorIndex.build(large, device="cpu"), large.matrix[::3000]
    assert (index.search(queries, 10)[1] == best(large.matrix, queries, 10)).all()
    deep = index.search(large.matrix[:70], 150)[1]
    assert (deep == best(large.matrix, large.matrix[:70], 150)).all()


def test_vectors_without_clusters_get_exact_joins() -> None:
    matrix = np.random.default_rng(3).normal(size=(EXACT_BELOW + 10, 64))
    t = named(matrix / np.linalg.norm(matrix, axis=1, keepdims=True))
    index = VectorIndex.build(t, device="cpu")
    _, near = join(index, 3)
    assert index.lists is None and (near[::500] == best(t.matrix, t.matrix[::500], 4)[:, 1:]).all()


def test_equal_scores_stand_in_the_order_of_their_rows() -> None:
    """A thousand equal vectors among others: the first of them are given, whatever the search returns first."""
    t = table(2000, seed=4)
    t.matrix[1::2] = t.matrix[777]
    t.matrix[8] = np.roll(t.matrix[0], 1)  # other vectors of one score with a constant query
    t.matrix[6] = np.roll(t.matrix[0], 2)
    index = VectorIndex.build(t)
    constant = np.full((1, 32), 32**-0.5, np.float32)
    for queries in (t.matrix[[5, 1999, 6]], constant):
        for k in (1, 7, 1200):
            assert (index.search(queries, k)[1] == best(t.matrix, queries, k)).all()
    _, near = join(index, 3)
    assert near[1].tolist() == [3, 5, 7] and near[1999].tolist() == [1, 3, 5] and near[5].tolist() == [1, 3, 7]


def test_all_vectors_equal() -> None:
    t = named(np.tile(np.eye(1, 8), (50, 1)))
    scores, near = join(VectorIndex.build(t), 3)
    assert near[0].tolist() == [1, 2, 3] and near[49].tolist() == [0, 1, 2] and (scores == 1).all()


def test_threads_change_no_byte(tmp_path: Path) -> None:
    code = (
        "import hashlib, sys; from test_index import EXACT_BELOW, VectorIndex, join, table\n"
        "index = VectorIndex.build(table(EXACT_BELOW + 500, centres=300), device='cpu')\n"
        "s, n = join(index, 5); t, r = index.search(index.matrix[:900], 5)\n"
        "print(hashlib.sha256(b''.join(a.tobytes() for a in (s, n, t, r))).hexdigest())"
    )
    shown = set()
    for threads in ("1", "3"):
        env = {**os.environ, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        env["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), env.get("PYTHONPATH", "")])
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
        shown.add(done.stdout)
    assert len(shown) == 1


def test_the_number_of_threads_is_left_as_it_was() -> None:
    before = faiss.omp_get_max_threads()
    VectorIndex.build(table(50)).search(table(50).matrix, 3)
    assert faiss.omp_get_max_threads() == before


def test_fewer_rows_than_asked_for() -> None:
    t = table(3)
    scores, rows = VectorIndex.build(t).search(t.matrix, 10)
    assert scores.shape == (3, 3) and set(rows[0]) == {0, 1, 2}
    assert join(VectorIndex.build(t), 10)[1].shape == (3, 2)


def test_an_empty_table_finds_nothing() -> None:
    index = VectorIndex.build(named(np.zeros((0, 16))))
    assert index.search(np.ones((2, 16)), 5)[1].shape == (2, 0) and list(index.neighbours(5)) == []


@pytest.mark.parametrize(("value", "reason"), [(np.nan, "finite"), (np.inf, "finite"), (0.0, "zero")])
def test_bad_vectors_are_named(value: float, reason: str) -> None:
    t = table(5000)
    t.matrix[4321] = value
    with pytest.raises(UsageError, match=f"'m4321' .*{reason}"):
        VectorIndex.build(t)


def test_misuse_is_said() -> None:
    index = VectorIndex.build(table(20))
    with pytest.raises(UsageError, match="32 dimensions"):
        index.search(np.ones((1, 16)), 3)
    with pytest.raises(UsageError, match=r"'test'.*'other'"):
        index.search(np.ones((1, 32)), 3, space="other")
    with pytest.raises(UsageError, match=r"row 1 .*finite"):
        index.search(np.array([[1.0] * 32, [np.nan] * 32]), 3)
    with pytest.raises(UsageError, match="2 ids"):
        VectorIndex.build(EmbeddingTable("x", ("a", "b"), np.ones((3, 4), np.float32)))


def test_damage_is_found(tmp_path: Path) -> None:
    t, path = table(50), tmp_path / "vectors.faiss"
    VectorIndex.build(t).save(path)
    again = VectorIndex.load(path)
    assert again.ids == t.ids and (again.matrix == t.matrix).all() and again.space == "test"
    assert faiss.read_index(str(path)).ntotal == 50  # FAISS reads it too
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(WorkspaceError, match="checksum"):
        VectorIndex.load(path)
    with pytest.raises(WorkspaceError, match="missing"):
        VectorIndex.load(tmp_path / "other.faiss")
