"""A parsed sentence as a tree: the questions that rules ask of it."""

from __future__ import annotations

from collections.abc import Sequence

from kgbuild.mentions.parse import Parse


class Tree:
    """A sentence and its parse. ``sound`` is false where the heads make no tree: its words have no tags then."""

    def __init__(self, words: Sequence[str], parse: Parse) -> None:
        self.words = tuple(words)
        self.lower = tuple(w.lower().replace("’", "'") for w in words)
        self.tags, self.heads, self.labels, self.kinds = parse.tags, parse.heads, parse.labels, parse.kinds
        n = len(self.words)
        self.sound = all(len(part) == n for part in (self.tags, self.heads, self.labels, self.kinds))
        self.sound = self.sound and self.heads.count(-1) == 1 and all(-1 <= h < n for h in self.heads)
        self._kids: list[list[int]] = [[] for _ in range(n)]
        if self.sound:
            for i, h in enumerate(self.heads):
                if h >= 0:
                    self._kids[h].append(i)
            self.sound = len(self.below(self.heads.index(-1))) == n  # no cycle
        if not self.sound:  # nothing is known of its words
            self.tags, self.heads, self.labels, self.kinds = ("X",) * n, (-1,) * n, ("dep",) * n, ("",) * n

    def kids(self, i: int, *labels: str) -> list[int]:
        """Dependents of a word in order; with ``labels``, those of these relations ("nsubj" takes its subtypes)."""
        return [k for k in self._kids[i] if not labels or self.labels[k] in labels or self.base(k) in labels]

    def base(self, i: int) -> str:
        """The relation of a word to its head without subtype."""
        return self.labels[i].partition(":")[0]

    def below(self, i: int) -> frozenset[int]:
        """The word and everything that depends on it."""
        seen, stack = {i}, [i]
        while stack:
            new = [k for k in self._kids[stack.pop()] if k not in seen]
            seen.update(new)
            stack += new
        return frozenset(seen)

    def joined(self, head: int, i: int) -> bool:
        """Whether the arc from ``head`` to ``i`` is projective: few true arcs are not."""
        inside = self.below(head)
        return all(j in inside for j in range(min(head, i) + 1, max(head, i)))
