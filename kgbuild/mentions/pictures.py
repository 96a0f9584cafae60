"""Diagrams in pictures and frames: nodes become mentions, lines relation mentions, each with its box."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO

from kgbuild.config import Config
from kgbuild.mentions.boxed import state
from kgbuild.mentions.cells import is_table, split_tables
from kgbuild.mentions.diagram import Diagram, Group, Node
from kgbuild.mentions.growth import Shown, grow
from kgbuild.mentions.ocr import Line, Ocr, blocks
from kgbuild.mentions.raster import Seen, see_png
from kgbuild.types import Derived, Extraction, Mention, Reading, RelationMention, Segment, TimeSpan

VERSION = "2"
AGENT = f"pictures/{VERSION}"
_REMEMBERED = 256  # pictures
_LABELLED = 0.89  # share of the labels on rightly read lines that are theirs, of the 128 development diagrams


class PictureExtractor(Ocr):
    """Labels of pictures and frames, and the graphs of those that are diagrams; equal pixels are looked at once."""

    across = True

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.base = config["graph"]["base"]
        self._seen: dict[str, Seen] = {}
        self._known: dict[str, tuple[list[tuple[Line, str]], Seen]] = {}

    def derive(self, readings: Sequence[Reading]) -> list[Derived]:
        """Label segments, each with the kind of its ``picture``; parts of a diagram also with their ``role``."""
        self._seen.clear()
        return super().derive(readings)

    def labels(self, blob: str, png: bytes) -> list[tuple[Line, str]]:
        key = pixels(png)
        if key not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = self._look(png)
        found, self._seen[blob] = self._known[key]
        return found

    def _look(self, png: bytes) -> tuple[list[tuple[Line, str]], Seen]:
        lines = self.lines(png)
        cells, rest = split_tables(png, lines)
        seen = Seen("table", Diagram()) if is_table(cells, rest) else see_png(png, lines)
        if seen.diagram.nodes:
            cells, rest = [], lines
        return [(cell, "") for cell in cells] + [(block, _role(block, seen.diagram)) for block in blocks(rest)], seen

    def _segment(self, reading: Reading, picture: Segment, line: Line, role: str, number: int) -> Segment:
        made = super()._segment(reading, picture, line, role, number)
        return replace(made, context=(*made.context, ("picture", self._seen[picture.blob].kind)))

    def __call__(self, readings: Sequence[Reading]) -> list[Extraction]:
        """One extraction per reading."""
        return [self._extract(reading) for reading in readings]

    def _extract(self, reading: Reading) -> Extraction:
        mentions: list[Mention] = []
        relations: list[RelationMention] = []
        for shown in self._shown(reading) if self.enabled else ():
            modality = "frame" if shown.segment.target.find(TimeSpan) is not None else "picture"
            made = state(shown, agent=AGENT, modality=modality, base=self.base, labelled=_LABELLED)
            mentions += made[0]
            relations += made[1]
        return Extraction(reading.source.id, tuple(mentions), tuple(relations))

    def _shown(self, reading: Reading) -> list[Shown]:
        """The diagrams of a source: each picture's, and those of a video as they stand when complete."""
        found: list[Shown] = []
        frames: list[tuple[Segment, Diagram]] = []
        for segment in reading.segments:
            png = reading.blobs.get(segment.blob)
            if segment.modality not in ("picture", "frame") or not png:
                continue
            if segment.blob not in self._seen:
                self.labels(segment.blob, png)
            diagram = self._seen[segment.blob].diagram
            if segment.modality == "frame":
                frames.append((segment, diagram))
            else:
                found.append(Shown(segment, diagram))
        return found + grow(frames)


def pixels(png: bytes) -> str:
    """SHA-256 of a picture's size and RGB pixels, whatever file they came in."""
    from PIL import Image

    with Image.open(BytesIO(png)) as image:
        flat = image.convert("RGB")
    return hashlib.sha256(repr(flat.size).encode() + flat.tobytes()).hexdigest()


def _role(block: Line, diagram: Diagram) -> str:
    """The part that a label plays in a diagram: ``node``, ``edge``, ``group``, or "" for none."""
    x, y = (block.x0 + block.x1) / 2, (block.y0 + block.y1) / 2
    if any(_holds(node, x, y) for node in diagram.nodes.values()):
        return "node"
    if any(block.text in group.label for group in diagram.groups if _holds(group, x, y)):
        return "group"
    return "edge" if any(block.text in edge.label for edge in diagram.edges) else ""


def _holds(item: Node | Group, x: float, y: float) -> bool:
    return item.box is not None and item.box[0] <= x <= item.box[2] and item.box[1] <= y <= item.box[3]


def extractor(config: Config) -> PictureExtractor:
    """The picture reader, whatever ``[ocr] diagrams`` says."""
    return PictureExtractor(config)
