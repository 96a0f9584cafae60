"""What exporters read of a graph."""

from __future__ import annotations

from kgbuild.graphs.data import GraphData
from kgbuild.types import RelationMention, Target, TextPosition


def test_open_relations_by_their_words_as_they_are_shown() -> None:
    target = Target("s", (TextPosition(0, 1),))
    found = tuple(
        RelationMention(f"r{n}", "a", f"x/relation/{n}", "b", target, 1.0, "text/1", "", "text", phrase)
        for n, phrase in enumerate(("be part of", "send to", ""))
    )
    phrases = GraphData("x/", (), (), found, (), (), ()).phrases
    assert phrases == {"x/relation/0": "is part of", "x/relation/1": "send to"}
