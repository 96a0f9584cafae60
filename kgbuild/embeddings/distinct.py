"""Equal rows of a matrix: found once, given back all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

_BLOCK = 8192


@dataclass(frozen=True, slots=True, eq=False)
class Distinct:
    """``first``: the first row of each set of equal rows, ascending. ``leader``: the first row of each row's set.

    ``members[starts[i] : starts[i + 1]]`` are all rows equal to ``first[i]``, ascending.
    """

    first: np.ndarray
    leader: np.ndarray
    members: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, matrix: np.ndarray) -> Distinct:
        """Rows are equal if their bytes are."""
        _, first, own = np.unique(_keys(matrix), return_index=True, return_inverse=True)
        leader = first[own]
        for b in range(0, len(matrix), _BLOCK):
            if not np.array_equal(matrix[b : b + _BLOCK], matrix[leader[b : b + _BLOCK]]):
                leader = np.arange(len(matrix))  # two unlike rows with one key: hardly ever; then all count as distinct
                break
        members = np.argsort(leader, kind="stable")
        first, starts = np.unique(leader[members], return_index=True)
        return cls(first, leader, members, np.append(starts, len(members)))

    @property
    def single(self) -> bool:
        """Whether no two rows are equal."""
        return len(self.first) == len(self.leader)

    def blocks(self, first: np.ndarray, size: int) -> Iterator[np.ndarray]:
        """All rows equal to the given first ones, in blocks of at most ``size``."""
        if self.single:
            yield first
            return
        at = np.searchsorted(self.first, first)
        rows = self.members[_ranges(self.starts[at], self.starts[at + 1] - self.starts[at])]
        for b in range(0, len(rows), size):
            yield rows[b : b + size]

    def expand(self, scores: np.ndarray, first: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Each set's rows, at most k of them, in place of its first one; both (n, m), padded with -inf and -1."""
        if self.single:
            return scores, first
        at = np.searchsorted(self.first, np.where(first < 0, self.first[0], first))
        sizes = np.where(first < 0, 0, np.minimum(self.starts[at + 1] - self.starts[at], k))
        rows = self.members[_ranges(self.starts[at].ravel(), sizes.ravel())]
        width = sizes.sum(axis=1)
        wide_scores = np.full((len(first), max(int(width.max(initial=0)), 1)), -np.inf)
        wide_rows = np.full(wide_scores.shape, -1, dtype=np.int64)
        filled = np.arange(wide_scores.shape[1]) < width[:, None]
        wide_rows[filled] = rows
        wide_scores[filled] = np.repeat(scores.ravel(), sizes.ravel())
        return wide_scores, wide_rows


def _ranges(starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """The numbers from each start on, so many of each, one after another."""
    ends = np.cumsum(sizes)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + sizes, sizes)


def _keys(matrix: np.ndarray) -> np.ndarray:
    """A number for each row, uint64, that equal rows share: its words by odd factors, summed modulo 2^64."""
    words = matrix.view(np.uint32) if matrix.size else np.zeros(matrix.shape, np.uint32)
    factors = np.random.default_rng(0).integers(0, 1 << 63, matrix.shape[1], dtype=np.uint64) | np.uint64(1)
    keys = [words[b : b + _BLOCK].astype(np.uint64) @ factors for b in range(0, len(words), _BLOCK)]
    return np.concatenate(keys) if keys else np.zeros(0, np.uint64)
