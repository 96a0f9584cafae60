"""Diagram code and vector drawings: nodes become mentions, arrows relation mentions, exactly."""

from __future__ import annotations

from collections.abc import Sequence

from kgbuild.config import Config
from kgbuild.errors import SourceError
from kgbuild.identity import clean, mention_iri, relation_iri
from kgbuild.mentions.diagram import Diagram, Group, Node
from kgbuild.mentions.dot import parse_dot
from kgbuild.mentions.drawing import read_drawing
from kgbuild.mentions.mermaid import parse_mermaid
from kgbuild.mentions.text import narrow
from kgbuild.sources.svg import parse_svg, to_box
from kgbuild.types import (
    Box,
    Extraction,
    Issue,
    Mention,
    Reading,
    RelationMention,
    Segment,
    Target,
    TextQuote,
)
from kgbuild.vocab import CORE, GENERAL

VERSION = "1"
AGENT = f"diagrams/{VERSION}"
CONNECTS = CORE + "connectsTo"
PART_OF = GENERAL + "partOf"
PARSERS = {"mermaid": parse_mermaid, "dot": parse_dot}


class DiagramExtractor:
    """Exact nodes and edges of Mermaid, DOT and SVG. One extraction per reading."""

    name = "diagrams"
    version = VERSION

    def __call__(self, readings: Sequence[Reading]) -> list[Extraction]:
        return [self._extract(reading) for reading in readings]

    def _extract(self, reading: Reading) -> Extraction:
        mentions: list[Mention] = []
        relations: list[RelationMention] = []
        issues: list[Issue] = []
        for number, segment in enumerate(reading.segments):
            try:
                if segment.modality == "diagram":
                    diagram = PARSERS[dict(segment.context)["language"]](segment.text)
                    made = _from_code(segment, diagram, f"d{number}-")
                elif segment.modality == "drawing":
                    made = _from_drawing(reading, segment)
                else:
                    continue
            except SourceError as err:
                issues.append(Issue("extract", err.code, str(err), reading.source.id, segment.target))
                continue
            mentions += made[0]
            relations += made[1]
        return Extraction(reading.source.id, tuple(mentions), tuple(relations), tuple(issues))


def _from_code(segment: Segment, diagram: Diagram, prefix: str) -> tuple[list[Mention], list[RelationMention]]:
    mentions: dict[str, Mention] = {}
    spans: dict[str, tuple[int, int]] = {}
    context = dict(segment.context).get("heading", "")
    items: list[Node | Group] = [*diagram.nodes.values(), *diagram.groups]
    for item in items:
        surface = segment.text[item.start : item.end]
        if not any(c.isalpha() for c in surface) or item.key in mentions:
            continue
        target = narrow(segment.target, item.start, item.end)
        spans[item.key] = (item.start, item.end)
        mentions[item.key] = Mention(
            mention_iri(target, surface, "Thing", AGENT), target, surface, "Thing", 1.0, AGENT, "diagram", segment.id,
            context or clean(surface),
        )  # fmt: skip
    relations = []
    for edge in diagram.edges:
        if edge.source in mentions and edge.target in mentions and edge.source != edge.target:
            place = narrow(segment.target, edge.start, edge.end)
            surface = segment.text[edge.start : edge.end]
            for a, b in _ends(edge.source, edge.target, edge.directed, edge.both):
                relations.append(_relation(mentions[a], CONNECTS, mentions[b], place, surface, "diagram"))
    for group in diagram.groups:
        for key in group.members:
            member, holder = spans.get(key), spans.get(group.key)
            if member and holder and key != group.key:
                start, end = min(member[0], holder[0]), max(member[1], holder[1])
                place, surface = narrow(segment.target, start, end), segment.text[start:end]
                relations.append(_relation(mentions[key], PART_OF, mentions[group.key], place, surface, "diagram"))
    return list(mentions.values()), list({r.id: r for r in relations}.values())


def _from_drawing(reading: Reading, segment: Segment) -> tuple[list[Mention], list[RelationMention]]:
    drawing = parse_svg(segment.text)
    diagram = read_drawing(drawing)
    mentions: dict[str, Mention] = {}
    for key, node in diagram.nodes.items():
        label = drawing.labels[node.start]
        place = Target(reading.source.id, (to_box(label.box, drawing), TextQuote(node.label)))
        mentions[key] = Mention(
            mention_iri(place, node.label, "Thing", AGENT), place, node.label, "Thing", 1.0, AGENT, "drawing",
            segment.id, diagram.title or node.label,
        )  # fmt: skip
    relations = []
    for edge in diagram.edges:
        boxes = [s for k in (edge.source, edge.target) for s in mentions[k].target.selectors if isinstance(s, Box)]
        x0, y0 = min(b.x for b in boxes), min(b.y for b in boxes)
        x1, y1 = max(b.x + b.w for b in boxes), max(b.y + b.h for b in boxes)
        place = Target(reading.source.id, (Box(x0, y0, x1 - x0, y1 - y0),))
        for a, b in _ends(edge.source, edge.target, edge.directed, edge.both):
            relations.append(_relation(mentions[a], CONNECTS, mentions[b], place, edge.label, "drawing"))
    return list(mentions.values()), list({r.id: r for r in relations}.values())


def _ends(a: str, b: str, directed: bool, both: bool) -> list[tuple[str, str]]:
    """The directions that an edge states; a line without head states both."""
    return [(a, b)] if directed and not both else [(a, b), (b, a)]


def _relation(
    subject: Mention, predicate: str, object: Mention, place: Target, surface: str, modality: str
) -> RelationMention:
    iri = relation_iri(subject.id, predicate, object.id, place, AGENT)
    return RelationMention(iri, subject.id, predicate, object.id, place, 1.0, AGENT, surface, modality)


def extractor(config: Config) -> DiagramExtractor:
    """The extractor of ``[mentions] extractors = ["diagrams"]``."""
    return DiagramExtractor()
