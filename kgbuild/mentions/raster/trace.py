"""Lines followed from end to end: straight on at crossings, over the gaps that labels, frames and dashes leave."""

from __future__ import annotations

import numpy as np

from kgbuild.mentions.raster.arrows import Head
from kgbuild.mentions.raster.crossings import cross
from kgbuild.mentions.raster.gaps import bridge, dashes
from kgbuild.mentions.raster.lines import Canvas
from kgbuild.mentions.raster.skeleton import chains, thin
from kgbuild.mentions.raster.web import Web
from kgbuild.mentions.raster.wings import fold_wings


def spin(canvas: Canvas, ink: np.ndarray, heads: list[Head], *, size: float) -> Web:
    """The web of all lines of a canvas; ``ink`` is the canvas's own without arrowheads."""
    made, centres = chains(thin(ink))
    web = Web(made)
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
