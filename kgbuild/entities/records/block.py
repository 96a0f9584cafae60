"""Blocking of records: shared codes and rare values first, then neighbours by words and by characters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kgbuild.entities.records.codes import codes
from kgbuild.entities.records.table import plain, words
from kgbuild.entities.records.vectors import grams, idf, neighbours, tfidf

_SHARED = 20  # records of one code that are compared all with all
_COMMON = 0.2  # share of all records from which a term is too common to find anything


def candidates(left: Sequence[Sequence[str]], right: Sequence[Sequence[str]], *, count: int = 10) -> np.ndarray:
    """Pairs (i, j) worth a comparison, int64 (n, 2) in ascending order.

    ``left`` and ``right`` hold the texts of each record, the naming one first. Each record of either table keeps
    its ``count`` nearest in the other by words of the whole record and by characters of its name.
    """
    found: set[tuple[int, int]] = set()
    holders: dict[str, tuple[list[int], list[int]]] = {}
    for side, table in enumerate((left, right)):
        for i, record in enumerate(table):
            for code in {c for text in record for c in codes(text)}:
                holders.setdefault(code, ([], []))[side].append(i)
    for a, b in holders.values():
        if len(a) * len(b) <= _SHARED:
            found.update((i, j) for i in a for j in b)
    views = [
        [[words(" ".join(record)) for record in table] for table in (left, right)],
        [[grams(plain(record[0])) for record in table] for table in (left, right)],
    ]
    for one, two in views:
        weights = idf([*one, *two])
        least = 1 + np.log(1 / _COMMON)
        kept = {t: w for t, w in weights.items() if w >= least} or weights
        a, b = tfidf(one, kept), tfidf(two, kept)
        found |= neighbours(a, b, count)
        found |= {(i, j) for j, i in neighbours(b, a, count)}
    return np.array(sorted(found), dtype=np.int64).reshape(-1, 2)
