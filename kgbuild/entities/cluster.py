"""Groups to clusters: average-link agglomeration of log-odds, so that one bad pair never chains two clusters together.

The sum of log-odds between two clusters is the gain of joining them in correlation clustering (Bansal, Blum and Chawla
2004); joins are made greedily, the best mean first (Keuper et al. 2015), while it is positive. Only pairs that were
scored speak. Pairs that cannot be one thing stand in the sum with a weight that nothing outweighs.
"""

from __future__ import annotations

import heapq
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
    wanted: np.ndarray, apart: np.ndarray,
) -> Clustering:  # fmt: skip
    """Clusters of ``size`` groups from scored pairs (m, 2) with log-odds ``weight`` (m,): above 0 speaks for one thing.

    ``kind`` (n,) and ``fits`` (k, k) say which groups' types go together; ``wanted`` (w, 2) pairs are joined whatever
    else is known, ``apart`` (a, 2) pairs never by the scores.
    """
    label = np.arange(size)
    for a, b in wanted.tolist():  # few: the user's own
        low, high = sorted((label[a], label[b]))
        label[label == high] = low
    start = label.copy()
    rows = np.flatnonzero(weight > 0)
    ends = label[pairs[rows]]
    graph = coo_matrix((np.ones(len(rows), np.float32), (ends[:, 0], ends[:, 1])), (size, size))
    _, part = connected_components(graph, directed=False)
    part = part[label]
    inside = np.flatnonzero(part[pairs[:, 0]] == part[pairs[:, 1]])
    inside = inside[np.argsort(part[pairs[inside, 0]], kind="stable")]
    never = apart[part[apart[:, 0]] == part[apart[:, 1]]] if len(apart) else apart
    never = never[np.argsort(part[never[:, 0]], kind="stable")] if len(never) else never
    bad = [sum(1 << j for j, ok in enumerate(row) if not ok) for row in fits.tolist()]
    bounds = _runs(part[pairs[inside, 0]])
    where = part[never[:, 0]] if len(never) else np.zeros(0, int)
    joined: list[int] = []
    for low, high in bounds:
        rows = inside[low:high]
        if not (weight[rows] > 0).any():
            continue
        here = part[pairs[rows[0], 0]]
        keep = never[np.searchsorted(where, here) : np.searchsorted(where, here, "right")]
        joined += _Part(start, pairs[rows], weight[rows], rows, keep, kind, bad).run(label)
    return Clustering(label, np.array(joined, np.int64))


def _runs(values: np.ndarray) -> list[tuple[int, int]]:
    """Stretches of equal values."""
    if not len(values):
        return []
    cuts = np.flatnonzero(np.diff(values)) + 1
    edges = [0, *cuts.tolist(), len(values)]
    return list(pairwise(edges))


class _Part:
    """One connected part of the positive pairs. An edge is [sum, count, best log-odds, its row]."""

    def __init__(
        self, start: np.ndarray, pairs: np.ndarray, weight: np.ndarray, rows: np.ndarray, apart: np.ndarray,
        kind: np.ndarray, bad: list[int],
    ) -> None:  # fmt: skip
        self.edges: dict[int, dict[int, list[float]]] = {}
        self.members: dict[int, list[int]] = {}
        self.kinds: dict[int, int] = {}
        self.bad = bad
        self.unfit: dict[int, int] = {}
        for g in np.unique(np.concatenate([pairs.ravel(), apart.ravel()])).tolist():
            home = int(start[g])
            self.members.setdefault(home, []).append(g)
            self.kinds[home] = self.kinds.get(home, 0) | 1 << int(kind[g])
        for (a, b), w, row in zip(start[pairs].tolist(), weight.tolist(), rows.tolist(), strict=True):
            self._add(a, b, [w, 1, w, row])
        for a, b in start[apart].tolist():
            self._add(a, b, [NEVER, 1, NEVER, -1])

    def _add(self, a: int, b: int, edge: list[float]) -> None:
        if a == b:
            return
        known = self.edges.setdefault(a, {}).get(b)
        if known is None:
            self.edges[a][b] = self.edges.setdefault(b, {})[a] = edge
            return
        known[0] += edge[0]
        known[1] += edge[1]
        if (edge[2], -edge[3]) > (known[2], -known[3]):
            known[2:] = edge[2:]

    def run(self, label: np.ndarray) -> list[int]:
        """Joins while the best mean is positive; writes ``label`` and returns the rows that joined."""
        heap = [(-e[0] / e[1], a, b) for a, near in self.edges.items() for b, e in near.items() if a < b and e[0] > 0]
        heapq.heapify(heap)
        rows = []
        while heap:
            mean, a, b = heapq.heappop(heap)
            edge = self.edges.get(a, {}).get(b)
            if edge is None or -edge[0] / edge[1] != mean:  # one of the two is gone, or their mean has changed
                continue
            if self._clash(self.kinds[a], self.kinds[b]):
                edge[0] = NEVER
                continue
            rows.append(int(edge[3]))
            for c, mean in self._merge(a, b):
                heapq.heappush(heap, (-mean, *c))
        for members in self.members.values():
            label[members] = min(int(label[m]) for m in members)
        return rows

    def _clash(self, a: int, b: int) -> bool:
        """Whether some type of the one cannot be some type of the other (bit sets)."""
        if a not in self.unfit:
            self.unfit[a] = 0
            for i, bad in enumerate(self.bad):
                if a >> i & 1:
                    self.unfit[a] |= bad
        return bool(self.unfit[a] & b)

    def _merge(self, a: int, b: int) -> list[tuple[tuple[int, int], float]]:
        """The one with fewer neighbours goes into the other; the pairs whose mean has changed and is positive."""
        if len(self.edges[a]) < len(self.edges[b]):
            a, b = b, a
        self.members[a] += self.members.pop(b)
        self.kinds[a] |= self.kinds.pop(b)
        del self.edges[a][b]
        changed = []
        for c, edge in self.edges.pop(b).items():
            if c != a:
                del self.edges[c][b]
                self._add(a, c, edge)
                now = self.edges[a][c]
                if now[0] > 0:
                    changed.append(((min(a, c), max(a, c)), now[0] / now[1]))
        return changed
