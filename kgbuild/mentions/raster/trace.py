"""Lines followed from end to end: straight on at crossings, over the gaps that labels, frames and dashes leave."""

from __future__ import annotations

import numpy as np

from kgbuild.mentions.raster.arrows import Head
from kgbuild.mentions.raster.crossings import cross
from kgbuild.mentions.raster.gaps import bridge, dashes
from kgbuild.mentions.raster.lines import Canvas
from kgbuild.mentions.raster.skeleton import Chain, chains, thin
from kgbuild.mentions.raster.web import Web
from kgbuild.mentions.raster.wings import fold_wings

_HAIRPIN = 0.75  # cosine of the angle between a line's two arms from which it is two lines


def spin(canvas: Canvas, ink: np.ndarray, heads: list[Head], *, size: float) -> Web:
    """The web of all lines of a canvas; ``ink`` is the canvas's own without arrowheads."""
    made, centres = chains(thin(ink))
    web = Web([part for chain in made for part in _unfold(chain, canvas, size)])
    width = canvas.width
    web.heads = fold_wings(web, canvas, size=size)
    _drop_spurs(web, canvas, width)
    cross(web, centres, width, canvas, size)
    dashes(web, size)
    bridge(web, canvas, [*heads, *web.heads], size)
    return web


def _drop_spurs(web: Web, canvas: Canvas, width: float) -> None:
    """Short twigs with a free end are corners of arrowheads and remains of letters."""
    most = max(6.0, 2.5 * width + 2)
    for chain in web.chains:
        free = [e for e in (0, 1) if chain.ends[e] == -1]
        if len(free) != 1 or chain.length > most:
            continue
        near, base = canvas.near(chain.tip(free[0])), canvas.near(chain.tip(1 - free[0]))
        if near > 3.5 + width and (near > 8 or base - near < 0.5 * chain.length):
            chain.ends = [-2, -2]


def _unfold(chain: Chain, canvas: Canvas, size: float, *, reach: int = 12) -> list[Chain]:
    """A chain cut at a hairpin close to a node: two lines that leave one place there."""
    points = chain.points
    if len(points) < 4 * reach:
        return [chain]
    middle = points[reach:-reach]
    back, on = points[: -2 * reach] - middle, points[2 * reach :] - middle
    norm = np.maximum(1e-6, np.hypot(*back.T) * np.hypot(*on.T))
    fold = (back * on).sum(axis=1) / norm
    k = int(fold.argmax())
    if fold[k] < _HAIRPIN or canvas.near(middle[k]) > size:
        return [chain]
    k += reach
    return [Chain(points[:k], [chain.ends[0], -1]), Chain(points[k:], [-1, chain.ends[1]])]
