"""Diagrams read from pixels: nodes, frames, lines with their heads and labels, as one graph.

Classical vision on numpy, scipy and OpenCV: strokes by contrast against their ground, closed shapes as flat
regions, lines by thinning and straight continuation, ends and labels by assignment.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import numpy as np

from kgbuild.mentions.diagram import Diagram, Edge, Group, Node
from kgbuild.mentions.ocr import Line
from kgbuild.mentions.raster.assign import Link, rate
from kgbuild.mentions.raster.behind import pass_behind
from kgbuild.mentions.raster.body import Frame, reading_order
from kgbuild.mentions.raster.icons import find_icons
from kgbuild.mentions.raster.ink import binary, strokes
from kgbuild.mentions.raster.labels import name_links
from kgbuild.mentions.raster.lines import text_mask
from kgbuild.mentions.raster.nodes import lay_out
from kgbuild.mentions.raster.shapes import find_shapes, find_solids
from kgbuild.mentions.raster.texts import legible, split_lines
from kgbuild.mentions.raster.wiring import wire

_PLAIN = 0.45  # share of texts without a shape, at which lines end, that were nodes on the development diagrams
_REACH = 1.4  # window in which strokes and arrowheads are the minority, in heights of type
_JOINED = 0.4  # share of the boxes that lines join, from which a picture is a diagram


def read_png(png: bytes, lines: Sequence[Line]) -> Diagram:
    """The diagram in a PNG whose text has been read; an empty one for any other picture."""
    from PIL import Image

    if len(lines) < 2:
        return Diagram()
    with Image.open(BytesIO(png)) as image:
        picture = np.asarray(image.convert("RGB"))
    diagram = read_picture(picture, lines)
    return diagram if is_diagram(diagram) else Diagram()


def read_picture(picture: np.ndarray, lines: Sequence[Line]) -> Diagram:
    """The diagram in a picture (uint8 RGB, shape (h, w, 3)) whose text ``lines`` have been read."""
    diagram = Diagram()
    if not lines:
        return diagram
    size = float(np.median([n.height for n in lines])) * 0.75
    contrast = strokes(picture, reach=int(np.clip(_REACH * size, 15, 45)) | 1)
    ink = binary(contrast)
    lines = split_lines(legible(lines, ink), ink)
    shapes = find_shapes(picture, ink, text_mask(ink.shape, lines, trim=0.15))
    icons = find_icons(picture, lines, size=size)
    layout = lay_out(shapes, find_solids(picture, size=size), icons, lines, picture, contrast)
    wiring = wire(picture, ink, layout, lines, size=size)
    links = pass_behind(wiring.links, size=size)
    rate(links)
    texts = wiring.texts
    named = {-1 - k for link in links for k in (link.source, link.target) if k < 0}
    name_links(links, [t for i, t in enumerate(texts) if i not in named and i not in wiring.used], size=size)
    for number, body in enumerate(layout.bodies, 1):
        diagram.nodes[f"n{number}"] = Node(f"n{number}", body.text, 0, 0, body.kind, body.box, body.score)
    for i in sorted(named):
        t = texts[i]
        box = (int(t.x0), int(t.y0), int(t.x1) + 1, int(t.y1) + 1)
        diagram.nodes[f"t{i}"] = Node(f"t{i}", t.text, 0, 0, "plain", box, _PLAIN * t.score)
    diagram.edges = [_edge(link) for link in links]
    diagram.groups = _groups(layout.frames, diagram)
    return diagram


def is_diagram(diagram: Diagram) -> bool:
    """Whether lines join the boxes, as they do not on screens, charts and pages of text."""
    joined = {k for e in diagram.edges for k in (e.source, e.target) if e.source != e.target}
    return len(joined) >= 2 and len(joined) >= _JOINED * len(diagram.nodes)


def _edge(link: Link) -> Edge:
    a, b = (f"n{k}" if k > 0 else f"t{-1 - k}" for k in (link.source, link.target))
    points = tuple((float(x), float(y)) for x, y in link.points)
    if link.heads == (True, False):
        a, b, points = b, a, points[::-1]
    return Edge(a, b, link.label, 0, 0, any(link.heads), all(link.heads), link.style, points, link.score)


def _groups(frames: Sequence[Frame], diagram: Diagram) -> list[Group]:
    """Frames that have a title, each with the nodes and groups that stand in no smaller one of them."""
    titled: list[Frame] = []
    for frame in sorted(frames, key=lambda f: (_area(f.box), f.box)):
        if frame.lines and all(max(abs(p - q) for p, q in zip(frame.box, t.box, strict=True)) > 12 for t in titled):
            titled.append(frame)
    groups = [
        Group(f"g{i}", reading_order(f.lines), 0, 0, [], f.box, min(n.score for n in f.lines))
        for i, f in enumerate(titled)
    ]
    items: list[Node | Group] = [*diagram.nodes.values(), *groups]
    for item in items:
        assert item.box is not None
        x, y = (item.box[0] + item.box[2]) / 2, (item.box[1] + item.box[3]) / 2
        for group in groups:
            box = group.box
            if group is item or box is None or _area(box) <= _area(item.box):
                continue
            if box[0] < x < box[2] and box[1] < y < box[3]:
                group.members.append(item.key)
                break
    return groups


def _area(box: tuple[int, int, int, int]) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])
