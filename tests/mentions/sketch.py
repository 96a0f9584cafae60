"""Diagrams that tests draw themselves, so that the truth about them is known."""

from __future__ import annotations

import math
from collections.abc import Callable
from io import BytesIO
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from kgbuild.mentions.diagram import Diagram
from kgbuild.mentions.ocr import Line
from kgbuild.mentions.raster import read_picture

Point = tuple[float, float]


class Sketch:
    """A drawing that remembers where its text stands, so that reading it needs no OCR."""

    def __init__(self, ground: str = "white", ink: str = "black", size: tuple[int, int] = (900, 520)) -> None:
        self.image = Image.new("RGB", size, ground)
        self.draw = ImageDraw.Draw(self.image)
        self.ground, self.ink, self.font = ground, ink, ImageFont.load_default(18)
        self.lines: list[Line] = []

    def text(self, text: str, x: float, y: float, *, ground: str = "") -> None:
        box = self.draw.textbbox((x, y), text, self.font, anchor="mm")
        if ground:
            self.draw.rectangle((box[0] - 3, box[1] - 3, box[2] + 3, box[3] + 3), ground)
        self.draw.text((x, y), text, self.ink, self.font, anchor="mm")
        self.lines.append(Line(text, box[0] - 2, box[1] - 3, box[2] + 2, box[3] + 3, 0.99))

    def box(self, text: str, x: float, y: float, *, fill: str = "", shape: str = "rectangle") -> None:
        area = (x - 70, y - 30, x + 70, y + 30)
        drawn: dict[str, Callable[..., None]] = {
            "rectangle": self.draw.rectangle, "ellipse": self.draw.ellipse,
            "rounded": lambda a, **k: self.draw.rounded_rectangle(a, 10, **k),
            "diamond": lambda a, **k: self.draw.polygon([(x, y - 45), (x + 90, y), (x, y + 45), (x - 90, y)], **k),
        }  # fmt: skip
        drawn[shape](area, outline=self.ink, fill=fill or None, width=2)
        self.text(text, x, y)

    def line(
        self,
        *points: Point,
        head: bool = True,
        tail: bool = False,
        dashed: bool = False,
        width: int = 2,
        kind: str = "filled",
    ) -> None:
        if dashed:
            for (x0, y0), (x1, y1) in pairwise(points):
                count = int(math.hypot(x1 - x0, y1 - y0) / 10)
                for k in range(count):
                    a, b = k / count, (k + 0.55) / count
                    dash = (x0 + a * (x1 - x0), y0 + a * (y1 - y0), x0 + b * (x1 - x0), y0 + b * (y1 - y0))
                    self.draw.line(dash, self.ink, width)
        else:
            self.draw.line(points, self.ink, width)
        for wanted, tip, before in ((head, points[-1], points[-2]), (tail, points[0], points[1])):
            if wanted:
                way = math.atan2(tip[1] - before[1], tip[0] - before[0])
                long, wide = (18, 0.55) if kind == "open" else (13, 0.4)
                wings = [(tip[0] - long * math.cos(way + s), tip[1] - long * math.sin(way + s)) for s in (wide, -wide)]
                if kind == "open":
                    self.draw.line([wings[0], tip, wings[1]], self.ink, width)
                elif kind == "hollow":
                    self.draw.polygon([tip, *wings], self.ground, self.ink, width)
                else:
                    self.draw.polygon([tip, *wings], self.ink)

    def read(self) -> Diagram:
        return read_picture(np.asarray(self.image), self.lines)


def png(sketch: Sketch) -> bytes:
    data = BytesIO()
    sketch.image.save(data, "PNG")
    return data.getvalue()
