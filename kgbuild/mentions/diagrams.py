"""Diagram code and vector drawings: nodes become mentions, arrows relation mentions, exactly."""

from __future__ import annotations

from collections.abc import Sequence

from kgbuild.config import Config
from kgbuild.errors import SourceError
from kgbuild.identity import clean, mention_iri, relation_iri, segment_iri
from kgbuild.mentions.boxed import place, state
from kgbuild.mentions.code import parse_code
from kgbuild.mentions.connections import PART_OF, connections
from kgbuild.mentions.diagram import TOLD, Diagram, Group, Node
from kgbuild.mentions.drawing import read_drawing
from kgbuild.mentions.growth import Shown
from kgbuild.mentions.pieces import narrow
from kgbuild.sources.drawing import to_box
from kgbuild.sources.vector import parse_drawing
from kgbuild.types import Derived, Extraction, Issue, Mention, Reading, RelationMention, Segment, Target

VERSION = "3"
AGENT = f"diagrams/{VERSION}"


class DiagramExtractor:
    """Exact nodes and edges of Mermaid, DOT, PlantUML, draw.io, Excalidraw and SVG. One extraction per reading."""

    name = "diagrams"
    version = VERSION
    reads = frozenset({"diagram", "drawing"})

    def __init__(self, config: Config) -> None:
        self.base = config["graph"]["base"]

    def derive(self, readings: Sequence[Reading]) -> list[Derived]:
        """The labels of drawings; those that belong to a diagram are marked with their ``role`` in it."""
        return [Derived(self._derive(reading)) for reading in readings]

    def _derive(self, reading: Reading) -> tuple[Segment, ...]:
        made: list[Segment] = []
        for segment in reading.segments:
            if segment.modality != "drawing":
                continue
            try:
                drawing = parse_drawing(segment)
                _, roles = read_drawing(drawing)
            except SourceError:
                continue  # its extraction says so
            for label, role in roles.items():
                number = len(reading.segments) + len(made) + 1
                box = to_box(label.box, drawing)
                target = place(segment, (box.x, box.y, box.x + box.w, box.y + box.h))
                context = (*segment.context, *((("role", role),) if role else ()))
                iri = segment_iri(reading.source.id, number)
                made.append(Segment(iri, target, "label", label.text, AGENT, context, blob=segment.blob))
        return tuple(made)

    def __call__(self, readings: Sequence[Reading]) -> list[Extraction]:
        return [self._extract(reading) for reading in readings]

    def _extract(self, reading: Reading) -> Extraction:
        mentions: list[Mention] = []
        relations: list[RelationMention] = []
        issues: list[Issue] = []
        for segment in reading.segments:
            try:
                if segment.modality == "diagram":
                    diagram = parse_code(dict(segment.context)["language"], segment.text)
                    made = _from_code(segment, diagram, self.base)
                elif segment.modality == "drawing":
                    diagram, _ = read_drawing(parse_drawing(segment))
                    made = state(Shown(segment, diagram), agent=AGENT, modality="drawing", base=self.base)
                else:
                    continue
            except SourceError as err:
                issues.append(Issue("extract", err.code, str(err), reading.source.id, segment.target))
                continue
            mentions += made[0]
            relations += made[1]
            if diagram.problems:
                issues.append(_passed_over(reading, segment, diagram))
        return Extraction(reading.source.id, tuple(mentions), tuple(relations), tuple(issues))


def _passed_over(reading: Reading, segment: Segment, diagram: Diagram) -> Issue:
    """One issue for all lines of a diagram that its grammar does not know."""
    told = "; ".join(diagram.problems[:TOLD])
    more = f" (and {len(diagram.problems) - TOLD} more)" if len(diagram.problems) > TOLD else ""
    message = f"parts of the diagram were passed over: {told}{more}"
    return Issue("extract", "diagram-lines", message, reading.source.id, segment.target, "warning")


def _from_code(segment: Segment, diagram: Diagram, base: str) -> tuple[list[Mention], list[RelationMention]]:
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
            where = narrow(segment.target, edge.start, edge.end)
            surface = segment.text[edge.start : edge.end]
            for c in connections(edge, diagram, base):
                ends = mentions[c.subject], mentions[c.object]
                relations.append(_relation(*ends, c.predicate, where, surface, c.phrase))
    for group in diagram.groups:
        for key in group.members:
            member, holder = spans.get(key), spans.get(group.key)
            if member and holder and key != group.key:
                start, end = min(member[0], holder[0]), max(member[1], holder[1])
                where, surface = narrow(segment.target, start, end), segment.text[start:end]
                relations.append(_relation(mentions[key], mentions[group.key], PART_OF, where, surface))
    return list(mentions.values()), list({r.id: r for r in relations}.values())


def _relation(
    subject: Mention, object: Mention, predicate: str, where: Target, surface: str, phrase: str = ""
) -> RelationMention:
    iri = relation_iri(subject.id, predicate, object.id, where, AGENT)
    return RelationMention(iri, subject.id, predicate, object.id, where, 1.0, AGENT, surface, "diagram", phrase)


def extractor(config: Config) -> DiagramExtractor:
    """The extractor of ``[mentions] extractors = ["diagrams"]``."""
    return DiagramExtractor(config)
