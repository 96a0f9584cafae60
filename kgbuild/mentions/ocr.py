"""Text inside pictures and frames: PP-OCR through rapidocr and onnxruntime.

Lines that stand closely under each other with one alignment are one label (a box of a
diagram names its thing in two or three lines).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from kgbuild.config import Config
from kgbuild.identity import segment_iri
from kgbuild.types import Box, Derived, Part, Reading, Segment, Selector

if TYPE_CHECKING:
    from kgbuild.mentions.ppocr import PpOcr

VERSION = "2"
_LEGIBLE = 8  # pixels: no letter is lower


@dataclass(slots=True)
class Line:
    """A line of text read in a picture, with its pixel box and score; ``context``: what else its label says of it."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    score: float
    context: tuple[tuple[str, str], ...] = ()

    @property
    def height(self) -> float:
        return self.y1 - self.y0


class Ocr:
    """Derives label segments from pictures and frames; each distinct picture is read once."""

    name = "ocr"
    version = VERSION
    reads = frozenset({"picture", "frame"})

    def __init__(self, config: Config) -> None:
        self.enabled: bool = config["ocr"]["enabled"]
        self.min_score: float = config["ocr"]["min_score"]
        self._engine: PpOcr | None = None

    def derive(self, readings: Sequence[Reading]) -> list[Derived]:
        """Label segments of every picture and frame, in order."""
        return [Derived(self._derive(reading)) for reading in readings]

    def _derive(self, reading: Reading) -> tuple[Segment, ...]:
        if not self.enabled:
            return ()
        found: dict[str, list[tuple[Line, str]]] = {}
        made: list[Segment] = []
        for segment in reading.segments:
            if segment.modality not in ("picture", "frame") or not reading.blobs.get(segment.blob):
                continue
            if segment.blob not in found:
                found[segment.blob] = self.labels(segment.blob, reading.blobs[segment.blob])
            for line, role in found[segment.blob]:
                number = len(reading.segments) + len(made) + 1
                made.append(self._segment(reading, segment, line, role, number))
        return tuple(made)

    def labels(self, blob: str, png: bytes) -> list[tuple[Line, str]]:
        """The labels in a picture, and the part that each plays in a diagram; here none is known."""
        from kgbuild.mentions.cells import split_tables

        del blob
        cells, rest = split_tables(png, self.lines(png))
        return [(line, "") for line in (*cells, *blocks(rest))]

    def lines(self, png: bytes) -> list[Line]:
        """Lines of text in a picture given as PNG bytes, top to bottom."""
        import numpy as np
        from PIL import Image

        with Image.open(BytesIO(png)) as image:
            flat = image.convert("RGB")
        if min(flat.size) < _LEGIBLE:
            return []
        lines = []
        for corners, text, score in self.engine(np.asarray(flat)):
            text = tidy(text)
            if text and score >= self.min_score:
                (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
                lines.append(Line(text, float(x0), float(y0), float(x1), float(y1), float(score)))
        return sorted(lines, key=lambda n: (n.y0, n.x0, n.text))

    @property
    def engine(self) -> PpOcr:
        """The loaded models, which remember what they have read."""
        if self._engine is None:
            from kgbuild.mentions.ppocr import PpOcr

            self._engine = PpOcr()
        return self._engine

    def _segment(self, reading: Reading, picture: Segment, line: Line, role: str, number: int) -> Segment:
        outer, frame = split_box(picture.target.selectors)
        x, y = max(0, int(line.x0)), max(0, int(line.y0))
        w, h = min(frame.w, round(line.x1)) - x, min(frame.h, round(line.y1)) - y
        target = type(picture.target)(picture.target.source, (*outer, Box(x, y, max(1, w), max(1, h))))
        context = (*picture.context, ("score", f"{line.score:.3f}"), *line.context)
        context += (("role", role),) if role else ()
        return Segment(
            segment_iri(reading.source.id, number), target, "label", line.text, f"{self.name}/{VERSION}", context,
            blob=picture.blob,
        )  # fmt: skip


def tidy(text: str) -> str:
    """A line without what strokes near it were taken for: symbols at its ends, a lone ideograph behind Latin words."""
    words = text.split()
    if sum(c.isascii() and c.isalpha() for c in text) >= 3:
        words = [w for w in words if not (len(w) == 1 and "\u3000" <= w <= "\u9fff")]
    return re.sub(r"^[·•|_~]+\s+|\s+[·•|_~]+$", "", " ".join(words))


def split_box(selectors: Sequence[Selector]) -> tuple[tuple[Selector, ...], Box]:
    """The selectors before a picture's own whole-picture box, and that box."""
    frame = selectors[-1]
    if not isinstance(frame, Box):
        raise ValueError("a picture's target must end with its box")
    outer = tuple(selectors[:-1])
    return outer, frame


def is_plain(selectors: Sequence[Selector]) -> bool:
    """Whether the picture is a file of its own and not a part of something."""
    return not any(isinstance(s, Part) for s in selectors)


def blocks(lines: Iterable[Line]) -> list[Line]:
    """Lines joined to labels: like height, closely stacked, centred or flush left."""
    open_blocks: list[list[Line]] = []
    for line in lines:
        home = next((b for b in open_blocks if _continues(b, line)), None)
        if home is None:
            open_blocks.append([line])
        else:
            home.append(line)
    return [_union(b) for b in open_blocks]


def _continues(block: list[Line], line: Line) -> bool:
    last = block[-1]
    size = min(last.height, line.height)
    if not -0.35 * size <= line.y0 - last.y1 <= 0.45 * size:
        return False
    if not 0.7 < line.height / last.height < 1.43:
        return False
    centre = abs((line.x0 + line.x1) - (last.x0 + last.x1)) / 2
    flush = abs(line.x0 - last.x0)
    return centre < 0.6 * size or (flush < 0.4 * size and min(line.x1, last.x1) > max(line.x0, last.x0))


def _union(block: list[Line]) -> Line:
    return Line(
        " ".join(n.text for n in block),
        min(n.x0 for n in block), min(n.y0 for n in block), max(n.x1 for n in block), max(n.y1 for n in block),
        min(n.score for n in block),
    )  # fmt: skip


def extractor(config: Config) -> Ocr:
    """The extractor of ``[mentions] extractors = ["ocr"]``: it reads the diagrams in pictures as well."""
    from kgbuild.mentions.pictures import PictureExtractor

    return PictureExtractor(config) if config["ocr"]["diagrams"] else Ocr(config)
