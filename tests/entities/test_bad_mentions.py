"""Mentions that are many, empty, huge or broken: no collapse, no crash, clear errors."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from kgbuild.config import Config
from kgbuild.entities import Alignment, align
from kgbuild.entities.candidates import group_pairs, name_pairs, near_names
from kgbuild.entities.columns import Columns
from kgbuild.entities.group import group
from kgbuild.errors import UsageError
from kgbuild.types import EmbeddingTable, Mention, Target, TextPosition


def mention(name: str, source: int | str, label: str = "Thing", *, n: int = 0, context: str = "") -> Mention:
    target = Target(f"https://x.org/source/{source}", (TextPosition(n, n + len(name)),))
    return Mention(f"{target.source}#{n:05d}", target, name, label, 0.9, "text/1", context=context)


def vectors(mentions: Sequence[Mention], width: int = 32) -> EmbeddingTable:
    """A vector of the letters of a name: equal names are near, others are not."""
    rows = [np.random.default_rng(list(m.surface[:50].encode())).standard_normal(width) for m in mentions]
    matrix = np.array(rows, np.float32).reshape(len(mentions), width)
    return EmbeddingTable(
        "letters", tuple(m.id for m in mentions), matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    )


def run(mentions: Sequence[Mention], table: EmbeddingTable | None = None, **options: object) -> Alignment:
    return align(mentions, table or vectors(mentions), config=Config.load(), **options)  # type: ignore[arg-type]


def test_a_thousand_of_one_name_do_not_collapse_nor_take_the_square() -> None:
    kinds = ("Person", "Place", "Thing")
    mentions = [mention("Jordan", i, kinds[i % 3], context=f"word{i % 7} Jordan other{i % 11}") for i in range(1000)]
    label = {m.id: m.label for m in mentions}
    for entity in run(mentions).entities:
        assert {label[m] for m in entity.mentions} in (
            {"Person"},
            {"Place"},
            {"Thing"},
            {"Person", "Thing"},
            {"Place", "Thing"},
        )
    table = vectors(mentions)
    columns = Columns(group(mentions, table.ids), table)
    with near_names(columns, 10) as near:
        pairs = np.concatenate(list(group_pairs(columns, name_pairs(columns, near))))
    assert 0 < len(pairs) < 20 * len(mentions)


def test_a_heading_on_every_page_pulls_nothing_else_in() -> None:
    mentions = [mention("Overview", i, context="Overview") for i in range(200)]
    mentions += [mention(f"Subject{'abcdefghij'[i % 10]}{i}", i, n=50) for i in range(200)]
    found = run(mentions).entities
    assert all({m.endswith("#00000") for m in e.mentions} in ({True}, {False}) for e in found)
    assert sum(not m.endswith("#00000") for e in found for m in e.mentions if len(e.mentions) == 1) == 200


def test_empty_and_huge_names() -> None:
    mentions = [mention(name, i) for i, name in enumerate(["", " ", "(", "x" * 10_000, "y " * 5_000, "NASA", "NASA"])]
    found = run(mentions).entities
    assert {len(e.mentions) for e in found} <= {1, 2} and sum(len(e.mentions) for e in found) == 4


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_vector_that_is_not_finite_is_named(bad: float) -> None:
    mentions = [mention("NASA", 0), mention("ESA", 1)]
    table = vectors(mentions)
    table.matrix[1, 3] = bad
    with pytest.raises(UsageError, match=r"source/1#00000\. Mend the encoder"):
        run(mentions, table)
    for name in ("states", "fused"):
        with pytest.raises(UsageError, match="not finite"):
            run(mentions, vectors(mentions), **{name: table})


def test_a_table_of_another_size_is_refused() -> None:
    mentions = [mention("NASA", 0), mention("ESA", 1)]
    table = vectors(mentions)
    with pytest.raises(UsageError, match="2 ids but a matrix of 1x32"):
        run(mentions, EmbeddingTable(table.space, table.ids, table.matrix[:1]))


def test_no_mentions_no_entities() -> None:
    assert run([]) == Alignment((), ())
    lone = [mention("NASA", 0)]
    assert run(lone, vectors([])) == Alignment((), ())  # without a vector a mention is no thing
    assert len(run(lone).entities) == 1


def test_neither_the_order_of_mentions_nor_of_vectors_matters() -> None:
    names = ["NASA", "ESA", "European Space Agency", "Madrid", "Real Madrid", "web server", "Web Servers", "Jordan"]
    mentions = [
        mention(name, s, n=20 * i, context=f"{name} in {names[(i + s) % 8]}") for i, name in enumerate(names) for s in range(9)
    ]  # fmt: skip
    first, rng = run(mentions), random.Random(5)
    for _ in range(3):
        shuffled = list(mentions)
        rng.shuffle(shuffled)
        assert run(shuffled, vectors(rng.sample(mentions, len(mentions)))) == first


def test_fused_vectors_speak_for_and_against() -> None:
    mentions = [mention("Mercury", i, context="Mercury") for i in range(2)]
    near, far = np.eye(4, dtype=np.float32)[[0, 0]], np.array([[1, 0, 0, 0], [-1, 0, 0, 0]], np.float32)
    ids = tuple(m.id for m in mentions)
    (for_it,), (without,), (against,) = (
        run(mentions, fused=None if m is None else EmbeddingTable("fused", ids, m)).merges for m in (near, None, far)
    )
    assert for_it.score > without.score > against.score
    assert dict(for_it.features)["fused"] == 0.5 and dict(against.features)["fused"] == -1.5


def test_a_mention_given_twice_counts_once() -> None:
    one = mention("NASA", 0)
    assert run([one, replace(one)]) == run([one])


def test_names_that_never_end_are_shown_by_their_beginning() -> None:
    """Whole they stay what the thing is also called."""
    long = ["order " * 3000 + "a", "x" * 20_000]
    found = run([mention(name, n) for n, name in enumerate(long)]).entities
    assert sorted(e.pref_label for e in found) == [("order " * 33).strip() + "…", "x" * 199 + "…"]
    assert sorted(e.alt_labels for e in found) == sorted((name,) for name in long)
    (whole,) = run([mention("y" * 200, 0)]).entities
    assert whole.pref_label == "y" * 200 and not whole.alt_labels
