"""Evidence as the published graph tells it: annotations back to places (Web Annotation, fragments of IRIs)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from kgbuild.identity import agent_iri, graph_iri
from kgbuild.queries.rows import rows
from kgbuild.types import Box, Field, Page, Part, Selector, Target, TextPosition, TextQuote, TimeSpan
from kgbuild.vocab import CORE, OA, PREFIXES, PROV, RDF, TYPE

_EVIDENCE = (
    "statement", "id", "subject", "object", "source", "place", "surface", "confidence", "agent", "modality", "status",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Annotation:
    """A mention, one piece of a statement's evidence (a relation mention), or one place of a picture shown twice.

    ``body`` is the entity of a mention; ``subject`` and ``object`` are the mentions that a relation holds between;
    ``status`` is ``asserted`` or how a relation is put that is no fact.
    """

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
    status: str = "asserted"


class Provenance:
    """Reads annotations from a store of the published quads and from the table of evidence beside them."""

    def __init__(self, store: Any, folder: Path) -> None:
        self._store, self._folder = store, folder
        self._made: dict[str, tuple[str, str]] = {}

    def mention(self, iri: str) -> Annotation:
        """The mention of that IRI. Raises ``KeyError`` if there is none, ``ValueError`` if its place cannot be read."""
        found = self.properties(iri)
        if CORE + "Mention" not in found.get(TYPE, ()) or OA + "hasTarget" not in found:
            raise KeyError(iri)
        place = found[OA + "hasTarget"][0]
        modality, agent = self._extraction(_first(found, PROV + "wasGeneratedBy"))
        return Annotation(
            iri, "Mention", _first(self.properties(place), CORE + "surface"), modality, read_place(place),
            float(_first(found, CORE + "confidence") or 0), agent, _first(found, OA + "hasBody"),
        )  # fmt: skip

    def evidence(self, *, statement: str = "", relation: str = "") -> list[Annotation]:
        """The relation mentions on which a statement rests, or the one of that IRI; empty if there are none."""
        path = self._folder / "evidence.parquet"
        found = rows(path, "statement", *_EVIDENCE).of(statement) if statement else []
        found = found or (rows(path, "id", *_EVIDENCE).of(relation)[:1] if relation else [])
        return [
            Annotation(
                row["id"], "RelationMention", row["surface"], row["modality"],
                Target(row["source"], tuple(map(parse_fragment, row["place"].split(";")))), row["confidence"],
                agent_iri(self.base(), *row["agent"].split("/", 1)), "", row["subject"], row["object"], row["status"],
            )
            for row in found
        ]  # fmt: skip

    def places(self, iri: str) -> list[Annotation]:
        """The places that show the same picture, as one annotation each: by the IRI of their pair."""
        found = self.properties(iri)
        score = float(_first(found, CORE + "confidence") or 0)
        agent = self._extraction(_first(found, PROV + "wasGeneratedBy"))[1]
        targets = [read_place(t) for t in found.get(OA + "hasTarget", ())]
        return [
            Annotation(
                iri, "SamePicture", "the same picture", "frame" if t.find(TimeSpan) else "picture", t, score, agent
            )
            for t in targets
        ]

    def _extraction(self, iri: str) -> tuple[str, str]:
        """Modality and agent."""
        if iri not in self._made:
            found = self.properties(iri) if iri else {}
            self._made[iri] = _first(found, CORE + "modality"), _first(found, PROV + "wasAssociatedWith")
        return self._made[iri]

    def base(self) -> str:
        """The base IRI of the graph, as its named graphs tell it."""
        names = (g.value for g in self._store.named_graphs())
        return next((n.removesuffix("graph/sources") for n in names if n.endswith("graph/sources")), "")

    def surest(self, entity: str, most: int) -> list[str]:
        """So many of the mentions of an entity, the surest first."""
        import pyoxigraph as ox

        said = f"?m <{OA}hasBody> {ox.NamedNode(entity)} ; <{CORE}confidence> ?c"
        found = self._store.query(f"SELECT ?m {{ {said} }} ORDER BY DESC(?c) ?m LIMIT {most}")
        return [row["m"].value for row in found]

    def refused(self, subject: str, predicate: str) -> list[tuple[str, str]]:
        """Objects and reasons of the statements in quarantine that say this of a thing."""
        import pyoxigraph as ox

        said = f"rdf:subject {ox.NamedNode(subject)} ; rdf:predicate {ox.NamedNode(predicate)} ; rdf:object ?o"
        found = self._store.query(f"SELECT ?o ?r {{ ?s {said} ; core:reason ?r }}", prefixes=PREFIXES)
        return [(row["o"].value, row["r"].value) for row in found]

    def subjects(self, predicate: str, value: str) -> list[str]:
        """IRIs with this property value (an IRI), sorted."""
        import pyoxigraph as ox

        found = self._store.quads_for_pattern(None, ox.NamedNode(predicate), ox.NamedNode(value), None)
        return sorted({q.subject.value for q in found})

    def holds(self, statement: dict[str, list[str]], graph: str) -> bool:
        """Whether the reified statement stands as a plain triple in a named graph."""
        import pyoxigraph as ox

        subject, predicate = (ox.NamedNode(statement[RDF + p][0]) for p in ("subject", "predicate"))
        quads = self._store.quads_for_pattern(subject, predicate, None, ox.NamedNode(graph))
        return any(q.object.value == statement[RDF + "object"][0] for q in quads)

    def follows(self, statement: dict[str, list[str]]) -> bool:
        """Whether the reified statement stands as a plain triple in the graph of inferred facts."""
        return self.holds(statement, graph_iri(self.base(), "inferred"))

    def value(self, iri: str, predicate: str) -> str:
        """The value of one property of a node, which may have thousands of others; "" if it has none."""
        import pyoxigraph as ox

        found = self._store.quads_for_pattern(ox.NamedNode(iri), ox.NamedNode(predicate), None, None)
        return min((q.object.value for q in found), default="")

    def knows(self, iri: str) -> bool:
        """Whether anything is said of a node."""
        import pyoxigraph as ox

        return next(self._store.quads_for_pattern(ox.NamedNode(iri), None, None, None), None) is not None

    def properties(self, iri: str) -> dict[str, list[str]]:
        """All values of a node by property, as text, sorted."""
        import pyoxigraph as ox

        found: dict[str, set[str]] = {}
        for quad in self._store.quads_for_pattern(ox.NamedNode(iri), None, None, None):
            found.setdefault(quad.predicate.value, set()).add(quad.object.value)
        return {p: sorted(values) for p, values in found.items()}


def read_place(iri: str) -> Target:
    """The place that an IRI names (``identity.place_iri``). Raises ``ValueError`` for a fragment that is none."""
    source, _, fragments = iri.partition("#")
    return Target(source, tuple(map(parse_fragment, fragments.split("&"))) if fragments else ())


def parse_fragment(text: str) -> Selector:
    """``xywh=pixel:``, ``t=npt:``, ``page=``, ``part=``, ``field=``, ``char=`` and ``text=`` fragments.

    Raises ``ValueError``.
    """
    name, _, value = text.partition("=")
    if name == "text":
        before, _, rest = value.rpartition("-,")
        exact, _, after = rest.partition(",-")
        return TextQuote(*map(unquote, (exact, before, after)))
    unit, _, tail = value.rpartition(":")
    try:
        numbers = [float(n) for n in tail.split(",")] if name not in ("part", "field") else []
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
    if name == "field":
        return Field(unquote(value))
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
            case Field(name):
                words.append(f"field {name}")
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
