"""The learned pair score: gradient-boosted trees as plain numbers, then a calibration. No pickle, no training here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from kgbuild.errors import ConfigError

_SAMPLE = 2000  # rows that show whether rows repeat
_ROWS = 1 << 14  # scored at once: what a block needs stays in the processor's cache


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """Trees of binary splits over named features (Friedman 2001, histogram form as in scikit-learn).

    Node arrays are those of all trees one after another; ``roots`` says where each begins. ``left`` and ``right``
    are node numbers, a leaf leads to itself. A missing feature (NaN) goes to the left where ``missing`` is true.
    ``calibration`` holds scale and shift that make log-odds of the sum of the leaves (Platt 1999): of pairs whose first
    feature is 0, and of the others.
    """

    features: tuple[str, ...]
    roots: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    missing: np.ndarray
    value: np.ndarray
    depth: int
    base: float
    calibration: tuple[tuple[float, float], tuple[float, float]] = ((1.0, 0.0), (1.0, 0.0))

    def log_odds(self, matrix: np.ndarray) -> np.ndarray:
        """Calibrated log-odds float64 (n,) of rows of features float32 (n, len(features))."""
        matrix = np.ascontiguousarray(matrix, np.float32)
        if (found := _repeats(matrix)) is not None:
            first, again = found
            matrix = matrix[first]
            made: np.ndarray = self.log_odds(matrix)[again]
            return made
        plan = _plan(self)
        out = np.empty(len(matrix))
        for at in range(0, len(matrix), _ROWS):
            out[at : at + _ROWS] = self._block(matrix[at : at + _ROWS], plan)
        return out

    def _block(self, rows: np.ndarray, plan: _Plan) -> np.ndarray:
        columns = np.ascontiguousarray(rows.T)
        absent = np.isnan(columns)
        bits = plan.failed.dtype.type
        some, everything = absent.any(1), ~bits(0)
        passed: dict[int, np.ndarray] = {}  # all bits where a test holds, else none

        def outcome(test: int) -> np.ndarray:
            if test not in passed:
                feature, threshold, missing = plan.tests[test]
                goes = columns[feature] <= threshold
                if some[feature] and missing:
                    goes |= absent[feature]
                passed[test] = np.multiply(goes, everything)
            return passed[test]

        total = np.full(len(rows), self.base)
        left, open_ = np.empty(len(rows), bits), np.empty(len(rows), bits)
        for start, nodes, leaves in plan.open(_settled(plan, columns, absent)):
            if not nodes:
                total += leaves[(start & -start).bit_length() - 1]
                continue
            left.fill(start)
            for test, kept in nodes:
                np.bitwise_or(outcome(test), kept, out=open_)
                np.bitwise_and(left, open_, out=left)
            total += leaves.take(_lowest(left))
        scale, shift = np.array(self.calibration)[(rows[:, 0] > 0).astype(int)].T
        made: np.ndarray = scale * total + shift
        return made


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """Distinct tests (feature, threshold, whether a missing one passes), and the nodes of all trees one after another:
    the test of each, and the leaves of its tree that stay possible when it fails, and when it holds, as bits.

    ``first``: where the nodes of each tree begin. ``leaves``: the values of each tree's.
    """

    tests: list[tuple[int, float, bool]]
    test: np.ndarray
    failed: np.ndarray
    held: np.ndarray
    first: np.ndarray
    leaves: list[np.ndarray]

    def open(self, settled: np.ndarray) -> Iterator[tuple[int, list[tuple[int, Any]], np.ndarray]]:
        """Of each tree the leaves that stay possible, the nodes (test, leaves if it fails) still to be asked, and its
        leaves, where all rows pass (1) or fail (-1) some tests: pairs of the same names do in most.
        """
        known = settled[self.test]
        kept = np.where(known > 0, self.held, np.where(known < 0, self.failed, ~self.held.dtype.type(0)))
        start = np.bitwise_and.reduceat(kept, self.first)
        size = np.diff(np.append(self.first, len(self.test)))
        asked = np.flatnonzero((known == 0) & (np.repeat(start, size) & ~self.failed != 0))
        nodes = list(zip(self.test[asked].tolist(), self.failed[asked], strict=True))
        ends = np.searchsorted(asked, self.first).tolist()
        for i, (begin, end) in enumerate(pairwise([*ends, len(nodes)])):
            yield int(start[i]), nodes[begin:end], self.leaves[i]


def _settled(plan: _Plan, columns: np.ndarray, absent: np.ndarray) -> np.ndarray:
    """Of each test 1 if all rows pass it, -1 if all fail, else 0."""
    feature, threshold, missing = (np.array(part) for part in zip(*plan.tests, strict=True))
    lowest: np.ndarray = np.fmin.reduce(columns, 1)
    highest: np.ndarray = np.fmax.reduce(columns, 1)
    least, most = lowest[feature], highest[feature]
    some, none = np.take(absent.any(1), feature), np.take(absent.all(1), feature)
    held = (none | (most <= threshold)) & (~some | missing)
    failed = (none | (least > threshold)) & (~some | ~missing)
    return held.astype(np.int8) - failed


@lru_cache(4)  # asked for every few thousand rows
def _plan(forest: Forest) -> _Plan:
    """Of each tree its tests, each with the leaves that stay possible when it fails, and its leaves.

    Leaves are bits from left to right (QuickScorer, Lucchese et al. 2015): the lowest bit left is the answer.
    Trees share tests: there are about four times as many nodes.
    """
    tests: dict[tuple[int, float, bool], int] = {(0, np.inf, True): 0}  # which holds: that of a tree of one leaf
    trees: list[tuple[list[tuple[int, int, int]], list[float]]] = []

    def walk(node: int, nodes: list[tuple[int, int, int]], leaves: list[float]) -> None:
        if forest.left[node] == node:
            leaves.append(float(forest.value[node]))
            return
        first = len(leaves)
        walk(int(forest.left[node]), nodes, leaves)
        middle = len(leaves)
        walk(int(forest.right[node]), nodes, leaves)
        test = int(forest.feature[node]), forest.threshold[node], bool(forest.missing[node])
        lost = (1 << middle) - (1 << first), (1 << len(leaves)) - (1 << middle)
        nodes.append((tests.setdefault(test, len(tests)), *lost))

    for root in forest.roots.tolist():
        trees.append(([], []))
        walk(root, *trees[-1])
        if not trees[-1][0]:
            trees[-1][0].append((0, 0, 0))
    most = max((len(leaves) for _, leaves in trees), default=1)
    bits: type[np.unsignedinteger[Any]] = np.uint16 if most <= 16 else np.uint32 if most <= 32 else np.uint64
    nodes = np.array([node for found, _ in trees for node in found], np.uint64).reshape(-1, 3)
    failed, held = (np.invert(nodes[:, n].astype(bits)) for n in (1, 2))
    first = np.cumsum([0, *(len(found) for found, _ in trees)])[:-1]
    return _Plan(list(tests), nodes[:, 0].astype(int), failed, held, first, [np.array(leaves) for _, leaves in trees])


def _repeats(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """The first of each distinct row, and of every row which one it equals; None if less than half are repeats.

    Groups with nothing around their names, as in diagrams, give the same few rows again and again.
    """
    bits = matrix.view(np.uint32)
    if len(np.unique(_codes(bits[:_SAMPLE]))) * 2 > min(len(bits), _SAMPLE):
        return None
    codes = _codes(bits)
    _, first, again = np.unique(codes, return_index=True, return_inverse=True)
    if len(first) * 2 > len(codes) or not np.array_equal(bits[first][again], bits):  # or codes that met by chance
        return None
    return first, again


def _codes(bits: np.ndarray) -> np.ndarray:
    """A number of 64 bits for each row, the same for equal rows."""
    made: np.ndarray = (bits * _odd(bits.shape[1])).sum(1, dtype=np.uint64)
    return made


@lru_cache(4)
def _odd(count: int) -> np.ndarray:
    """So many odd numbers of 64 bits."""
    return np.random.default_rng(7).integers(0, 1 << 63, count, np.uint64) * np.uint64(2) + np.uint64(1)


def _lowest(left: np.ndarray) -> np.ndarray:
    """The place of each number's lowest bit."""
    if left.dtype == np.uint16:
        return _places().take(left)
    made: np.ndarray = np.frexp((left & (~left + left.dtype.type(1))).astype(np.float64))[1] - 1
    return made


@lru_cache(1)
def _places() -> np.ndarray:
    """Of each number of 16 bits the place of its lowest one."""
    numbers = np.arange(1 << 16)
    return (np.frexp((numbers & -numbers).astype(np.float64))[1] - 1).astype(np.int8)


def pack(forest: Forest) -> dict[str, Any]:
    """What ``unpack`` reads: numbers in lists, thresholds and leaves to the nine digits that tell floats apart."""
    kept = {n: getattr(forest, n).tolist() for n in ("roots", "feature", "left", "right")}
    kept["missing"] = forest.missing.astype(int).tolist()
    kept |= {n: [float(f"{v:.9g}") for v in getattr(forest, n)] for n in ("threshold", "value")}
    facts = {n: getattr(forest, n) for n in ("depth", "base", "calibration")}
    return {"features": list(forest.features), **facts, **kept}


def unpack(given: dict[str, Any], expected: Sequence[str], *, where: str) -> Forest:
    """The forest of such numbers. Raises ``ConfigError`` if it was trained on other features than these."""
    if tuple(given.get("features", ())) != tuple(expected):
        raise ConfigError(f"{where}: weights of other features. Train again: kgbuild train align.")
    kinds = {"roots": np.int32, "feature": np.int32, "left": np.int32, "right": np.int32, "missing": bool}
    arrays = {n: np.array(given[n], kinds.get(n, np.float32)) for n in (*kinds, "threshold", "value")}
    return Forest(tuple(expected), **arrays, depth=given["depth"], base=given["base"], calibration=given["calibration"])


@lru_cache(4)
def load_forest(expected: tuple[str, ...], kind: str, path: str = "") -> Forest:
    """The shipped forest of a kind (``states``, or ``plain`` where no vectors in context are known), or the user's own.

    Raises ``ConfigError`` naming the file.
    """
    where = path or "align.json"
    try:
        file = Path(path) if path else files("kgbuild.weights").joinpath("align.json")
        return unpack(json.loads(file.read_text("utf-8"))["forests"][kind], expected, where=where)
    except (OSError, ValueError, KeyError, TypeError) as err:
        raise ConfigError(f"{where}: the weights of the merge score cannot be read: {err!r}.") from err
