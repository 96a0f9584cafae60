"""Resolution of pairs of tables, without labels and with them, beside two baselines: the README's table.

    python benchmarks/records.py ../shared/align/pairs/* [--meaning]

Columns are F1 over ``valid.csv``. ``free`` touches no label and cuts at ``align.min_score``, as a build does;
``labels`` learns from ``train.csv`` and cuts at 0.5. The baselines
are the cosine of character 3-grams (TF-IDF) and, with ``--meaning``, of MiniLM sentence vectors of the naming column,
each over all candidates with the threshold that is best on ``train.csv``. ``recall`` and ``reduction`` are those of
the candidate search, by all labelled matches. Seconds are CPU time of ``free`` and ``labels``.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from kgbuild.config import Config
from kgbuild.entities.measure import Pair, read_pairs, read_table, score_pairs
from kgbuild.entities.records import RecordTable, blocks, resolve
from kgbuild.entities.records.table import plain
from kgbuild.entities.records.vectors import grams, idf, rowwise, tfidf
from kgbuild.types import Match


def characters(left: RecordTable, right: RecordTable, pairs: np.ndarray) -> np.ndarray:
    """Cosine of the character 3-grams of whole records."""
    pieces = [[grams(plain(" ".join(row))) for row in table.rows()] for table in (left, right)]
    weights = idf([*pieces[0], *pieces[1]])
    return rowwise(tfidf(pieces[0], weights), tfidf(pieces[1], weights), pairs)


def meaning(left: RecordTable, right: RecordTable, pairs: np.ndarray) -> np.ndarray:
    """Cosine of the sentence vectors of the names."""
    from kgbuild.embeddings.text import encoder

    model = encoder(Config.load())
    vectors = [model.encode([row[0] for row in table.rows()]) for table in (left, right)]
    made: np.ndarray = np.sum(vectors[0][pairs[:, 0]] * vectors[1][pairs[:, 1]], axis=1)
    return made


def tuned(names: list[Pair], scores: np.ndarray, train: dict[Pair, bool], valid: dict[Pair, bool]) -> float:
    """F1 on ``valid`` at the threshold that is best on ``train``."""
    found = [Match(a, b, float(s)) for (a, b), s in zip(names, scores, strict=True)]
    cuts = np.unique([m.score for m in found if (m.left, m.right) in train])
    best = max(cuts, key=lambda cut: score_pairs(train, [m for m in found if (m.left, m.right) in train], cut).f1)
    return score_pairs(valid, found, float(best)).f1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--meaning", action="store_true", help="also the baseline of sentence vectors (minutes)")
    options = parser.parse_args()
    print(
        f"{'set':<16}{'recall':>8}{'reduction':>11}{'characters':>12}{'meaning':>9}{'free':>8}{'s':>7}{'labels':>8}{'s':>7}"
    )
    least = Config.load()["align"]["min_score"]
    for folder in options.folders:
        left, right = (read_table(folder / f"records_{side}.jsonl") for side in "ab")
        train, valid = (read_pairs(folder / f"{split}.csv") for split in ("train", "valid"))
        pairs = blocks(left, right)
        names = [(left.ids[i], right.ids[j]) for i, j in pairs.tolist()]
        matches = {p for p, same in (train | valid).items() if same}
        recall = len(matches & set(names)) / len(matches)
        baselines = [tuned(names, characters(left, right, pairs), train, valid)]
        if options.meaning:
            baselines.append(tuned(names, meaning(left, right, pairs), train, valid))
        results = []
        for labels in (None, train):
            started = time.process_time()
            found = resolve(left, right, labels=labels)
            cut = least if labels is None else 0.5
            results += [score_pairs(valid, found, cut).f1, time.process_time() - started]
        shown = "".join(f"{f1:>9.3f}" for f1 in baselines) + ("" if options.meaning else f"{'-':>9}")
        print(
            f"{folder.name:<16}{recall:>8.3f}{1 - len(names) / len(left.ids) / len(right.ids):>11.4f}   {shown}"
            f"{results[0]:>8.3f}{results[1]:>7.1f}{results[2]:>8.3f}{results[3]:>7.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
