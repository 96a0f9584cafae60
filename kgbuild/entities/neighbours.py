"""What two groups share in the graph once clusters are known: collective resolution (Bhattacharya and Getoor 2007)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix

from kgbuild.entities.group import Group
from kgbuild.types import RelationMention

_FUNCTIONAL = 0.95  # share of subjects with one object from which a predicate is held to allow one only
_SUBJECTS = 8  # with several mentions each that must be seen for that


class Neighbours:
    """The relations between groups; empty if there are none."""

    def __init__(self, groups: Sequence[Group], relations: Sequence[RelationMention]) -> None:
        home = {m.id: i for i, g in enumerate(groups) for m in g.mentions} if relations else {}
        self.size = len(groups)
        self.links = sorted(
            {
                (home[r.subject], r.predicate, home[r.object])
                for r in relations
                if r.status == "asserted" and r.subject in home and r.object in home
            }
        )

    def features(self, pairs: np.ndarray, label: np.ndarray, unsure: np.ndarray) -> dict[str, np.ndarray]:
        """``neighbours``: [0, 1], how many and how rare things both are related to in the same way; ``contradiction``:
        1 where a relation that allows one object leads to two. For the rows that are ``unsure``, else 0.
        """
        rows = np.flatnonzero(unsure) if self.links else np.zeros(0, np.int64)
        if not len(rows):
            return {}
        near = self._matrix(label)
        a, b = pairs[rows, 0], pairs[rows, 1]
        shared = np.zeros(len(pairs), np.float32)
        shared[rows] = np.tanh(np.asarray(near[a].minimum(near[b]).sum(1)).ravel())
        return {"neighbours": shared, "contradiction": self._contradictions(pairs, label, rows)}

    def _matrix(self, label: np.ndarray) -> csr_matrix:
        """Rows: groups; columns: (predicate, direction, cluster of the other end), weighted by rarity."""
        number: dict[str, int] = {}
        links = np.array([(s, number.setdefault(predicate, len(number)), o) for s, predicate, o in self.links])
        ends = links[:, [0, 2]]  # each seen from the one and from the other
        meant = (links[:, 1:2] * 2 + [1, 0]) * self.size + label[ends[:, ::-1]]
        _, first, again = np.unique(meant, return_index=True, return_inverse=True)
        column = np.argsort(np.argsort(first))[again].ravel()
        at = np.stack(np.divmod(np.unique(ends.ravel() * len(first) + column), len(first)), 1)
        count = np.bincount(at[:, 1], minlength=len(first))
        weight = 1 / np.log2(2 + count)
        weight[count < 2] = 0
        return csr_matrix((weight[at[:, 1]], (at[:, 0], at[:, 1])), (self.size, len(first)))

    def _contradictions(self, pairs: np.ndarray, label: np.ndarray, rows: np.ndarray) -> np.ndarray:
        objects: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
        told: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        own: dict[int, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        for s, predicate, o in self.links:
            objects[predicate][int(label[s])].add(int(label[o]))
            told[predicate][int(label[s])] += 1
            own[s][predicate].add(int(label[o]))
        functional = set()
        for predicate, by in objects.items():
            several = [len(found) == 1 for s, found in by.items() if told[predicate][s] > 1]
            if len(several) >= _SUBJECTS and sum(several) >= _FUNCTIONAL * len(several):
                functional.add(predicate)
        out = np.zeros(len(pairs), np.float32)
        for row in rows.tolist() if functional else ():
            a, b = own.get(int(pairs[row, 0]), {}), own.get(int(pairs[row, 1]), {})
            out[row] = float(any(p in functional and p in b and not a[p] & b[p] for p in a))
        return out
