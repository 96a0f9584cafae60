"""SHACL validation: CPU seconds of kgbuild's compiled shapes and of pySHACL, same results, in one session.

    python benchmarks/shacl.py --nodes 20000

Five shapes (counts, datatypes, classes, patterns, ranges) over so many people; one in a hundred is wrong somewhere.
"""

from __future__ import annotations

import argparse
import random
import time

import pyoxigraph as ox
from rdflib import Graph

from kgbuild.statements.shacl import Result, as_rdflib, by_pyshacl, compiled

SHAPES = """
@prefix : <http://e/> . @prefix sh: <http://www.w3.org/ns/shacl#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:Named sh:targetClass :Person ; sh:property [ sh:path :name ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:string ] .
:Aged sh:targetClass :Person ; sh:property [ sh:path :age ; sh:maxCount 1 ; sh:minInclusive 0 ; sh:maxInclusive 130 ] .
:Coded sh:targetClass :Person ; sh:property [ sh:path :code ; sh:pattern "^[A-Z]{2}-[0-9]+$" ; sh:minCount 1 ] .
:Employed sh:targetSubjectsOf :worksFor ; sh:property [ sh:path :worksFor ; sh:class :Firm ; sh:nodeKind sh:IRI ] .
:Known sh:targetClass :Person ; sh:property [ sh:path :knows ; sh:node :HasName ] .
:HasName a sh:NodeShape ; sh:property [ sh:path :name ; sh:minCount 1 ] .
"""


def data(nodes: int, seed: int) -> list[ox.Quad]:
    rng = random.Random(seed)
    lines = ["@prefix : <http://e/> .", *(f":f{n} a :Firm ." for n in range(200))]
    for n in range(nodes):
        wrong = rng.randrange(6) if rng.random() < 0.01 else -1
        name = "" if wrong == 0 else f' ; :name "Person {n}"' + (f', "P {n}"' if wrong == 1 else "")
        age, code = (200 if wrong == 2 else rng.randrange(100)), ("x" if wrong == 3 else f"AB-{n}")
        firm = f":p{rng.randrange(nodes)}" if wrong == 4 else f":f{rng.randrange(200)}"
        facts = f':age {age} ; :code "{code}" ; :worksFor {firm} ; :knows :p{rng.randrange(nodes)}'
        lines.append(f":p{n} a :Person{name} ; {facts} .")
    return list(ox.parse(input="\n".join(lines).encode(), format=ox.RdfFormat.TURTLE))


def key(results: list[Result]) -> list[tuple[str, str, str]]:
    return sorted((r.focus, r.path, r.component) for r in results)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    store, shapes = ox.Store(), Graph().parse(data=SHAPES, format="turtle")
    store.bulk_extend(data(options.nodes, options.seed))
    begun = time.process_time()
    ours = compiled(store, shapes)
    spent = time.process_time() - begun
    union = as_rdflib(store)
    begun = time.process_time()
    theirs = by_pyshacl(union, shapes)
    other = time.process_time() - begun
    print(f"{options.nodes} focus nodes, 5 shapes, {len(store)} triples: {len(ours)} violations")
    print(
        f"kgbuild {spent:.2f} s, pySHACL {other:.2f} s of CPU time without loading: {other / spent:.1f} times as long"
    )
    print("same results" if key(ours) == key(theirs) else f"results differ: {len(ours)} and {len(theirs)}")


if __name__ == "__main__":
    main()
