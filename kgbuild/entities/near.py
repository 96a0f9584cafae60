"""The nearest of a few thousand vectors to each: both ends of a pair from one product."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from os import cpu_count

import numpy as np

THREADS = min(4, cpu_count() or 1)
_ROWS, _STRIPE = 512, 2048  # multiplied at once: with their product they stay in the processor's cache
_SLACK = 1e-3  # how far a product in single precision may be from the true one
_MANY = 256  # near vectors for each one, on average, beyond which they are not worth listing


def near_pairs(matrix: np.ndarray, k: int, least: float) -> np.ndarray | None:
    """Each row of unit vectors float32 (n, d) with the ``k`` rows nearest to it of those with a cosine of ``least``, as
    pairs (m, 2); of equally near ones the first. None where too many are near.

    What may be near is scored again in double precision and rounded to six decimals, as ``VectorIndex`` does, so that
    answers do not hang on threads or on the order in which a BLAS sums.
    """
    size = len(matrix)

    def above(at: int) -> np.ndarray:
        """Pairs (2, m) of a block of rows with itself and all later ones."""
        found = []
        for to in range(at, size, _STRIPE):
            stripe = matrix[to : to + _STRIPE]
            i, j = np.divmod(np.flatnonzero(matrix[at : at + _ROWS] @ stripe.T >= least - _SLACK), len(stripe))
            found.append(np.stack([i + at, j + to]))
        return np.concatenate(found, 1)

    blocks, count = [np.zeros((2, 0), np.int64)], 0
    with ThreadPoolExecutor(THREADS) as pool:
        for block in pool.map(above, range(0, size, _ROWS)):
            blocks.append(block[:, block[0] < block[1]])
            count += blocks[-1].shape[1]
            if count > _MANY * size:
                pool.shutdown(cancel_futures=True)
                return None
    i, j = np.concatenate(blocks, 1)
    score = np.empty(len(i), np.float32)
    for at in range(0, len(i), _ROWS):
        part = slice(at, at + _ROWS)
        score[part] = np.round(np.einsum("md,md->m", matrix[i[part]], matrix[j[part]], dtype=np.float64), 6)
    i, j, score = i[kept := score >= least], j[kept], score[kept]
    rows, near, score = np.concatenate([i, j]), np.concatenate([j, i]), np.concatenate([score, score])
    order = np.lexsort((near, -score, rows))
    rows, near = rows[order], near[order]
    best = np.arange(len(rows)) - np.searchsorted(rows, rows) < k
    return np.stack([rows[best], near[best]], 1)
