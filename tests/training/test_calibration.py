"""Confidence of relations: a curve that is found again, and what counts as right."""

from __future__ import annotations

import numpy as np
import pytest

from kgbuild.mentions.annotate import Annotation, Relation, Span, chance
from kgbuild.training.calibration import FEWEST, fitted, judged


def test_the_curve_of_a_sample_is_found_again() -> None:
    random = np.random.default_rng(1)
    margins, doubts = random.normal(1, 2, 20000), -random.exponential(0.3, 20000)
    truth = random.random(20000) < [chance((0.8, 2.5, -0.4), m, d) for m, d in zip(margins, doubts, strict=True)]
    assert fitted(np.stack([margins, doubts, truth], 1)) == pytest.approx((0.8, 2.5, -0.4), abs=0.15)


def test_a_handful_of_relations_fits_nothing() -> None:
    rows = np.array([[1.0, 0.0, 1.0]] * 100 + [[-1.0, 0.0, 0.0]] * (FEWEST - 1))
    assert fitted(rows) == (1.0, 0.0, 0.0)


def test_a_found_entity_is_the_one_it_shares_most_with() -> None:
    document = {
        "sents": [["Ada", "of", "Oslo"], ["Ada", "in", "Oslo"]],
        "mentions": [[0, 0, 1, "PER"], [0, 2, 3, "LOC"], [1, 0, 1, "PER"], [1, 2, 3, "LOC"]],
        "clusters": [[0, 2], [1, 3]], "relations": [{"h": 0, "t": 1, "p": "P19"}],
    }  # fmt: skip
    spans = [Span(0, 0, 1, 0, 1.0), Span(1, 0, 1, 0, 1.0), Span(1, 2, 3, 2, 1.0), Span(0, 1, 2, 2, 1.0)]
    relations = [
        Relation(0, 1, 0, 0.9, 0, 2, signs=(2.0, -0.1)),  # Oslo by one of its two names
        Relation(1, 0, 0, 0.6, 2, 0, signs=(0.5, 0.0)),  # turned round
        Relation(0, 2, 0, 0.6, 0, 3, signs=(0.3, -1.0)),  # "of" is nobody's name
    ]
    note = Annotation(document["sents"], [], [], spans, [0] * 4, [[0, 1], [2], [3]], relations)  # type: ignore[arg-type]
    assert judged(note, document, [{"id": "P19"}]) == [(2.0, -0.1, 1.0), (0.5, 0.0, 0.0), (0.3, -1.0, 0.0)]
