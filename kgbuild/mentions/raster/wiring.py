"""Lines between the nodes of a layout; texts without a shape at which lines end are nodes as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kgbuild.mentions.ocr import Line
from kgbuild.mentions.raster.arrows import find_heads, strip_heads
from kgbuild.mentions.raster.assign import Link, Wires, connect
from kgbuild.mentions.raster.body import Body, Layout, loose_blocks
from kgbuild.mentions.raster.lines import draw_canvas
from kgbuild.mentions.raster.texts import has_ground
from kgbuild.mentions.raster.trace import spin

_FEW = 0.2  # share of lines with heads below which there are none


@dataclass(slots=True)
class Wiring:
    """Links between nodes, the loose texts, and which of these (indices) are ends or labels of links."""

    links: list[Link]
    texts: list[Line]
    used: set[int]


def wire(picture: np.ndarray, ink: np.ndarray, layout: Layout, lines: Sequence[Line], *, size: float) -> Wiring:
    """Trace the lines in ``ink`` (bool (h, w)); texts found to be nodes are moved from loose to bodies of ``layout``.

    ``picture`` is uint8 RGB (h, w, 3), ``size`` the height of type in pixels.
    """
    wires, blocks = _trace(picture, ink, layout, lines, size)
    standing = wires.ends if len(wires.ends) > len(layout.bodies) else wires.aims
    if standing:
        for i in sorted(standing):
            text, parts = blocks[i]
            layout.bodies.append(_text_body(text, parts, size))
            layout.loose = [n for n in layout.loose if all(n is not p for p in parts)]
        wires, blocks = _trace(picture, ink, layout, lines, size)
    return Wiring(wires.links, [text for text, _ in blocks], wires.used)


def _trace(
    picture: np.ndarray, ink: np.ndarray, layout: Layout, lines: Sequence[Line], size: float
) -> tuple[Wires, list[tuple[Line, list[Line]]]]:
    canvas = draw_canvas(picture, ink, layout, lines, size=size)
    blocks = loose_blocks(layout.loose)
    texts = [text for text, _ in blocks]
    patched = [has_ground(t, picture, size) for t in texts]
    heads = find_heads(canvas)
    stripped, heads = strip_heads(canvas, heads)
    wires = connect(spin(canvas, stripped, heads, size=size), canvas, heads, texts, patched, size=size)
    if heads and sum(any(x.heads) for x in wires.links) < _FEW * len(wires.links):  # thick places, but no arrows
        wires = connect(spin(canvas, canvas.ink, [], size=size), canvas, [], texts, patched, size=size)
    return wires, blocks


def _text_body(text: Line, parts: Sequence[Line], size: float) -> Body:
    pad = 0.25 * size
    x0, y0, x1, y1 = (int(v) for v in (text.x0 - pad, text.y0, text.x1 + pad + 1, text.y1 + 1))
    outline = np.array([[[x0, y0]], [[x1 - 1, y0]], [[x1 - 1, y1 - 1]], [[x0, y1 - 1]]], np.int32)
    body = Body([outline], (max(0, x0), max(0, y0), x1, y1), list(parts), "plain")
    body.text = text.text
    return body
