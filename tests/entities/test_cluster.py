"""Clustering of scored pairs whose right clusters are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kgbuild.entities.cluster import cluster

Edge = tuple[int, int, float]
ANY = np.ones((1, 1), bool)


def run(
    edges: Sequence[Edge], size: int, *, kind: Sequence[int] = (), fits: np.ndarray = ANY,
    wanted: Sequence[tuple[int, int]] = (), apart: Sequence[tuple[int, int]] = (),
) -> list[int]:  # fmt: skip
    pairs = np.array([e[:2] for e in edges], np.int64).reshape(-1, 2)
    made = cluster(
        pairs, np.array([e[2] for e in edges], float), size=size, kind=np.array(kind or [0] * size), fits=fits,
        wanted=np.array(wanted, np.int64).reshape(-1, 2), apart=np.array(apart, np.int64).reshape(-1, 2),
    )  # fmt: skip
    return made.label.tolist()


def clique(members: Sequence[int], weight: float) -> list[Edge]:
    return [(a, b, weight) for n, a in enumerate(members) for b in members[n + 1 :]]


def test_one_bad_edge_does_not_chain_two_clusters() -> None:
    across = [(a, b, -1.0) for a in (0, 1, 2) for b in (3, 4, 5) if (a, b) != (2, 3)]
    edges = [*clique([0, 1, 2], 2.0), *clique([3, 4, 5], 2.0), (2, 3, 3.0), *across]
    # the bad edge is the strongest: it takes its two ends, and neither half follows it
    label = run(edges, 6)
    assert label[0] != label[5] and label[0] == label[1] and label[4] == label[5]
    assert len({label[0], label[4]}) == 2


def test_a_bad_edge_weaker_than_the_clusters_joins_nothing() -> None:
    across = [(a, b, -1.0) for a in (0, 1, 2) for b in (3, 4, 5) if (a, b) != (2, 3)]
    assert run([*clique([0, 1, 2], 2.0), *clique([3, 4, 5], 2.0), (2, 3, 1.5), *across], 6) == [0, 0, 0, 3, 3, 3]


def test_types_that_contradict_never_share_a_cluster_through_an_unknown_one() -> None:
    fits = np.array([[True, True, True], [True, True, False], [True, False, True]])
    label = run([(0, 1, 3.0), (0, 2, 2.0)], 3, kind=[0, 1, 2], fits=fits)
    assert label == [0, 0, 2]


def test_what_is_kept_apart_stays_apart_through_others() -> None:
    assert run([(0, 1, 5.0), (1, 2, 5.0)], 3, apart=[(0, 2)]) in ([0, 0, 2], [0, 1, 1])


def test_what_the_user_joins_is_joined_against_scores_and_types() -> None:
    fits = np.array([[True, False], [False, True]])
    assert run([(0, 1, -5.0)], 3, kind=[0, 1, 0], fits=fits, wanted=[(0, 1)]) == [0, 0, 2]


def test_the_rows_that_joined_are_reported() -> None:
    pairs, none = np.array([[0, 1], [1, 2], [0, 2]]), np.zeros((0, 2), np.int64)
    made = cluster(
        pairs, np.array([1.0, 2.0, 1.0]), size=3, kind=np.zeros(3, int), fits=ANY, wanted=none, apart=none
    )  # fmt: skip
    assert made.label.tolist() == [0, 0, 0] and len(made.joined) == 2 and made.joined[0] == 1


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11), st.integers(-40, 40)), max_size=50), st.randoms())
def test_the_order_of_pairs_does_not_matter(found: list[tuple[int, int, int]], random: object) -> None:
    edges = {(min(a, b), max(a, b)): w / 8 for a, b, w in found if a != b}
    listed = [(a, b, w + (a * 12 + b) / 4096) for (a, b), w in edges.items()]  # no two alike
    first = run(sorted(listed), 12)
    random.shuffle(listed)  # type: ignore[attr-defined]
    assert run(listed, 12) == first


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(-9, 9)), max_size=40))
def test_no_cluster_has_more_against_it_than_for_it(found: list[tuple[int, int, int]]) -> None:
    edges = {(min(a, b), max(a, b)): float(w) for a, b, w in found if a != b}
    label = run([(a, b, w) for (a, b), w in sorted(edges.items())], 10)
    for c in set(label):
        inside = [w for (a, b), w in edges.items() if label[a] == label[b] == c]
        assert sum(inside) >= 0 and (label.count(c) == 1 or inside)
