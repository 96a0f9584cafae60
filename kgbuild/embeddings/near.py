"""All pairs of vectors whose product is so much or more, exactly, without multiplying all of them in full.

In the principal axes of the matrix the first coordinates of two rows, and the length of what is left of each as one
coordinate more, give a product that is never below the true one (Cauchy-Schwarz): only pairs that reach the bound
with it are multiplied.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kgbuild.threads import in_order

_KEPT = 0.92  # share of the squares that the first axes hold: fewer axes leave more pairs to multiply
_CELLS = 1 << 22  # products at once, of some rows with all rows after them (16 MiB in each thread)
_ROUNDING = 1e-4  # more than float32 loses in a product of unit vectors
_PART = 512  # pairs that are multiplied in double precision at once


def near_pairs(matrix: np.ndarray, least: float, most: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Pairs (m, 2) of rows of float32 unit vectors (n, d), the smaller row first, and their products (m,), rounded to
    six decimals, of at least ``least``. None if more than ``most`` pairs might be as near: then others are quicker.
    """
    short, found, count = _shortened(matrix), list[np.ndarray](), 0
    size = 1 + _CELLS // max(1, len(matrix))

    def bounded(at: int) -> np.ndarray | None:
        rows = short[at:]
        reached = rows[:size] @ rows.T >= least - _ROUNDING
        if np.count_nonzero(reached) > most + size**2:  # rows among themselves come twice
            return None
        a, b = np.divmod(np.flatnonzero(reached), len(rows))
        return np.stack([a, b], 1)[a < b] + at

    for pairs in in_order(bounded, range(0, len(matrix), size)):
        if pairs is None or (count := count + len(pairs)) > most:
            return None
        found.append(pairs)
    pairs = np.concatenate(found) if found else np.zeros((0, 2), np.int64)
    scores = np.concatenate([np.zeros(0), *_products(matrix, pairs)])
    return pairs[scores >= least], scores[scores >= least]


def _shortened(matrix: np.ndarray) -> np.ndarray:
    """Rows float32 (n, d'), whose products are at least those of the matrix's rows."""
    share, axes = np.linalg.eigh(matrix.T @ matrix)
    share, axes = np.cumsum(share[::-1]), axes[:, ::-1]
    kept = int(np.searchsorted(share, _KEPT * share[-1])) + 1
    turned = matrix @ axes
    rest = np.sqrt(np.einsum("nd,nd->n", turned[:, kept:], turned[:, kept:]))
    return np.concatenate([turned[:, :kept], rest[:, None]], axis=1)


def _products(matrix: np.ndarray, pairs: np.ndarray) -> Iterator[np.ndarray]:
    for at in range(0, len(pairs), _PART):
        a, b = pairs[at : at + _PART].T
        yield np.round(np.einsum("nd,nd->n", matrix[a], matrix[b], dtype=np.float64), 6)
