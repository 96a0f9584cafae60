"""Matches without labels: records compete, what wins teaches, what would win without it says how sure that is.

Within a table a thing stands rarely twice, so of all candidates of a record at most few are right. Pairs that are
each other's best are taken for matches, all other candidates for look-alikes; a logistic regression learns from that
what tells them apart, and its scores choose the next best pairs. Errors of this teacher are random, its lessons are
not (self-training; compare ZeroER, Wu et al., SIGMOD 2020, which fits mixtures instead). How many of the best pairs
are no match is read off decoys, as proteomics does (target-decoy, Elias & Gygi 2007; share of nulls after Storey
2002): with the matches taken out, the same records choose their best pair anew, and all of these are wrong.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kgbuild.entities.records.compare import Features

_ROUNDS = 3
_FOLDS = 4
_BASE = ("record:words", "record:characters")  # what the first best pairs are chosen by
_FEW = 30  # best pairs below which nothing can be learned from them
_SURELY = 1.0  # standard errors to the safe side
_ALIKE = 0.45  # similarity of half a chance where nothing can be learned


def label_free(pairs: np.ndarray, found: Features) -> tuple[np.ndarray, np.ndarray]:
    """Chance (n,) that each candidate pair is one thing, and the score (n,) in logits that it was read from.

    ``pairs``: int64 (n, 2), numbers of the records; no number means a record in either table.
    """
    table = design(found)
    score = np.mean([np.nan_to_num(found[name]) for name in _BASE], axis=0)
    best = is_best(pairs, score)
    if best.sum() < _FEW:
        score = 12 * (_likeness(found) - _ALIKE)
        best = is_best(pairs, score)
        return np.where(best, 1 / (1 + np.exp(-score)), 0.0), score
    chance = calibrate(pairs, score)
    for _ in range(_ROUNDS):
        held = chance > 0.5
        if not held.any():
            break
        score = _cross_fitted(table, held, pairs[:, 0])
        chance = calibrate(pairs, score)
    return calibrate(pairs, score, errors=_SURELY), score


def _likeness(found: Features) -> np.ndarray:
    """A plain similarity in [0, 1]: words, characters, and the mean of the columns' own comparisons, in equal parts."""
    columns = [v for name, v in sorted(found.items()) if name.rpartition(":")[2] in ("words", "near", "same", "code")]
    known = np.stack([v for v in columns], axis=1)
    count = np.maximum((~np.isnan(known)).sum(1), 1)
    parts = [*(np.nan_to_num(found[name]) for name in _BASE), np.nansum(known, axis=1) / count]
    alike: np.ndarray = np.mean(parts, axis=0)
    return alike


def design(found: Features) -> np.ndarray:
    """Columns of mean 0 and variance 1, those that miss values with one more that says where; float64 (n, m)."""
    raw = np.stack([found[name] for name in sorted(found)], axis=1).astype(np.float64)
    missing = np.isnan(raw)
    table = np.hstack([np.nan_to_num(raw), missing[:, missing.any(0)]])
    spread = table.std(0)
    kept = spread > 1e-6
    standard: np.ndarray = (table[:, kept] - table[:, kept].mean(0)) / spread[kept]
    return standard


def margins(ids: np.ndarray, score: np.ndarray) -> np.ndarray:
    """How far each pair is above the best other pair of its record, (n,); a pair alone is above the lowest score."""
    if not len(ids):
        return np.zeros(0)
    order = np.lexsort((-score, ids))
    first = np.r_[True, ids[order][1:] != ids[order][:-1]]
    second = np.r_[False, first[:-1]] & ~first
    floor = score.min(initial=0.0)
    best, rival = (np.full(ids.max(initial=-1) + 1, floor) for _ in range(2))
    best[ids[order][first]], rival[ids[order][second]] = score[order][first], score[order][second]
    leads = np.zeros(len(ids), dtype=bool)
    leads[order[first]] = True
    apart: np.ndarray = score - np.where(leads, rival[ids], best[ids])
    return apart


def is_best(pairs: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Pairs that no other pair of either record is above; bool (n,)."""
    best: np.ndarray = _lead(pairs, score) >= 0
    return best


def _lead(pairs: np.ndarray, score: np.ndarray) -> np.ndarray:
    """The smaller of a pair's margins over its rivals on either side, (n,)."""
    lead: np.ndarray = np.minimum(*sides(pairs, score))
    return lead


def sides(pairs: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The margins (n,) of each pair over the other pairs of its left and of its right record."""
    both = margins(pairs.T.ravel(), np.tile(score, 2))
    return both[: len(pairs)], both[len(pairs) :]


def calibrate(pairs: np.ndarray, score: np.ndarray, *, errors: float = 0.0) -> np.ndarray:
    """Chance (n,) of each pair: 0 if a record has a better one, else one minus the local false discovery rate.

    The rate is taken at so many standard ``errors`` to the safe side.
    """
    lead = _lead(pairs, score)
    best = lead >= 0
    chance = best.astype(np.float64)
    error = np.zeros(int(best.sum()))
    seen = np.stack([score, lead], 1)
    for _ in range(_ROUNDS):
        rest = np.flatnonzero(chance <= 0.5)
        second = _lead(pairs[rest], score[rest])
        decoys = np.stack([score[rest], second], 1)[second >= 0]
        if not len(decoys) or not best.any():
            break
        odds, wrong, error = _odds(seen[best], decoys)
        middle = np.median(wrong)  # below it nearly all best pairs are wrong: their share gives the scale
        scale = min(1.0, (odds <= middle).sum() / (wrong <= middle).sum())
        chance[best] = np.clip(1 - scale / odds, 0, 1)
    if errors and best.any():
        chance[best] = np.clip(1 - (1 - chance[best]) * np.exp(errors * error), 0, 1)
    return chance


def _odds(real: np.ndarray, decoys: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How many best pairs there are for each decoy like this one, of either; of best pairs the log's standard error.

    Logistic regression on score and lead, each a linear spline with one knot at the median; errors are those of its
    normal approximation (Laplace). In small tables few decoys tell little.
    """
    from sklearn.linear_model import LogisticRegression

    seen = np.vstack([real, decoys])
    bent = np.hstack([seen, np.maximum(seen - np.median(seen, axis=0), 0)])
    spline = bent / np.maximum(np.tile(seen.std(0), 2), 1e-9)
    is_real = np.arange(len(seen)) < len(real)
    model = LogisticRegression(C=10, max_iter=1000).fit(spline, is_real)
    logits = model.decision_function(spline)
    table, chance = np.hstack([spline, np.ones((len(spline), 1))]), 1 / (1 + np.exp(-logits))
    prior = np.append(np.full(spline.shape[1], 1 / 10), 1e-6)
    spread = np.linalg.inv((table * (chance * (1 - chance))[:, None]).T @ table + np.diag(prior))
    error = np.sqrt(np.einsum("ij,jk,ik->i", table, spread, table))
    odds = np.exp(np.clip(logits, -20, 20))
    return odds[is_real], odds[~is_real], error[is_real]


def _cross_fitted(table: np.ndarray, held: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Logits (n,) of each pair by a regression that did not see its left record."""
    from sklearn.linear_model import LogisticRegression

    fold = ids % _FOLDS
    score = np.zeros(len(ids))
    for k in range(_FOLDS):
        inside = fold == k
        if inside.any() and 0 < held[~inside].sum() < (~inside).sum():
            model = LogisticRegression(C=0.1, max_iter=300).fit(table[~inside], held[~inside])
            score[inside] = model.decision_function(table[inside])
    return score


def teachers(pairs: np.ndarray, found: Features, names: Sequence[str]) -> Features:
    """The margins of some comparisons over the rivals of either record, as further features."""
    extra: Features = {}
    for name in names:
        values = np.nan_to_num(found[name]).astype(np.float64)
        for word, apart in zip(("left", "right"), sides(pairs, values), strict=True):
            extra[f"{name}/rival {word}"] = apart.astype(np.float32)
    return extra
