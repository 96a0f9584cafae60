"""IRIs: from content and relative paths alone, legal whatever the input."""

from __future__ import annotations

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgbuild.identity import clean, entity_iri, mention_iri, normalise, relation_iri, slug, source_iri, statement_iri
from kgbuild.types import Box, Target, TextPosition, TimeSpan

BASE = "https://example.org/kg/"


@given(st.text(max_size=60))
def test_every_label_gives_a_legal_iri(label: str) -> None:
    for iri in (entity_iri(BASE, label, "Thing"), source_iri(BASE, label), statement_iri(BASE, label, "p", label)):
        assert pyoxigraph.NamedNode(iri).value == iri


@given(st.text(max_size=40))
def test_slug_is_a_plain_segment(label: str) -> None:
    assert slug(label) and set(slug(label)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Web Server", "web  server"),
        ("Load_Balancer", "load balancer"),
        ("Deep\\nSpace", "deep space"),
        ("A<br/>B", "a b"),
    ],
)
def test_spellings_of_one_name(a: str, b: str) -> None:
    assert normalise(a) == normalise(b)
    assert entity_iri(BASE, a, "Thing").rsplit("-", 1)[1] == entity_iri(BASE, b, "Thing").rsplit("-", 1)[1]


def test_kind_and_discriminator_tell_apart() -> None:
    iris = {entity_iri(BASE, "Paris", k, d) for k in ("Place", "Person") for d in ("", "x")}
    assert len(iris) == 4


def test_places_tell_mentions_apart() -> None:
    places = [(TextPosition(1, 4),), (TextPosition(1, 5),), (Box(1, 2, 3, 4),), (TimeSpan(0, 1), Box(1, 2, 3, 4))]
    ids = {mention_iri(Target("s", p), "abc", "Thing", "text/1") for p in places}
    assert len(ids) == 4 and all(i.startswith("s#mention-") for i in ids)
    assert len({relation_iri("a", "p", "b", Target("s", p), "x") for p in places}) == 4


def test_clean_keeps_ordinary_text() -> None:
    assert clean("C# and  Go") == "C# and Go"
    assert clean("{") == "{"
