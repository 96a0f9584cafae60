"""Mermaid: our samples give the graphs that Mermaid's own parser makes of them; what is not understood is said."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from kgbuild.errors import SourceError
from kgbuild.identity import clean
from kgbuild.mentions.code.mermaid import parse_mermaid
from kgbuild.mentions.diagram import Diagram

SAMPLES = Path(__file__).parents[2] / "data" / "diagrams"
TRUTH = json.loads((SAMPLES / "mermaid.json").read_text("utf-8"))  # Mermaid 12.3.0, by benchmarks/diagram_sources.py


def shown(text: str) -> str:
    text = re.sub(r"fa:fa-\w+ |\*\*|`", "", text)
    return " ".join(clean(text).replace('"', "'").split()) if text.strip() else ""


def as_sets(d: Diagram) -> dict[str, Counter[Any]]:
    labels = {n.key: shown(n.label) for n in d.nodes.values()}
    every = labels | {g.key: shown(g.label) for g in d.groups}
    edges: Counter[Any] = Counter()
    for e in d.edges:
        pair, one_way = [every[e.source], every[e.target]], e.directed and not e.both
        edges[(*(pair if one_way else sorted(pair)), one_way, e.both, shown(e.label))] += 1
    groups = Counter((every[g.key], labels[m]) for g in d.groups for m in g.members if m in labels)
    return {"nodes": Counter(labels.values()), "edges": edges, "groups": groups}


@pytest.mark.parametrize("name", sorted(TRUTH))
def test_the_same_graph_as_mermaid_itself(name: str) -> None:
    found = parse_mermaid((SAMPLES / f"{name}.mmd").read_text("utf-8"))
    assert not found.problems
    for part, counted in as_sets(found).items():
        wanted = Counter(tuple(x) if isinstance(x, list) else x for x in TRUTH[name][part])
        assert counted == wanted, part


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.mmd")), ids=lambda p: p.stem)
def test_every_label_is_the_characters_it_names(path: Path) -> None:
    code = path.read_text("utf-8")
    found = parse_mermaid(code)
    for item in (*found.nodes.values(), *found.groups):
        assert code[item.start : item.end] == item.label
    for edge in found.edges:
        assert code[edge.start : edge.end].strip() and edge.label.strip('"` ') in code


def test_a_line_that_is_not_understood_loses_no_other() -> None:
    found = parse_mermaid("flowchart LR\n A[One] --> B\n -> }}\n B --> C[open\n C --> D\n")
    assert {(e.source, e.target) for e in found.edges} >= {("A", "B"), ("C", "D")}
    assert len(found.problems) == 2 and found.problems[0].startswith("line 3: ") and "-> }}" in found.problems[0]


def test_kinds_that_are_not_read_are_named() -> None:
    assert "line 2" in parse_mermaid("%% x\npie\n x: 1").problems[0]
    with pytest.raises(SourceError, match="line 1"):
        parse_mermaid("nonsense --> here")
    with pytest.raises(SourceError):
        parse_mermaid("")


@pytest.mark.parametrize(
    "code",
    [
        "flowchart LR\n" + "A[" * 3000, "flowchart LR\n" + "subgraph x\n" * 3000, 'flowchart LR\nA["' + "x" * 20000,
        "flowchart LR\n" + " & ".join(f"n{i}" for i in range(500)), "sequenceDiagram\n" + "a->>" * 3000,
        "stateDiagram\n" + "state a {\n" * 3000, "classDiagram\n" + "class A {\n" * 3000, "erDiagram\n" + "{" * 3000,
        "flowchart LR\nA -- " + "- " * 3000, "subgraph\nend\nend",
    ],
)  # fmt: skip
def test_hostile_code_is_bounded(code: str) -> None:
    try:
        assert parse_mermaid(code) is not None
    except SourceError as err:
        assert str(err)
