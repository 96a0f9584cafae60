"""Six queries on 500,000 triples: Oxigraph as kgbuild's processes run it, against rdflib on the same triples.

    OMP_NUM_THREADS=1 python benchmarks/sparql_speed.py [--triples 500000] [--rounds 5]

People work for companies in cities in countries, know each other, report to somebody and have names, ages and, some, a
mail address. Each engine runs each query ``rounds`` times (slow ones once) in this process; the shortest counts, in
processor time, since machines are shared. Ours is ``Executor.run``, over the store in memory, as ``kgbuild.open`` and
``kgbuild serve`` hold a graph of up to ``queries.in_memory`` bytes (this one is 62 MB), and over the store on disk, as
``kgbuild query`` reads it for one question; rdflib's is in memory. Beside them stands the wall time of the whole way
through ``Graph.sparql``: checks, another process, terms as Python values. The answers are compared.
"""

from __future__ import annotations

import argparse
import math
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

import kgbuild
from kgbuild.queries.execute import Executor
from kgbuild.queries.functions.oxigraph import Functions
from kgbuild.queries.store import TABLES, hold_store, open_store
from kgbuild.workspace import write_manifest

V = "http://example.org/"
PEOPLE_PER = 8.3  # triples for each person, about
QUERIES = {
    "lookup": "SELECT ?p ?o {{ <{v}person/{some}> ?p ?o }}",
    "3-join": (
        "SELECT ?n ?c {{ ?p <{v}name> ?n ; <{v}worksFor> ?f . ?f <{v}city> ?t . ?t <{v}country> <{v}country/7> . "
        "?t <{v}name> ?c }}"
    ),
    "group": "SELECT ?f (COUNT(?p) AS ?n) (AVG(?a) AS ?m) {{ ?p <{v}worksFor> ?f ; <{v}age> ?a }} GROUP BY ?f",
    "path": "SELECT ?p ?n {{ ?p <{v}reportsTo>+ <{v}person/150> ; <{v}name> ?n }}",
    "filter": 'SELECT ?p ?n {{ ?p <{v}age> ?a ; <{v}name> ?n FILTER(?a > 85 && CONTAINS(?n, "77")) }}',
    "optional": ("SELECT ?n ?m {{ ?p <{v}worksFor> <{v}firm/5> ; <{v}name> ?n OPTIONAL {{ ?p <{v}mail> ?m }} }}"),
}


def triples(count: int) -> list[str]:
    choice = random.Random(3)
    people = int(count / PEOPLE_PER)
    firms, cities = people // 50, people // 500
    lines = []
    for n in range(cities):
        lines += [f'<{V}city/{n}> <{V}name> "city {n}" .', f"<{V}city/{n}> <{V}country> <{V}country/{n % 40}> ."]
    lines += [f"<{V}firm/{n}> <{V}city> <{V}city/{choice.randrange(cities)}> ." for n in range(firms)]
    for n in range(people):
        p = f"<{V}person/{n}>"
        lines += [f'{p} <{V}name> "person {n}" .', f"{p} <{V}worksFor> <{V}firm/{choice.randrange(firms)}> ."]
        lines.append(f'{p} <{V}age> "{choice.randrange(18, 90)}"^^<http://www.w3.org/2001/XMLSchema#integer> .')
        lines += [f"{p} <{V}knows> <{V}person/{choice.randrange(people)}> ." for _ in range(4)]
        if n >= 10:
            lines.append(f"{p} <{V}reportsTo> <{V}person/{n // 10}> .")
        if n % 3 == 0:
            lines.append(f'{p} <{V}mail> "p{n}@example.org" .')
    return sorted(set(lines))


def shortest(ask: Callable[[], int], rounds: int, clock: Callable[[], float] = time.process_time) -> tuple[float, int]:
    best, size = math.inf, 0
    for _ in range(rounds):
        start = clock()
        size = ask()
        spent = clock() - start
        best = min(best, spent)
        if spent > 10:
            break
    return best, size


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--triples", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    import rdflib

    lines = triples(asked.triples)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / ".generations" / "000001"
        folder.mkdir(parents=True)
        (folder / "graph.nq").write_text("".join(f"{line[:-1]}<{V}graph> .\n" for line in lines), "utf-8")
        for name in TABLES:
            parquet.write_table(pa.table({"id": pa.array([], pa.string())}), folder / name)
        write_manifest(folder)
        (Path(temporary) / "current").symlink_to(".generations/000001")
        theirs = rdflib.Graph()
        theirs.parse(data="\n".join(lines), format="nt")
        print(f"{len(theirs)} triples; shortest of {asked.rounds}, milliseconds of processor time")
        ratios: dict[str, list[float]] = {"memory": [], "disk": []}
        with kgbuild.open(temporary) as graph:
            graph.sparql("ASK {}")  # loads the store
            stores = {"memory": hold_store(temporary, 1 << 40), "disk": open_store(temporary)}
            executors = {k: Executor(s, Functions(temporary), rows=100_000) for k, s in stores.items()}
            for name, form in QUERIES.items():
                query = form.format(v=V, some=1234)
                other, same = shortest(lambda query=query: len(list(theirs.query(query))), asked.rounds)
                told = f"rdflib {other * 1000:8.2f}"
                for kind, executor in executors.items():
                    own, size = shortest(lambda q=query, e=executor: len(e.run(q, {}, {}).items), asked.rounds)
                    assert size == same, (name, size, same)
                    ratios[kind].append(other / own)
                    told += f"   {kind} {own * 1000:8.2f}, {other / own:6.1f} times"
                whole, _ = shortest(lambda query=query: len(graph.sparql(query)), asked.rounds, time.perf_counter)
                print(
                    f"{name:8} {told}   {size} rows; whole way {whole * 1000:.2f}, {other / whole:.1f} times",
                    flush=True,
                )
        for kind, all in ratios.items():
            mean = math.exp(sum(map(math.log, all)) / len(all))
            print(f"{kind}: geometric mean {mean:.1f} times, least {min(all):.1f} times")


if __name__ == "__main__":
    main()
