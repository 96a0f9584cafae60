"""The match head learns from vectors what no feature says."""

from __future__ import annotations

import numpy as np
import pytest

from kgbuild.entities.score import PAIR_FEATURES
from kgbuild.training.align_data import Sample

pytest.importorskip("torch")


def test_what_tells_pairs_apart_is_found_in_the_vectors() -> None:
    from kgbuild.training.align_head import fit_head

    rng = np.random.default_rng(0)
    size, count = 400, 3000
    sense = rng.integers(0, 2, size)
    known = tuple(rng.standard_normal((size, d)).astype(np.float32) for d in (12, 6, 6))
    known[0][:, 3] = 3 * (2 * sense - 1)  # one axis among many that say nothing
    known = tuple(v / np.linalg.norm(v, axis=1, keepdims=True) for v in known)
    pairs = rng.integers(0, size, (count, 2))
    features = rng.random((count, len(PAIR_FEATURES)), np.float32)
    truth = sense[pairs[:, 0]] == sense[pairs[:, 1]]
    none, bare = np.zeros(count), rng.random(count) < 0.1
    sample = Sample([None] * size, pairs, features, none, truth, truth, truth, bare, known, none)  # type: ignore[list-item,arg-type]
    taught = np.arange(count // 2)
    head = fit_head([(sample, taught, np.ones(len(taught)))], bare=0.2, epochs=6, seed=1)
    seen = head.project(*known)
    assert seen is not None
    rest = np.arange(count // 2, count)
    said = head.log_odds(features[rest], seen[pairs[rest, 0]], seen[pairs[rest, 1]], bare[rest]) > 0
    assert (said == truth[rest]).mean() > 0.9
