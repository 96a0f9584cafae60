"""What exporters read of a graph: relations in the words in which they are shown."""

from __future__ import annotations

import pytest

from kgbuild.graphs.data import GraphData
from kgbuild.types import RelationMention, Target, TextPosition


@pytest.mark.parametrize(
    ("phrase", "shown"),
    [
        ("be", "is"), ("be part of", "is part of"), ("have", "has"), ("have part", "has part"), ("send to", "send to"),
        ("become", "become"), ("be-all", "be-all"), ("haven", "haven"), ("发送请求", "发送请求"),
    ],
)  # fmt: skip
def test_relations_as_they_are_shown(phrase: str, shown: str) -> None:
    one = RelationMention(
        "r", "a", "x/relation/p", "b", Target("s", (TextPosition(0, 1),)), 1.0, "text/1", "", "text", phrase
    )
    assert GraphData("x/", (), (), (one,), (), (), ()).phrases == {"x/relation/p": shown}
