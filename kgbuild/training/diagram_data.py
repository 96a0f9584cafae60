"""What the classical reader finds in drawings, in numbers, with the truth about each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kgbuild.mentions.diagram import Diagram
from kgbuild.mentions.measure import as_graph, match_nodes
from kgbuild.mentions.raster import find_parts
from kgbuild.mentions.raster.features import Sight, edge_features, node_features
from kgbuild.mentions.raster.kind import KINDS, kind_features
from kgbuild.progress import Progress
from kgbuild.training.drawings import example


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Of one picture: features of nodes, lines and ends of lines, and what is true of them.

    ``right``: a gold node with that label stands there; ``joined``: the line's two nodes are joined by a line;
    ``heads``: whether each end of that line has a head, NaN where it is not known.
    """

    nodes: np.ndarray
    right: np.ndarray
    edges: np.ndarray
    joined: np.ndarray
    ends: np.ndarray
    heads: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A drawing in numbers: its kind, what it looks like as a whole, and of a diagram the candidates in it.

    ``usual``: drawn in the style of the most common tools.
    """

    seed: int
    kind: str
    look: np.ndarray
    candidates: Candidates | None
    usual: bool = False


def samples(diagrams: int, pages: int, *, progress: Progress) -> Iterator[Sample]:
    """So many drawings of diagrams and of each other kind, made and read."""
    wanted = [(kind, seed) for kind in KINDS for seed in range(diagrams if kind == "diagram" else pages)]
    progress.start("draw", len(wanted))
    for kind, seed in wanted:
        made = example(seed, kind=kind)
        diagram, ink, size = find_parts(made.picture, made.lines)
        look = kind_features(made.picture, made.lines, diagram, ink)
        truth = made.sheet.gold(str(seed), zoom=made.zoom)
        found = candidates(diagram, ink, size, truth) if kind == "diagram" else None
        yield Sample(seed, kind, look, found, made.sheet.usual)
        progress.advance("draw", note=f"{kind} {seed}")
    progress.finish("draw")


def candidates(diagram: Diagram, ink: np.ndarray, size: float, gold: Mapping[str, Any]) -> Candidates:
    """What ``find_parts`` gives, held against the gold graph."""
    sight = Sight(diagram, ink, size=size)
    match = match_nodes(gold, as_graph(diagram))
    found = set(match.values())
    right = np.array([key in found for key in diagram.nodes], np.float32)
    drawn: dict[frozenset[str], list[dict[str, Any]]] = {}
    for e in gold["edges"]:
        if e["source"] in match and e["target"] in match:
            drawn.setdefault(frozenset((match[e["source"]], match[e["target"]])), []).append(e)
    given = Counter(frozenset((e.source, e.target)) for e in diagram.edges)
    joined, heads = np.zeros(len(diagram.edges), np.float32), np.full((len(diagram.edges), 2), np.nan, np.float32)
    for k, edge in enumerate(diagram.edges):
        pair = frozenset((edge.source, edge.target))
        truths = drawn.get(pair, [])
        # Of more lines than were drawn, which one is the true one is not known: each is as likely.
        joined[k] = min(1.0, len(truths) / given[pair])
        if len(truths) == given[pair] == 1 and edge.source != edge.target:
            for side, key in enumerate((edge.source, edge.target)):
                heads[k, side] = float(_has_head(truths[0], key, match))
    whole, ends = edge_features(sight)
    return Candidates(node_features(sight), right, whole, joined, ends, heads)


def _has_head(edge: Mapping[str, Any], key: str, match: Mapping[str, str]) -> bool:
    """Whether a gold edge has a head at the node found as ``key``."""
    return bool(edge["both"] or (edge["directed"] and match[edge["target"]] == key))


def judged(diagram: Diagram, gold: Mapping[str, Any]) -> dict[str, tuple[list[float], list[float]]]:
    """Scores and truths (1 right, 0 wrong) of the nodes and of the lines, with their direction, of a diagram."""
    match = match_nodes(gold, as_graph(diagram))
    found = set(match.values())
    drawn: Counter[tuple[str, str, str]] = Counter()
    for e in gold["edges"]:
        a, b = match.get(e["source"], ""), match.get(e["target"], "")
        drawn[_kind(a, b, e["directed"], e["both"])] += 1
    made: dict[str, tuple[list[float], list[float]]] = {"node": ([], []), "edge": ([], [])}
    for node in diagram.nodes.values():
        made["node"][0].append(node.score)
        made["node"][1].append(float(node.key in found))
    for edge in sorted(diagram.edges, key=lambda e: -e.score):
        key = _kind(edge.source, edge.target, edge.directed, edge.both)
        made["edge"][0].append(edge.score)
        made["edge"][1].append(float(drawn[key] > 0))
        drawn[key] -= 1
    return made


def _kind(a: str, b: str, directed: bool, both: bool) -> tuple[str, str, str]:
    if directed and not both:
        return a, b, "->"
    return min(a, b), max(a, b), "<->" if both else "--"
