"""Matches with labels: a matcher learned from labelled pairs, on all comparisons and on how the records compete."""

from __future__ import annotations

import numpy as np

from kgbuild.entities.records.compare import Features
from kgbuild.entities.records.weak import calibrate, design, label_free, teachers

_RIVALRY = ("record:words", "record:characters")  # comparisons whose rivals are looked at


def with_labels(pairs: np.ndarray, found: Features, known: np.ndarray) -> np.ndarray:
    """Chance (n,) that each candidate pair is one thing.

    ``known`` (n,) holds 1 or 0 for labelled pairs, -1 for the others. Two models vote, a logistic regression and
    boosted trees (deterministic, on one thread); both see also what the label-free matcher thinks, which learned
    from all pairs. With labels of one kind only, its own answer is given.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    _, free = label_free(pairs, found)
    told = known >= 0
    if len(set(known[told])) < 2:
        return calibrate(pairs, free)
    rich = {**found, **teachers(pairs, found, _RIVALRY), "free": free.astype(np.float32)}
    rich |= teachers(pairs, rich, ("free",))
    table, raw = design(rich), np.stack([rich[name] for name in sorted(rich)], axis=1)
    truth = known[told]
    linear = LogisticRegression(C=0.1, max_iter=300).fit(table[told], truth)
    trees = HistGradientBoostingClassifier(
        max_iter=150, learning_rate=0.08, max_leaf_nodes=15, min_samples_leaf=10, l2_regularization=1.0,
        early_stopping=False, random_state=0,
    )  # fmt: skip
    with threadpool_limits(1):
        trees.fit(raw[told], truth)
        votes = [linear.predict_proba(table)[:, 1], trees.predict_proba(raw)[:, 1]]
    chance: np.ndarray = np.mean(votes, axis=0)
    return chance
