"""Blocking: which pairs of groups are worth a score. Names meet first, then the groups that bear them.

Two names meet by an equal key or spelling, an acronym, a rare word, or near vectors. The groups of two names that
meet are compared all with all while they are few; of a name that thousands bear, each is compared with its nearest
among a bounded number of anchors, so the work grows with the mentions and not with their square. Pairs of groups come
in blocks: there are more of them than memory should hold at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import lru_cache

import numpy as np

from kgbuild.embeddings.index import VectorIndex
from kgbuild.entities.columns import Columns
from kgbuild.threads import ahead
from kgbuild.types import EmbeddingTable

ANCHORS = 128  # groups of a name borne by many that the others are compared with
_BLOCK = 60  # names of one word or acronym that are compared all with all
_LONGER = 20  # longer names that a name of one word is compared with, the most borne first
_ALL = 900  # pairs of groups of two names that are all compared
_PAIRS = 1 << 18  # pairs of groups in a block, about
_KEPT = 256  # names whose anchors are kept at hand
_NEAREST = 4  # anchors that each of them is compared with: the middle one and the nearest
_NEAR = 0.55  # cosine from which a neighbour is a candidate


def near_names(columns: Columns, neighbours: int) -> AbstractContextManager[Callable[[], list[np.ndarray]]]:
    """Pairs of names with near vectors, for ``name_pairs``; they are looked for while the block runs."""
    return ahead(_neighbours(columns.name_vectors, neighbours))


def name_pairs(columns: Columns, near: Callable[[], list[np.ndarray]]) -> np.ndarray:
    """Pairs of names (n, 2) that may name one thing, i <= j, ascending; a name meets itself if several bear it.

    ``near``: what ``near_names`` gives.
    """
    found = [_equal(columns.key), _equal(_codes(columns.names.joined)), *_acronyms(columns), *_rare_words(columns)]
    several = np.flatnonzero(columns.counts(np.arange(len(columns.names.names))) > 1)
    found += [np.stack([several, several], 1), *near()]
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


def _blocks(holder: np.ndarray, block: np.ndarray) -> np.ndarray:
    """All pairs of the holders (n,) of each block, of blocks with at most ``_BLOCK``; ``block`` (n,) is ascending."""
    starts = np.flatnonzero(np.diff(block, prepend=-1))
    size = np.diff(np.append(starts, len(block)))
    found = []
    for count in range(2, _BLOCK + 1):
        rows = holder[starts[size == count][:, None] + np.arange(count)]
        i, j = np.triu_indices(count, 1)
        found.append(np.stack([rows[:, i].ravel(), rows[:, j].ravel()], 1))
    return np.concatenate(found).astype(np.int64)


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
    tokens = columns.names.tokens
    size = np.array([len(t) for t in tokens], np.int64)
    word = np.fromiter((w for t in tokens for w in t), np.int32, size.sum())
    holder = np.repeat(np.arange(len(tokens), dtype=np.int32), size)
    order = np.argsort(word, kind="stable")
    word, holder = word[order], holder[order]
    borne, alone = columns.counts(np.arange(len(tokens))), size[holder] == 1
    common = []
    starts = np.flatnonzero(np.diff(word, prepend=-1))
    ends = np.append(starts[1:], len(word))
    for start, end in zip(starts[ends - starts > _BLOCK], ends[ends - starts > _BLOCK], strict=True):
        names, short = holder[start:end], holder[start:end][alone[start:end]][:_LONGER]
        best = names[np.lexsort((names, -borne[names]))[:_LONGER]]
        pairs = np.stack([np.repeat(short, len(best)), np.tile(best, len(short))], 1)
        common.append(pairs[pairs[:, 0] != pairs[:, 1]])
    return [_blocks(holder, word), *common]


def _neighbours(matrix: np.ndarray, neighbours: int) -> Iterator[np.ndarray]:
    """Blocks of pairs of names with near vectors, which are the rows of ``matrix``."""
    if len(matrix) < 2 or not neighbours:
        return
    table = EmbeddingTable("names", tuple(map(str, range(len(matrix)))), matrix)
    yield from VectorIndex.build(table).pairs(neighbours, _NEAR)


def group_pairs(columns: Columns, pairs: np.ndarray) -> Iterator[np.ndarray]:
    """Blocks (m, 3) of (group, other group, row of ``pairs`` that made them candidates), the smaller number first.

    Two groups may come again, in the same block or in another one if one of them bears several names.
    """
    each = columns.counts(pairs[:, 0]).astype(np.int64) * columns.counts(pairs[:, 1])
    small = np.flatnonzero(each <= _ALL)
    for rows in np.split(small, np.flatnonzero(np.diff(np.cumsum(each[small]) // _PAIRS)) + 1):
        yield _ordered(_product(columns, pairs, rows))
    anchored, held, count = _Anchored(columns), list[np.ndarray](), 0
    for row in np.flatnonzero(each > _ALL).tolist():
        both = anchored.pairs(*pairs[row].tolist())
        held.append(np.concatenate([both, np.full((len(both), 1), row)], 1))
        count += len(both)
        if count > _PAIRS:
            yield _ordered(np.concatenate(held))
            held, count = [], 0
    if held:
        yield _ordered(np.concatenate(held))


def _ordered(found: np.ndarray) -> np.ndarray:
    """Without pairs of a group with itself, the smaller group first."""
    found = found[found[:, 0] != found[:, 1]]
    a, b, row = found.T
    return np.stack([np.minimum(a, b), np.maximum(a, b), row], 1)


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


class _Anchored:
    """Pairs of groups of two names, of which at least one is borne by many."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._anchors = lru_cache(_KEPT)(self._of)

    def pairs(self, name: int, other: int) -> np.ndarray:
        """Each group of the rarer name with its nearest anchors of the other, whose anchors meet it in turn."""
        rare, often = sorted((name, other), key=lambda n: len(self._columns.groups_of(n)))
        few, many = self._columns.groups_of(rare), self._columns.groups_of(often)
        near = self._near(few, self._anchors(often))
        if np.array_equal(few, many):
            return near
        return np.concatenate([near, self._near(self._anchors(often)[0], self._anchors(rare))])

    def _of(self, name: int) -> tuple[np.ndarray, np.ndarray, int]:
        """The anchors of a name: at most ``ANCHORS`` of its groups, evenly from first to last; their vectors, and which
        is the middle one.
        """
        groups, vectors = self._columns.groups_of(name), self._columns.vectors
        anchors = groups[np.linspace(0, len(groups) - 1, min(len(groups), ANCHORS)).astype(int)]
        return anchors, vectors[anchors], int((vectors[anchors] @ vectors[anchors].sum(0)).argmax())

    def _near(self, groups: np.ndarray, others: tuple[np.ndarray, np.ndarray, int]) -> np.ndarray:
        (anchors, vectors, middle), found = others, []
        for at in range(0, len(groups), 4096):
            part = groups[at : at + 4096]
            near = self._columns.vectors[part] @ vectors.T
            near[part[:, None] == anchors[None, :]] = -2
            rows = np.arange(len(part))
            for n in range(min(_NEAREST, len(anchors))):
                best = near.argmax(1) if n else np.full(len(part), middle)  # so that no two are without a link
                found.append(np.stack([part, anchors[best]], 1))
                near[rows, best] = -np.inf
        return np.concatenate(found).astype(np.int64)
