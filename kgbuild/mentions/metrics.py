"""Precision, recall and F1 of mentions, coreference, relations and trees over a corpus of documents.

Coreference: MUC (Vilain et al. 1995), B-cubed (Bagga & Baldwin 1998), CEAF-e (Luo 2005, phi4) with
singletons, and the mean of their F1 as CoNLL-2012 takes it. Relations end to end as Eberts & Ulges
(2021): both entities and their types must be exactly right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]


@dataclass(slots=True)
class Score:
    """Counts over a corpus: what was right of ``found`` and of ``wanted``; whole numbers but for B-cubed and CEAF."""

    right_found: float = 0.0
    found: float = 0.0
    right_wanted: float = 0.0
    wanted: float = 0.0

    def add(self, right: float, found: float, wanted: float, right_wanted: float | None = None) -> None:
        self.right_found += right
        self.found += found
        self.right_wanted += right if right_wanted is None else right_wanted
        self.wanted += wanted

    @property
    def precision(self) -> float:
        return self.right_found / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        return self.right_wanted / self.wanted if self.wanted else 0.0

    @property
    def f1(self) -> float:
        p, r = self.precision, self.recall
        return 2 * p * r / (p + r) if p + r else 0.0


def score_documents(gold: Iterable[Row], predicted: Mapping[str, Row]) -> dict[str, Score]:
    """All measures that the gold documents allow, by name; a document without prediction counts as empty."""
    scores: dict[str, Score] = {}

    def score(name: str) -> Score:
        return scores.setdefault(name, Score())

    for g in gold:
        p = predicted.get(g["id"], {"mentions": [], "clusters": [], "relations": []})
        _overlap(score("mentions, span and type"), _spans(p), _spans(g))
        _overlap(score("mentions, span"), {m[:3] for m in _spans(p)}, {m[:3] for m in _spans(g)})
        if g.get("mention_info"):
            named = [{m for m, i in zip(_list(d), d["mention_info"], strict=True) if i[0] == "named"} for d in (p, g)]
            _overlap(score("mentions, named, span and type"), *named)
        _coreference(score, _clusters(p), _clusters(g))
        if g.get("relations"):
            _relations(score, p, g)
        if g.get("deprel") and p.get("deprel"):
            _trees(score, p, g)
    return scores


def conll(scores: Mapping[str, Score]) -> float:
    """Mean F1 of the three coreference measures."""
    return sum(scores[f"coreference, {m}"].f1 for m in ("MUC", "B-cubed", "CEAF-e")) / 3


def _list(d: Row) -> list[tuple[int, int, int, str]]:
    return [(m[0], m[1], m[2], m[3]) for m in d["mentions"]]


def _spans(d: Row) -> set[tuple[int, int, int, str]]:
    return set(_list(d))


def _overlap(score: Score, found: set[Any], wanted: set[Any]) -> None:
    score.add(len(found & wanted), len(found), len(wanted))


def _clusters(d: Row) -> list[frozenset[tuple[int, int, int]]]:
    spans = [m[:3] for m in _list(d)]
    return [frozenset(spans[i] for i in c) for c in d["clusters"]]


def _coreference(score: Any, found: Sequence[frozenset[Any]], wanted: Sequence[frozenset[Any]]) -> None:
    home_f = {m: c for c in found for m in c}
    home_w = {m: c for c in wanted for m in c}
    muc = [
        sum(len(c) - len({home.get(m, m) for m in c}) for c in of) for of, home in ((found, home_w), (wanted, home_f))
    ]
    links = [sum(len(c) - 1 for c in of) for of in (found, wanted)]
    score("coreference, MUC").add(muc[0], links[0], links[1], muc[1])
    shared = [m for m in home_f if m in home_w]
    both = {m: len(home_f[m] & home_w[m]) for m in shared}
    score("coreference, B-cubed").add(
        sum(both[m] / len(home_f[m]) for m in shared), len(home_f), len(home_w),
        sum(both[m] / len(home_w[m]) for m in shared),
    )  # fmt: skip
    score("coreference, CEAF-e").add(_best_matching(found, wanted, home_w), len(found), len(wanted))


def _best_matching(found: Sequence[frozenset[Any]], wanted: Sequence[frozenset[Any]], home: Mapping[Any, Any]) -> float:
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    if not found or not wanted:
        return 0.0
    column = {c: i for i, c in enumerate(wanted)}
    likeness = np.zeros((len(found), len(wanted)))
    for i, c in enumerate(found):
        for other, n in Counter(home[m] for m in c if m in home).items():
            likeness[i, column[other]] = 2 * n / (len(c) + len(other))
    rows, columns = linear_sum_assignment(-likeness)
    return float(likeness[rows, columns].sum())


def _relations(score: Any, p: Row, g: Row) -> None:
    kinds = [_typed_clusters(d) for d in (p, g)]
    sides = [
        {(kind[r["h"]], kind[r["t"]], r["p"]) for r in d["relations"]} for d, kind in zip((p, g), kinds, strict=True)
    ]
    _overlap(score("relations, both entities exact"), *sides)


def _typed_clusters(d: Row) -> list[tuple[frozenset[Any], str]]:
    types = [Counter(d["mentions"][i][3] for i in c) for c in d["clusters"]]
    return [(c, max(t, key=lambda k: t[k])) for c, t in zip(_clusters(d), types, strict=True)]


def _trees(score: Any, p: Row, g: Row) -> None:
    rows = [
        [word for s in range(len(d["upos"])) for word in zip(d["upos"][s], d["head"][s], d["deprel"][s], strict=True)]
        for d in (p, g)
    ]
    n = len(rows[1])
    for name, take in (("parts of speech", (0,)), ("heads (UAS)", (1,)), ("heads and labels (LAS)", (1, 2))):
        right = sum(all(a[k] == b[k] for k in take) for a, b in zip(*rows, strict=True))
        score(name).add(right, n, n)
