"""One spelling for names, and keys under which they are the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from kgbuild.entities.keys import key
from kgbuild.entities.spelling import Spelling, one_spelling


def spelt(names: Sequence[str], *, read: Sequence[str] = (), contexts: Sequence[str] = ()) -> dict[str, str]:
    found = one_spelling(names, np.arange(len(names))[::-1], np.array([n in read for n in names]), contexts)
    return dict(zip(names, found, strict=True))


@pytest.mark.parametrize(
    ("several", "one"),
    [
        ("IPs", "IP"),
        ("REST APIs", "REST API"),
        ("RDBMSes", "RDBMS"),
        ("Workers", "worker"),
        ("Benchmarks/Load Tests", "Benchmark/Load Test"),
        ("Network Address Translation (NAT)", "network address translation"),
        ("Relational database management system (RDBMS)", "relational database management system"),
    ],
)
def test_number_and_a_short_form_in_brackets_do_not_tell_names_apart(several: str, one: str) -> None:
    assert key(several) == key(one)


@pytest.mark.parametrize(
    ("a", "b"), [("HTTPS", "HTTP"), ("iOS", "iO"), ("Mercury (planet)", "Mercury"), ("Paris", "Pari"), ("AWS", "AW")]
)
def test_what_is_no_plural_and_no_short_form_stays(a: str, b: str) -> None:
    assert key(a) != key(b)


def test_blanks_and_marks_are_spelling() -> None:
    assert spelt(["Fan Out Service", "Fanout Service", "Cache"])["Fanout Service"] == "Fan Out Service"
    assert spelt(["A/B", "ab"])["ab"] == "ab"  # too short to tell
    assert spelt(["web server", "Web Servers"])["Web Servers"] == "Web Servers"  # of one key already


def test_a_misread_name_is_the_written_one() -> None:
    assert spelt(["Search API", "Searth API"], read=["Searth API"])["Searth API"] == "Search API"
    assert spelt(["Notification", "Notifcation"], read=["Notifcation"])["Notifcation"] == "Notification"


@pytest.mark.parametrize(
    ("written", "seen", "context"),
    [
        ("Master", "Faster", "It is faster."),  # a word that the texts know
        ("Server 10", "Server 11", ""),
        ("Redis", "Radio", ""),
        ("Queue", "Queues now", ""),
    ],
)
def test_a_word_that_is_one_is_not_misread(written: str, seen: str, context: str) -> None:
    assert spelt([written, seen], read=[seen], contexts=[context])[seen] == seen


def test_two_written_names_are_never_misread() -> None:
    assert spelt(["Search API", "Searth API"])["Searth API"] == "Searth API"


def test_a_gloss_belongs_to_one_name() -> None:
    names = ["MX record", "MX record (mail exchange)", "Mercury", "Mercury (planet)", "Mercury (element)"]
    told = Spelling(names, names)
    found = told.gloss(np.array([0, 1, 2, 2, 0]), np.array([1, 0, 3, 4, 2]))
    assert found.tolist() == [True, True, False, False, False]


def test_names_of_one_case_may_be_respelt() -> None:
    names = ["Worker", "Workers", "workers", "The Worker"]
    told = Spelling(names, names)
    assert told.respelt(np.array([0, 0, 0]), np.array([1, 2, 3])).tolist() == [True, False, False]
