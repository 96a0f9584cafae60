"""Code that was made to cost much: it is read, or refused, without searching again and again or drawing millions of lines."""

from __future__ import annotations

import pytest

from kgbuild.mentions.code import parse_code
from kgbuild.mentions.code.grammar import without_blocks
from kgbuild.mentions.code.states import _NOTES

MANY = 20_000


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("plantuml", f"@startuml\n[A] --> [B]\nclass C {'<<a>>' * 600} !\n@enduml"),
        ("plantuml", "@startuml\n[A] --> [B]\n" + "skinparam a{\nnote\n" * MANY + "@enduml"),
        ("mermaid", "stateDiagram-v2\nA --> B\n" + "note\n" * MANY),
        ("mermaid", "flowchart LR\nA --> B\n" + "a%%{" * MANY),
        ("dot", "strict graph {A -- B;" + "".join(f"a{n} -- b{n};" for n in range(5000)) + "}"),
    ],
    ids=["tags", "blocks", "notes", "directives", "strict"],
)
def test_what_never_closes_is_not_searched_again(language: str, code: str) -> None:
    found = parse_code(language, code)
    assert {"A", "B"} <= {node.label for node in found.nodes.values()} and found.edges


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("dot", f"digraph {{ A -> B {{{' '.join(f'a{n}' for n in range(1500))}}} -> {{{' '.join(f'b{n}' for n in range(1500))}}} }}"),
        ("mermaid", f"flowchart LR\nA --> B\n{' & '.join(f'a{n}' for n in range(300))} --> {' & '.join(f'b{n}' for n in range(300))}"),
    ],
    ids=["dot", "mermaid"],
)  # fmt: skip
def test_few_characters_do_not_draw_millions_of_edges(language: str, code: str) -> None:
    found = parse_code(language, code)
    assert [(edge.source, edge.target) for edge in found.edges] == [("A", "B")]
    assert any("too many edges" in problem for problem in found.problems)


def test_arrows_between_some_are_drawn() -> None:
    assert len(parse_code("dot", "digraph { {a b c} -> {d e} }").edges) == 6


def test_only_whole_blocks_are_made_blank() -> None:
    code = "note a\n x\nend note\nA\nnote b\n y"
    assert without_blocks(code, (_NOTES,)).split() == ["A", "note", "b", "y"]
