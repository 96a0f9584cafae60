"""What evidence costs in RDF: triples per fact of a published graph, and where they go.

    kgbuild build ../shared/corpus --out build/corpus
    python benchmarks/provenance.py build/corpus

Two figures. Of a relation: all triples about statements that sources state, about the places that these point to and
about the extractions that made them, per statement and source that states it. Of the whole graph: all triples of the
provenance graph (mentions, places, statements, inferred ones with their premises, links, agents), per triple that
stands in the graph of a source or of inferred facts. Refused statements are no facts; they keep a graph of their own.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from pathlib import Path

import pyoxigraph as ox

from kgbuild.vocab import CORE, OA, PROV, RDF, TYPE, shorten

Triple = tuple[str, str, str]


def read(graph: Path) -> tuple[dict[str, set[Triple]], dict[str, list[tuple[str, str]]]]:
    """Triples by named graph, and (predicate, object) by subject of the provenance graph."""
    graphs: dict[str, set[Triple]] = defaultdict(set)
    for q in ox.parse(path=graph):
        graphs[q.graph_name.value].add((q.subject.value, q.predicate.value, str(q.object)))
    about: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name, triples in graphs.items():
        if name.endswith("/graph/provenance"):
            for s, p, o in triples:
                about[s].append((p, o.strip("<>")))
    return graphs, about


def relation_cost(graphs: dict[str, set[Triple]], about: dict[str, list[tuple[str, str]]]) -> tuple[int, int]:
    """Triples about stated relations, and how many (statement, source) there are."""
    triples: set[Triple] = set()
    facts = 0
    for node in [s for s, said in about.items() if (TYPE, CORE + "Statement") in said]:
        said = dict(about[node])
        nodes = {node, *(o for p, o in about[node] if p in (OA + "hasTarget", PROV + "wasGeneratedBy"))}
        triples |= {(n, p, o) for n in nodes for p, o in about[n]}
        sources = {o for n in nodes for p, o in about[n] if p == OA + "hasSource"}
        fact = [said[RDF + part] for part in ("subject", "predicate", "object")]
        for source in sources:
            found = {o.strip("<>") for s, p, o in graphs[source] if [s, p] == fact[:2]}
            facts += fact[2] in found
    return len(triples), facts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="workspace of a build")
    graphs, about = read(parser.parse_args().out / "current" / "graph.nq")
    kinds = {s: shorten(o) for s, said in about.items() for p, o in said if p == TYPE}
    counts = Counter((kinds.get(s, "place"), shorten(p)) for s, said in about.items() for p, _ in said)
    for (kind, predicate), count in sorted(counts.items(), key=lambda kv: (kv[0][0], -kv[1])):
        print(f"{count:8}  {kind:24} {predicate}")
    triples, facts = relation_cost(graphs, about)
    print(f"relations: {triples} triples for {facts} facts: {triples / facts:.2f} each")
    whole = sum(counts.values())
    stated = sum(len(t) for g, t in graphs.items() if "/graph/" not in g or g.endswith("/graph/inferred"))
    print(f"whole graph: {whole} triples of provenance for {stated} facts: {whole / stated:.2f} each")


if __name__ == "__main__":
    main()
