"""Mermaid sequence diagrams: participants, messages, boxes."""

from __future__ import annotations

from kgbuild.mentions.code.mermaid import parse_mermaid


def test_messages_join_participants_by_their_names() -> None:
    d = parse_mermaid(
        "sequenceDiagram\n participant A as Alice\n A->>+Bob Smith: Hello: you\n Bob Smith-->>-A: Hi\n"
        " alt x --> y\n A-)A: self\n end\n Note over A: A->>B: no message\n A<<-->>Bob Smith: both\n"
    )
    found = [(d.nodes[e.source].label, d.nodes[e.target].label, e.label, e.style, e.both) for e in d.edges]
    assert found == [
        ("Alice", "Bob Smith", "Hello: you", "solid", False), ("Bob Smith", "Alice", "Hi", "dotted", False),
        ("Alice", "Alice", "self", "solid", False), ("Alice", "Bob Smith", "both", "dotted", True),
    ]  # fmt: skip
    assert not d.problems and list(d.nodes) == ["A", "Bob Smith"]


def test_a_box_is_a_group_and_its_colour_no_name() -> None:
    d = parse_mermaid(
        "sequenceDiagram\nbox rgb(1,2,3) Team\nparticipant X\nend\nbox Blue Other\nactor Y\nend\nX->>Y: a"
    )
    assert [(g.label, g.members) for g in d.groups] == [("Team", ["X"]), ("Other", ["Y"])]
