"""Domain objects survive the way through JSON exactly."""

from __future__ import annotations

import pytest

from kgbuild.serialise import from_json, to_json
from kgbuild.types import (
    Box,
    Extraction,
    Issue,
    Mention,
    Page,
    Part,
    Reading,
    RelationMention,
    Segment,
    Source,
    Target,
    TextPosition,
    TextQuote,
    TimeSpan,
)

TARGET = Target(
    "s",
    (
        Page(2),
        Part("p 1"),
        Box(1, 2, 3, 4),
        TimeSpan(0.5, 1.25),
        TextPosition(3, 9),
        TextQuote("a", "b", "c"),
    ),
)


def test_reading_round_trip() -> None:
    segment = Segment(
        "s#1", TARGET, "text", 'a\n"b" é 名 \udc80', "x/1", (("heading", "H"),), ((0, 2, "strong"),), "ff"
    )
    reading = Reading(
        Source("s", "a/b.md", "text/markdown", "0" * 64, 3),
        (segment,),
        "text",
        {},
        (Issue("read", "c", "m", "s", TARGET),),
    )
    assert from_json(Reading, to_json(reading)) == reading


def test_extraction_round_trip() -> None:
    mention = Mention("m", TARGET, "A", "Person", 0.5, "text/1", context="A b", cluster="c1", nominal=True)
    relation = RelationMention("r", "m", "p", "m", TARGET, 1.0, "text/1", "A b")
    extraction = Extraction("s", (mention,), (relation,), (Issue("extract", "c", "m"),))
    assert from_json(Extraction, to_json(extraction)) == extraction


def test_wrong_json_is_refused() -> None:
    with pytest.raises(ValueError, match="Reading"):
        from_json(Reading, '{"source": 3}')
