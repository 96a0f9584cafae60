"""Comparison of record pairs column by column: evidence for and against one thing, NaN where a value is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from rapidfuzz import distance, fuzz, process

from kgbuild.entities.records.codes import codes, said, squeeze
from kgbuild.entities.records.table import RecordTable, kind_of, number, words
from kgbuild.entities.records.vectors import grams, idf, rowwise, tfidf

Features = dict[str, np.ndarray]


def compare(left: RecordTable, right: RecordTable, pairs: np.ndarray) -> Features:
    """One float32 array (n,) per comparison of the pairs (n, 2)."""
    found: Features = {}
    for name in left.columns:
        if name in right.columns:
            a, b = left.columns[name], right.columns[name]
            kind = kind_of((*a, *b))
            for test, values in _COMPARE.get(kind, _texts)(a, b, pairs).items():
                found[f"{name}:{test}"] = values
    whole = [[" ".join(r) for r in zip(*t.columns.values(), strict=True)] for t in (left, right)]
    for test, values in (_texts(whole[0], whole[1], pairs) | _inside(whole[0], whole[1], pairs)).items():
        found[f"record:{test}"] = values
    return found


def _missing(a: Sequence[str], b: Sequence[str], pairs: np.ndarray) -> np.ndarray:
    empty_a, empty_b = (np.array([not v for v in side]) for side in (a, b))
    gone: np.ndarray = empty_a[pairs[:, 0]] | empty_b[pairs[:, 1]]
    return gone


def _texts(a: Sequence[str], b: Sequence[str], pairs: np.ndarray) -> Features:
    """Words and characters by their rarity, and edit forms."""
    gone = _missing(a, b, pairs)
    one, two = [words(v) for v in a], [words(v) for v in b]
    weights = idf([*one, *two])
    vectors = tfidf(one, weights), tfidf(two, weights)
    pieces = [grams(" ".join(w)) for w in one], [grams(" ".join(w)) for w in two]
    rarity = idf([*pieces[0], *pieces[1]])
    text = [" ".join(w) for w in one], [" ".join(w) for w in two]
    left, right = [text[0][i] for i in pairs[:, 0]], [text[1][j] for j in pairs[:, 1]]
    mass, common = _overlap(one, two, weights, pairs)
    unsaid = _unsaid(one, two, weights, pairs)
    found = {
        "unsaid left": unsaid[:, 0],
        "unsaid right": unsaid[:, 1],
        "unsaid": unsaid.min(1),
        "words": rowwise(*vectors, pairs),
        "characters": rowwise(tfidf(pieces[0], rarity), tfidf(pieces[1], rarity), pairs),
        "set": process.cpdist(left, right, scorer=fuzz.token_set_ratio, dtype=np.float32) / 100,
        "sort": process.cpdist(left, right, scorer=fuzz.token_sort_ratio, dtype=np.float32) / 100,
        "partial": process.cpdist(left, right, scorer=fuzz.partial_ratio, dtype=np.float32) / 100,
        "jaro": process.cpdist(left, right, scorer=distance.JaroWinkler.similarity, dtype=np.float32),
        "inside": (common / np.maximum(mass.min(1), 1e-9)).astype(np.float32),
        "cover": (common / np.maximum(mass.max(1), 1e-9)).astype(np.float32),
    }
    return {k: np.where(gone, np.nan, v).astype(np.float32) for k, v in found.items()}


def _overlap(
    one: Sequence[Sequence[str]], two: Sequence[Sequence[str]], weights: Mapping[str, float], pairs: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mass of the words' weights of either side (n, 2) and of what both share (n,)."""
    sets = [set(w) for w in one], [set(w) for w in two]
    total = [np.array([sum(weights[t] for t in s) for s in side]) for side in sets]
    mass = np.stack([total[0][pairs[:, 0]], total[1][pairs[:, 1]]], 1)
    common = np.array([sum(weights[t] for t in sets[0][i] & sets[1][j]) for i, j in pairs])
    return mass, common


def _unsaid(
    one: Sequence[Sequence[str]], two: Sequence[Sequence[str]], weights: Mapping[str, float], pairs: np.ndarray
) -> np.ndarray:
    """Weight of the rarest word of either side that the other does not say, spaces aside; (n, 2), less than 1."""
    top = max(weights.values(), default=1.0)
    order = [[sorted(set(w), key=lambda t: (-weights[t], t)) for w in side] for side in (one, two)]
    squeezed = [["".join(w) for w in side] for side in (one, two)]
    out = np.zeros((len(pairs), 2), dtype=np.float32)
    for n, (i, j) in enumerate(pairs):
        for side, mine, other in ((0, order[0][i], squeezed[1][j]), (1, order[1][j], squeezed[0][i])):
            out[n, side] = next((weights[t] for t in mine if t not in other), 0.0) / top
    return out


def _numbers(a: Sequence[str], b: Sequence[str], pairs: np.ndarray) -> Features:
    one, two = (np.array([np.nan if (n := number(v)) is None else n for v in side]) for side in (a, b))
    x, y = one[pairs[:, 0]], two[pairs[:, 1]]
    top = np.maximum(np.abs(x), np.abs(y))
    apart = np.abs(x - y) / np.where(top == 0, 1, top)
    return {"near": (1 - np.minimum(apart, 1)).astype(np.float32)}


def _years(a: Sequence[str], b: Sequence[str], pairs: np.ndarray) -> Features:
    one, two = (np.array([np.nan if (n := number(v)) is None else n for v in side]) for side in (a, b))
    return {"near": np.exp(-np.abs(one[pairs[:, 0]] - two[pairs[:, 1]])).astype(np.float32)}


def _codes(a: Sequence[str], b: Sequence[str], pairs: np.ndarray) -> Features:
    gone = _missing(a, b, pairs)
    one, two = [squeeze(v) for v in a], [squeeze(v) for v in b]
    left, right = [one[i] for i in pairs[:, 0]], [two[j] for j in pairs[:, 1]]
    found = {
        "same": np.array([x == y for x, y in zip(left, right, strict=True)], dtype=np.float32),
        "edit": process.cpdist(left, right, scorer=distance.Levenshtein.normalized_similarity, dtype=np.float32),
        "partial": process.cpdist(left, right, scorer=fuzz.partial_ratio, dtype=np.float32) / 100,
    }
    return {k: np.where(gone, np.nan, v).astype(np.float32) for k, v in found.items()}


def _inside(a: Sequence[str], b: Sequence[str], pairs: np.ndarray) -> Features:
    """Codes of one record that the other says anywhere, and numbers of both, by their rarity."""
    held = [[codes(v) for v in side] for side in (a, b)]
    rarity = idf([*held[0], *held[1]])
    squeezed = [[squeeze(v) for v in side] for side in (a, b)]
    digits = [[[w for w in words(v) if w[0].isdigit() and len(w) < 6] for v in side] for side in (a, b)]
    weights = idf([*digits[0], *digits[1]])
    mass, common = _overlap(digits[0], digits[1], weights, pairs)
    best = np.full((len(pairs), 4), np.nan, dtype=np.float32)
    for n, (i, j) in enumerate(pairs):
        for side, mine, other in ((0, held[0][i], squeezed[1][j]), (1, held[1][j], squeezed[0][i])):
            if mine:
                scores = [said(c, other) for c in mine]
                best[n, 2 * side] = max(scores)
                best[n, 2 * side + 1] = np.average(scores, weights=[rarity[c] for c in mine])
    both = mass.min(1) > 0
    return {
        "code": np.fmax(best[:, 0], best[:, 2]),
        "code left": best[:, 0], "code right": best[:, 2],
        "codes left": best[:, 1], "codes right": best[:, 3],
        "numbers": np.where(both, common / np.maximum(mass.max(1), 1e-9), np.nan).astype(np.float32),
        "numbers inside": np.where(both, common / np.maximum(mass.min(1), 1e-9), np.nan).astype(np.float32),
    }  # fmt: skip


_COMPARE = {"number": _numbers, "year": _years, "code": _codes}
