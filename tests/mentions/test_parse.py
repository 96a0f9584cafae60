"""The best tree of arc scores: against networkx on the whole graph, and what must always hold."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgbuild.mentions.parse import borders, tree


def depth(heads: list[int], i: int) -> int:
    steps = 0
    while heads[i] >= 0:
        i, steps = heads[i], steps + 1
        assert steps <= len(heads), "a cycle"
    return steps


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 14), st.integers(0, 2**32 - 1))
def test_there_is_one_root_and_no_cycle(words: int, seed: int) -> None:
    heads = tree(np.random.default_rng(seed).normal(size=(words, words)).astype("float32"))
    assert heads.count(-1) == 1 and len(heads) == words
    assert all(depth(heads, i) < words for i in range(words))


def test_the_best_heads_are_taken_if_they_form_a_tree() -> None:
    scores = np.full((4, 4), -5.0)
    scores[1, 1] = 3.0
    for word, head in ((0, 1), (2, 3), (3, 1)):
        scores[word, head] = 2.0
    assert tree(scores) == [1, -1, 3, 1]


@pytest.mark.parametrize("seed", range(10))
def test_a_cycle_is_broken_where_it_costs_least(seed: int) -> None:
    scores = np.random.default_rng(seed).normal(size=(5, 5))
    scores[0, 0] = 9.0  # the root
    scores[2, 3] = scores[3, 2] = 6.0  # two words that take each other for the head
    graph = nx.DiGraph()
    for i in range(1, 5):
        for j in range(5):
            if i != j:
                graph.add_edge(j, i, weight=scores[i, j] + 20)
    best = nx.maximum_spanning_arborescence(graph)
    assert tree(scores) == [-1, *(next(iter(best.pred[i])) for i in range(1, 5))]


def test_a_single_word_is_the_root() -> None:
    assert tree(np.zeros((1, 1))) == [-1]


def test_borders_cut_no_subtree() -> None:
    """The old bridge at the Ponts: the head "bridge" takes "the old", and "at the Ponts" whole or not at all."""
    words = ["the", "old", "bridge", "at", "the", "Ponts", "stands"]
    heads = [2, 2, 6, 5, 5, 2, 6]
    first, last = borders(heads)
    assert [words[i] for i in np.flatnonzero(first[2])] == ["the", "old", "bridge"]
    assert [words[i] for i in np.flatnonzero(last[2])] == ["bridge", "Ponts"]
    assert [words[i] for i in np.flatnonzero(last[6])] == ["stands"] and first[6].sum() == 2
