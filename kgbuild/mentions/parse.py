"""The analysis of one sentence, as Universal Dependencies v2 has it, and the tree that arc scores give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Parse:
    """UD v2 analysis of one sentence of n words."""

    tags: tuple[str, ...]  # UPOS per word
    heads: tuple[int, ...]  # index of the head word in the sentence, -1 for the root
    labels: tuple[str, ...]  # deprel with its subtype ("nsubj:pass")
    kinds: tuple[str, ...]  # per word: class of the noun phrase that it heads, "" = none


def tree(scores: np.ndarray) -> list[int]:
    """The head of each word in the best tree with one root, -1 for the root.

    ``scores`` (n, n): row a word, column its head, the diagonal for being the root; higher is
    better. Maximum spanning arborescence (Chu & Liu 1965, Edmonds 1967).
    """
    import numpy as np

    root = int(scores.diagonal().argmax())
    weight = scores.astype(np.float64)
    np.fill_diagonal(weight, -np.inf)
    weight[root] = -np.inf
    heads: list[int] = _contract(weight, root).tolist()
    return heads


def borders(heads: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Where a phrase may begin and end without cutting the subtree of one of its head's dependents.

    ``heads``: the head of each of n words, itself for a root. Two bool arrays (n, n): row the
    head of a phrase, column its first and its last word.
    """
    import numpy as np

    n = len(heads)
    low, high = list(range(n)), list(range(n))
    for i in range(n):
        above = i
        while heads[above] != above:
            above = heads[above]
            low[above], high[above] = min(low[above], i), max(high[above], i)
    first, last = np.eye(n, dtype=bool), np.eye(n, dtype=bool)
    for i, h in enumerate(heads):
        if i < h:
            first[h, low[i]] = True
        elif i > h:
            last[h, [high[i], max(h, low[i] - 1)]] = True
    return first, last


def _contract(weight: np.ndarray, root: int) -> np.ndarray:
    """Heads of the best tree of ``weight`` (n, n): a cycle of best heads becomes one word until there is none."""
    import numpy as np

    heads = weight.argmax(1)
    heads[root] = -1
    cycle = np.array(_cycle(heads.tolist()), dtype=int)
    if not len(cycle):
        return heads
    rest = np.setdiff1d(np.arange(len(heads)), cycle)
    k = len(rest)
    enter = weight[np.ix_(cycle, rest)] - weight[cycle, heads[cycle]][:, None]  # what it costs to break the cycle there
    leave = weight[np.ix_(rest, cycle)]
    small = np.full((k + 1, k + 1), -np.inf)
    small[:k, :k], small[k, :k], small[:k, k] = weight[np.ix_(rest, rest)], enter.max(0), leave.max(1)
    found = _contract(small, int(np.searchsorted(rest, root)))
    for i, h in enumerate(found[:k].tolist()):
        if h >= 0:
            heads[rest[i]] = rest[h] if h < k else cycle[int(leave[i].argmax())]
    heads[cycle[int(enter[:, found[k]].argmax())]] = rest[found[k]]
    return heads


def _cycle(heads: list[int]) -> list[int]:
    """Words of a cycle of heads, empty if there is none."""
    state = [0] * len(heads)  # number of the walk that saw a word
    for start in range(len(heads)):
        i = start
        while i >= 0 and not state[i]:
            state[i] = start + 1
            i = heads[i]
        if i >= 0 and state[i] == start + 1:
            cycle = [i]
            while (i := heads[i]) != cycle[0]:
                cycle.append(i)
            return cycle
    return []
