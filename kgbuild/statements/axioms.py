"""What an ontology lets one infer about things: the axioms of RDFS and OWL 2 RL that ontologies use, compiled.

OWL 2 Profiles, section 4.3 (rules prp-*, cls-*, cax-*, scm-*). Left out, because no fact should come of it here:
datatype reasoning (dt-*), inconsistency (the gate's task), keys and cardinalities.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace

from kgbuild.vocab import OWL, RDF, RDFS, TYPE

Triple = tuple[str, str, str]
Links = dict[str, dict[str, None]]  # insertion-ordered sets: the same order in every process
SAME = OWL + "sameAs"
_THINGS = frozenset((OWL + "Thing", RDFS + "Resource"))


def _links() -> Links:
    return defaultdict(dict)


@dataclass(slots=True)
class Axioms:
    """Compiled axioms. ``wider`` and ``above`` are closed; chains are of two properties each.

    Above a class stand no blank nodes but those that something else follows from.
    """

    wider: Links = field(default_factory=_links)  # property -> properties above it
    above: Links = field(default_factory=_links)  # class -> classes above it
    inverse: Links = field(default_factory=_links)
    domain: Links = field(default_factory=_links)
    range: Links = field(default_factory=_links)
    symmetric: set[str] = field(default_factory=set)
    transitive: set[str] = field(default_factory=set)
    functional: set[str] = field(default_factory=set)
    inverse_functional: set[str] = field(default_factory=set)
    first: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))  # p -> (q, r): p o q < r
    second: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))  # q -> (p, r)
    has_value: list[tuple[str, str, str]] = field(default_factory=list)  # class, property, value
    some: list[tuple[str, str, str]] = field(default_factory=list)  # class, property, class of the value
    every: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))  # class -> (p, filler)
    parts: dict[str, tuple[str, ...]] = field(default_factory=dict)  # class -> classes it is the intersection of
    members: list[tuple[str, str]] = field(default_factory=list)  # (thing, class) of owl:oneOf


def compile_axioms(triples: Iterable[Triple]) -> Axioms:
    """The axioms that triples of an ontology state; terms are IRIs or ``_:`` blank nodes, literals are passed over."""
    said: dict[str, Links] = defaultdict(_links)
    for s, p, o in sorted(triples):
        said[p][s][o] = None
    a = Axioms()
    _properties(a, said)
    _classes(a, said)
    return a


def _properties(a: Axioms, said: dict[str, Links]) -> None:
    direct, inverse = _links(), said[OWL + "inverseOf"]
    for s, objects in said[RDFS + "subPropertyOf"].items():
        for o in objects:  # below the inverse of a property (ObjectInverseOf): turned in this direction only
            if o.startswith("_:") and o in inverse:
                a.inverse[s].update(inverse[o])
            else:
                direct[s][o] = None
    for s, objects in said[OWL + "equivalentProperty"].items():
        for o in objects:
            direct[s][o] = direct[o][s] = None
    a.wider = _closed(direct)
    for s, objects in inverse.items():
        for o in objects if not s.startswith("_:") else ():
            a.inverse[s][o] = a.inverse[o][s] = None
    kinds = said[TYPE]
    for name, into in (
        ("SymmetricProperty", a.symmetric), ("TransitiveProperty", a.transitive),
        ("FunctionalProperty", a.functional), ("InverseFunctionalProperty", a.inverse_functional),
    ):  # fmt: skip
        into.update(p for p, types in kinds.items() if OWL + name in types)
    for name, links in (("domain", a.domain), ("range", a.range)):
        for p, types in said[RDFS + name].items():
            links[p].update(dict.fromkeys(c for c in types if c not in _THINGS and c not in said[OWL + "complementOf"]))
    for p, heads in said[OWL + "propertyChainAxiom"].items():
        for head in heads:
            _chain(a, p, _items(head, said))


def _chain(a: Axioms, p: str, links: list[str]) -> None:
    """A chain of n properties as n - 1 chains of two, through properties that have no other name."""
    left = links[0] if links else ""
    for n, right in enumerate(links[1:], 2):
        whole = p if n == len(links) else f"_:chain {p} {n}"
        a.first[left].append((right, whole))
        a.second[right].append((left, whole))
        left = whole


def _classes(a: Axioms, said: dict[str, Links]) -> None:
    direct = _links()
    for s, objects in said[RDFS + "subClassOf"].items():
        direct[s].update(objects)
    for s, objects in said[OWL + "equivalentClass"].items():
        for o in objects:
            direct[s][o] = direct[o][s] = None
    for s, heads in said[OWL + "unionOf"].items():
        for head in heads:
            for member in _items(head, said):
                direct[member][s] = None
    for s, heads in said[OWL + "intersectionOf"].items():
        for head in heads:
            a.parts[s] = tuple(_items(head, said))
            direct[s].update(dict.fromkeys(a.parts[s]))
    for s, heads in said[OWL + "oneOf"].items():
        a.members += [(thing, s) for head in heads for thing in _items(head, said)]
    for s, properties in said[OWL + "onProperty"].items():
        for p in properties:
            a.has_value += [(s, p, value) for value in said[OWL + "hasValue"].get(s, ())]
            a.some += [(s, p, "" if c in _THINGS else c) for c in said[OWL + "someValuesFrom"].get(s, ())]
            for c in said[OWL + "allValuesFrom"].get(s, ()):
                a.every[s].append((p, c))
    asked, above = _asked(a), _closed(direct)  # unions and the like without a name are above most classes, for nothing
    a.above = _only(above, lambda c: c in asked or not c.startswith("_:"))


def _asked(a: Axioms) -> set[str]:
    """The classes that something follows from besides what stands above them."""
    found = {c for c, _, _ in a.has_value} | {c for _, _, c in a.some} | a.every.keys()
    return found.union(*a.parts.values())


def _only(links: Links, wanted: Callable[[str], bool]) -> Links:
    made = _links()
    made.update((start, {to: None for to in reached if wanted(to)}) for start, reached in links.items())
    return made


def narrowed(a: Axioms, properties: Collection[str], classes: Collection[str]) -> Axioms:
    """The axioms without what no end is served by: that a fact is one of a wider property or class too, if that is none
    of these and nothing else follows from it. General ontologies name many in other vocabularies.
    """
    led = {
        SAME,
        TYPE,
        *a.inverse,
        *a.domain,
        *a.range,
        *a.symmetric,
        *a.transitive,
        *a.functional,
        *a.inverse_functional,
        *a.first,
    }
    led |= {
        *a.second,
        *(p for _, p, _ in (*a.has_value, *a.some)),
        *(p for pairs in a.every.values() for p, _ in pairs),
    }
    asked = _asked(a)
    return replace(
        a,
        wider=_only(a.wider, lambda p: p in properties or p in led),
        above=_only(a.above, lambda c: c in classes or c in asked),
    )


def _items(head: str, said: dict[str, Links]) -> list[str]:
    """The members of an RDF list; one that goes round in a circle ends where it comes back."""
    found, seen = [], set()
    while head and head != RDF + "nil" and head not in seen:
        seen.add(head)
        found += list(said[RDF + "first"].get(head, ()))[:1]
        head = next(iter(said[RDF + "rest"].get(head, ())), "")
    return found


def _closed(direct: Links) -> Links:
    """What is reached from each term, itself left out."""
    closed = _links()
    for start in list(direct):
        seen, stack = {start: None}, [start]
        while stack:
            for up in direct.get(stack.pop(), ()):
                if up not in seen:
                    seen[up] = None
                    stack.append(up)
        del seen[start]
        closed[start] = {c: None for c in seen if c not in _THINGS}
    return closed
