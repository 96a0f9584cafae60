"""The match head: what it says of a pair is a matter of that pair alone, and weights are checked."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from kgbuild.embeddings.around import OWN, REST
from kgbuild.entities.head import FILE, Head, load_head, save_head
from kgbuild.entities.score import PAIR_FEATURES
from kgbuild.errors import ConfigError

WIDTHS = (384, OWN + REST, OWN + REST)


def shipped() -> Head:
    head = load_head()
    assert head is not None
    return head


def given(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features of pairs, and what is projected of either end."""
    rng = np.random.default_rng(4)
    features = rng.random((count, len(PAIR_FEATURES)), np.float32)
    features[rng.random(features.shape) < 0.1] = np.nan
    seen = shipped().project(*(rng.standard_normal((2 * count, w)).astype(np.float32) / w**0.5 for w in WIDTHS))
    assert seen is not None
    return features, seen[:count], seen[count:]


def test_a_pair_is_scored_the_same_in_any_company_and_order() -> None:
    head, (features, x, y) = shipped(), given(1500)
    bare = np.arange(1500) % 3 == 0
    whole = head.log_odds(features, x, y, bare)
    assert np.ptp(whole) > 0.1
    picked = np.random.default_rng(1).permutation(1500)[:37]
    assert np.array_equal(head.log_odds(features[picked], x[picked], y[picked], bare[picked]), whole[picked])
    assert np.array_equal(head.log_odds(features, y, x, bare), whole)


def test_bare_names_are_judged_without_contexts() -> None:
    head, (features, x, y) = shipped(), given(40)
    alone = np.ones(40, bool)
    axes = x.shape[1] // 3
    x2 = np.concatenate([x[:, :axes], np.zeros_like(x[:, axes:])], 1)
    assert np.array_equal(head.log_odds(features, x, y, alone), head.log_odds(features, x2, y, alone))
    assert not np.array_equal(head.log_odds(features, x, y, ~alone), head.log_odds(features, x2, y, ~alone))


def test_vectors_of_another_encoder_are_not_for_it() -> None:
    parts = [np.zeros((3, w), np.float32) for w in (512, *WIDTHS[1:])]
    assert shipped().project(*parts) is None


def test_a_damaged_head_is_refused_and_one_of_old_weights_is_none(tmp_path: Path) -> None:
    file = tmp_path / "align.json"
    file.write_text("{}", "utf-8")
    assert load_head(str(file)) is None
    mine = tmp_path / "mine"
    mine.mkdir()
    said = save_head(shipped(), mine)
    mine.joinpath("align.json").write_text(json.dumps({"head": said}), "utf-8")
    again = load_head(str(mine / "align.json"))
    assert again is not None and again.blend == shipped().blend
    data = bytearray(mine.joinpath(FILE).read_bytes())
    data[-1] ^= 1
    mine.joinpath(FILE).write_bytes(data)
    load_head.cache_clear()
    with pytest.raises(ConfigError, match=FILE):
        load_head(str(mine / "align.json"))
