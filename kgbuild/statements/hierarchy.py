"""How classes stand to each other, and what properties ask of both ends, as RDFS and OWL 2 say it.

Read: subclasses and equal classes, named or as intersection, union and complement (OWL 2 Syntax, sections 8.1 and
9.1), pairwise disjoint classes, concepts of SKOS with their broader ones; of properties, domains and ranges with those
of the properties above them and of their inverses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import combinations
from typing import Any

# Of a domain and of a range: all sets, one of each; then what may stand at neither end.
Ends = tuple[tuple[frozenset[str], ...], tuple[frozenset[str], ...], tuple[frozenset[str], frozenset[str]]]


def named(graph: Any, nodes: Iterable[Any]) -> Iterator[str]:
    """The named classes that are meant together: IRIs, and members of intersections."""
    from rdflib import OWL, BNode, URIRef

    for node in nodes:
        if isinstance(node, URIRef):
            yield str(node)
        elif isinstance(node, BNode):
            for head in graph.objects(node, OWL.intersectionOf):
                yield from named(graph, members(graph, head))


def members(graph: Any, head: Any) -> list[Any]:
    """The members of a list; one that goes round in a circle ends where it comes back."""
    try:
        return list(graph.items(head))
    except ValueError:
        return []


def superclasses(graph: Any, classes: Collection[str]) -> dict[str, set[str]]:
    """By class, the named classes directly above it; both ways between classes of the ontologies that are equal."""
    from rdflib import OWL, RDFS, SKOS, BNode, URIRef

    above: dict[str, set[str]] = {c: set() for c in classes}
    for c in classes:
        node = URIRef(c)
        above[c].update(named(graph, graph.objects(node, RDFS.subClassOf)))
        above[c].update(map(str, graph.objects(node, SKOS.broader)))
        above[c].update(n for h in graph.objects(node, OWL.intersectionOf) for n in named(graph, members(graph, h)))
    for a, b in graph.subject_objects(OWL.equivalentClass):
        for one, other in ((a, b), (b, a)):
            if str(one) in above:
                equal = named(graph, (other,)) if isinstance(other, BNode) else (str(other),)
                above[str(one)].update(n for n in equal if n in above or isinstance(other, BNode))
    for upper, lower in _parts(graph):
        if lower in above:
            above[lower].add(upper)
    for a, b in graph.subject_objects(SKOS.narrower):
        if str(b) in above:
            above[str(b)].add(str(a))
    return {c: up - {c} for c, up in above.items()}


def _parts(graph: Any) -> Iterator[tuple[str, str]]:
    """(class, class that is part of it by a union)."""
    from rdflib import OWL, BNode, URIRef

    for said in (OWL.unionOf, OWL.disjointUnionOf):
        for node, head in graph.subject_objects(said):
            wholes = [node] if isinstance(node, URIRef) else graph.subjects(OWL.equivalentClass, node)
            for whole in [w for w in wholes if not isinstance(w, BNode)]:
                yield from ((str(whole), str(part)) for part in members(graph, head) if isinstance(part, URIRef))


def disjoint_pairs(graph: Any) -> set[frozenset[str]]:
    """Pairs of named classes that nothing can be of both of."""
    from rdflib import OWL, RDF, RDFS, BNode, URIRef

    def each(node: Any) -> list[str]:
        """The classes that are all disjoint if this one is."""
        if isinstance(node, BNode):
            return [
                str(m) for h in graph.objects(node, OWL.unionOf) for m in members(graph, h) if isinstance(m, URIRef)
            ]
        return [str(node)]

    pairs = [(x, y) for a, b in graph.subject_objects(OWL.disjointWith) for x in each(a) for y in each(b)]
    heads = [h for a in graph.subjects(RDF.type, OWL.AllDisjointClasses) for h in graph.objects(a, OWL.members)]
    heads += graph.objects(None, OWL.disjointUnionOf)
    for head in heads:
        for a, b in combinations(members(graph, head), 2):
            pairs += [(x, y) for x in each(a) for y in each(b)]
    for node, other in graph.subject_objects(OWL.complementOf):
        own = [node] if isinstance(node, URIRef) else [
            *graph.subjects(RDFS.subClassOf, node), *graph.subjects(OWL.equivalentClass, node)
        ]  # fmt: skip
        pairs += [(str(c), x) for c in own if isinstance(c, URIRef) for x in each(other)]
    return {frozenset(pair) for pair in pairs if pair[0] != pair[1]}


def ends(graph: Any, properties: Collection[str], includes: tuple[Any, Any]) -> dict[str, Ends]:
    """By property, what both ends have to be: of each set of classes one, and what they may not be
    (``owl:complementOf`` a class or union). ``includes``: the properties by which schema.org names classes of which one
    has to hold, for domain and range.
    """
    from rdflib import OWL, RDFS, BNode, URIRef

    def own(p: Any, all_of: Any, one_of: Any) -> list[frozenset[str]]:
        found = [frozenset(map(str, graph.objects(p, one_of)))]
        for o in graph.objects(p, all_of):
            found += (frozenset((c,)) for c in named(graph, (o,)))
            for head in graph.objects(o, OWL.unionOf) if isinstance(o, BNode) else ():
                parts = members(graph, head)
                found.append(frozenset(map(str, parts)) if all(isinstance(m, URIRef) for m in parts) else frozenset())
        return [f for f in found if f]

    def barred(p: Any, all_of: Any) -> frozenset[str]:
        bars = [c for o in graph.objects(p, all_of) if isinstance(o, BNode) for c in graph.objects(o, OWL.complementOf)]
        parts = [m for c in bars for h in graph.objects(c, OWL.unionOf) for m in members(graph, h)]
        return frozenset(str(c) for c in (*bars, *parts) if isinstance(c, URIRef))

    said = {p: tuple(own(URIRef(p), *both) for both in zip((RDFS.domain, RDFS.range), includes, strict=True))
            for p in properties}  # fmt: skip
    bars = {p: tuple(barred(URIRef(p), end) for end in (RDFS.domain, RDFS.range)) for p in properties}
    follows = implied(graph, properties)
    made: dict[str, Ends] = {}
    for p in properties:
        both: tuple[set[frozenset[str]], set[frozenset[str]]] = set(), set()
        out: tuple[set[str], set[str]] = set(), set()
        for q, turned in {(p, False), *follows(p)}:
            for end in (0, 1) if q in said else ():
                both[end].update(said[q][1 - end if turned else end])
                out[end].update(bars[q][1 - end if turned else end])
        sets = (tuple(sorted(found, key=sorted)) for found in both)
        made[p] = (*sets, (frozenset(out[0]), frozenset(out[1])))  # type: ignore[assignment]
    return made


def implied(graph: Any, properties: Collection[str]) -> Callable[[str], frozenset[tuple[str, bool]]]:
    """A function from a property to those of ``properties`` (and whether turned) that each of its facts says too.

    Two properties that some third, unread vocabulary is named as equal to do not follow from each other.
    """
    from rdflib import OWL, RDF, RDFS, BNode

    direct: dict[str, set[tuple[str, bool]]] = defaultdict(set)
    inverse = [(a, b) for a, b in graph.subject_objects(OWL.inverseOf)]
    of = {a: str(b) for a, b in inverse if isinstance(a, BNode)}
    for a, b in graph.subject_objects(RDFS.subPropertyOf):
        if b in of:
            direct[str(a)].add((of[b], True))
        elif not isinstance(b, BNode):
            direct[str(a)].add((str(b), False))
    for a, b in graph.subject_objects(OWL.equivalentProperty):
        for x, y in ((a, b), (b, a)):
            direct[str(x)].add((of[y], True) if y in of else (str(y), False))
    for a, b in inverse:
        if not isinstance(a, BNode) and not isinstance(b, BNode):
            direct[str(a)].add((str(b), True))
            direct[str(b)].add((str(a), True))
    for p in graph.subjects(RDF.type, OWL.SymmetricProperty):
        direct[str(p)].add((str(p), True))
    known: dict[str, frozenset[tuple[str, bool]]] = {}

    def follow(p: str) -> frozenset[tuple[str, bool]]:
        if p not in known:
            seen: set[tuple[str, bool]] = set()
            stack = [(p, False)]
            while stack:
                q, turned = stack.pop()
                for r, other in direct.get(q, ()):
                    step = (r, turned != other)
                    if r in properties and step not in seen:
                        seen.add(step)
                        stack.append(step)
            known[p] = frozenset(seen | {(p, False)})
        return known[p]

    return follow
