"""Our GraphML writer against networkx's, the same graph: python benchmarks/graphml.py [--edges 100000].

Both write a multigraph with the attributes that our graphs have; both files are read back by networkx and compared.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path

import networkx as nx

from kgbuild.graphs.graphml import write

BASE = "https://example.org/kg/"


def made(edges: int, seed: int) -> nx.MultiDiGraph:
    """A graph of that many edges on a third as many nodes, with labels of all kinds."""
    rng = random.Random(seed)
    graph = nx.MultiDiGraph()
    nodes = [f"{BASE}entity/thing-{n}-{rng.getrandbits(32):08x}" for n in range(max(1, edges // 3))]
    marks = ("", " & Co", " <b>", ' "x"', " é", " 名前")
    for n, id in enumerate(nodes):
        graph.add_node(id, label=f"Thing {n}{marks[n % 6]}", type="Organisation", modalities="text", mentions=n % 9)
    for n in range(edges):
        key = f"{BASE}statement/{rng.getrandbits(64):016x}"
        graph.add_edge(
            rng.choice(nodes), rng.choice(nodes), key=key, predicate="core:connectsTo", label="connects to",
            confidence=round(rng.random(), 4), sources=f"{BASE}source/file-{n % 97}.md",
        )  # fmt: skip
    return graph


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edges", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=3, help="the best of so many runs counts")
    given = parser.parse_args()
    graph = made(given.edges, given.seed)
    with tempfile.TemporaryDirectory() as home:
        ours, theirs = Path(home, "ours.graphml"), Path(home, "theirs.graphml")
        writers = {
            "kgbuild": lambda: write(ours, graph.nodes(data=True), graph.edges(keys=True, data=True)),
            "networkx": lambda: nx.write_graphml_xml(graph, theirs),
            "networkx, lxml": lambda: nx.write_graphml_lxml(graph, theirs),
        }
        seconds = {}
        for name, run in writers.items():
            times = []
            for _ in range(given.repeat):
                start = time.process_time()
                run()
                times.append(time.process_time() - start)
            seconds[name] = min(times)
        back = nx.read_graphml(ours, force_multigraph=True)
    same = back.adj == graph.adj and back.nodes == graph.nodes
    for name, value in seconds.items():
        print(f"{name:15} {value:6.2f} s of processor time   {value / seconds['kgbuild']:5.1f}x ours")
    print(f"read back by networkx: {'the same graph' if same else 'NOT the same graph'}")


if __name__ == "__main__":
    main()
