"""Which given names may be of one person."""

import pytest

from kgbuild.entities.given import other_given_names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anton Lindqvist", "Oskar Lindqvist"),
        ("Martin Luther King", "Coretta Scott King"),
        ("Johann S. Bach", "Carl P. E. Bach"),
        ("Dr. Marta Walsh", "Prof. Hugo Walsh"),
        ("John F. Kennedy Jr.", "Robert Kennedy"),
        ("Léa Moreau", "Hugo MOREAU"),
    ],
)
def test_two_people_of_one_family(one: str, other: str) -> None:
    assert other_given_names(one, other)
    assert other_given_names(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bill Gates", "William Gates"),  # a short form
        ("J. Smith", "John Smith"),
        ("MJ Watson", "Mary-Jane Watson"),
        ("George W. Bush", "Walker Bush"),
        ("Lady Longford", "Elizabeth Longford"),  # a title is no name
        ("Elena Keller", "Helena Keller"),  # may be a spelling
        ("Walsh", "Marta Walsh"),
        ("Marta Walsh", "Marta Keller"),  # another family: married perhaps
        ("", "Marta"),
        ("...", "---"),
    ],
)
def test_what_may_be_one_person(one: str, other: str) -> None:
    assert not other_given_names(one, other)
    assert not other_given_names(other, one)
