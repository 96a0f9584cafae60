"""What an ontology forbids facts to say together: more values than a class allows, two things with a value that only
one may have, both directions of an asymmetric property, properties that exclude each other.

OWL 2 Syntax, sections 8.2 to 8.5 and 9.2. Least numbers are no limit: that a fact is not known makes nothing wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from kgbuild.statements.hierarchy import implied, members, named

Follow = Callable[[str], frozenset[tuple[str, bool]]]
_MOST = ("maxCardinality", "cardinality", "maxQualifiedCardinality", "qualifiedCardinality")


@dataclass(frozen=True, slots=True)
class Most:
    """Things of class ``kind`` ("" for all) have at most ``number`` values of class ``filler`` ("" for any)."""

    kind: str
    number: int
    filler: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """The limits of ontologies, by property. ``follow``: what a property's facts say besides, as ``implied`` has it."""

    most: dict[str, tuple[Most, ...]] = field(default_factory=dict)
    one_subject: frozenset[str] = frozenset()
    asymmetric: frozenset[str] = frozenset()
    excludes: dict[str, frozenset[str]] = field(default_factory=dict)
    every: dict[str, tuple[tuple[str, frozenset[str]], ...]] = field(default_factory=dict)  # class, classes of values
    follow: Follow = lambda p: frozenset(((p, False),))


def read_limits(graph: Any, properties: Collection[str]) -> Limits:
    """The limits that an ``rdflib.Graph`` states of ``properties``.

    Numbers that are none are passed over: ``lint`` tells of them.
    """
    from rdflib import OWL, RDF, BNode, URIRef

    most: dict[str, set[Most]] = defaultdict(set)
    every: dict[str, set[tuple[str, frozenset[str]]]] = defaultdict(set)
    for p in graph.subjects(RDF.type, OWL.FunctionalProperty):
        most[str(p)].add(Most("", 1))
    for node, p in graph.subject_objects(OWL.onProperty):
        kinds = sorted(_restricted(graph, node))
        for name in _MOST:
            for number in graph.objects(node, OWL[name]):
                if str(number).isdigit():
                    fillers = [*graph.objects(node, OWL.onClass), *graph.objects(node, OWL.onDataRange)]
                    filler = next((str(f) for f in fillers if isinstance(f, URIRef) and f != OWL.Thing), "")
                    if not any(isinstance(f, BNode) for f in fillers):
                        most[str(p)].update(Most(kind, int(number), filler) for kind in kinds)
        for filler in graph.objects(node, OWL.allValuesFrom):
            unions = [h for h in graph.objects(filler, OWL.unionOf)]
            wanted = [m for h in unions for m in members(graph, h)] if unions else list(named(graph, (filler,)))
            if wanted and not any(isinstance(w, BNode) for w in wanted) and (unions or len(wanted) == 1):
                every[str(p)].update((kind, frozenset(map(str, wanted))) for kind in kinds)
    excludes: dict[str, set[str]] = defaultdict(set)
    pairs = list(graph.subject_objects(OWL.propertyDisjointWith))
    for a in graph.subjects(RDF.type, OWL.AllDisjointProperties):
        together = [m for h in graph.objects(a, OWL.members) for m in members(graph, h)]
        pairs += [(x, y) for x in together for y in together if x != y]
    for a, b in pairs:
        excludes[str(a)].add(str(b))
        excludes[str(b)].add(str(a))

    def of_kind(kind: Any) -> frozenset[str]:
        return frozenset(map(str, graph.subjects(RDF.type, kind)))

    return Limits(
        {p: tuple(sorted(found, key=lambda m: (m.number, m.kind, m.filler))) for p, found in most.items()},
        of_kind(OWL.InverseFunctionalProperty), of_kind(OWL.AsymmetricProperty),
        {p: frozenset(others) for p, others in excludes.items()},
        {p: tuple(sorted(found, key=lambda e: (e[0], sorted(e[1])))) for p, found in every.items()},
        implied(graph, properties),
    )  # fmt: skip


def _restricted(graph: Any, node: Any) -> set[str]:
    """The named classes whose members a restriction holds for; "" for owl:Thing."""
    from rdflib import OWL, RDF, RDFS, BNode, URIRef

    found: set[str] = set()
    stack, seen = [node], set()
    while stack:
        at = stack.pop()
        if at in seen:
            continue
        seen.add(at)
        above = [*graph.subjects(RDFS.subClassOf, at), *graph.subjects(OWL.equivalentClass, at)]
        for cell in graph.subjects(RDF.first, at):  # a member of an intersection
            while (before := next(graph.subjects(RDF.rest, cell), None)) is not None:
                cell = before
            above += graph.subjects(OWL.intersectionOf, cell)
        found |= {"" if c == OWL.Thing else str(c) for c in above if isinstance(c, URIRef)}
        stack += [c for c in above if isinstance(c, BNode)]
    return found
