"""Scores in blocks: nothing that matters is forgotten, and the senses of a name lend each other their contexts."""

from __future__ import annotations

import numpy as np
import pytest

from kgbuild.embeddings.around import OWN, REST, SPACE
from kgbuild.entities import candidates, score
from kgbuild.entities.candidates import ANCHORS, name_pairs, near_names
from kgbuild.entities.cluster import cluster
from kgbuild.entities.columns import Columns
from kgbuild.entities.group import group
from kgbuild.entities.score import PAIR_FEATURES, Scorer
from kgbuild.entities.surroundings import Surroundings
from kgbuild.models.arrays import unit
from kgbuild.types import EmbeddingTable, Mention, Target, TextPosition

NONE = np.zeros((0, 2), np.int64)


def made(count: int, bearers: int, seed: int = 0, *, width: int = 24) -> Scorer:
    rng = np.random.default_rng(seed)
    names = [f"{w} {v}" for w in ("Red", "Blue", "Green", "Old") for v in ("River", "Bridge", "Union", "Harbour")]
    mentions, own = [], list[int]()
    for i in range(count):
        name = "Red River" if i < bearers else names[rng.integers(len(names))]
        target = Target(f"https://x.org/source/{i:04d}", (TextPosition(0, len(name)),))
        own.append(names.index(name))
        words = " ".join(f"{name[:2]}word{w}" for w in rng.integers(0, 8, 4))
        mentions.append(Mention(f"{target.source}#m", target, name, "Thing", 0.9, "text/1", context=f"{name} {words}"))
    ids, parts = tuple(m.id for m in mentions), (width, OWN + REST)
    kinds = [rng.standard_normal((len(names), d))[own] + 0.4 * rng.standard_normal((count, d)) for d in parts]
    vectors, states = (EmbeddingTable(s, ids, unit(k)) for s, k in zip(("x", SPACE), kinds, strict=True))
    groups = group(mentions, ids)
    columns = Columns(groups, vectors)
    with near_names(columns, 5) as near:
        return Scorer(groups, columns, name_pairs(columns, near), Surroundings(groups, states))


def test_pairs_that_are_forgotten_change_no_cluster() -> None:
    scorer = made(120, 10)
    whole, kept = scorer.scored(-np.inf, NONE), scorer.scored(0.0, NONE)
    assert 0 < len(kept.pairs) < len(whole.pairs)
    assert (np.diff(kept.pairs[:, 0]) >= 0).all() and len(np.unique(kept.pairs, axis=0)) == len(kept.pairs)
    c, size = scorer.columns, len(scorer.columns.vectors)
    one, other = (
        cluster(s.pairs, s.log_odds, size=size, kind=c.kind, fits=c.fits, wanted=NONE, apart=NONE).label
        for s in (whole, kept)
    )
    assert one.tolist() == other.tolist() and len(set(one.tolist())) < size


def test_the_size_of_blocks_and_the_number_of_threads_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    first = made(120, 10, width=384).scored(0.0, NONE)  # as wide as the match head wants them
    for module, name, value in ((candidates, "_PAIRS", 50), (score, "_CHUNK", 16), (score, "THREADS", 3)):
        monkeypatch.setattr(module, name, value)
    again = made(120, 10, width=384).scored(0.0, NONE)
    assert np.array_equal(first.pairs, again.pairs) and np.array_equal(first.log_odds, again.log_odds)


def test_a_name_of_very_many_grows_with_them_and_is_joined_first() -> None:
    sizes = {}
    for bearers in (ANCHORS * 2, ANCHORS * 4):
        scorer = made(bearers + 40, bearers)
        found = scorer.scored(-np.inf, NONE)
        sizes[bearers] = len(found.pairs)
        common = scorer.of_one_common_name(found.ways)
        assert common.any() and not common.all()
    assert sizes[ANCHORS * 4] < 2.5 * sizes[ANCHORS * 2]


def test_senses_of_a_name_are_compared_with_other_names_only() -> None:
    scorer = made(120, 10)
    found = np.concatenate(list(scorer.candidates()))
    seen = scorer.features(found[:, :2], found[:, 2])[0][:, PAIR_FEATURES.index("around_sense")]
    one_name = scorer.same_name(found[:, 2])
    assert np.isnan(seen[one_name]).all() and np.isfinite(seen[~one_name]).all()


def test_what_stands_around_one_mention_of_a_sense_is_lent_to_the_others() -> None:
    scorer, (a, b, c) = made(30, 3), (0, 1, 2)
    around = scorer.surroundings
    assert around.states is not None
    around.states[[a, b], :OWN], around.states[c, :OWN] = around.states[a, :OWN], -around.states[a, :OWN]
    around.gather(np.array([[a, b], [a, c], [b, c]]))
    assert around.senses is not None
    senses = around.senses[:, OWN:].astype(np.float32)
    assert np.allclose(senses[a], senses[b], atol=2e-3)
    assert not np.allclose(senses[a], unit(around.states[[a], OWN:])[0], atol=0.05)
    assert np.allclose(senses[c], unit(around.states[[c], OWN:])[0], atol=2e-3)  # another sense: nothing is lent
