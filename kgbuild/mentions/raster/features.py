"""What can be seen of the nodes and lines of a diagram read from pixels, in numbers for ``raster.score``.

Lengths are in heights of type, so that the size of a picture does not matter.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from kgbuild.mentions.diagram import Diagram, Edge, Node

_KINDS = ("rectangle", "rounded", "ellipse", "diamond", "plain", "icon", "table")
_ENDS = ("plain", "icon", "table")
_AT = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.3, 1.7)  # places along a line from its end, in heights of type
NODE_WIDTH = 17 + len(_KINDS)
EDGE_WIDTH = 22 + 2 * len(_ENDS)
END_WIDTH = 7 + 2 * len(_AT) + EDGE_WIDTH


class Sight:
    """The ink of a picture, bool (h, w), as depth and density; ``size`` is the height of type in pixels."""

    def __init__(self, diagram: Diagram, ink: np.ndarray, *, size: float) -> None:
        import cv2

        drawn = ink.astype(np.uint8)
        self.diagram, self.ink, self.size = diagram, ink, max(4.0, size)
        self.depth = cv2.distanceTransform(np.pad(drawn, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
        window = max(3, int(0.8 * self.size)) | 1
        self.density = cv2.boxFilter(drawn, cv2.CV_32F, (window, window))
        self.thick = cv2.dilate(self.depth, np.ones((3, 3), np.uint8))
        self.near = cv2.dilate(drawn, np.ones((5, 5), np.uint8)) > 0
        self.degree = Counter(k for e in diagram.edges for k in (e.source, e.target))
        self.pairs = Counter(frozenset((e.source, e.target)) for e in diagram.edges)
        self.directed = sum(e.directed for e in diagram.edges) / max(1, len(diagram.edges))
        self.boxes = [n.box for n in diagram.nodes.values() if n.box is not None]
        self.kinds = Counter(n.shape for n in diagram.nodes.values())

    def at(self, field: np.ndarray, points: np.ndarray) -> np.ndarray:
        """A field's values at points (n, 2) of x, y."""
        h, w = field.shape
        x = np.clip(np.rint(points[:, 0]).astype(int), 0, w - 1)
        y = np.clip(np.rint(points[:, 1]).astype(int), 0, h - 1)
        return field[y, x]


def node_features(sight: Sight) -> np.ndarray:
    """float32 (nodes, NODE_WIDTH), in the diagram's order."""
    nodes = list(sight.diagram.nodes.values())
    rows = [_node(sight, n) for n in nodes]
    return np.array(rows, np.float32).reshape(len(nodes), NODE_WIDTH)


def _node(sight: Sight, node: Node) -> list[float]:
    x0, y0, x1, y1 = node.box or (0, 0, 1, 1)
    w, h = (x1 - x0) / sight.size, (y1 - y0) / sight.size
    height, width = sight.ink.shape
    inner = sight.ink[max(0, y0 - 1) : y1 + 1, max(0, x0 - 1) : x1 + 1]
    sides = [
        float(s.mean()) if s.size else 0.0
        for s in (
            inner[:4].max(axis=0, initial=0), inner[-4:].max(axis=0, initial=0),
            inner[:, :4].max(axis=1, initial=0), inner[:, -4:].max(axis=1, initial=0),
        )
    ]  # fmt: skip
    others = [b for b in sight.boxes if b != node.box]
    inside = sum(b[0] >= x0 and b[1] >= y0 and b[2] <= x1 and b[3] <= y1 for b in others)
    touching = sum(b[0] < x1 and x0 < b[2] and b[1] < y1 and y0 < b[3] for b in others)
    gap = min(
        (math.hypot(max(b[0] - x1, x0 - b[2], 0), max(b[1] - y1, y0 - b[3], 0)) for b in others), default=sight.size
    )
    letters = sum(c.isalnum() for c in node.label)
    return [
        node.score, math.log1p(w), math.log1p(h), math.log((w + 0.1) / (h + 0.1)),
        w * h * sight.size**2 / (width * height), min(3.0, len(node.label) * 0.6 / max(0.5, w * h)),
        math.log1p(len(node.label)), letters / max(1, len(node.label)),
        sum(c.isdigit() for c in node.label) / max(1, letters),
        min(sides), sum(sides) / 4, float(inner.mean()) if inner.size else 0.0,
        min(4, sight.degree[node.key]) / 4, float(inside > 0), min(3, touching) / 3, min(6.0, gap / sight.size) / 6,
        sight.kinds[node.shape] / len(sight.diagram.nodes), *(float(node.shape == k) for k in _KINDS),
    ]  # fmt: skip


def edge_features(sight: Sight) -> tuple[np.ndarray, np.ndarray]:
    """float32 (edges, EDGE_WIDTH) of the lines, and (edges, 2, END_WIDTH) of their two ends (source, target)."""
    edges = sight.diagram.edges
    whole = np.zeros((len(edges), EDGE_WIDTH), np.float32)
    ends = np.zeros((len(edges), 2, END_WIDTH), np.float32)
    for k, edge in enumerate(edges):
        points = np.array(edge.points, float).reshape(-1, 2)
        if len(points) < 2:
            points = _between(sight.diagram, edge)
        whole[k] = _edge(sight, edge, points, k)
        usual = max(0.5, float(np.median(sight.at(sight.depth, points))))
        dense = max(0.02, float(np.median(sight.at(sight.density, points))))
        halves = [_end(sight, p, usual, dense) for p in (points, points[::-1])]
        claims = (float(edge.both), float(edge.directed))
        for side in (0, 1):
            peaks = [max(half[:5]) for half in halves]
            ends[k, side] = [
                claims[side], claims[1 - side], peaks[side] - peaks[1 - side], usual / sight.size, dense,
                max(halves[side][len(_AT) :]) - max(halves[1 - side][len(_AT) :]), float(len(points)) / 100,
                *halves[side], *whole[k],
            ]  # fmt: skip
    return whole, ends


def _between(diagram: Diagram, edge: Edge) -> np.ndarray:
    boxes = [diagram.nodes[k].box or (0, 0, 1, 1) for k in (edge.source, edge.target)]
    return np.array([((b[0] + b[2]) / 2, (b[1] + b[3]) / 2) for b in boxes], float)


def _edge(sight: Sight, edge: Edge, points: np.ndarray, number: int) -> list[float]:
    size, nodes = sight.size, sight.diagram.nodes
    steps = np.hypot(*np.diff(points, axis=0).T)
    length = max(1.0, float(steps.sum()))
    inked = sight.at(sight.near, points)
    blank = np.flatnonzero(np.diff(np.concatenate([[1], inked.astype(np.int8), [1]])))
    gap = max((int(b - a) for a, b in zip(blank[::2], blank[1::2], strict=False)), default=0) * length / len(points)
    coarse = points[:: max(1, len(points) // 24)]
    way = np.diff(coarse, axis=0)
    angle = np.unwrap(np.arctan2(way[:, 1], way[:, 0])) if len(way) > 1 else np.zeros(1)
    turns = np.abs(np.diff(angle)) if len(angle) > 1 else np.zeros(1)
    source, target = nodes[edge.source], nodes[edge.target]
    off = [_distance(n.box, p) / size for n, p in ((source, points[0]), (target, points[-1]))]
    inner = points[len(points) // 10 : len(points) - len(points) // 10]
    through = max((_share(b, inner) for n in nodes.values() if n not in (source, target) and (b := n.box)), default=0.0)
    shared = max(
        (
            _along(inner, np.array(o.points, float))
            for k, o in enumerate(sight.diagram.edges)
            if k != number and len(o.points) > 1
        ),
        default=0.0,
    )  # fmt: skip
    return [
        edge.score, math.log1p(length / size), float(inked.mean()), min(8.0, gap / size) / 4,
        float(np.hypot(*(points[-1] - points[0]))) / length, float(turns.sum()) / math.pi,
        float((turns > 0.9).sum()) / 4,
        min(4.0, max(off)), min(4.0, min(off)), float(edge.directed), float(edge.both), sight.directed,
        min(source.score, target.score), max(source.score, target.score),
        (sight.pairs[frozenset((edge.source, edge.target))] - 1) / 2,
        float(edge.source == edge.target), min(8, max(sight.degree[edge.source], sight.degree[edge.target])) / 8,
        min(8, min(sight.degree[edge.source], sight.degree[edge.target])) / 8, float(bool(edge.label)), through, shared,
        len(sight.diagram.edges) / max(1, len(nodes)),
        *(float(k in (source.shape, target.shape)) for k in _ENDS),
        *(float(k == source.shape == target.shape) for k in _ENDS),
    ]  # fmt: skip


def _end(sight: Sight, points: np.ndarray, usual: float, dense: float) -> list[float]:
    """Depth and density of ink along a line from its first point, against what is usual on that line."""
    steps = np.concatenate([[0.0], np.hypot(*np.diff(points, axis=0).T).cumsum()])
    places = np.minimum(np.searchsorted(steps, [a * sight.size for a in _AT]), len(points) - 1)
    depth = sight.at(sight.thick, points[places]) / usual
    density = sight.at(sight.density, points[places]) / dense
    return [*np.minimum(depth, 8.0).tolist(), *np.minimum(density, 8.0).tolist()]


def _distance(box: tuple[int, int, int, int] | None, point: np.ndarray) -> float:
    if box is None:
        return 0.0
    x, y = point
    return math.hypot(max(box[0] - x, 0, x - box[2]), max(box[1] - y, 0, y - box[3]))


def _share(box: Sequence[int], points: np.ndarray) -> float:
    """The share of points inside a box."""
    if not len(points):
        return 0.0
    x, y = points.T
    return float(((x > box[0]) & (x < box[2]) & (y > box[1]) & (y < box[3])).mean())


def _along(points: np.ndarray, other: np.ndarray) -> float:
    """The share of points that another line passes within three pixels."""
    if not len(points):
        return 0.0
    low, high = points.min(axis=0) - 3, points.max(axis=0) + 3
    other = other[((other >= low) & (other <= high)).all(axis=1)][::3]
    some = points[:: max(1, len(points) // 24)]
    if not len(other):
        return 0.0
    return float((np.abs(some[:, None] - other[None]).max(axis=2).min(axis=1) <= 3).mean())
