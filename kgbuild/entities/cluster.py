"""Groups to clusters: average-link agglomeration of log-odds, so that one bad pair never chains two clusters together.

The sum of log-odds between two clusters is the gain of joining them in correlation clustering (Bansal, Blum and Chawla
2004); joins are made greedily, the best mean first (Keuper et al. 2015), while it is positive. Only pairs that were
scored speak. Pairs that cannot be one thing stand in the sum with a weight that nothing outweighs.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

NEVER = -1e6  # log-odds of what cannot be one thing


@dataclass(frozen=True, slots=True, eq=False)
class Clustering:
    """``label`` (n,) is the smallest member of each group's cluster; ``joined``: rows of the pairs that joined."""

    label: np.ndarray
    joined: np.ndarray


def cluster(
    pairs: np.ndarray, weight: np.ndarray, *, size: int, kind: np.ndarray, fits: np.ndarray,
    wanted: np.ndarray, apart: np.ndarray, first: np.ndarray | None = None,
) -> Clustering:  # fmt: skip
    """Clusters of ``size`` groups from scored pairs (m, 2) with log-odds ``weight`` (m,): above 0 speaks for one thing.

    ``kind`` (n,) and ``fits`` (k, k) say which groups' types go together; ``wanted`` (w, 2) pairs are joined whatever
    else is known, ``apart`` (a, 2) pairs never by the scores. Pairs marked in ``first`` (m,), those of one name that
    very many bear, are joined before all others are looked at, which leaves little of them.
    """
    label = np.arange(size, dtype=np.int32)
    for a, b in wanted.tolist():  # few: the user's own
        low, high = sorted((label[a], label[b]))
        label[label == high] = low
    bad = [sum(1 << j for j, ok in enumerate(row) if not ok) for row in fits.tolist()]
    joined: list[int] = []
    for rows in ([] if first is None or not first.any() else [np.flatnonzero(first)]) + [np.arange(len(pairs))]:
        for part in _parts(label, pairs, weight, rows, apart, kind):
            joined += _Part(part, bad).run(label)
        label = label[label]  # clusters that went into others
    return Clustering(label, np.array(joined, np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class _Edges:
    """Clusters that hang together by positive pairs. Of the pairs between each two: sum and number of the log-odds, the
    best one and its row.
    """

    ends: np.ndarray
    sum: np.ndarray
    count: np.ndarray
    best: np.ndarray
    row: np.ndarray
    kinds: Mapping[int, int]  # of each cluster the types of its members, as bits


def _parts(
    label: np.ndarray, pairs: np.ndarray, weight: np.ndarray, rows: np.ndarray, apart: np.ndarray, kind: np.ndarray
) -> Iterator[_Edges]:
    """The connected parts of the positive pairs among ``rows``, by their smallest cluster."""
    good = label[pairs[rows[weight[rows] > 0]]]
    graph = coo_matrix((np.ones(len(good), np.int8), good.T), (len(label), len(label)))
    _, part = connected_components(graph, directed=False)
    part = part[label]
    rows = rows[part[pairs[rows, 0]] == part[pairs[rows, 1]]]
    apart = apart[part[apart[:, 0]] == part[apart[:, 1]]]
    ends = np.sort(label[np.concatenate([pairs[rows], apart])], axis=1)
    value = np.concatenate([weight[rows], np.full(len(apart), NEVER)])
    rows = np.concatenate([rows, np.full(len(apart), -1)])
    order = np.lexsort((rows, ends[:, 1], ends[:, 0], part[ends[:, 0]]))
    order = order[ends[order, 0] != ends[order, 1]]
    ends, value, rows = ends[order], value[order], rows[order]
    new = (np.diff(ends, axis=0, prepend=-1) != 0).any(1)
    edge = np.cumsum(new) - 1
    best = np.flatnonzero(np.diff(edge[(by_best := np.lexsort((rows, -value, edge)))], prepend=-1))
    best = by_best[best]
    ends, total, count = ends[new], np.bincount(edge, value), np.bincount(edge)
    held = np.unique(np.stack([label, kind], 1)[np.isin(label, ends)], axis=0).tolist()
    kinds: dict[int, int] = {}
    for home, k in held:
        kinds[home] = kinds.get(home, 0) | 1 << k
    cuts = np.flatnonzero(np.diff(part[ends[:, 0]], prepend=-1)).tolist()
    for low, high in pairwise([*cuts, len(ends)]):
        s = slice(low, high)
        yield _Edges(ends[s], total[s], count[s], value[best[s]], rows[best[s]], kinds)


class _Part:
    """One connected part. An edge is [sum, count, best log-odds, its row]."""

    def __init__(self, found: _Edges, bad: list[int]) -> None:
        self.edges: dict[int, dict[int, list[float]]] = {}
        self.heap: list[tuple[float, int, int]] = []  # minus the mean of each pair that may join, and the two
        self.members: dict[int, list[int]] = {}
        self.kinds: dict[int, int] = {}
        self.bad = bad
        self.unfit: dict[int, int] = {}
        for g in np.unique(found.ends).tolist():
            self.members[g], self.kinds[g] = [g], found.kinds[g]
            self.edges[g] = {}
        columns = (found.sum, found.count, found.best, found.row)
        for (a, b), *edge in zip(found.ends.tolist(), *(c.tolist() for c in columns), strict=True):
            self.edges[a][b] = self.edges[b][a] = edge
            if edge[0] > 0:
                self.heap.append((-edge[0] / edge[1], a, b))
        heapq.heapify(self.heap)

    def run(self, label: np.ndarray) -> list[int]:
        """Joins while the best mean is positive; writes ``label`` and returns the rows that joined."""
        rows = []
        while self.heap:
            mean, a, b = heapq.heappop(self.heap)
            edge = self.edges.get(a, {}).get(b)
            if edge is None or -edge[0] / edge[1] != mean:  # one of the two is gone, or their mean has changed
                continue
            if self._clash(self.kinds[a], self.kinds[b]):
                edge[0] = NEVER
                continue
            rows.append(int(edge[3]))
            self._merge(a, b)
        for members in self.members.values():
            label[members] = min(members)
        return rows

    def _clash(self, a: int, b: int) -> bool:
        """Whether some type of the one cannot be some type of the other (bit sets)."""
        if a not in self.unfit:
            self.unfit[a] = 0
            for i, bad in enumerate(self.bad):
                if a >> i & 1:
                    self.unfit[a] |= bad
        return bool(self.unfit[a] & b)

    def _merge(self, a: int, b: int) -> None:
        """The one with fewer neighbours goes into the other; pairs whose mean has changed are looked at again."""
        if len(self.edges[a]) < len(self.edges[b]):
            a, b = b, a
        self.members[a] += self.members.pop(b)
        self.kinds[a] |= self.kinds.pop(b)
        mine, gone = self.edges[a], self.edges.pop(b)
        del mine[b], gone[a]
        for c, edge in gone.items():
            near = self.edges[c]
            del near[b]
            if (known := mine.get(c)) is None:
                mine[c] = near[a] = edge
            else:
                known[0] += edge[0]
                known[1] += edge[1]
                if (edge[2], -edge[3]) > (known[2], -known[3]):
                    known[2:] = edge[2:]
                edge = known
            if edge[0] > 0:
                low, high = (a, c) if a < c else (c, a)
                heapq.heappush(self.heap, (-edge[0] / edge[1], low, high))
