"""Mermaid state diagrams: transitions, composite states, descriptions."""

from __future__ import annotations

from kgbuild.mentions.code.mermaid import parse_mermaid


def test_transitions_and_composites() -> None:
    d = parse_mermaid(
        "stateDiagram-v2\n [*] --> Idle\n Idle --> Busy: work\n Busy --> [*]\n state Busy { a --> b }\n"
        ' state "Long name" as L\n L --> Idle\n note right of L\n a --> z\n end note\n Idle : is waiting\n'
    )
    labels = {n.key: n.label for n in d.nodes.values()}
    assert labels == {"Idle": "is waiting", "a": "a", "b": "b", "L": "Long name"}
    found = {(e.source, e.target, e.label) for e in d.edges}
    assert found == {("Idle", "Busy", "work"), ("a", "b", ""), ("L", "Idle", "")}
    assert [(g.label, g.members) for g in d.groups] == [("Busy", ["a", "b"])]
