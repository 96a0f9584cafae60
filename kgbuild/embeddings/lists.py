"""Inverted lists over unit vectors (Sivic & Zisserman 2003): a query looks into the lists near its own alone.

Lists hold whole vectors, and queries of one list are compared together, as one product of matrices. Measured here
on vectors that cluster as embeddings do, that is quicker and finds more than 4-bit codes with re-ranking, which
cannot tell near neighbours apart (docs/decisions/0018).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

RECALL = 0.993  # share of the true neighbours that a sample must find, so that the whole join finds above 0.99
SAMPLE = 512  # rows whose neighbours are compared with the true ones
_NEAR = 10  # neighbours that the sample asks for
_SHARE = 0.25  # of the lists at most: looking into more costs as much as looking at everything
_ITERATIONS, _POINTS = 8, 39  # of k-means, and rows of the sample for each list
_BATCH = 65_536  # rows that are assigned at a time

Scan = Callable[[np.ndarray, np.ndarray, int], tuple[np.ndarray, np.ndarray]]  # queries, base, k -> scores, places


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """``order[starts[i] : starts[i + 1]]`` are the rows of list i, ascending; ``centres`` float32 (lists, d)."""

    centres: np.ndarray
    order: np.ndarray
    starts: np.ndarray
    probes: int

    @classmethod
    def build(cls, matrix: np.ndarray, rows: np.ndarray, scan: Scan) -> Lists | None:
        """Lists over some rows of a matrix, or None where they would not pay: where near vectors lie in far lists.

        Centres are learned from a sample and rows assigned in batches, so that memory grows by a few bytes a row.
        """
        count = 1 << round(np.log2(2.5 * np.sqrt(len(rows))))
        centres = _centres(matrix[_spread(rows, _POINTS * count)], count)
        batches = (matrix[rows[b : b + _BATCH]] for b in range(0, len(rows), _BATCH))
        own = np.concatenate([_nearest(batch, centres, scan) for batch in batches])
        by_list = np.argsort(own, kind="stable")
        starts = np.searchsorted(own[by_list], np.arange(count + 1))
        return cls(centres, rows[by_list], starts, 0)._tuned(matrix, rows, scan)

    def _tuned(self, matrix: np.ndarray, rows: np.ndarray, scan: Scan) -> Lists | None:
        """The lists with the fewest probes with which a sample finds its true neighbours."""
        sample = matrix[_spread(rows, SAMPLE)]
        parts = [scan(sample, matrix[rows[b : b + _BATCH]], _NEAR + 1)[0] for b in range(0, len(rows), _BATCH)]
        true = -np.sort(-np.concatenate(parts, axis=1), axis=1)[:, : _NEAR + 1]
        probes = 4
        while probes <= _SHARE * len(self.centres):
            tried = Lists(self.centres, self.order, self.starts, probes)
            found = np.zeros_like(true)
            for at, scores, _ in tried.search(matrix, sample, _NEAR + 1, scan):
                found[at] = scores
            if np.mean(found >= true - 1e-5) >= RECALL:
                return tried
            probes *= 2
        return None

    def search(
        self, matrix: np.ndarray, queries: np.ndarray, k: int, scan: Scan
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Groups of queries with one nearest list: (which, scores (n, k), rows (n, k)); -1 where fewer are found."""
        own = np.concatenate(
            [_nearest(queries[b : b + _BATCH], self.centres, scan) for b in range(0, len(queries), _BATCH)]
        )
        by_list = np.argsort(own, kind="stable")
        starts = np.searchsorted(own[by_list], np.arange(len(self.centres) + 1))
        for i in np.flatnonzero(np.diff(starts)):
            at = by_list[starts[i] : starts[i + 1]]
            yield (at, *self.probe(matrix, int(i), queries[at], k, scan))

    @property
    def filled(self) -> list[int]:
        """The lists that hold rows."""
        made: list[int] = np.flatnonzero(np.diff(self.starts)).tolist()
        return made

    def joined(self, matrix: np.ndarray, own: int, k: int, scan: Scan) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The same with the rows of one list as queries: (rows, scores (n, k), rows found (n, k))."""
        rows = self.order[self.starts[own] : self.starts[own + 1]]
        return (rows, *self.probe(matrix, own, matrix[rows], k, scan))

    def probe(
        self, matrix: np.ndarray, own: int, queries: np.ndarray, k: int, scan: Scan
    ) -> tuple[np.ndarray, np.ndarray]:
        """Scores and rows, both (n, k), of queries whose nearest list is ``own``: the rows of the lists near it."""
        near = np.argsort(-np.round(self.centres @ self.centres[own], 6), kind="stable")[: self.probes]
        rows = np.concatenate([self.order[self.starts[i] : self.starts[i + 1]] for i in np.sort(near)])
        if not len(rows):
            return np.full((len(queries), k), -np.inf, np.float32), np.full((len(queries), k), -1)
        scores, places = scan(queries, matrix[rows], k)
        return scores, np.where(places < 0, -1, rows[places])


def _spread(rows: np.ndarray, count: int) -> np.ndarray:
    """So many of the rows, evenly from first to last."""
    return rows[np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(np.int64)]


def _centres(sample: np.ndarray, count: int) -> np.ndarray:
    """Spherical k-means on one thread with a fixed seed."""
    import faiss

    means = faiss.Clustering(sample.shape[1], count)
    means.niter, means.spherical = _ITERATIONS, True
    means.min_points_per_centroid, means.max_points_per_centroid = 1, _POINTS
    means.train(np.ascontiguousarray(sample), faiss.IndexFlatIP(sample.shape[1]))
    return faiss.vector_to_array(means.centroids).reshape(count, -1)


def _nearest(queries: np.ndarray, centres: np.ndarray, scan: Scan) -> np.ndarray:
    return scan(queries, centres, 1)[1][:, 0]
