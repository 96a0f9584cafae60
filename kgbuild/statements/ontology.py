"""Ontologies: classes, properties and what they say of each other, built-in ones and a user's together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from kgbuild.identity import normalise
from kgbuild.ontology_files import OntologyFile, ontology_files
from kgbuild.statements.hierarchy import disjoint_pairs, ends, superclasses
from kgbuild.statements.limits import Limits, read_limits
from kgbuild.vocab import CORE, EDTF, GENERAL, MONEY, RDF, RDFS, SCHEMA, UCUM, XSD, words

THING = GENERAL + "Thing"
FUNCTIONALITY = CORE + "functionality"
_DATATYPES = (XSD, EDTF, UCUM, MONEY, RDF + "langString", RDFS + "Literal")
_OF_THINGS = ("Symmetric", "Transitive", "InverseFunctional", "Asymmetric", "Reflexive", "Irreflexive")
_SCHEMA_VALUES = frozenset(("Text", "URL", "Number", "Integer", "Float", "Boolean", "Date", "DateTime", "Time"))
_ANYTHING = frozenset((THING, "http://www.w3.org/2002/07/owl#Thing", SCHEMA + "Thing", "http://schema.org/Thing"))


@dataclass(frozen=True, slots=True)
class Property:
    """What an ontology says of a property; empty domain or range means anything.

    ``domain`` and ``range`` are the classes that it names itself; ``domains`` and ``ranges`` what an end has to be, of
    each set one class: several domains hold together (RDFS), those of properties above it and of its inverse too.
    ``barred``: what the subject, and the object, may not be (``owl:complementOf``). ``literal``: takes values;
    ``either``: takes things and values. ``same`` and ``above``: properties, in other ontologies too, that it names as
    equal or as wider. ``functionality``: share of subjects that have one value, 0 if nobody says.
    """

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
    same: frozenset[str] = frozenset()
    above: frozenset[str] = frozenset()
    functionality: float = 0.0
    domains: tuple[frozenset[str], ...] = ()
    ranges: tuple[frozenset[str], ...] = ()
    barred: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
    either: bool = False


@dataclass(frozen=True, slots=True)
class Class:
    """What an ontology says of a class. ``same``: classes elsewhere that it names as equal."""

    iri: str
    label: str
    description: str = ""
    aliases: tuple[str, ...] = ()
    same: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ontology:
    """Classes with their superclasses (themselves included), disjoint pairs, and properties.

    ``classes`` and ``properties`` are those of the loaded ontologies. ``superclasses``, ``disjoint`` and ``labels``
    know the classes of the general ontology too, loaded or not: extractors give them to mentions. ``equal``: the
    general class that a user's class is the same as.
    """

    names: tuple[str, ...]
    superclasses: dict[str, frozenset[str]]
    disjoint: frozenset[frozenset[str]]
    properties: dict[str, Property]
    labels: dict[str, str]
    classes: dict[str, Class]
    equal: dict[str, str]
    limits: Limits

    def fits(self, kind: str, wanted: frozenset[str]) -> bool:
        """Whether a class may stand where one of ``wanted`` is asked: below one of them, or not known so finely."""
        if not wanted or wanted & _ANYTHING or kind == THING:
            return True
        return bool(self.above(kind) & wanted) or any(kind in self.above(w) for w in wanted)

    def admits(self, types: Sequence[str], wanted: frozenset[str]) -> bool:
        """Whether an entity of these classes may stand where one of ``wanted`` is asked.

        Its own class, the last, decides; where that is not fine enough to tell, the finest one does.
        """
        own, finest = types[-1], types[0]
        if not wanted or self.above(own) & wanted:
            return True
        return self.fits(own, wanted) and self.fits(finest, wanted)

    def barred(self, types: Sequence[str], bars: frozenset[str]) -> str:
        """The first of these classes that is, or is below, one of ``bars``; "" if none is."""
        return next((t for t in types if bars and self.above(t) & bars), "")

    def above(self, kind: str) -> frozenset[str]:
        """A class and all its superclasses."""
        return self.superclasses.get(kind, frozenset((kind,)))

    def are_disjoint(self, a: str, b: str) -> bool:
        """Whether nothing can be of both classes."""
        up, other = self.above(a), self.above(b)
        return any(frozenset((x, y)) in self.disjoint for x in up for y in other if x != y)


def is_datatype(iri: str) -> bool:
    """Whether a range is of values: datatypes, and what schema.org calls so."""
    return iri.startswith(_DATATYPES) or iri.removeprefix("http://schema.org/").removeprefix(SCHEMA) in _SCHEMA_VALUES


def datatypes(ontology: Ontology) -> dict[str, frozenset[str]]:
    """By property, the datatypes that it takes, of those that take nothing else."""
    found = {p.iri: frozenset.intersection(*p.ranges) for p in ontology.properties.values() if p.literal and p.ranges}
    return {iri: wanted for iri, wanted in found.items() if wanted and all(map(is_datatype, wanted))}


def class_iri(label: str) -> str:
    """IRI of a mention's label: local names belong to the general ontology."""
    return label if "://" in label else GENERAL + label


@lru_cache(8)
def _load(read: tuple[OntologyFile, ...]) -> Ontology:
    import pyoxigraph as ox
    from rdflib import OWL, RDF, SKOS, BNode, Graph, Literal, Namespace, URIRef
    from rdflib import RDFS as R

    schema = Namespace("https://schema.org/")
    names = tuple(file.name for file in read)
    triples = (quad.triple for file in read for quad in file.quads())
    graph = Graph().parse(data=ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES), format="nt")

    def said(subject: Any, *predicates: Any) -> list[str]:
        """Texts in English or without a language before others, in the order of the predicates."""
        found = [(i, o) for i, p in enumerate(predicates) for o in graph.objects(subject, p) if isinstance(o, Literal)]
        ranked = sorted((not (o.language or "en").startswith("en"), i, str(o)) for i, o in found)
        return [text for other, _, text in ranked if other == ranked[0][0]]

    def iris(subject: Any, *predicates: Any) -> frozenset[str]:
        """IRIs said, those of a union (``owl:unionOf``) one by one."""
        objects = [o for p in predicates for o in graph.objects(subject, p)]
        unions = [graph.value(o, OWL.unionOf) for o in objects if isinstance(o, BNode)]
        members = [m for union in unions if union is not None for m in graph.items(union)]
        return frozenset(str(o) for o in (*objects, *members) if isinstance(o, URIRef))

    def inverses(p: Any) -> frozenset[str]:
        """Properties that a property is the inverse of, or below the inverse of."""
        below = (o for o in graph.objects(p, R.subPropertyOf) if isinstance(o, BNode))
        return iris(p, OWL.inverseOf).union(*(iris(o, OWL.inverseOf) for o in below))

    classes = {}
    for kind in (SKOS.Concept, OWL.Class, R.Class):  # a concept of a vocabulary is a kind of things
        for c in graph.subjects(RDF.type, kind):
            if isinstance(c, URIRef):
                classes[str(c)] = Class(
                    str(c), next(iter(said(c, R.label, SKOS.prefLabel)), words(str(c))),
                    next(iter(said(c, SKOS.definition, R.comment, schema.description)), ""),
                    tuple(said(c, SKOS.altLabel)), iris(c, OWL.equivalentClass, SKOS.exactMatch),
                )  # fmt: skip
    parents, disjoint = superclasses(graph, classes), disjoint_pairs(graph)
    of_things = [OWL[f"{kind}Property"] for kind in ("Object", *_OF_THINGS)]
    kinds_of_property = (*of_things, OWL.DatatypeProperty, OWL.FunctionalProperty, RDF.Property)
    iris_of = {str(p): p for k in kinds_of_property for p in graph.subjects(RDF.type, k) if isinstance(p, URIRef)}
    asked = ends(graph, iris_of, (schema.domainIncludes, schema.rangeIncludes))
    properties = {}
    for iri_of, p in sorted(iris_of.items()):
        kinds = set(graph.objects(p, RDF.type))
        range, plain = iris(p, R.range, schema.rangeIncludes), not kinds.intersection(of_things)
        values = {c for c in range if is_datatype(c)}
        properties[iri_of] = Property(
            iri_of, next(iter(said(p, R.label)), words(str(p))), iris(p, R.domain, schema.domainIncludes),
            range, next(iter(sorted(inverses(p))), ""),
            OWL.FunctionalProperty in kinds, OWL.SymmetricProperty in kinds, OWL.TransitiveProperty in kinds,
            OWL.DatatypeProperty in kinds or (plain and bool(values) and values == range),
            next(iter(said(p, SKOS.definition, R.comment, schema.description)), ""),
            tuple(said(p, SKOS.altLabel)), iris(p, OWL.equivalentProperty, SKOS.exactMatch) - {str(p)},
            iris(p, R.subPropertyOf) - {str(p)},
            1.0 if OWL.FunctionalProperty in kinds else float(str(graph.value(p, URIRef(FUNCTIONALITY)) or 0)),
            *asked[iri_of], plain and OWL.DatatypeProperty not in kinds and (not range or set() < values < range),
        )  # fmt: skip
    for end in sorted({c for p in properties.values() for c in p.domain | p.range} - parents.keys()):
        parents[end] = set()
    labels = {iri: about.label for about_of in (classes, properties) for iri, about in about_of.items()}
    labels |= {str(s): str(o) for s, o in sorted(graph.subject_objects(R.label)) if isinstance(s, URIRef)}
    known: Ontology | None = None
    if "general" not in names:
        known = load_ontology(["general"])
        labels = {c: known.labels[c] for c in known.classes} | labels
        disjoint |= known.disjoint
    equal = _align(classes, parents, known)
    above = {c: frozenset(_closure(c, parents)) for c in parents}
    return Ontology(
        names, above, frozenset(disjoint), properties, labels, classes, equal, read_limits(graph, properties)
    )


def _align(classes: dict[str, Class], parents: dict[str, set[str]], known: Ontology | None) -> dict[str, str]:
    """Put a user's classes below those of the general ontology that they name as equal or wider, or are called like.

    A name counts for a class without superclasses only: where its maker says nothing else. Returns the equal ones.
    """
    general = {c: i for c, i in (known.classes if known else classes).items() if c.startswith(GENERAL)}
    if known:
        parents.update((c, set(known.superclasses[c])) for c in general)
    by_iri = {iri(n): c for c, info in sorted(general.items()) for n in (c, *info.same)}
    by_name = {normalise(n): c for n, c in ((words(i), c) for i, c in by_iri.items())}
    by_name |= {normalise(info.label): c for c, info in sorted(general.items())}
    equal: dict[str, str] = {}
    for c in sorted(parents):
        if c in general or c.startswith(CORE):
            continue
        own = classes.get(c)
        same = {by_iri[n] for n in map(iri, (c, *(own.same if own else ()))) if n in by_iri}
        wider = {by_iri[n] for n in map(iri, parents[c]) if n in by_iri}
        if own and not same and not parents[c] - _ANYTHING:
            same = {by_name[n] for n in map(normalise, (own.label, words(c))) if n in by_name}
        parents[c] |= same | wider
        if own and same:
            equal[c] = min(same)
    return equal


def iri(name: str) -> str:
    """One spelling for IRIs that vocabularies write in two ways (schema.org, with http or https)."""
    return re.sub(r"^http://schema\.org/", "https://schema.org/", name)


def load_ontology(names: Sequence[str]) -> Ontology:
    """The ontologies together; ``core`` always among them. Raises ``OntologyError`` naming file and line."""
    return _load(ontology_files(names))


def ontology_texts(names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Text and format of each ontology that is loaded together. Raises ``OntologyError`` naming file and line."""
    return tuple((file.text, file.syntax) for file in ontology_files(names))


def _closure(start: str, parents: dict[str, set[str]]) -> set[str]:
    seen, stack = set(), [start]
    while stack:
        c = stack.pop()
        if c not in seen:
            seen.add(c)
            stack += sorted(parents.get(c, ()))
    return seen


CONNECTS = CORE + "connectsTo"
