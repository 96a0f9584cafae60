"""A sheet of SVG that remembers where its text stands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from random import Random

from kgbuild.training.drawings.fonts import PICTOGRAM_FAMILY, Face
from kgbuild.training.drawings.graphs import Point
from kgbuild.training.drawings.shapes import length, resample, roughen

Text = tuple[str, float, float, float, float]  # characters and box


class Canvas:
    """Elements in the order of drawing; ``rough`` is how far a hand strays, in pixels."""

    def __init__(self, random: Random, *, rough: float = 0.0) -> None:
        self.random, self.rough = random, rough
        self.parts: list[str] = []
        self.texts: list[Text] = []

    def path(self, points: Sequence[Point], *, stroke: str, width: float, fill: str = "none", closed: bool = False,
             dash: str = "", extra: str = "") -> None:  # fmt: skip
        """A polyline or polygon."""
        points = [*points, points[0]] if closed and self.rough else points
        for turn in range(2 if self.rough > 1 else 1):
            drawn = roughen(self.random, resample(points, 6.0), self.rough) if self.rough else points
            d = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in drawn) + ("Z" if closed else "")
            dashes = f' stroke-dasharray="{dash}"' if dash else ""
            inside = fill if turn == 0 else "none"
            self.parts.append(
                f'<path d="{d}" fill="{inside}" stroke="{stroke}" stroke-width="{width}"{dashes} {extra}/>'
            )

    def rect(self, x0: float, y0: float, x1: float, y1: float, *, fill: str, stroke: str = "none", width: float = 1.0,
             extra: str = "") -> None:  # fmt: skip
        """A filled rectangle."""
        self.parts.append(
            f'<rect x="{x0:.1f}" y="{y0:.1f}" width="{x1 - x0:.1f}" height="{y1 - y0:.1f}" fill="{fill}" '
            f'stroke="{stroke}" stroke-width="{width}" {extra}/>'
        )

    def text(self, text: str, x: float, y: float, face: Face, colour: str, *, anchor: str = "middle") -> Text:
        """A line of text with its middle (or its ``start``) at (x, y); returns it with its box."""
        width = face.width(text)
        left = x - width / 2 if anchor == "middle" else x
        base = y + (face.ascent - face.descent) / 2
        self.parts.append(
            f'<text x="{left:.2f}" y="{base:.2f}" font-family="{face.family}" font-size="{face.size:.2f}" '
            f'fill="{colour}">{escape(text)}</text>'
        )
        made = (text, left, base - face.ascent, left + width, base + face.descent)
        self.texts.append(made)
        return made

    def pictogram(self, code: int, x: float, y: float, size: float, colour: str) -> None:
        """A pictogram of about ``size`` pixels with its middle at (x, y); no text."""
        self.parts.append(
            f'<text x="{x:.2f}" y="{y + 0.38 * size:.2f}" font-family="{PICTOGRAM_FAMILY}" font-weight="900" '
            f'font-size="{size:.2f}" text-anchor="middle" fill="{colour}">&#{code};</text>'
        )

    def head(self, kind: str, points: Sequence[Point], size: float, colour: str, ground: str, width: float) -> None:
        """An arrowhead at the last point of a line."""
        tip = points[-1]
        before = next((p for p in reversed(points) if math.dist(p, tip) >= 0.8 * size), points[0])
        way = math.atan2(tip[1] - before[1], tip[0] - before[0])

        def at(back: float, aside: float) -> Point:
            return (
                tip[0] - back * math.cos(way) - aside * math.sin(way),
                tip[1] - back * math.sin(way) + aside * math.cos(way),
            )

        wing = 0.42 * size
        if kind == "vee":
            self.path([at(size, wing), tip, at(size, -wing)], stroke=colour, width=width)
        elif kind == "circle":
            round_ = [
                at(size / 2 + size / 2.4 * math.cos(t), size / 2.4 * math.sin(t)) for t in (k * 0.3 for k in range(21))
            ]
            self.path(round_, stroke=colour, width=width, fill=colour, closed=True)
        elif kind == "diamond":
            self.path(
                [tip, at(size / 2, wing), at(size, 0), at(size / 2, -wing)],
                stroke=colour,
                width=width,
                fill=colour,
                closed=True,
            )
        elif kind == "stealth":
            self.path(
                [tip, at(size, wing), at(0.7 * size, 0), at(size, -wing)],
                stroke=colour,
                width=1,
                fill=colour,
                closed=True,
            )
        else:
            inside = ground if kind == "hollow" else colour
            self.path(
                [tip, at(size, wing), at(size, -wing)],
                stroke=colour,
                width=width if kind == "hollow" else 1,
                fill=inside,
                closed=True,
            )

    def svg(self, width: float, height: float, ground: str, *, defs: str = "", shift: Point = (0.0, 0.0)) -> str:
        """The whole sheet; its elements moved by ``shift``."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}">'
            f'<defs>{defs}</defs><rect width="100%" height="100%" fill="{ground}"/>'
            f'<g transform="translate({shift[0]:.2f} {shift[1]:.2f})">{"".join(self.parts)}</g></svg>'
        )


def shorten(points: list[Point], by: float) -> list[Point]:
    """A line without its last ``by`` pixels, where a head covers it."""
    while len(points) > 2 and length(points[-2:]) < by:
        by -= length(points[-2:])
        points = points[:-1]
    return points
