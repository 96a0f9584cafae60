"""Records of two tables, or of one, that are one thing: block, compare, decide; with labels or without.

Pure functions over columns of strings: nothing is known of the data beforehand, the kinds of the columns are found
from their values, and columns of like names are compared.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kgbuild.entities.records.block import candidates
from kgbuild.entities.records.compare import Features, compare
from kgbuild.entities.records.learned import with_labels
from kgbuild.entities.records.table import RecordTable
from kgbuild.entities.records.weak import label_free
from kgbuild.types import Match

__all__ = ["RecordTable", "blocks", "resolve"]

_NEIGHBOURS = 10
_SHOWN = 0.05  # chance from which a pair is worth reporting


def blocks(left: RecordTable, right: RecordTable | None = None, *, neighbours: int = _NEIGHBOURS) -> np.ndarray:
    """Candidate pairs, int64 (n, 2): row numbers of left and right; of one table the smaller number first."""
    found = candidates(left.rows(), (right or left).rows(), count=neighbours + (right is None))
    if right is None:
        found = np.unique(np.sort(found, axis=1)[found[:, 0] != found[:, 1]], axis=0)
    return found


def resolve(
    left: RecordTable,
    right: RecordTable | None = None,
    *,
    labels: Mapping[tuple[str, str], bool] | None = None,
    vectors: tuple[np.ndarray, np.ndarray] | None = None,
    min_score: float = _SHOWN,
    neighbours: int = _NEIGHBOURS,
) -> list[Match]:
    """Scored pairs of records, best first, each with the comparisons of its columns that a reader understands.

    ``right`` None: the duplicates within one table. ``labels``: pairs of ids known to be one thing or not; pairs
    they name are always compared. ``vectors``: unit rows for the records of either table, one more comparison
    beside the others. A score is the chance that the pair is one thing; from 0.5 on it is the better guess.
    """
    other = left if right is None else right
    pairs = blocks(left, right, neighbours=neighbours)
    known = np.full(len(pairs), -1)
    if labels:
        pairs, known = _labelled(left, other, pairs, labels)
    if not len(pairs):
        return []
    found = compare(left, other, pairs)
    if vectors is not None:
        found["record:meaning"] = np.sum(vectors[0][pairs[:, 0]] * vectors[1][pairs[:, 1]], 1).astype(np.float32)
    nodes = pairs if right is None else pairs + np.array([0, len(left.ids)])
    chance = with_labels(nodes, found, known) if labels else label_free(nodes, found)[0]
    order = np.lexsort((pairs[:, 1], pairs[:, 0], -chance))
    return [
        Match(left.ids[pairs[n, 0]], other.ids[pairs[n, 1]], round(float(chance[n]), 4), _reasons(found, n))
        for n in order.tolist()
        if chance[n] >= min_score
    ]


def _labelled(
    left: RecordTable, right: RecordTable, pairs: np.ndarray, labels: Mapping[tuple[str, str], bool]
) -> tuple[np.ndarray, np.ndarray]:
    """The candidates with all labelled pairs among them, and the label of each: 1, 0, or -1 where there is none."""
    rows, columns = ({name: i for i, name in enumerate(t.ids)} for t in (left, right))
    told = {(rows[a], columns[b]): int(y) for (a, b), y in labels.items() if a in rows and b in columns}
    every = sorted({*map(tuple, pairs.tolist()), *told})
    return np.array(every, dtype=np.int64).reshape(-1, 2), np.array([told.get(p, -1) for p in every])


def _reasons(found: Features, row: int) -> tuple[tuple[str, float], ...]:
    """The main comparison of each column, and of the whole record."""
    shown = ("words", "near", "same", "code", "meaning")
    values = ((name, float(v[row])) for name, v in found.items() if name.rpartition(":")[2] in shown)
    return tuple((name, round(v, 3)) for name, v in values if not np.isnan(v))
