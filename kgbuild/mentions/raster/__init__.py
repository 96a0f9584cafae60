"""Diagrams read from pixels: nodes, frames, lines with their heads and labels, as one graph.

Classical vision on numpy, scipy and OpenCV: strokes by contrast against their ground, closed shapes as flat
regions, lines by thinning and straight continuation, ends and labels by assignment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np

from kgbuild.mentions.diagram import Diagram, Edge, Group, Node
from kgbuild.mentions.ocr import Line
from kgbuild.mentions.raster.assign import Link, rate
from kgbuild.mentions.raster.behind import pass_behind
from kgbuild.mentions.raster.body import Frame, reading_order
from kgbuild.mentions.raster.icons import find_icons
from kgbuild.mentions.raster.ink import binary, strokes
from kgbuild.mentions.raster.kind import is_texture, kind_features
from kgbuild.mentions.raster.labels import name_links, without_strokes
from kgbuild.mentions.raster.lines import text_mask
from kgbuild.mentions.raster.nodes import lay_out
from kgbuild.mentions.raster.prepare import prepare
from kgbuild.mentions.raster.score import name_kind, weigh
from kgbuild.mentions.raster.shapes import find_shapes, find_solids
from kgbuild.mentions.raster.texts import legible, split_lines
from kgbuild.mentions.raster.wiring import wire

_PLAIN = 0.45  # share of texts without a shape, at which lines end, that were nodes on the development diagrams
_REACH = 1.4  # window in which strokes and arrowheads are the minority, in heights of type
_JOINED = 0.4  # share of the boxes that lines join, from which a picture is a diagram


@dataclass(frozen=True, slots=True)
class Seen:
    """What a picture is (one of ``kind.KINDS``), and the diagram in it: an empty one where no graph can be read."""

    kind: str
    diagram: Diagram


def read_png(png: bytes, lines: Sequence[Line]) -> Diagram:
    """The diagram in a PNG whose text has been read; an empty one for any other picture."""
    return see_png(png, lines).diagram


def see_png(png: bytes, lines: Sequence[Line]) -> Seen:
    """What a PNG shows whose text has been read."""
    from PIL import Image

    with Image.open(BytesIO(png)) as image:
        picture = np.asarray(image.convert("RGB"))
    ready = prepare(picture, lines)
    diagram, ink, size = find_parts(ready.picture, ready.lines)
    look = kind_features(ready.picture, ready.lines, diagram, ink)
    kind, readable = name_kind(look, joined=is_diagram(diagram))
    return Seen(kind, ready.restore(weigh(diagram, ink, size)) if readable else Diagram())


def read_picture(picture: np.ndarray, lines: Sequence[Line]) -> Diagram:
    """The diagram in a picture (uint8 RGB, shape (h, w, 3)) whose text ``lines`` have been read."""
    ready = prepare(picture, lines)
    return ready.restore(read_clean(ready.picture, ready.lines))


def read_clean(picture: np.ndarray, lines: Sequence[Line]) -> Diagram:
    """As ``read_picture``, of a picture that nothing has to be done to before."""
    return weigh(*find_parts(picture, lines))


def find_parts(picture: np.ndarray, lines: Sequence[Line]) -> tuple[Diagram, np.ndarray, float]:
    """Everything that may be a node or a line of the diagram, the ink (bool, (h, w)), the height of type in pixels."""
    diagram = Diagram()
    if not lines or is_texture(picture):
        return diagram, np.zeros(picture.shape[:2], bool), 12.0
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
    return diagram, ink, size


def is_diagram(diagram: Diagram) -> bool:
    """Whether lines join the boxes, as they do not on screens, charts and pages of text."""
    joined = {k for e in diagram.edges for k in (e.source, e.target) if e.source != e.target}
    return len(joined) >= 2 and len(joined) >= _JOINED * len(diagram.nodes)


def _edge(link: Link) -> Edge:
    a, b = (f"n{k}" if k > 0 else f"t{-1 - k}" for k in (link.source, link.target))
    points = tuple((float(x), float(y)) for x, y in link.points)
    if link.heads == (True, False):
        a, b, points = b, a, points[::-1]
    return Edge(
        a, b, without_strokes(link.label), 0, 0, any(link.heads), all(link.heads), link.style, points, link.score
    )


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
