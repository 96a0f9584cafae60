"""Diagrams in pictures and frames: nodes become mentions, lines relation mentions, each with its box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kgbuild.config import Config
from kgbuild.identity import mention_iri, relation_iri
from kgbuild.mentions.diagram import Diagram, Edge, Group, Node
from kgbuild.mentions.ocr import Line, Ocr, blocks, split_box
from kgbuild.mentions.raster import Seen, see_png
from kgbuild.types import Box, Extraction, Mention, Reading, RelationMention, Segment, Target, TextQuote, TimeSpan
from kgbuild.vocab import CORE, GENERAL

VERSION = "1"
AGENT = f"pictures/{VERSION}"
CONNECTS = CORE + "connectsTo"
PART_OF = GENERAL + "partOf"


class PictureExtractor(Ocr):
    """Labels of pictures and frames, and the graphs of those that are diagrams; equal pictures are read once."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._seen: dict[str, Seen] = {}

    def derive(self, reading: Reading) -> tuple[Segment, ...]:
        """Label segments, each with the kind of its ``picture``; parts of a diagram also with their ``role``."""
        self._seen.clear()
        return super().derive(reading)

    def labels(self, blob: str, png: bytes) -> list[tuple[Line, str]]:
        lines = self.lines(png)
        seen = self._seen[blob] = see_png(png, lines)
        return [(block, _role(block, seen.diagram)) for block in blocks(lines)]

    def _segment(self, reading: Reading, picture: Segment, line: Line, role: str, number: int) -> Segment:
        made = super()._segment(reading, picture, line, role, number)
        return replace(made, context=(*made.context, ("picture", self._seen[picture.blob].kind)))

    def __call__(self, readings: Sequence[Reading]) -> list[Extraction]:
        """One extraction per reading."""
        return [self._extract(reading) for reading in readings]

    def _extract(self, reading: Reading) -> Extraction:
        mentions: list[Mention] = []
        relations: list[RelationMention] = []
        if self.enabled:
            for segment in reading.segments:
                png = reading.blobs.get(segment.blob)
                if segment.modality not in ("picture", "frame") or not png:
                    continue
                if segment.blob not in self._seen:
                    self._seen[segment.blob] = see_png(png, self.lines(png))
                made = _state(segment, self._seen[segment.blob].diagram)
                mentions += made[0]
                relations += made[1]
        return Extraction(reading.source.id, tuple(mentions), tuple(relations))


def _state(segment: Segment, diagram: Diagram) -> tuple[list[Mention], list[RelationMention]]:
    """Mentions of nodes and titled groups, relation mentions of lines and of what stands in a group."""
    outer, frame = split_box(segment.target.selectors)
    around = dict(segment.context)
    modality = "frame" if segment.target.find(TimeSpan) is not None else "picture"

    def place(box: tuple[float, float, float, float]) -> Target:
        x0, y0 = max(0, int(box[0])), max(0, int(box[1]))
        x1, y1 = min(frame.w, round(box[2])), min(frame.h, round(box[3]))
        return Target(segment.target.source, (*outer, Box(x0, y0, max(1, x1 - x0), max(1, y1 - y0))))

    mentions: dict[str, Mention] = {}
    items: list[Node | Group] = [*diagram.nodes.values(), *diagram.groups]
    for item in items:
        if item.box is not None and any(c.isalpha() for c in item.label):
            target = place(item.box).within(TextQuote(item.label))
            context = around.get("caption") or around.get("alt") or around.get("heading") or item.label
            mentions[item.key] = Mention(
                mention_iri(target, item.label, "Thing", AGENT), target, item.label, "Thing",
                round(item.score, 4), AGENT, modality, segment.id, context,
            )  # fmt: skip
    relations: list[RelationMention] = []

    def relate(a: str, predicate: str, b: str, target: Target, score: float, surface: str) -> None:
        s, o = mentions.get(a), mentions.get(b)
        if s is not None and o is not None and a != b:
            iri = relation_iri(s.id, predicate, o.id, target, AGENT)
            relations.append(
                RelationMention(iri, s.id, predicate, o.id, target, round(score, 4), AGENT, surface, modality)
            )

    for edge in diagram.edges:
        target = place(_hull(edge, diagram))
        relate(edge.source, CONNECTS, edge.target, target, edge.score, edge.label)
        if edge.both or not edge.directed:  # without a head neither end comes first
            relate(edge.target, CONNECTS, edge.source, target, edge.score, edge.label)
    for group in diagram.groups:
        for key in group.members:
            if group.box is not None:
                relate(key, PART_OF, group.key, place(group.box), group.score, "")
    return list(mentions.values()), list({r.id: r for r in relations}.values())


def _hull(edge: Edge, diagram: Diagram) -> tuple[float, float, float, float]:
    """The box of a line; of a very short one, of its two nodes."""
    xs, ys = [p[0] for p in edge.points], [p[1] for p in edge.points]
    if not xs:
        boxes = [b for k in (edge.source, edge.target) if (b := diagram.nodes[k].box) is not None]
        return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)
    return min(xs) - 2, min(ys) - 2, max(xs) + 3, max(ys) + 3


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
