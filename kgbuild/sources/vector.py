"""The formats of vector drawings, one way to read a segment of any of them."""

from __future__ import annotations

from kgbuild.sources.drawing import Drawing, fitted
from kgbuild.sources.excalidraw import parse_excalidraw
from kgbuild.sources.mxgraph import parse_drawio
from kgbuild.sources.svg import parse_svg
from kgbuild.types import Box, Segment

PARSERS = {"svg": parse_svg, "drawio": parse_drawio, "excalidraw": parse_excalidraw}


def parse_drawing(segment: Segment) -> Drawing:
    """The drawing of a ``drawing`` segment in the units of its canvas. Raises ``SourceError``."""
    drawing = PARSERS[dict(segment.context).get("language", "svg")](segment.text)
    canvas = segment.target.find(Box)
    if canvas is None or (canvas.w, canvas.h) == (drawing.width, drawing.height):
        return drawing
    return _exported(drawing, canvas.w, canvas.h)


def _exported(drawing: Drawing, width: int, height: int) -> Drawing:
    """The drawing on the canvas it was exported to: one scale, an equal border on all sides."""
    w, h = drawing.width, drawing.height
    scale = min(width / w, height / h)
    if abs(w - h) > 0.05 * max(w, h):
        found = (width - height) / (w - h)
        border = (width - found * w) / 2
        if 0.1 <= found <= 10 and 0 <= border <= 0.25 * width:
            scale = found
    dx, dy = (width / scale - w) / 2, (height / scale - h) / 2
    return fitted(drawing, scale, dx, dy, width, height)
