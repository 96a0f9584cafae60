"""Diagrams read from pixels: nodes, frames, lines with their heads and labels, as one graph.

Classical vision on numpy, scipy and OpenCV: strokes by contrast against their ground, closed shapes as flat
regions, lines by thinning and straight continuation, ends and labels by assignment.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kgbuild.mentions.diagram import Diagram, Edge, Group, Node
from kgbuild.mentions.ocr import Line
from kgbuild.mentions.raster.arrows import find_heads, strip_heads
from kgbuild.mentions.raster.assign import connect, name_links, pass_behind
from kgbuild.mentions.raster.icons import find_icons
from kgbuild.mentions.raster.ink import binary, strokes
from kgbuild.mentions.raster.lines import draw_canvas
from kgbuild.mentions.raster.nodes import has_ground, lay_out, loose_blocks, reading_order, split_lines
from kgbuild.mentions.raster.shapes import find_shapes
from kgbuild.mentions.raster.trace import spin

_FEW = 0.2  # share of lines with heads below which there are none


def read_picture(picture: np.ndarray, lines: Sequence[Line]) -> Diagram:
    """The diagram in a picture (uint8 RGB, shape (h, w, 3)) whose text ``lines`` have been read."""
    diagram = Diagram()
    if not lines:
        return diagram
    size = float(np.median([n.height for n in lines])) * 0.75
    contrast = strokes(picture)
    ink = binary(contrast)
    lines = split_lines(lines, ink)
    shapes = find_shapes(picture, ink)
    layout = lay_out(shapes, lines, picture, contrast)
    find_icons(picture, layout, size=size)
    canvas = draw_canvas(ink, layout, lines, size=size)
    labels = loose_blocks(layout.loose)
    texts = [block for block, _ in labels]
    patched = [has_ground(t, picture, size) for t in texts]
    heads = find_heads(canvas)
    ink, heads = strip_heads(canvas, heads)
    links, used = connect(spin(canvas, ink, size=size), canvas, heads, texts, patched, size=size)
    if heads and sum(any(link.heads) for link in links) < _FEW * len(links):  # thick places of a graph without arrows
        links, used = connect(spin(canvas, canvas.ink, size=size), canvas, [], texts, patched, size=size)
    links = pass_behind(links, size=size)
    named = {-1 - k for link in links for k in (link.source, link.target) if k < 0}
    name_links(links, [t for i, t in enumerate(texts) if i not in named and i not in used], size=size)
    for number, body in enumerate(layout.bodies, 1):
        box = (body.box[0], body.box[1], body.box[2], body.box[3])
        diagram.nodes[f"n{number}"] = Node(f"n{number}", body.text, 0, 0, body.kind, box, body.score)
    for i in sorted(named):
        t = texts[i]
        box = (int(t.x0), int(t.y0), int(t.x1) + 1, int(t.y1) + 1)
        diagram.nodes[f"t{i}"] = Node(f"t{i}", t.text, 0, 0, "plain", box, t.score)
    for link in links:
        ends = [f"n{k}" if k > 0 else f"t{-1 - k}" for k in (link.source, link.target)]
        head = any(link.heads)
        if link.heads == (True, False):
            ends.reverse()
        points = tuple((float(x), float(y)) for x, y in link.points)
        diagram.edges.append(
            Edge(ends[0], ends[1], link.label, 0, 0, head, all(link.heads), "solid", points)
        )
    for i, frame in enumerate(layout.frames):
        group = Group(f"g{i}", reading_order(frame.lines), 0, 0, [], frame.box)
        diagram.groups.append(group)
    return diagram
