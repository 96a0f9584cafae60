"""What two names have in common, with pairs whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgbuild.entities.names import NAME_FEATURES, NameTable, fold


def features(a: str, b: str, *others: str) -> dict[str, float]:
    names = [a, b, *others]
    table = NameTable(names)
    return dict(zip(NAME_FEATURES, table.features(np.array([0]), np.array([1]))[0].tolist(), strict=True))


@pytest.mark.parametrize(
    ("a", "b"), [("Malmö", "Malmo"), ("Łódź", "Lodz"), ("Ærø", "Aero"), ("Straße", "Strasse"), ("Qurʾān", "Quran")]
)
def test_transliterations_fold_to_one_spelling(a: str, b: str) -> None:
    assert fold(a) == fold(b) and features(a, b)["folded"] == 1


@pytest.mark.parametrize(
    ("a", "b", "name", "wanted"),
    [
        ("the Web Servers", "web server", "exact", 1), ("ESA", "European Space Agency", "acronym", 1),
        ("E.S.A.", "European Space Agency", "acronym", 1), ("Server 1", "Server 2", "number_clash", 1),
        ("Server 1", "Server 1", "number_clash", 0), ("2014", "2010", "digits", 1), ("J. Smith", "John Smith", "initials", 1),
        ("K. Smith", "John Smith", "initials", 0), ("car maker", "carmaker", "folded", 1),
        ("Thames", "River Thames", "contained", 1), ("Thames", "River Dee", "contained", 0),
        ("River Dee", "Dee", "last_word", 1),
    ],
)  # fmt: skip
def test_what_two_names_share(a: str, b: str, name: str, wanted: float) -> None:
    assert features(a, b)[name] == pytest.approx(wanted)


def test_a_common_word_left_over_weighs_less_than_a_rare_one() -> None:
    rivers = [f"River {x}" for x in ("Dee", "Avon", "Tyne", "Severn", "Exe")]
    assert features("Thames", "River Thames", *rivers)["left_of_longer"] < features(
        "Thames", "Upper Thames", *rivers
    )["left_of_longer"]  # fmt: skip


names = st.text(max_size=30) | st.sampled_from(["", "x" * 10_000, "NASA", "New York", "\u0301", "(", "the"])


@given(names, names)
def test_any_two_names_have_finite_features_that_do_not_depend_on_their_order(a: str, b: str) -> None:
    table = NameTable([a, b])
    one = table.features(np.array([0, 1]), np.array([1, 0]))
    assert np.isfinite(one).all() and (one[0] == one[1]).all()


def test_a_word_that_begins_other_names_is_no_misspelling() -> None:
    names = [
        "Elena Keller",
        "Helena Keller",
        "Elena Rossi",
        "Elena Varga",
        "Helena Moreau",
        "Helena Brandt",
        "Marta Keller",
    ]
    table, pair = NameTable(names), (np.array([0, 0]), np.array([1, 6]))
    assert table.other_first(*pair).tolist() == [True, False]  # "Marta" begins one name only, and is not alike
    assert not NameTable(names[:4]).other_first(*(column[:1] for column in pair)).any()  # "Helena" begins one only
