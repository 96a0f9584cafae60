"""Facts of a published graph that its ontologies allow: read from the graph alone, with nothing of the gate's code.

    kgbuild build ../shared/corpus --out build/corpus
    python benchmarks/legal.py build/corpus

A fact is a triple in the graph of a source or of inferred facts whose property has a domain or range in the ontologies
(``rdfs:domain`` and ``rdfs:range`` all hold, of ``schema:domainIncludes`` and ``schema:rangeIncludes`` one does, of an
``owl:complementOf`` none). It is legal if both ends are of such a class or of one below it; a date or number is a
``gen:Time`` or ``gen:Quantity``.
Counted apart: ends of which nothing is known but that they are things, and those of which no more is said, while a
class guessed from a description does not fit. Beside them: things of two classes that are disjoint, and subjects with
two values of a functional property.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox
import rdflib
from rdflib.namespace import OWL, RDF, RDFS, SDO, XSD

ROOT = Path(__file__).parents[1]
OWN = ("/graph/provenance", "/graph/quarantine")
GENERAL = "https://w3id.org/kgbuild/general#"
DATES = {str(XSD.date), str(XSD.dateTime), str(XSD.gYear), str(XSD.gYearMonth), "http://id.loc.gov/datatypes/edtf/EDTF"}


def above(ontology: rdflib.Graph) -> dict[str, set[str]]:
    """Each class with itself and all classes above it."""
    classes = {c for pair in ontology.subject_objects(RDFS.subClassOf) for c in pair}
    return {str(c): {str(a) for a in ontology.transitive_objects(c, RDFS.subClassOf)} for c in classes}


def ends(ontology: rdflib.Graph, all_of: rdflib.URIRef, one_of: rdflib.URIRef) -> dict[str, list[set[str]]]:
    """By property: sets of classes, of each of which one has to hold at that end."""
    found: dict[str, list[set[str]]] = defaultdict(list)
    for p, c in ontology.subject_objects(all_of):
        if isinstance(c, rdflib.URIRef):
            found[str(p)].append({str(c)})
    for p in set(ontology.subjects(one_of)):
        found[str(p)].append({str(c) for c in ontology.objects(p, one_of)})
    return found


def bars(ontology: rdflib.Graph, all_of: rdflib.URIRef) -> dict[str, set[str]]:
    """By property: classes that may not stand at that end."""
    found: dict[str, set[str]] = defaultdict(set)
    for p, end in ontology.subject_objects(all_of):
        for c in ontology.objects(end, OWL.complementOf):
            union = ontology.value(c, OWL.unionOf)
            found[str(p)] |= {str(m) for m in ([c] if union is None else ontology.items(union))}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "--ontologies", type=Path, nargs="*", default=[ROOT / "ontologies" / f for f in ("core.ttl", "general.ttl")]
    )
    given = parser.parse_args()
    ontology = rdflib.Graph()
    for path in given.ontologies:
        ontology.parse(path)
    up = above(ontology)
    domains, ranges = ends(ontology, RDFS.domain, SDO.domainIncludes), ends(ontology, RDFS.range, SDO.rangeIncludes)
    never_domain, never_range = bars(ontology, RDFS.domain), bars(ontology, RDFS.range)
    said = {
        (q.subject.value, q.predicate.value, q.object)
        for q in ox.parse(path=given.out / "graph.nq")
        if not q.graph_name.value.endswith(OWN)
    }
    classes: dict[str, set[str]] = defaultdict(set)
    own: dict[object, set[str]] = defaultdict(set)
    for s, p, o in said:
        if p == str(RDF.type):
            classes[s] |= up.get(o.value, {o.value})
            own[ox.NamedNode(s)].add(o.value)

    def misfit(node: object, wanted: Iterable[set[str]], never: set[str]) -> str:
        """What kind of end it is that does not fit; nothing if it does."""
        if isinstance(node, ox.Literal):
            held = {
                node.datatype.value,
                str(RDFS.Literal),
                GENERAL + ("Time" if node.datatype.value in DATES else "Quantity"),
            }
        else:
            held = classes[getattr(node, "value", node)]
        if all(one & held for one in wanted) and not never & held:
            return ""
        return "unknown" if held == {GENERAL + "Thing"} else "guessed" if GENERAL + "Thing" in own[node] else "illegal"

    facts = [(s, p, o) for s, p, o in said if p in domains or p in ranges]
    found = Counter()
    for s, p, o in facts:
        for node, wanted, never in (
            (ox.NamedNode(s), domains.get(p, ()), never_domain.get(p, set())),
            (o, ranges.get(p, ()), never_range.get(p, set())),
        ):
            if kind := misfit(node, wanted, never):
                found[kind] += 1
                print(kind, s, p, o)
    apart = [(str(a), str(b)) for a, b in ontology.subject_objects(OWL.disjointWith)]
    torn = {s for s, held in classes.items() if any(a in held and b in held for a, b in apart)}
    values: dict[tuple[str, str], set[object]] = defaultdict(set)
    for s, p, o in facts:
        if (rdflib.URIRef(p), RDF.type, OWL.FunctionalProperty) in ontology:
            values[s, p].add(o)
    print(
        f"facts whose property has a domain or range: {len(facts)}; ends illegal: {found['illegal']}, "
        f"of a guessed class that does not fit: {found['guessed']}, of no known class: {found['unknown']}"
    )
    print(
        f"things of disjoint classes: {len(torn)} of {len(classes)}; functional properties with two values: "
        f"{sum(len(v) > 1 for v in values.values())} of {len(values)}"
    )


if __name__ == "__main__":
    main()
