"""The analysis of one sentence, as Universal Dependencies v2 has it, and the tree that arc scores give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_CHOICES = 4  # heads per word that are looked at when the best ones form no tree


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
    better. The best heads are taken as they are if they form a tree, else the maximum
    spanning arborescence over the best few heads of each word (Edmonds 1967).
    """
    n = len(scores)
    root = int(scores.diagonal().argmax())
    heads = [-1 if i == root else _best(scores[i], i) for i in range(n)]
    return heads if _is_tree(heads, root) else _arborescence(scores, root)


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


def _best(row: np.ndarray, i: int) -> int:
    other = row.copy()
    other[i] = -1e30
    return int(other.argmax())


def _is_tree(heads: list[int], root: int) -> bool:
    reached = {root}
    for start in range(len(heads)):
        path: list[int] = []
        i = start
        while i not in reached:
            if i in path:
                return False
            path.append(i)
            i = heads[i]
        reached.update(path)
    return True


def _arborescence(scores: np.ndarray, root: int) -> list[int]:
    import networkx as nx

    graph = nx.DiGraph()
    low = float(scores.min())
    for i, row in enumerate(scores.tolist()):
        if i != root:
            best = sorted((j for j in range(len(row)) if j != i), key=lambda j: -row[j])[:_CHOICES]
            for j in {*best, root}:  # through the root there is always a tree
                graph.add_edge(j, i, weight=row[j] - low + 1.0)
    found = nx.maximum_spanning_arborescence(graph)
    heads = [-1] * len(scores)
    for head, i in found.edges:
        heads[i] = head
    return heads
