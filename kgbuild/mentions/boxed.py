"""A diagram whose parts have boxes, as mentions and relation mentions of the segment that shows it."""

from __future__ import annotations

from kgbuild.identity import mention_iri, relation_iri
from kgbuild.mentions.connections import PART_OF, connections
from kgbuild.mentions.diagram import Diagram, Edge, Group, Node
from kgbuild.mentions.growth import Shown
from kgbuild.mentions.ocr import split_box
from kgbuild.types import Box, Mention, RelationMention, Segment, Target, TextQuote

_Hull = tuple[float, float, float, float]


def place(segment: Segment, box: _Hull) -> Target:
    """A box (x0, y0, x1, y1) of the segment's picture, cut to it, in whole units."""
    outer, frame = split_box(segment.target.selectors)
    x0, y0 = min(max(0, int(box[0])), frame.w - 1), min(max(0, int(box[1])), frame.h - 1)
    x1, y1 = min(frame.w, round(box[2])), min(frame.h, round(box[3]))
    return Target(segment.target.source, (*outer, Box(x0, y0, max(1, x1 - x0), max(1, y1 - y0))))


def state(
    shown: Shown, *, agent: str, modality: str, base: str, labelled: float = 1.0
) -> tuple[list[Mention], list[RelationMention]]:
    """Mentions of nodes and titled groups, relation mentions of lines and of what stands in a group.

    The evidence of each is its box in the picture, or in the frame in which it came first. ``base``: what the IRIs of
    open relations begin with; ``labelled``: how sure a label is that of its line.
    """
    segment, diagram = shown.segment, shown.diagram
    around = dict(segment.context)
    mentions: dict[str, Mention] = {}
    items: list[Node | Group] = [*diagram.nodes.values(), *diagram.groups]
    for item in items:
        if item.box is not None and any(c.isalpha() for c in item.label):
            target = place(shown.when(item.key), item.box).within(TextQuote(item.label))
            told = (around.get(k) for k in ("caption", "alt", "heading"))
            context = next(filter(None, (*told, diagram.title)), item.label)
            mentions[item.key] = Mention(
                mention_iri(target, item.label, "Thing", agent), target, item.label, "Thing",
                round(item.score, 4), agent, modality, shown.when(item.key).id, context,
            )  # fmt: skip
    relations: list[RelationMention] = []

    def relate(a: str, predicate: str, b: str, target: Target, score: float, surface: str, words: str = "") -> None:
        s, o = mentions.get(a), mentions.get(b)
        if s is not None and o is not None and a != b:
            iri = relation_iri(s.id, predicate, o.id, target, agent)
            score = round(score, 4)
            relations.append(
                RelationMention(iri, s.id, predicate, o.id, target, score, agent, surface, modality, words)
            )

    for edge in diagram.edges:
        target = place(shown.when((edge.source, edge.target)), _hull(edge, diagram))
        for c in connections(edge, diagram, base):
            score = edge.score * (labelled if c.phrase else 1.0)
            relate(c.subject, c.predicate, c.object, target, score, edge.label, c.phrase)
    for group in diagram.groups:
        for key in group.members:
            if group.box is not None:
                relate(key, PART_OF, group.key, place(shown.when(key), group.box), group.score, "")
    return list(mentions.values()), list({r.id: r for r in relations}.values())


def _hull(edge: Edge, diagram: Diagram) -> _Hull:
    """The box of a line; of one without points, of its two nodes."""
    xs, ys = [p[0] for p in edge.points], [p[1] for p in edge.points]
    if not xs:
        boxes = [b for k in (edge.source, edge.target) if (b := diagram.nodes[k].box) is not None]
        return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)
    return min(xs) - 2, min(ys) - 2, max(xs) + 3, max(ys) + 3
