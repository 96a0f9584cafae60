"""Inference over a graph made of the built-in ontologies' properties: CPU seconds of kgbuild and of owlrl, same facts.

    python benchmarks/reasoning.py --triples 50000

Things stand in trees (administrative places, parts of systems), as in real graphs; every property of general and
software is used between things of its classes. Left out of the comparison: what owlrl says of terms and literals, that
each thing is itself and an owl:Thing.
"""

from __future__ import annotations

import argparse
import random
import time

from kgbuild.ontology_files import ontology_files
from kgbuild.statements.axioms import SAME, Triple, compile_axioms
from kgbuild.statements.reason import Reasoner
from kgbuild.vocab import CORE, GENERAL, OWL, RDFS, TYPE

THINGS = "https://example.org/kg/entity/"
ONTOLOGIES = ("general", "software")


def axiom_triples() -> list[Triple]:
    """All that the ontologies say, as plain terms."""

    def plain(term: object) -> str:
        return str(term) if str(term).startswith("_:") else str(getattr(term, "value", term))

    return [
        (plain(q.subject), q.predicate.value, plain(q.object))
        for file in ontology_files(ONTOLOGIES)
        for q in file.quads()
    ]


def facts(count: int, seed: int) -> list[Triple]:
    """Random facts: a third in trees of a transitive property, the rest any property between any things."""
    rng, terms = random.Random(seed), axiom_triples()
    objects = sorted({s for s, p, o in terms if p == TYPE and o == OWL + "ObjectProperty" and not s.startswith(CORE)})
    classes = sorted({s for s, p, o in terms if p == TYPE and o == OWL + "Class" and not s.startswith(CORE)})
    trees = sorted({s for s, p, o in terms if p == TYPE and o == OWL + "TransitiveProperty"})
    plain = [p for p in objects if p not in trees]
    things = [f"{THINGS}x{n}" for n in range(count // 4)]
    found = {(x, TYPE, rng.choice(classes)) for x in things}
    while len(found) < count:
        n = rng.randrange(1, len(things))
        if rng.random() < 0.33:  # the parent of a thing: trees of four
            found.add((things[n], rng.choice(trees[:2]), things[n // 4]))
        else:
            found.add((things[n], rng.choice(plain), rng.choice(things)))
    return sorted(found)


def ours(given: list[Triple]) -> tuple[set[Triple], float]:
    terms = axiom_triples()
    begun = time.process_time()
    made = Reasoner(compile_axioms(terms))
    made.add(given)
    spent = time.process_time() - begun
    return {*given, *made.inferred()}, spent


def theirs(given: list[Triple]) -> tuple[set[Triple], float]:
    import owlrl
    from rdflib import Graph, URIRef

    graph = Graph()
    for file in ontology_files(ONTOLOGIES):
        graph.parse(data=file.text, format="turtle")
    for fact in given:
        graph.add(tuple(map(URIRef, fact)))
    begun = time.process_time()
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, axiomatic_triples=False, datatype_axioms=False).expand(graph)
    spent = time.process_time() - begun
    return {(str(s), str(p), str(o)) for s, p, o in graph}, spent


def about_things(found: set[Triple]) -> set[Triple]:
    """Facts about things: none about terms or blank nodes, none that only says that a thing is itself or a thing."""
    empty = (OWL + "Thing", RDFS + "Resource")
    return {
        (s, p, o) for s, p, o in found
        if s.startswith(THINGS) and "://" in o and o not in empty and not (p == SAME and s == o)
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--triples", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--alone", action="store_true", help="without owlrl, which takes long")
    options = parser.parse_args()
    given = facts(options.triples, options.seed)
    found, seconds = ours(given)
    print(f"{len(given)} facts, {len(found) - len(given)} inferred; kgbuild {seconds:.2f} s of CPU time")
    if options.alone:
        return
    known, other = theirs(given)
    mine, yours = about_things(found), about_things(known)
    print(f"owlrl {other:.1f} s: {other / seconds:.0f} times as long")
    print(f"only kgbuild infers {len(mine - yours)}, only owlrl {len(yours - mine)} facts about things")
    for fact in [*sorted(mine - yours)[:3], *sorted(yours - mine)[:3]]:
        print("differs:", *(t.replace(GENERAL, "gen:") for t in fact))


if __name__ == "__main__":
    main()
