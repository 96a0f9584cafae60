"""A diagram as a graph, whatever it was read from: source code, vector shapes or pixels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_SPREAD = 20_000  # edges of a diagram that arrows between several nodes at once may make


@dataclass(slots=True)
class Node:
    """A node: its key in the diagram, its label as written, the label's characters in the code.

    Read from pixels it has a half-open box (x0, y0, x1, y1) and a score instead of characters.
    """

    key: str
    label: str
    start: int
    end: int
    shape: str = "rectangle"
    box: tuple[int, int, int, int] | None = None
    score: float = 1.0


TOLD = 3  # statements of a diagram that are passed over, of which the line is told


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge between node keys, with its label and the characters of its statement.

    ``kind``: what its notation says it is: ``inheritance`` | ``realisation`` | ``composition`` | ``aggregation`` (the
    target is the whole) | ``dependency`` | ``transition`` (of states), else "". ``reading``: which way the label is
    read where that is not the way of the arrow: ``forward`` (from source to target) | ``backward``.
    """

    source: str
    target: str
    label: str
    start: int
    end: int
    directed: bool = True
    both: bool = False
    style: str = "solid"
    points: tuple[tuple[float, float], ...] = ()
    score: float = 1.0
    kind: str = ""
    reading: str = ""


@dataclass(slots=True)
class Group:
    """A cluster or subgraph: label, its characters, and the keys of what stands directly inside."""

    key: str
    label: str
    start: int
    end: int
    members: list[str] = field(default_factory=list)
    box: tuple[int, int, int, int] | None = None
    score: float = 1.0


@dataclass(slots=True)
class Diagram:
    """Nodes by key in the order of their first appearance, edges and groups in order."""

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    title: str = ""
    problems: list[str] = field(default_factory=list)  # of statements passed over the first are told: line and reason
    spread: int = 0  # edges that arrows between several nodes at once made

    def pairs(self, left: Sequence[str], right: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Each node of the one side of an arrow with each of the other; too many are noted and passed over: a line of
        a few thousand characters draws millions of edges.
        """
        count = len(left) * len(right)
        if count > 1:
            if self.spread + count > _SPREAD:
                self.problems.append(f"an arrow from {len(left)} nodes to {len(right)}: too many edges")
                return
            self.spread += count
        for a in left:
            for b in right:
                yield a, b

    def enter(self, key: str, group: Group | None) -> None:
        """A node named inside a group stands in it, unless another group has named it before."""
        if group is not None and all(key not in g.members for g in self.groups):
            group.members.append(key)
