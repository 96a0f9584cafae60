"""Lines that go on beyond a gap: between dashes, under labels, through frames."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from kgbuild.mentions.raster.arrows import Head, head_at
from kgbuild.mentions.raster.lines import Canvas
from kgbuild.mentions.raster.skeleton import Chain
from kgbuild.mentions.raster.web import End, Web, angle, walk


def dashes(web: Web, size: float) -> None:
    """Short strokes free at both ends are joined to their neighbours in line with them."""
    from scipy.spatial import cKDTree

    longest, gap = 1.4 * size + 4, 0.9 * size + 2
    short = {i for i, c in enumerate(web.chains) if c.ends == [-1, -1] and c.length <= longest}
    if len(short) < 2:
        return
    ends = [(i, s) for i, c in enumerate(web.chains) for s in (0, 1) if c.ends[s] == -1]
    tips = np.array([web.chains[i].tip(s) for i, s in ends])
    pairs = []
    for p, q in sorted(cKDTree(tips).query_pairs(gap)):
        a, b = ends[p], ends[q]
        if a[0] == b[0] or not (a[0] in short or b[0] in short):
            continue
        distance = float(np.hypot(*(tips[q] - tips[p])))
        turn = _dash_turn(web.chains[a[0]], a[1], web.chains[b[0]], b[1])
        if turn < 60:  # a corner, where nothing goes straight on
            pairs.append((distance * (1 + turn / 45) + (1000 if turn >= 60 else 0), a, b))
    for _, a, b in sorted(pairs):
        if a not in web.follow and b not in web.follow and _goes_on(web, a, b) and _goes_on(web, b, a):
            web.link(a, b)


def _goes_on(web: Web, a: End, b: End) -> bool:
    """Whether a link from ``a`` to ``b`` leads away from what the other side of ``a`` is linked to."""
    other = (a[0], 1 - a[1])
    if other not in web.follow or web.chains[a[0]].length >= 4.5:
        return True
    c = web.follow[other][0]
    if c[0] == b[0]:
        return False
    middle = web.chains[a[0]].points.mean(axis=0)
    back, on = web.chains[c[0]].tip(c[1]) - middle, web.chains[b[0]].tip(b[1]) - middle
    norm = float(np.hypot(*back) * np.hypot(*on))
    return norm > 0 and float(back @ on) / norm < -0.3


def _dash_turn(a: Chain, side_a: int, b: Chain, side_b: int) -> float:
    gap = b.tip(side_b) - a.tip(side_a)
    way = gap / max(1e-6, float(np.hypot(*gap)))
    turns = [0.0]
    for chain, side, sign in ((a, side_a, 1), (b, side_b, -1)):
        if chain.length >= 4.5:
            out = chain.points[-1] - chain.points[0] if side == 1 else chain.points[0] - chain.points[-1]
            turns.append(angle(out / max(1e-6, float(np.hypot(*out))), sign * way))
    return max(turns)


def bridge(web: Web, canvas: Canvas, heads: list[Head], size: float) -> None:
    """Free ends that face each other over a small gap or over a label are one line."""
    import cv2

    ends = [
        (i, s)
        for i, c in enumerate(web.chains)
        for s in (0, 1)
        if web.is_free((i, s)) and (c.length >= 3 or (i, 1 - s) in web.follow)
    ]
    depth = cv2.distanceTransform(canvas.solid.astype(np.uint8), cv2.DIST_L2, 3)
    final = {e for e in ends if _has_head(web, e, heads, canvas, depth)}
    small = max(9.0, 4 * canvas.width)
    wide = 30 * size
    has_nodes = bool(np.isfinite(canvas.distance).any())
    options = []
    for a, b in combinations(ends, 2):
        if a[0] == b[0]:
            continue
        tip_a, tip_b = web.chains[a[0]].tip(a[1]), web.chains[b[0]].tip(b[1])
        gap = tip_b - tip_a
        distance = float(np.hypot(*gap))
        if distance > wide:
            continue
        covered = distance <= small or (has_nodes and _covered(canvas.letters, tip_a, tip_b) > 0.6)
        framed = not covered and distance < max(40, 3 * small) and _covered(canvas.hidden, tip_a, tip_b) > 0.5
        if (not covered and not framed) or (distance > small and not framed and final & {a, b}):
            continue
        if min(canvas.near(tip_a), canvas.near(tip_b)) < 3 + canvas.width or _blocked(canvas, tip_a, tip_b):
            continue
        way = gap / max(distance, 1e-6)
        turn_a, turn_b = angle(_course(web, a), way), angle(_course(web, b), -way)
        limit = 35 if framed else 70 if distance > small else 40 if distance > 4 else 60
        net = angle(_course(web, a), -_course(web, b))
        if turn_a < limit and turn_b < limit and net < 100:
            options.append((distance * (1 + (turn_a + turn_b) / 20), a, b))
    for _, a, b in sorted(options):
        if a not in web.follow and b not in web.follow:
            web.link(a, b)


def _has_head(web: Web, end: End, heads: list[Head], canvas: Canvas, depth: np.ndarray) -> bool:
    """Whether a line ends for good: at a text without a shape, for at a node it does so anyway."""
    chain = web.chains[end[0]]
    if chain.length < 8 or canvas.near(chain.tip(end[1])) < 8 + canvas.width:
        return False
    points = chain.points if end[1] == 0 else chain.points[::-1]
    return any(head_at(points, [h], canvas.width) > 0.5 and not _turned(points, h, depth) for h in heads)


def _turned(points: np.ndarray, head: Head, depth: np.ndarray) -> bool:
    """Whether a line that is hardly more than its head narrows towards its last point, not its first.

    ``depth`` is how far inside the ink each pixel lies, float32 (h, w).
    """
    if len(points) > 6 * head.radius:
        return False
    k = int(np.hypot(points[:, 0] - head.x, points[:, 1] - head.y).argmin())
    reach = round(head.radius)
    first, last = points[max(0, k - reach)].astype(int), points[min(len(points) - 1, k + reach)].astype(int)
    return bool(depth[last[1], last[0]] > depth[first[1], first[0]] + 0.5)


def _course(web: Web, end: End) -> np.ndarray:
    """The heading at an end, over several dashes where the chain is short."""
    chain = web.chains[end[0]]
    if chain.length >= 8:
        return chain.heading(end[1])
    points = walk(web, end).points[:16]
    if len(points) < 2:
        return np.zeros(2)
    way = points[0] - points[-1]
    return way / max(1e-6, float(np.hypot(*way)))


def _blocked(canvas: Canvas, a: np.ndarray, b: np.ndarray) -> bool:
    count = int(max(2, np.abs(b - a).max()))
    line = np.rint(np.linspace(a, b, count)).astype(int)
    return float(canvas.distance[line[:, 1], line[:, 0]].min()) < 2


def _covered(letters: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
    count = int(max(2, np.abs(b - a).max()))
    line = np.rint(np.linspace(a, b, count)).astype(int)
    return float(letters[line[:, 1], line[:, 0]].mean())
