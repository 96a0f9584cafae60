"""Nearest neighbours by inner product: exact below a size and on a GPU, inverted lists above.

Scores are exact in either case: what a library finds is scored again in double precision and rounded to six
decimals, equal scores stand in the order of their rows. So answers do not hang on threads or on the order in which
a BLAS sums. Equal vectors are indexed once: a thousand mentions of one name cost what one costs.
An index on disk carries a checksum, because FAISS loads flipped bytes in silence.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from kgbuild.crash import point
from kgbuild.embeddings.codes import Codes
from kgbuild.embeddings.distinct import Distinct
from kgbuild.embeddings.lists import Lists
from kgbuild.embeddings.near import near_pairs
from kgbuild.errors import UsageError, WorkspaceError
from kgbuild.threads import in_order
from kgbuild.types import EmbeddingTable

EXACT_BELOW = 20_000  # distinct rows; measured: benchmarks/self_join.py --crossing
_FEW = 64  # queries that are answered exactly whatever the size
_FAR = 100  # neighbours: lists are tuned for about ten, so that whoever asks for more than this gets exact answers
_SLACK = 8  # more neighbours than asked for, so that rounding decides no place
_BLOCK = 4096  # queries at a time
_DENSE = 64  # pairs a row that are so near: from there on few are enough to look for
_GPU_DEPTH = 2048  # neighbours that FAISS can find on a GPU
_GPU_BYTES = 2 << 30  # of vectors that are sent to a GPU at a time


class VectorIndex:
    """Search over the unit vectors of one space; holds the table's matrix, not a copy.

    ``device``: ``auto`` takes a GPU where FAISS has one (exact at every size), ``cpu`` never does.
    """

    def __init__(self, ids: Sequence[str], matrix: np.ndarray, space: str, *, device: str = "auto") -> None:
        import faiss

        self.ids, self.space, self.matrix = tuple(ids), space, matrix
        self._gpu = device == "auto" and faiss.get_num_gpus() > 0

    @classmethod
    def build(cls, table: EmbeddingTable, *, device: str = "auto") -> VectorIndex:
        """Index a table's rows; an empty table gives an index that finds nothing.

        Raises ``UsageError`` naming the id whose vector is not finite or zero.
        """
        matrix = np.ascontiguousarray(table.matrix, dtype=np.float32)
        if matrix.ndim != 2 or len(matrix) != len(table.ids):
            raise UsageError(f"vectors of {table.space!r}: {len(table.ids)} ids, but a matrix of shape {matrix.shape}.")
        if (bad := _first_bad(matrix)) is not None:
            row, reason = bad
            raise UsageError(f"vectors of {table.space!r}: that of {table.ids[row]!r} (row {row}) {reason}.")
        return cls(table.ids, matrix, table.space, device=device)

    @cached_property
    def lists(self) -> Lists | None:
        """Made when many queries first need them; None for small tables, on a GPU, or where lists would not pay."""
        if self._gpu or len(self._distinct.first) < EXACT_BELOW:
            return None
        with _one_thread():
            return Lists.build(self.matrix, self._distinct.first, _scan)

    @cached_property
    def codes(self) -> Codes | None:
        """Made when a quick query first needs them; None for small tables and on a GPU."""
        if self._gpu or len(self._distinct.first) < EXACT_BELOW:
            return None
        with _one_thread():
            return Codes(self._base)

    @cached_property
    def _distinct(self) -> Distinct:
        return Distinct.of(self.matrix)

    @cached_property
    def _base(self) -> np.ndarray:
        return self.matrix if self._distinct.single else self.matrix[self._distinct.first]

    def search(
        self, matrix: np.ndarray, k: int, *, space: str = "", quick: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Scores float32 and row numbers, both (n, min(k, rows)), best first; -1 where there are fewer.

        Up to 64 queries are answered exactly, unless they are to be ``quick``: whoever asks often, one by one, pays
        once for the codes. Raises ``UsageError`` if the queries have another dimension than the
        index, or another ``space`` (where given), or are not finite.
        """
        queries = np.ascontiguousarray(matrix, dtype=np.float32)
        if space and space != self.space:
            raise UsageError(f"the index is of space {self.space!r}, the query of {space!r}: they cannot be compared.")
        k = min(k, len(self.ids))
        if k <= 0 or not len(queries):
            return np.zeros((len(queries), 0), np.float32), np.zeros((len(queries), 0), np.int64)
        if queries.ndim != 2 or queries.shape[1] != self.matrix.shape[1]:
            raise UsageError(f"queries of shape {queries.shape}, but the index has {self.matrix.shape[1]} dimensions.")
        if (bad := _first_bad(queries, zero=False)) is not None:
            raise UsageError(f"the query in row {bad[0]} {bad[1]}.")
        scores, rows = np.empty((len(queries), k), np.float32), np.empty((len(queries), k), np.int64)
        with _one_thread():
            if quick and len(queries) <= _FEW and k <= _FAR and self.codes is not None:
                scores, rows = self._rank(queries, self._coded(queries, self.codes, k), k)
            elif len(queries) <= _FEW or k > _FAR or self.lists is None:
                for b in range(0, len(queries), _BLOCK):
                    block = queries[b : b + _BLOCK]
                    scores[b : b + _BLOCK], rows[b : b + _BLOCK] = self._rank(block, self._all(block, k), k)
            else:
                for at, _, found in self.lists.search(self.matrix, queries, k + _SLACK, _scan):
                    scores[at], rows[at] = self._rank(queries[at], found, k)
        return scores, rows

    def neighbours(self, k: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """The self-join in blocks: (rows (n,), scores (n, k'), neighbours (n, k')), best first.

        Each row stands in one block and is none of its own neighbours; -1 where there are fewer than k'.
        """
        k = min(k, len(self.ids) - 1)
        if k <= 0:
            return
        lists = self.lists if k < _FAR else None
        if lists is None:
            _ = self._base  # made once, before several threads ask for it

        def near(block: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
            with _one_thread():
                if lists is None:
                    first = self._distinct.first[block : block + _BLOCK]
                    found = self._all(self.matrix[first], k + 1)
                else:
                    first, _, found = lists.joined(self.matrix, block, k + 1 + _SLACK, _scan)
                made = []
                for rows in self._distinct.blocks(first, _BLOCK):
                    own = np.searchsorted(first, self._distinct.leader[rows])
                    made.append((rows, *self._rank(self.matrix[rows], found[own], k, but=rows)))
                return made

        blocks = range(0, len(self._distinct.first), _BLOCK) if lists is None else lists.filled
        for made in map(near, blocks) if self._gpu else in_order(near, blocks):
            yield from made

    def pairs(self, k: int, least: float) -> Iterator[np.ndarray]:
        """Blocks of pairs (n, 2) of rows: each with those of its ``k`` best neighbours that score ``least`` or more."""
        found = None
        if k > 0 and len(self.ids) > 1 and not self._gpu and self.lists is None:
            found = near_pairs(self.matrix, least, _DENSE * len(self.ids))
        if found is not None:
            yield _best(*found, k)
            return
        for rows, scores, near in self.neighbours(k):
            at, nth = np.nonzero((near >= 0) & (scores >= least))
            yield np.stack([rows[at], near[at, nth]], 1)

    def _all(self, queries: np.ndarray, k: int) -> np.ndarray:
        """The distinct rows nearest to each query, unranked, among all."""
        scan = _scan_gpu if self._gpu and k + _SLACK <= _GPU_DEPTH else _scan
        places = scan(queries, self._base, k + _SLACK)[1]
        return np.where(places < 0, -1, self._distinct.first[places])

    def _coded(self, queries: np.ndarray, codes: Codes, k: int) -> np.ndarray:
        """The distinct rows nearest to each query, unranked, by their codes."""
        found = np.full((len(queries), k + _SLACK), -1, np.int64)
        for n, query in enumerate(queries):
            rows = codes.search(query, k + _SLACK)
            found[n, : len(rows)] = self._distinct.first[rows]
        return found

    def _rank(
        self, queries: np.ndarray, found: np.ndarray, k: int, *, but: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The best k by exact score and then row, equal vectors all among them; ``but``: a row that each leaves out."""
        scores = np.empty(found.shape)
        for b in range(0, len(queries), 512):
            part = slice(b, b + 512)
            scores[part] = np.einsum("qcd,qd->qc", self.matrix[found[part]], queries[part], dtype=np.float64)
        scores = np.where(found < 0, -np.inf, np.round(scores, 6))
        scores, rows = self._distinct.expand(scores, found, k + (but is not None))
        if but is not None:
            scores = np.where(rows == but[:, None], -np.inf, scores)
            rows = np.where(rows == but[:, None], -1, rows)
        order: np.ndarray = np.lexsort((rows, -scores), axis=1)[:, :k]
        scores, rows = np.take_along_axis(scores, order, 1), np.take_along_axis(rows, order, 1)
        if (missing := k - order.shape[1]) > 0:
            wide = ((0, 0), (0, missing))
            scores, rows = np.pad(scores, wide, constant_values=-np.inf), np.pad(rows, wide, constant_values=-1)
        return scores.astype(np.float32), rows

    def save(self, path: Path) -> None:
        """Write ``<name>.faiss``, which FAISS itself can read, and beside it ``<name>.json`` with ids and checksum."""
        import faiss

        index = faiss.IndexFlatIP(self.matrix.shape[1])
        index.add(self.matrix)
        data = faiss.serialize_index(index).tobytes()
        path.write_bytes(data)
        point("index.written")
        facts = {"space": self.space, "sha256": hashlib.sha256(data).hexdigest(), "ids": list(self.ids)}
        path.with_suffix(".json").write_text(json.dumps(facts, indent=0), "utf-8")
        point("index.named")

    @classmethod
    def load(cls, path: Path) -> VectorIndex:
        """Read what ``save`` wrote. Raises ``WorkspaceError`` if it is missing, damaged or of another form."""
        import faiss

        try:
            data = path.read_bytes()
            facts = json.loads(path.with_suffix(".json").read_text("utf-8"))
        except (OSError, ValueError) as err:
            raise WorkspaceError(f"{path}: the vector index is missing or damaged. Build again.") from err
        if hashlib.sha256(data).hexdigest() != facts.get("sha256"):
            raise WorkspaceError(f"{path}: the vector index does not match its checksum. Build again.")
        index = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
        if not isinstance(index, faiss.IndexFlat) or index.ntotal != len(facts["ids"]):
            raise WorkspaceError(f"{path}: {index.ntotal} vectors for {len(facts['ids'])} ids. Build again.")
        return cls(facts["ids"], index.reconstruct_n(0, index.ntotal), facts["space"])


class _one_thread:
    """FAISS on one thread, and afterwards as before: how sums are divided must not depend on the machine's cores."""

    def __enter__(self) -> None:
        import faiss

        self._before = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)

    def __exit__(self, *_: object) -> None:
        import faiss

        faiss.omp_set_num_threads(self._before)


def _scan(queries: np.ndarray, base: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores and places (n, k) of the best rows of ``base``; -1 where there are fewer."""
    import faiss

    found: tuple[np.ndarray, np.ndarray] = faiss.knn(queries, base, k, metric=faiss.METRIC_INNER_PRODUCT)
    return found


def _scan_gpu(queries: np.ndarray, base: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    import faiss

    resources: Any = faiss.StandardGpuResources()
    found: tuple[np.ndarray, np.ndarray] = faiss.knn_gpu(
        resources, queries, base, k, metric=faiss.METRIC_INNER_PRODUCT, vectorsMemoryLimit=_GPU_BYTES
    )
    return found


def _best(pairs: np.ndarray, scores: np.ndarray, k: int) -> np.ndarray:
    """Each row with the k others (n, 2) that score best with it, equal scores in the order of rows."""
    both, scores = np.concatenate([pairs, pairs[:, ::-1]]), np.concatenate([scores, scores])
    order = np.lexsort((both[:, 1], -scores, both[:, 0]))
    both = both[order]
    place = np.arange(len(both)) - np.searchsorted(both[:, 0], both[:, 0])
    best: np.ndarray = both[place < k]
    return best


def _first_bad(matrix: np.ndarray, *, zero: bool = True) -> tuple[int, str] | None:
    """The first row that is not finite or, if asked, zero, and which of the two."""
    for b in range(0, len(matrix), _BLOCK):
        squares = np.einsum("nd,nd->n", matrix[b : b + _BLOCK], matrix[b : b + _BLOCK], dtype=np.float64)
        for row in np.flatnonzero(~np.isfinite(squares) | (zero & (squares == 0))):
            return b + int(row), "is zero" if squares[row] == 0 else "holds a number that is not finite"
    return None
