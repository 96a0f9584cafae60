"""Disjoint sets over 0..n-1."""

from __future__ import annotations


class Union:
    """Union-find with path halving; the smaller number leads, so the outcome has one form."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def find(self, i: int) -> int:
        parent = self._parent
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    def join(self, a: int, b: int) -> int:
        a, b = sorted((self.find(a), self.find(b)))
        self._parent[b] = a
        return a

    def groups(self) -> list[list[int]]:
        """Members of each set in ascending order, sets by their smallest member."""
        found: dict[int, list[int]] = {}
        for i in range(len(self._parent)):
            found.setdefault(self.find(i), []).append(i)
        return list(found.values())
