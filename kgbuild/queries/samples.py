"""Sample facts with their evidence made visible: the sentence marked, the picture with its box, the time."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from io import BytesIO
from pathlib import Path

from kgbuild.graphs.data import GraphData
from kgbuild.queries.places import clock, describe
from kgbuild.sources.drawing import Shape, to_box
from kgbuild.sources.vector import parse_drawing
from kgbuild.types import Box, Mention, RelationMention, Segment, Statement, Target, TextPosition, TimeSpan, Value
from kgbuild.vocab import words

_WIDTH = 760  # pixels of a picture in the report
_AROUND = 180
_ORDER = ("text", "picture", "frame", "diagram", "cue", "drawing", "label")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as a data URI, or a drawing as its labels (box, text) and shapes; sizes and boxes in its own units."""

    uri: str
    width: int
    height: int
    box: Box
    labels: tuple[tuple[Box, str], ...] = ()
    shapes: tuple[Shape, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """A fact with one piece of its evidence. ``time`` is set for video and speech.

    ``marked`` is the evidence in pieces (text, kind): kind ``name`` is the subject or object, ``time`` the clock
    at which a cue begins, "" the rest.
    """

    id: str
    subject: str
    predicate: str
    object: str
    confidence: float
    modality: str
    path: str
    place: str
    before: str = ""
    marked: tuple[tuple[str, str], ...] = ()
    after: str = ""
    time: str = ""
    picture: Picture | None = None


class Samples:
    """Chooses and shows facts of a graph whose texts and pictures lie in ``folder``."""

    def __init__(self, data: GraphData, folder: Path) -> None:
        self._data, self._folder = data, folder
        self._path = {r.source.id: r.source.path for r in data.readings}
        self._text = {r.source.id: r.text for r in data.readings}
        self._segments = {r.source.id: r.segments for r in data.readings}
        self._relation: Mapping[str, RelationMention] = {r.id: r for r in data.relations}

    @cached_property
    def _pictures(self) -> Mapping[tuple[str, tuple[object, ...]], str]:
        return {
            (s.target.source, s.target.selectors): s.blob
            for r in self._data.readings
            for s in r.segments
            if s.blob and s.modality in ("picture", "frame", "drawing")
        }

    def choose(self, count: int = 10) -> list[Sample]:
        """Facts of as many modalities, properties and sources as there are; the same for the same graph.

        Relation statements first; a picture or frame states by itself that it depicts a thing.
        """
        facts: dict[str, list[tuple[float, str, str, str, Statement | Mention]]] = defaultdict(list)
        for s in self._data.asserted:
            best = max(s.evidence, key=lambda e: (e.score, e.id))
            facts[best.modality].append((-s.confidence, s.id, s.predicate, best.target.source, s))
        for e in self._data.entities:
            for m in (self._data.mention[i] for i in e.mentions):
                if m.modality in ("picture", "frame"):
                    facts[m.modality].append((-len(e.mentions), m.id, e.id, m.target.source, m))
        queues = {k: _varied(sorted(v, key=lambda f: f[:2])) for k, v in facts.items()}
        order = sorted(queues, key=lambda k: (_ORDER.index(k) if k in _ORDER else len(_ORDER), k))
        chosen: list[Sample] = []
        while len(chosen) < count and any(queues.values()):
            for modality in order:
                if queues[modality] and len(chosen) < count:
                    fact = queues[modality].pop(0)
                    chosen.append(self.statement(fact) if isinstance(fact, Statement) else self.depiction(fact))
        return chosen

    def statement(self, s: Statement) -> Sample:
        """A statement with its surest evidence."""
        best = max(s.evidence, key=lambda e: (e.score, e.id))
        found = s.object.lexical if isinstance(s.object, Value) else self._data.label[s.object]
        relation = self._relation[best.id]
        ends = [
            self._data.mention[m].target.find(TextPosition)
            for m in (relation.subject, relation.object)
            if m in self._data.mention
        ]
        return self._shown(
            s.id, self._data.label[s.subject], words(s.predicate), found, s.confidence, best.modality, best.target,
            [e for e in ends if e is not None],
        )  # fmt: skip

    def depiction(self, m: Mention) -> Sample:
        """A picture or frame that shows a thing by its label."""
        entity = self._data.entity_of[m.id]
        return self._shown(
            m.id, self._path[m.target.source], "depicts", entity.pref_label, m.score, m.modality, m.target
        )

    def _shown(
        self,
        id: str,
        subject: str,
        predicate: str,
        object: str,
        confidence: float,
        modality: str,
        target: Target,
        names: Sequence[TextPosition] = (),
    ) -> Sample:
        before, marked, after = "", [], ""
        if (span := target.find(TextPosition)) is not None:
            text = self._text[target.source]
            cues = [s for s in self._segments[target.source] if s.modality == "cue" and _overlap(s, span)]
            if cues:  # cue by cue: the lines between them are the file's, not speech
                for cue in cues:
                    marked += [(clock(_start(cue)), "time"), *_pieces(text, _overlap(cue, span) or span, names)]
            else:
                before, after = _before(text, span.start), _after(text, span.end)
                marked = _pieces(text, span, names)
        time = target.find(TimeSpan)
        place = replace(target, selectors=tuple(t for t in target.selectors if not isinstance(t, TimeSpan)))
        return Sample(
            id, subject, predicate, object, confidence, modality, self._path[target.source], describe(place),
            before, tuple(marked), after, f"{clock(time.start)} to {clock(time.end)}" if time else "",
            self._picture(target) or self._drawing(target),
        )  # fmt: skip

    def _picture(self, target: Target) -> Picture | None:
        from PIL import Image

        box = target.find(Box)
        blob = next(
            (b for n in range(len(target.selectors), 0, -1) for b in self._blobs(target.source, target.selectors[:n])),
            "",
        )
        path = self._folder / "pictures" / f"{blob}.png"
        if box is None or not blob or not path.is_file():
            return None
        with Image.open(path) as image:
            width, height = image.size
            flat = image.convert("RGB")
        flat.thumbnail((_WIDTH, _WIDTH))
        data = BytesIO()
        flat.quantize(64).save(data, "PNG", optimize=True)
        uri = "data:image/png;base64," + base64.b64encode(data.getvalue()).decode()
        return Picture(uri, width, height, box)

    def _drawing(self, target: Target) -> Picture | None:
        """A vector drawing as its labels and the outlines of its shapes: its own code is not trusted with the page."""
        box = target.find(Box)
        outer = target.selectors[: target.selectors.index(box)] if box is not None else ()
        drawings = [s for s in self._segments[target.source] if s.modality == "drawing"]
        found = next((s for s in drawings if s.target.selectors[:-1] == outer), None)
        if box is None or found is None:
            return None
        drawing = parse_drawing(found)
        labels = tuple((to_box(label.box, drawing), label.text) for label in drawing.labels)
        return Picture("", drawing.width, drawing.height, box, labels, drawing.shapes)

    def _blobs(self, source: str, selectors: tuple[object, ...]) -> Iterable[str]:
        """The picture with this place; a label's place leaves out the picture's own box."""
        exact = self._pictures.get((source, selectors))
        if exact:
            return [exact]
        return [
            blob
            for (s, place), blob in self._pictures.items()
            if s == source and place[:-1] == selectors[:-1] and isinstance(place[-1], Box)
        ][:1]


def _overlap(cue: Segment, span: TextPosition) -> TextPosition | None:
    """The characters of a cue that lie in a span."""
    own = cue.target.find(TextPosition)
    if own is None or own.end <= span.start or own.start >= span.end:
        return None
    return TextPosition(max(own.start, span.start), min(own.end, span.end))


def _start(cue: Segment) -> float:
    time = cue.target.find(TimeSpan)
    return time.start if time is not None else 0.0


def _pieces(text: str, span: TextPosition, names: Sequence[TextPosition]) -> list[tuple[str, str]]:
    """The characters of a span in pieces, those of the names apart."""
    found, at = [], span.start
    for name in sorted(names, key=lambda n: n.start):
        if at <= name.start and name.end <= span.end:
            found += [(text[at : name.start], ""), (text[name.start : name.end], "name")]
            at = name.end
    return [piece for piece in (*found, (text[at : span.end], "")) if piece[0]]


def _before(text: str, start: int) -> str:
    """What stands before a place in its paragraph, from a whole word on."""
    near = text[max(0, start - _AROUND) : start].rpartition("\n\n")
    if near[1] or start <= _AROUND:
        return near[2]
    return "… " + near[2].partition(" ")[2]


def _after(text: str, end: int) -> str:
    """What stands behind a place in its paragraph, up to a whole word."""
    near = text[end : end + _AROUND].partition("\n\n")
    if near[1] or end + _AROUND >= len(text):
        return near[0]
    return near[0].rpartition(" ")[0] + " …"


def _varied(facts: list[tuple[float, str, str, str, Statement | Mention]]) -> list[Statement | Mention]:
    """The same facts, those with a property and a source not seen before first."""
    first: list[Statement | Mention] = []
    later: list[Statement | Mention] = []
    kinds: set[str] = set()
    sources: set[str] = set()
    for *_, kind, source, fact in facts:
        fresh = kind not in kinds and source not in sources
        kinds.add(kind)
        sources.add(source)
        (first if fresh else later).append(fact)
    return first + later
