"""Names of terms for people: of properties, of classes, of relations in a text's own words."""

from __future__ import annotations

import pytest

from kgbuild.vocab import CORE, GENERAL, camel, said, shorten, shown, words


@pytest.mark.parametrize(
    ("phrase", "other"),
    [("be", "is"), ("be part of", "is part of"), ("have", "has"), ("have part", "has part"), ("发送请求", "发送请求")],
)
def test_relations_are_shown_as_one_would_say_them(phrase: str, other: str) -> None:
    assert shown(phrase) == other and said(other) == phrase
    assert words(f"https://x.org/relation/{phrase.replace(' ', '_')}") == other


@pytest.mark.parametrize("phrase", ["", "send to", "become", "be-all", "haven", "port"])
def test_others_stay_as_they_are(phrase: str) -> None:
    assert shown(phrase) == said(phrase) == phrase


def test_terms_of_vocabularies() -> None:
    assert words(GENERAL + "headOfGovernment") == "head of government"
    assert camel("head of government") == "headOfGovernment"
    assert shorten(GENERAL + "child") == "gen:child" and shorten(CORE + "path") == "core:path"
    assert shorten("https://x.org/a") == "https://x.org/a"
