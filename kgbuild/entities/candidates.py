"""Blocking: which pairs of groups are worth a score. Names meet first, then the groups that bear them.

Two names meet by an equal key or spelling, an acronym, a rare word, or near vectors. The groups of two names that
meet are compared all with all while they are few; of a name that thousands bear, each is compared with its nearest
among a bounded number of anchors, so the work grows with the mentions and not with their square.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np

from kgbuild.embeddings.index import VectorIndex
from kgbuild.entities.columns import Columns
from kgbuild.types import EmbeddingTable

_BLOCK = 60  # names of one word or acronym that are compared all with all
_LONGER = 20  # longer names that a name of one word is compared with, the most borne first
_ALL = 900  # pairs of groups of two names that are all compared
_ANCHORS = 128  # groups of a name borne by many that the others are compared with
_NEAREST = 4  # anchors that each of them is compared with
_NEAR = 0.55  # cosine from which a neighbour is a candidate


def name_pairs(columns: Columns, neighbours: int) -> np.ndarray:
    """Pairs of names (n, 2) that may name one thing, i <= j, ascending; a name meets itself if several bear it."""
    found = [_equal(columns.key), _equal(_codes(columns.names.joined)), *_acronyms(columns), *_rare_words(columns)]
    several = np.flatnonzero(columns.counts(np.arange(len(columns.names.names))) > 1)
    found.append(np.stack([several, several], 1))
    found.append(_neighbours(columns, neighbours))
    pairs = np.concatenate([p.reshape(-1, 2) for p in found]).astype(np.int64)
    pairs = np.stack([pairs.min(1), pairs.max(1)], 1)
    width = max(1, len(columns.names.names))
    codes = np.unique(pairs[:, 0] * width + pairs[:, 1])
    return np.stack([codes // width, codes % width], 1).astype(np.int32)


def _codes(values: Iterable[str]) -> np.ndarray:
    seen: dict[str, int] = {}
    return np.array([seen.setdefault(v, len(seen)) for v in values], np.int64)


def _equal(codes: np.ndarray) -> np.ndarray:
    """Pairs of rows with equal codes: each with the next ones, at most ``_BLOCK`` of them."""
    order = np.argsort(codes, kind="stable")
    found = []
    for step in range(1, min(_BLOCK, len(order))):
        a, b = order[:-step], order[step:]
        same = codes[a] == codes[b]
        if not same.any():
            break
        found.append(np.stack([a[same], b[same]], 1))
    return np.concatenate(found) if found else np.zeros((0, 2), np.int64)


def _blocks(blocks: Iterable[Sequence[int]]) -> np.ndarray:
    pairs = [p for b in blocks if len(b) <= _BLOCK for p in combinations(b, 2)]
    return np.array(pairs, np.int64).reshape(-1, 2)


def _acronyms(columns: Columns) -> list[np.ndarray]:
    by: dict[str, tuple[list[int], list[int]]] = {}
    for i, (short, made) in enumerate(zip(columns.names.short, columns.names.made, strict=True)):
        if short:
            by.setdefault(short, ([], []))[0].append(i)
        if made:
            by.setdefault(made, ([], []))[1].append(i)
    pairs = [(s, m) for shorts, longs in by.values() for s in shorts[:_BLOCK] for m in longs[:_BLOCK]]
    return [np.array(pairs, np.int64).reshape(-1, 2)]


def _rare_words(columns: Columns) -> list[np.ndarray]:
    """Names that share a word few names have; a name of one word meets the commonest of the names that hold it."""
    holders: list[list[int]] = [[] for _ in range(len(columns.names.vocabulary))]
    alone: list[list[int]] = [[] for _ in range(len(columns.names.vocabulary))]
    for i, tokens in enumerate(columns.names.tokens):
        for w in tokens:
            holders[w].append(i)
        if len(tokens) == 1:
            alone[tokens[0]].append(i)
    borne = columns.counts(np.arange(len(columns.names.names)))
    common = []
    for short, names in zip(alone, holders, strict=True):
        if short and len(names) > _BLOCK:
            best = sorted(names, key=lambda n: (-borne[n], n))[:_LONGER]
            common += [(s, n) for s in short[:_LONGER] for n in best if n != s]
    return [_blocks(holders), np.array(common, np.int64).reshape(-1, 2)]


def _neighbours(columns: Columns, neighbours: int) -> np.ndarray:
    """Names with near vectors; the vector of a name is the mean over its bearers."""
    count = len(columns.names.names)
    if count < 2 or not neighbours:
        return np.zeros((0, 2), np.int64)
    matrix = columns.name_vectors
    index = VectorIndex.build(EmbeddingTable("names", tuple(map(str, range(count))), matrix))
    scores, rows = index.search(matrix, neighbours + 1)
    own = np.repeat(np.arange(count), rows.shape[1])
    near, at = scores.ravel(), rows.ravel()
    kept = (at >= 0) & (at != own) & (near >= _NEAR)
    return np.stack([own[kept], at[kept]], 1)


def group_pairs(columns: Columns, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of groups (m, 2), i < j, ascending, and for each the rows of ``pairs`` that made it a candidate.

    The second array (k, 2) holds (row of the first, row of ``pairs``), sorted.
    """
    left, right = columns.counts(pairs[:, 0]), columns.counts(pairs[:, 1])
    large = left.astype(np.int64) * right > _ALL
    small = np.flatnonzero(~large)
    made = [_product(columns, pairs, small)]
    for row in np.flatnonzero(large):
        a, b = columns.groups_of(pairs[row, 0]), columns.groups_of(pairs[row, 1])
        both = _anchored(columns.vectors, a, b)
        made.append(np.concatenate([both, np.full((len(both), 1), row)], 1))
    found = np.concatenate(made)
    found = found[found[:, 0] != found[:, 1]]
    low, high = found[:, :2].min(1), found[:, :2].max(1)
    code = low * max(1, len(columns.vectors)) + high
    kept, inverse = np.unique(code, return_inverse=True)
    width = max(1, len(columns.vectors))
    ways = np.unique(np.stack([inverse, found[:, 2]], 1), axis=0)
    return np.stack([kept // width, kept % width], 1), ways


def _product(columns: Columns, pairs: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """All groups of the one name with all of the other: (left group, right group, row of ``pairs``)."""
    left, right = columns.counts(pairs[rows, 0]), columns.counts(pairs[rows, 1])
    each = left * right
    row = np.repeat(rows, each)
    at = np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each)
    by = np.repeat(np.maximum(right, 1), each)
    a = columns.bearer(pairs[row, 0], at // by)
    b = columns.bearer(pairs[row, 1], at % by)
    return np.stack([a, b, row], 1).astype(np.int64)


def _anchored(vectors: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Each group of either name with its nearest anchors of the other."""
    return np.concatenate([_to_anchors(vectors, a, b), _to_anchors(vectors, b, a)])


def _to_anchors(vectors: np.ndarray, groups: np.ndarray, others: np.ndarray) -> np.ndarray:
    spaced = np.unique(np.linspace(0, len(others) - 1, min(len(others), _ANCHORS)).astype(int))
    anchors, found = others[spaced], []
    for at in range(0, len(groups), 4096):
        part = groups[at : at + 4096]
        near = vectors[part] @ vectors[anchors].T
        near[part[:, None] == anchors[None, :]] = -2
        k = min(_NEAREST, len(anchors))
        best = np.argsort(-near, axis=1, kind="stable")[:, :k]
        found.append(np.stack([np.repeat(part, k), anchors[best].ravel()], 1))
    return np.concatenate(found).astype(np.int64)
