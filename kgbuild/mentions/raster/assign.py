"""Ends of lines given to nodes, labels given to lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kgbuild.mentions.ocr import Line
from kgbuild.mentions.raster.arrows import Head, head_at
from kgbuild.mentions.raster.lines import Canvas
from kgbuild.mentions.raster.style import style_of
from kgbuild.mentions.raster.web import Path, Web, walk


@dataclass(slots=True, eq=False)
class Link:
    """A line between two nodes (indices), whether each end has a head, and the points it follows (n, 2)."""

    source: int
    target: int
    heads: tuple[bool, bool]
    points: np.ndarray
    gaps: float
    label: str = ""
    label_score: float = 1.0
    score: float = 1.0
    style: str = "solid"


@dataclass(slots=True)
class Wires:
    """Links; loose texts (indices) used as labels, at which lines end, and at which lines with heads end."""

    links: list[Link]
    used: set[int]
    ends: set[int]
    aims: set[int]


def rate(links: Sequence[Link]) -> None:
    """Scores as shares of such lines that were right on the 128 development diagrams (directed, both ends).

    Where most lines have heads, one without is often a part of another line.
    """
    directed = sum(any(link.heads) for link in links) >= 0.6 * len(links)
    for link in links:
        near = link.gaps <= 12
        if not any(link.heads):
            link.score = 0.35 if directed else 0.91 if near else 0.8
        elif directed:
            link.score = 0.8 if all(link.heads) else 0.97 if near else 0.87
        else:
            link.score = 0.65


def connect(
    web: Web, canvas: Canvas, heads: list[Head], loose: Sequence[Line], patched: Sequence[bool], *, size: float
) -> Wires:
    """Lines with a node at each end. A free text that lines end at counts as a node.

    Node numbers count from 1 as in ``canvas.nearest``; loose text ``i`` is number ``-1 - i``, unless it is
    ``patched`` (has a ground of its own, as labels on lines have).
    """
    import cv2

    heads = [*heads, *web.heads]
    paths: dict[frozenset[tuple[int, int]], Path] = {}
    for number, chain in enumerate(web.chains):
        for side in (0, 1):
            if web.is_free((number, side)) and chain.ends[side] == -1:
                path = walk(web, (number, side))
                paths.setdefault(frozenset(path.ends), path)
    strands: list[_Strand] = []
    used: set[int] = set()
    for path in paths.values():
        at = _node_at(path.points, canvas, loose, size)
        to = _node_at(path.points[::-1], canvas, loose, size)
        points = np.concatenate([at[1][::-1] if at else path.points[:0], path.points, to[1] if to else path.points[:0]])
        short = [len(e[1]) if e else 0 for e in (at, to)]
        over = [e is not None and e[2] for e in (at, to)]
        strands.append(_Strand(points, [at[0] if at else 0, to[0] if to else 0], short, over))
    hidden, heads = [h for h in heads if h.over], [h for h in heads if not h.over]
    strands = _join_under_labels(strands, loose, patched, heads, canvas, size)
    depth = cv2.distanceTransform(canvas.ink.astype(np.uint8), cv2.DIST_L2, 3)
    links: list[Link] = []
    behind: list[tuple[Link, _Strand]] = []
    ends: set[int] = set()
    aims: set[int] = set()
    for strand in strands:
        a, b = strand.nodes
        for e in (0, 1):
            if strand.nodes[e] < 0 and strand.nodes[1 - e]:
                ends.add(-1 - strand.nodes[e])
                if strand.has_head(e, heads, canvas.width):
                    aims.add(-1 - strand.nodes[e])
        if a == 0 or b == 0:
            continue
        length = float(np.hypot(*np.diff(strand.points, axis=0).T).sum()) if len(strand.points) > 1 else 0.0
        if length < 0.5 * size or (a < 0 and b < 0):
            continue
        if a == b and not _is_loop(strand.points, canvas, a, size):
            continue
        ahead = (strand.has_head(0, heads, canvas.width), strand.has_head(1, heads, canvas.width))
        style = style_of(strand.points, depth, canvas.width, size=size)
        bare = sum(g for g, over in zip(strand.gaps, strand.over, strict=True) if not over)
        link = Link(a, b, ahead, strand.points, bare, style=style)
        if hidden and not any(ahead):
            behind.append((link, strand))
        if strand.label is not None:
            link.label, link.label_score = loose[strand.label].text, loose[strand.label].score
            used.add(strand.label)
        links.append(link)
    if 2 * sum(any(x.heads) for x in links) >= len(links):  # heads on the back sheets of stacks
        for link, strand in behind:
            first, last = (strand.head(e, hidden, canvas.width) for e in (0, 1))
            link.heads = (first > max(0.5, last), last > max(0.5, first))
        links = [x for x in links if x.source != x.target or any(x.heads)]  # a loop without a head is a remnant
    return Wires(links, used, ends, aims)


@dataclass(slots=True, eq=False)
class _Strand:
    points: np.ndarray
    nodes: list[int]
    gaps: list[int]
    over: list[bool]
    label: int | None = None

    def head(self, end: int, heads: list[Head], width: float) -> float:
        points = self.points if end == 0 else self.points[::-1]
        return head_at(points, heads, width, gap=self.gaps[end], rest=self.gaps[1 - end])

    def has_head(self, end: int, heads: list[Head], width: float) -> bool:
        return self.head(end, heads, width) > 0.5


def _join_under_labels(
    strands: list[_Strand],
    loose: Sequence[Line],
    patched: Sequence[bool],
    heads: list[Head],
    canvas: Canvas,
    size: float,
) -> list[_Strand]:
    """Two lines that end at one label, neither with a head there, are one line with that label on it."""
    for i in range(len(loose)):
        ends = [(s, e) for s in strands for e in (0, 1) if s.nodes[e] == -1 - i]
        open_ends = []
        for s, e in ends:
            if not s.has_head(e, heads, canvas.width):
                open_ends.append((s, e))
            elif patched[i]:
                s.nodes[e] = 0
        if len(open_ends) >= 2:
            options = []
            for k, (s, e) in enumerate(open_ends):
                for t, f in open_ends[k + 1 :]:
                    if s is not t:
                        options.append((_turn(s, e, t, f), k, s, e, t, f))
            options.sort(key=lambda o: o[:2])
            same = (
                bool(options)
                and len(open_ends) == 2
                and options[0][2].nodes[1 - options[0][3]] == options[0][4].nodes[1 - options[0][5]]
            )
            if options and (patched[i] or same or (len(open_ends) == len(ends) == 2 and options[0][0] < 50)):
                _, _, s, e, t, f = options[0]
                first = s.points if e == 1 else s.points[::-1]
                second = t.points if f == 0 else t.points[::-1]
                joined = _Strand(
                    np.concatenate([first, second]),
                    [s.nodes[1 - e], t.nodes[1 - f]],
                    [s.gaps[1 - e], t.gaps[1 - f]],
                    [s.over[1 - e], t.over[1 - f]],
                    i,
                )
                strands = [x for x in strands if x is not s and x is not t] + [joined]
        if patched[i]:
            for s in strands:
                s.nodes = [0 if n == -1 - i else n for n in s.nodes]
    return strands


def _turn(s: _Strand, e: int, t: _Strand, f: int) -> float:
    a = s.points if e == 1 else s.points[::-1]
    b = t.points if f == 0 else t.points[::-1]
    way_a, way_b = a[-1] - a[-min(len(a), 12)], b[min(len(b), 12) - 1] - b[0]
    norm = float(np.hypot(*way_a) * np.hypot(*way_b))
    return math.degrees(math.acos(float(np.clip(way_a @ way_b / norm, -1, 1)))) if norm else 90.0


def _is_loop(points: np.ndarray, canvas: Canvas, node: int, size: float) -> bool:
    if node < 0:
        return False
    x, y = points[:, 0].astype(int), points[:, 1].astype(int)
    return float(canvas.distance[y, x].max()) > 0.8 * size and float(np.hypot(*(points[0] - points[-1]))) > 3


def _node_at(
    points: np.ndarray, canvas: Canvas, loose: Sequence[Line], size: float
) -> tuple[int, np.ndarray, bool] | None:
    """The node that a line reaches at its first point, the points (n, 2) by which it falls short of it or of the
    front of a stack, and whether it is the latter."""
    x, y = points[0]
    height, width = canvas.distance.shape
    near = float(canvas.distance[int(y), int(x)])
    if near <= 6 + canvas.width:
        return int(canvas.nearest[int(y), int(x)]), _over_sheets(points, canvas, size), True
    tail = points[: max(2, min(len(points), 12))]
    if len(tail) < 2:
        return None
    way = tail[: len(tail) // 2].mean(axis=0) - tail[len(tail) // 2 :].mean(axis=0)
    norm = float(np.hypot(*way))
    if not norm:
        return None
    way = way / norm
    for step in range(1, int(2.2 * size)):
        px, py = x + way[0] * step, y + way[1] * step
        if not (0 <= px < width and 0 <= py < height):
            return None
        if canvas.distance[int(py), int(px)] <= 2:
            return int(canvas.nearest[int(py), int(px)]), _ray(x, y, way, step), False
        for i, text in enumerate(loose):
            if step < 1.3 * size and text.x0 - 2 <= px <= text.x1 + 2 and text.y0 - 1 <= py <= text.y1 + 1:
                return -1 - i, _ray(x, y, way, step), False
    return None


def _over_sheets(points: np.ndarray, canvas: Canvas, size: float) -> np.ndarray:
    """The points (n, 2) by which a line goes on over the back sheets of a stack to its front; else none."""
    way = points[0] - points[min(len(points), 12) - 1]
    norm = float(np.hypot(*way))
    if not norm or not canvas.sheets.any():
        return points[:0]
    ray = _ray(points[0][0], points[0][1], way / norm, int(2.5 * size))
    height, width = canvas.sheets.shape
    ray = ray[(ray >= 0).all(axis=1) & (ray[:, 0] < width) & (ray[:, 1] < height)]
    on = np.flatnonzero(canvas.sheets[ray[:, 1].astype(int), ray[:, 0].astype(int)])
    return ray[: on[-1] + 1] if len(on) else points[:0]


def _ray(x: float, y: float, way: np.ndarray, steps: int) -> np.ndarray:
    return np.array([x, y]) + np.outer(np.arange(1, steps + 1), way)
