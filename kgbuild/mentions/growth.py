"""Diagrams that build up over the frames of a video: one diagram, and the frame in which each part came first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kgbuild.identity import normalise
from kgbuild.mentions.diagram import Diagram, Edge, Group, Node
from kgbuild.types import Segment

_KEPT = 0.8  # share of the smaller diagram that must stand in the larger one
_SAME_PLACE = 0.5  # overlap (intersection over union) of the boxes of one thing


@dataclass(slots=True)
class Shown:
    """A diagram with the segment that shows it whole, and the first segment of each part, by ``Node``'s key or ends."""

    segment: Segment
    diagram: Diagram
    first: dict[str | tuple[str, str], Segment] = field(default_factory=dict)

    def when(self, part: str | tuple[str, str]) -> Segment:
        """The segment in which a node or group (its key) or a line (its two ends) was seen first."""
        return self.first.get(part, self.segment)


def grow(frames: Sequence[tuple[Segment, Diagram]]) -> list[Shown]:
    """The diagrams of frames in the order of time; runs that grow (or shrink) by parts are one, the fullest."""
    runs: list[list[tuple[Segment, Diagram]]] = []
    for frame in frames:
        if runs and _belongs(max((d for _, d in runs[-1]), key=_size), frame[1]):
            runs[-1].append(frame)
        else:
            runs.append([frame])
    return [_fullest(run) for run in runs]


def _fullest(run: Sequence[tuple[Segment, Diagram]]) -> Shown:
    segment, whole = max(run, key=lambda f: _size(f[1]))
    shown = Shown(segment, whole)
    for earlier, diagram in reversed(run):
        names = _match(diagram, whole)
        shown.first.update({name: earlier for name in names.values()})
        for e in diagram.edges:
            ends = names.get(e.source, ""), names.get(e.target, "")
            shown.first[ends] = earlier
    return shown


def _size(diagram: Diagram) -> int:
    return len(diagram.nodes) + len(diagram.edges)


def _belongs(a: Diagram, b: Diagram) -> bool:
    """Whether one of two diagrams is part of the other."""
    small, large = sorted((a, b), key=_size)
    if not small.nodes:
        return False
    names = _match(small, large)
    found = sum(key in names for key in small.nodes)
    ends = {_pair(e) for e in large.edges}
    lines = sum((names.get(e.source), names.get(e.target)) in ends for e in small.edges)
    return found >= _KEPT * len(small.nodes) and lines >= _KEPT * len(small.edges)


def _pair(edge: Edge) -> tuple[str, str]:
    return edge.source, edge.target


def _match(a: Diagram, b: Diagram) -> dict[str, str]:
    """Nodes and groups of one diagram and those of another with the same label at the same place."""
    others: dict[str, list[Node | Group]] = {}
    for item in _items(b):
        others.setdefault(normalise(item.label), []).append(item)
    found = {}
    for one in _items(a):
        near = max(others.get(normalise(one.label), []), key=lambda o: _overlap(one.box, o.box), default=None)
        if near is not None and _overlap(one.box, near.box) > _SAME_PLACE:
            found[one.key] = near.key
    return found


def _items(diagram: Diagram) -> list[Node | Group]:
    items: list[Node | Group] = [*diagram.nodes.values()]
    return items + diagram.groups


def _overlap(a: tuple[int, int, int, int] | None, b: tuple[int, int, int, int] | None) -> float:
    if a is None or b is None:
        return 0.0
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    common = max(0, w) * max(0, h)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common
    return common / union if union else 0.0
