"""Arrowheads drawn as strokes: two short wings that leave a line's end back to both sides of it."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from kgbuild.mentions.raster.arrows import Head
from kgbuild.mentions.raster.lines import Canvas
from kgbuild.mentions.raster.web import End, Web, angle

_NARROW, _WIDE = 10, 70  # degrees between a line and a wing


def fold_wings(web: Web, canvas: Canvas, *, size: float) -> list[Head]:
    """The heads whose wings are chains of a web; the wings are taken out of it."""
    tips = [
        (n, s)
        for n, c in enumerate(web.chains)
        for s in (0, 1)
        if c.ends[s] != -2 and len(c.points) > 2 and canvas.near(c.tip(s)) <= 10 + canvas.width
    ]
    wings = [e for e in tips if _is_wing(web, e, canvas, size)]
    reach = 5 + 2 * canvas.width
    heads = []
    folded: set[int] = set()
    for main in sorted(tips, key=lambda e: -web.chains[e[0]].length):
        chain = web.chains[main[0]]
        if main[0] in folded or not chain.heading(main[1]).any():
            continue
        at, back = chain.tip(main[1]), -chain.heading(main[1], reach=max(12, int(0.8 * size)))
        near = [w for w in wings if w[0] != main[0] and w[0] not in folded and _gap(web, w, at) <= reach]
        best = None
        for a, b in combinations([w for w in near if web.chains[w[0]].length <= chain.length + 4], 2):
            skew = _skew(web, a, b, back)
            if skew is not None and (best is None or skew < best[0]):
                best = (skew, a, b)
        if best is not None:
            folded |= {best[1][0], best[2][0]}
            heads.append(Head(float(at[0]), float(at[1]), max(3.0, canvas.width / 2 + 2.5)))
    for number in folded:
        web.chains[number].ends = [-2, -2]
    return heads


def _is_wing(web: Web, end: End, canvas: Canvas, size: float) -> bool:
    """Whether a chain is short and leads from a node into the open."""
    chain, other = web.chains[end[0]], 1 - end[1]
    if chain.ends[other] != -1 or not 3 <= chain.length <= 1.8 * size:
        return False
    return canvas.near(chain.tip(other)) > canvas.near(chain.tip(end[1])) + 1 or chain.length < 6


def _gap(web: Web, end: End, at: np.ndarray) -> float:
    return float(np.hypot(*(web.chains[end[0]].tip(end[1]) - at)))


def _skew(web: Web, a: End, b: End, back: np.ndarray) -> float | None:
    """How unlike two wings are in degrees; None where they do not lie on both sides of a line that goes ``back``."""
    ways = []
    for number, side in (a, b):
        chain = web.chains[number]
        way = chain.tip(1 - side) - chain.tip(side)
        ways.append(way / max(1e-6, float(np.hypot(*way))))
    turns = [angle(way, back) for way in ways]
    sides = [float(back[0] * way[1] - back[1] * way[0]) for way in ways]
    long, short = sorted((web.chains[a[0]].length, web.chains[b[0]].length), reverse=True)
    if sides[0] * sides[1] >= 0 or not all(_NARROW <= t <= _WIDE for t in turns) or long > 2.5 * short + 3:
        return None
    return abs(turns[0] - turns[1])
