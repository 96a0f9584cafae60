"""Sparse TF-IDF vectors of texts, and nearest neighbours between two sets of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from scipy import sparse

_BLOCK = 512  # rows multiplied at a time


def grams(text: str, size: int = 3) -> list[str]:
    """Runs of ``size`` characters of each word, with a blank at either end of the word."""
    found = []
    for word in text.split():
        padded = f" {word} "
        found += [padded[i : i + size] for i in range(max(1, len(padded) - size + 1))]
    return found


def idf(documents: Iterable[Iterable[str]]) -> dict[str, float]:
    """Smoothed inverse document frequency of each term, 1 or more."""
    counts: Counter[str] = Counter()
    total = 0
    for terms in documents:
        counts.update(set(terms))
        total += 1
    return {t: float(np.log((1 + total) / (1 + n)) + 1) for t, n in counts.items()}


def tfidf(documents: Sequence[Sequence[str]], weights: dict[str, float], *, power: float = 0.5) -> sparse.csr_matrix:
    """Unit rows over the terms in ``weights``; a term that stands n times counts n to ``power``."""
    column = {t: i for i, t in enumerate(sorted(weights))}
    indptr, indices, data = [0], list[int](), list[float]()
    for terms in documents:
        for t, n in sorted(Counter(t for t in terms if t in column).items()):
            indices.append(column[t])
            data.append(weights[t] * n**power)
        indptr.append(len(indices))
    made = sparse.csr_matrix((data, indices, indptr), shape=(len(documents), len(column)), dtype=np.float32)
    lengths = np.sqrt(np.asarray(made.multiply(made).sum(1)).ravel())
    return sparse.diags(1 / np.maximum(lengths, 1e-9)).astype(np.float32) @ made


def rowwise(left: sparse.csr_matrix, right: sparse.csr_matrix, pairs: np.ndarray) -> np.ndarray:
    """Inner products of the rows that ``pairs`` (n, 2) names, float32 (n,)."""
    out = np.zeros(len(pairs), dtype=np.float32)
    for at in range(0, len(pairs), 65536):
        some = pairs[at : at + 65536]
        out[at : at + len(some)] = np.asarray(left[some[:, 0]].multiply(right[some[:, 1]]).sum(1)).ravel()
    return out


def neighbours(left: sparse.csr_matrix, right: sparse.csr_matrix, count: int) -> set[tuple[int, int]]:
    """Pairs of each left row with its ``count`` best right rows; ties go to the smaller number."""
    found: set[tuple[int, int]] = set()
    turned = right.T.tocsr()
    for at in range(0, left.shape[0], _BLOCK):
        product = (left[at : at + _BLOCK] @ turned).tocsr()
        for i in range(product.shape[0]):
            a, b = product.indptr[i], product.indptr[i + 1]
            near, scores = product.indices[a:b], product.data[a:b]
            best = np.lexsort((near, -scores.round(5)))[:count]
            found.update((at + i, int(j)) for j in near[best])
    return found
