"""Ontologies: built-in ones by name, a user's by path (Turtle, RDF/XML, ...); imports are never fetched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from kgbuild.errors import OntologyError
from kgbuild.vocab import CORE, GENERAL

THING = GENERAL + "Thing"
_FORMATS = {".ttl": "turtle", ".rdf": "xml", ".owl": "xml", ".xml": "xml", ".nt": "nt", ".jsonld": "json-ld"}


@dataclass(frozen=True, slots=True)
class Property:
    """What an ontology says of a property; empty domain or range means anything."""

    iri: str
    label: str
    domain: frozenset[str] = frozenset()
    range: frozenset[str] = frozenset()
    inverse: str = ""
    functional: bool = False
    symmetric: bool = False
    transitive: bool = False
    literal: bool = False
    description: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ontology:
    """Classes with their superclasses (themselves included), disjoint pairs, and properties."""

    names: tuple[str, ...]
    superclasses: dict[str, frozenset[str]]
    disjoint: frozenset[frozenset[str]]
    properties: dict[str, Property]
    labels: dict[str, str]

    def fits(self, kind: str, wanted: frozenset[str]) -> bool:
        """Whether a class may stand where one of ``wanted`` is asked: below one of them, or not known better."""
        if not wanted or THING in wanted or kind == THING:
            return True
        above = self.superclasses.get(kind, frozenset((kind,)))
        return bool(above & wanted)

    def are_disjoint(self, a: str, b: str) -> bool:
        """Whether nothing can be of both classes."""
        up, other = (self.superclasses.get(c, frozenset((c,))) for c in (a, b))
        return any(frozenset((x, y)) in self.disjoint for x in up for y in other if x != y)


def class_iri(label: str) -> str:
    """IRI of a mention's label: local names belong to the general ontology."""
    return label if "://" in label else GENERAL + label


@lru_cache(8)
def _load(names: tuple[str, ...], texts: tuple[tuple[str, str], ...]) -> Ontology:
    from rdflib import OWL, RDF, RDFS, SKOS, Graph, Literal, Namespace, URIRef

    schema = Namespace("https://schema.org/")
    graph = Graph()
    for name, (text, kind) in zip(names, texts, strict=True):
        try:
            graph.parse(data=text, format=kind)
        except Exception as err:  # rdflib's parsers raise many kinds
            raise OntologyError(f"ontology {name!r} cannot be parsed: {err}"[:500]) from err

    def said(subject: Any, *predicates: Any) -> list[str]:
        """Texts in English or without a language before others, in the order of the predicates."""
        found = [(i, o) for i, p in enumerate(predicates) for o in graph.objects(subject, p) if isinstance(o, Literal)]
        ranked = sorted((not (o.language or "en").startswith("en"), i, str(o)) for i, o in found)
        return [text for other, _, text in ranked if other == ranked[0][0]]

    def iris(subject: Any, *predicates: Any) -> frozenset[str]:
        return frozenset(str(o) for p in predicates for o in graph.objects(subject, p) if isinstance(o, URIRef))

    parents: dict[str, set[str]] = {}
    for kind in (OWL.Class, RDFS.Class):
        for c in graph.subjects(RDF.type, kind):
            if isinstance(c, URIRef):
                parents.setdefault(str(c), set()).update(iris(c, RDFS.subClassOf))
    superclasses = {c: frozenset(_closure(c, parents)) for c in parents}
    disjoint = {
        frozenset((str(a), str(b))) for a, b in graph.subject_objects(OWL.disjointWith) if isinstance(b, URIRef)
    }
    properties = {}
    for kind in (OWL.ObjectProperty, OWL.DatatypeProperty, RDF.Property):
        for p in graph.subjects(RDF.type, kind):
            kinds = set(graph.objects(p, RDF.type))
            properties[str(p)] = Property(
                str(p), next(iter(said(p, RDFS.label)), str(p)), iris(p, RDFS.domain, schema.domainIncludes),
                iris(p, RDFS.range, schema.rangeIncludes), next(iter(sorted(iris(p, OWL.inverseOf))), ""),
                OWL.FunctionalProperty in kinds, OWL.SymmetricProperty in kinds, OWL.TransitiveProperty in kinds,
                OWL.DatatypeProperty in kinds,
                next(iter(said(p, SKOS.definition, RDFS.comment, schema.description)), ""),
                tuple(said(p, SKOS.altLabel)),
            )  # fmt: skip
    labels = {str(s): str(o) for s, o in sorted(graph.subject_objects(RDFS.label)) if isinstance(s, URIRef)}
    return Ontology(names, superclasses, frozenset(disjoint), properties, labels)


def load_ontology(names: Sequence[str]) -> Ontology:
    """The ontologies together; ``core`` always among them. Raises ``OntologyError`` naming the file."""
    return _load(_all(names), ontology_texts(names))


def ontology_texts(names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Text and format of each ontology that is loaded together. Raises ``OntologyError`` naming the file."""
    return tuple(_read(name) for name in _all(names))


def _all(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(("core", *names)))


def _read(name: str) -> tuple[str, str]:
    """Text and format of an ontology."""
    built_in = files("kgbuild.ontologies").joinpath(f"{name}.ttl")
    if built_in.is_file():
        return built_in.read_text("utf-8"), "turtle"
    path = Path(name)
    try:
        return path.read_text("utf-8"), _FORMATS.get(path.suffix.lower(), "turtle")
    except (OSError, UnicodeDecodeError) as err:
        known = ", ".join(sorted(f.name[:-4] for f in files("kgbuild.ontologies").iterdir() if f.name.endswith(".ttl")))
        raise OntologyError(
            f"ontology {name!r}: no built-in one of that name (built in: {known}), and no such file can be read: {err}."
        ) from err


def _closure(start: str, parents: dict[str, set[str]]) -> set[str]:
    seen, stack = set(), [start]
    while stack:
        c = stack.pop()
        if c not in seen:
            seen.add(c)
            stack += sorted(parents.get(c, ()))
    return seen


CONNECTS = CORE + "connectsTo"
