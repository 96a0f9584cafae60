"""Evidence as the published RDF tells it: annotations back to selectors (Web Annotation, Media Fragments)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from kgbuild.identity import graph_iri
from kgbuild.types import Box, Page, Part, Selector, Target, TextPosition, TextQuote, TimeSpan
from kgbuild.vocab import CORE, OA, PROV, RDF, TYPE


@dataclass(frozen=True, slots=True)
class Annotation:
    """A mention or relation mention of the provenance graph. ``body`` is the entity of a mention."""

    id: str
    kind: str
    surface: str
    modality: str
    target: Target
    confidence: float
    agent: str
    body: str = ""
    subject: str = ""
    object: str = ""


class Provenance:
    """Reads annotations from a store of the published quads."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def annotation(self, iri: str) -> Annotation:
        """The mention or relation mention of that IRI. Raises ``KeyError`` if there is none."""
        found = self.properties(iri)
        kind = next((k for k in ("Mention", "RelationMention") if CORE + k in found.get(TYPE, ())), "")
        places = found.get(OA + "hasTarget")
        if not kind or not places:
            raise KeyError(iri)
        return Annotation(
            iri, kind, _first(found, CORE + "surface"), _first(found, CORE + "modality"), self.target(places[0]),
            float(_first(found, CORE + "confidence") or 0), _first(found, PROV + "wasAttributedTo"),
            _first(found, OA + "hasBody"), _first(found, CORE + "subject"), _first(found, CORE + "object"),
        )  # fmt: skip

    def places(self, iri: str) -> list[Annotation]:
        """The places that show the same picture, as one annotation each: by the IRI of their pair."""
        found = self.properties(iri)
        score, agent = float(_first(found, CORE + "confidence") or 0), _first(found, PROV + "wasAttributedTo")
        targets = [self.target(t) for t in found.get(OA + "hasTarget", ())]
        return [
            Annotation(
                iri, "SamePicture", "the same picture", "frame" if t.find(TimeSpan) else "picture", t, score, agent
            )
            for t in targets
        ]

    def target(self, iri: str) -> Target:
        """The place of an annotation, selectors from outer to inner."""
        found = self.properties(iri)
        selectors: list[Selector] = []
        link = found.get(OA + "hasSelector")
        while link:
            here = self.properties(link[0])
            selectors.append(selector(here))
            link = here.get(OA + "refinedBy")
        return Target(_first(found, OA + "hasSource"), tuple(selectors))

    def base(self) -> str:
        """The base IRI of the graph, as its named graphs tell it."""
        names = (g.value for g in self._store.named_graphs())
        return next((n.removesuffix("graph/sources") for n in names if n.endswith("graph/sources")), "")

    def subjects(self, predicate: str, value: str) -> list[str]:
        """IRIs with this property value (an IRI), sorted."""
        import pyoxigraph as ox

        found = self._store.quads_for_pattern(None, ox.NamedNode(predicate), ox.NamedNode(value), None)
        return sorted({q.subject.value for q in found})

    def holds(self, statement: dict[str, list[str]], place: str) -> bool:
        """Whether the reified statement stands as a plain triple in the graph of the place's source."""
        import pyoxigraph as ox

        (source,) = self.properties(place)[OA + "hasSource"]
        subject, predicate = (ox.NamedNode(statement[RDF + p][0]) for p in ("subject", "predicate"))
        quads = self._store.quads_for_pattern(subject, predicate, None, ox.NamedNode(source))
        return any(q.object.value == statement[RDF + "object"][0] for q in quads)

    def follows(self, statement: dict[str, list[str]]) -> bool:
        """Whether the reified statement stands as a plain triple in the graph of inferred facts."""
        import pyoxigraph as ox

        subject, predicate = (ox.NamedNode(statement[RDF + p][0]) for p in ("subject", "predicate"))
        graph = ox.NamedNode(graph_iri(self.base(), "inferred"))
        quads = self._store.quads_for_pattern(subject, predicate, None, graph)
        return any(q.object.value == statement[RDF + "object"][0] for q in quads)

    def properties(self, iri: str) -> dict[str, list[str]]:
        """All values of a node by property, as text, sorted."""
        import pyoxigraph as ox

        found: dict[str, set[str]] = {}
        for quad in self._store.quads_for_pattern(ox.NamedNode(iri), None, None, None):
            found.setdefault(quad.predicate.value, set()).add(quad.object.value)
        return {p: sorted(values) for p, values in found.items()}


def selector(found: dict[str, list[str]]) -> Selector:
    """A selector from its properties. Raises ``ValueError`` for a form that kgbuild does not write."""
    kind = _first(found, TYPE).removeprefix(OA)
    if kind == "TextPositionSelector":
        return TextPosition(int(_first(found, OA + "start")), int(_first(found, OA + "end")))
    if kind == "TextQuoteSelector":
        return TextQuote(_first(found, OA + "exact"), _first(found, OA + "prefix"), _first(found, OA + "suffix"))
    return parse_fragment(_first(found, RDF + "value"))


def parse_fragment(text: str) -> Selector:
    """``xywh=pixel:``, ``t=npt:``, ``page=``, ``part=`` and ``char=`` fragments. Raises ``ValueError``."""
    name, _, value = text.partition("=")
    unit, _, tail = value.rpartition(":")
    try:
        numbers = [float(n) for n in tail.split(",")] if name != "part" else []
    except ValueError:
        numbers = []
    match name, unit, len(numbers):
        case "xywh", "pixel", 4:
            x, y, w, h = (int(n) for n in numbers)
            return Box(x, y, w, h)
        case "t", "npt", 2:
            return TimeSpan(numbers[0], numbers[1])
        case "page", "", 1:
            return Page(int(numbers[0]))
        case "char", "", 2:
            return TextPosition(int(numbers[0]), int(numbers[1]))
    if name == "part":
        return Part(unquote(value))
    raise ValueError(f"unknown fragment {text!r}")


def describe(target: Target) -> str:
    """A place for people: "page 3, box 10,20 100 x 30"."""
    words = []
    for s in target.selectors:
        match s:
            case TextPosition(start, end):
                words.append(f"characters {start} to {end}")
            case Page(number):
                words.append(f"page {number}")
            case Part(name):
                words.append(f"picture {name}")
            case Box(0, 0, _, _):
                pass  # the whole picture
            case Box(x, y, w, h):
                words.append(f"box {x},{y} of {w} x {h} pixels")
            case TimeSpan(start, end):
                words.append(f"{clock(start)} to {clock(end)}")
    return ", ".join(words) or "the whole file"


def clock(seconds: float) -> str:
    """Minutes, seconds and tenths: ``1:03.5``."""
    minutes, rest = divmod(round(seconds, 1), 60)
    return f"{int(minutes)}:{rest:04.1f}"


def _first(found: dict[str, list[str]], key: str) -> str:
    return next(iter(found.get(key, ())), "")
