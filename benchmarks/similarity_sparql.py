"""Milliseconds of a SPARQL query that joins the ten nearest of 100,000 entities with the graph.

    OMP_NUM_THREADS=1 python benchmarks/similarity_sparql.py [--entities N] [--keep FOLDER]

The entities have made names of three to five words, encoded by the text backbone (two minutes; FOLDER keeps the
workspace for another run), a class, a label and two relations each. Each query is asked as a user asks it:
``graph.sparql``, which reads the tokens, encodes, searches the index, and has a child process join and answer.
Queries by text are all unlike, so that each is encoded; queries by IRI take the thing's own vector. Recall is
against a search over all.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

import kgbuild
from kgbuild.config import Config
from kgbuild.embeddings.index import VectorIndex
from kgbuild.embeddings.text import TextEncoder
from kgbuild.queries.functions.nearest import Nearest
from kgbuild.types import EmbeddingTable
from kgbuild.vocab import CORE, GENERAL, LABEL, TYPE
from kgbuild.workspace import write_manifest

BASE = "https://example.org/kg/"
WORDS = """north south old grand silent rapid royal central upper lower blue red golden iron silver early late open

river mountain harbour forest bridge market museum school hospital engine antenna telescope station orbit cable
database server queue cache gateway tower castle valley island desert glacier railway tunnel airport library theatre
orchestra poet painter senator general bishop queen merchant sailor union bank institute laboratory factory mill
newspaper journal novel symphony opera sonata festival championship league regatta battle treaty

of for near against under beyond

Lisbon Oslo Nairobi Lima Quebec Kyoto Geneva Cairo Delhi Perth Accra Hanoi Dublin Prague Sofia Tunis Bergen Malta
Houston Boston water light sound wind steel wheat salt copper glass paper memory packets voltage pressure"""
FIRST, SECOND, THIRD, FOURTH = (group.split() for group in WORDS.split("\n\n"))
QUERY = """SELECT ?e ?score ?name ?other {{
  (?e ?score) kgf:nearest ({what} 10) ; rdfs:label ?name ; core:partOf ?o . ?o rdfs:label ?other }}"""


def names(count: int) -> list[str]:
    choice = random.Random(7)
    found: dict[str, None] = {}
    while len(found) < count:
        words = [choice.choice(SECOND), choice.choice(THIRD), choice.choice(FOURTH)]
        if choice.random() < 0.7:
            words.insert(0, choice.choice(FIRST))
        if choice.random() < 0.3:
            words.append(choice.choice(SECOND))
        found[" ".join(words)] = None
    return list(found)


def workspace(out: Path, count: int, config: Config) -> None:
    """A published graph as far as queries need it."""
    folder = out / ".generations" / "000001"
    folder.mkdir(parents=True)
    labels = names(count)
    matrix = TextEncoder(config).encode(labels)
    source = f"{BASE}source/names.txt"
    ids, mentions = [f"{BASE}entity/e{n}" for n in range(count)], [f"{source}#mention-{n}" for n in range(count)]
    VectorIndex.build(EmbeddingTable("minilm-mention", tuple(mentions), matrix)).save(folder / "vectors.faiss")
    parquet.write_table(pa.table({"id": mentions, "surface": labels, "entity": ids}), folder / "mentions.parquet")
    kinds = ["Thing"] * count
    parquet.write_table(pa.table({"id": ids, "label": labels, "type": kinds}), folder / "entities.parquet")
    columns = ("id", "source", "path", "place", "picture", "modality")
    parquet.write_table(pa.table({c: pa.array([], pa.string()) for c in columns}), folder / "segments.parquet")
    with (folder / "graph.nq").open("w", encoding="utf-8") as file:
        for n, (entity, label) in enumerate(zip(ids, labels, strict=True)):
            for p, o in (
                (TYPE, f"<{CORE}Thing>"), (LABEL, f'"{label}"@en'), (CORE + "partOf", f"<{ids[n * 7 % count]}>"),
                (GENERAL + "location", f"<{ids[n * 13 % count]}>"),
            ):  # fmt: skip
                file.write(f"<{entity}> <{p}> {o} <{source}> .\n")
    for name in ("statements", "evidence"):
        parquet.write_table(pa.table({"id": pa.array([], pa.string())}), folder / f"{name}.parquet")
    write_manifest(folder)
    (out / "current").symlink_to(".generations/000001")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--entities", type=int, default=100_000)
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    config = Config.load()
    with tempfile.TemporaryDirectory() as temporary:
        out = asked.keep or Path(temporary) / "out"
        if not (out / "current").exists():
            workspace(out, asked.entities, config)
        with kgbuild.open(out, config=config) as graph:
            texts = [f'"{n} at dawn"' for n in names(asked.entities + 200)[-200:]]
            things = [f"<{BASE}entity/e{n * 97 % asked.entities}>" for n in range(200)]
            print(f"{asked.entities} entities; ten nearest joined with two labels; milliseconds")
            measure(graph, "by IRI, index not yet made (a search over all)", things[:20])
            start = time.perf_counter()
            graph._sparql.nearest().warm()
            print(f"codes made once for the process: {time.perf_counter() - start:.1f} s")
            measure(graph, "by IRI", things)
            measure(graph, "by text, each encoded", texts)
            measure(graph, "by text, encoded before", texts)
            recall(graph._sparql.nearest(), Nearest(out, config, files=False), [t[1:-1] for t in texts[:20]])


def measure(graph: kgbuild.queries.graph.Graph, name: str, asked: list[str]) -> None:
    graph.sparql(QUERY.format(what=asked[0]))
    spent, processor = [], time.process_time()
    for what in asked:
        start = time.perf_counter()
        rows = graph.sparql(QUERY.format(what=what)).rows
        spent.append((time.perf_counter() - start) * 1000)
        assert len(rows) == 10, what
    own = (time.process_time() - processor) * 1000 / len(asked)
    spent.sort()
    middle, most = statistics.median(spent), spent[len(spent) * 95 // 100]
    print(f"{name:<50} median {middle:6.2f}   p95 {most:6.2f}   own CPU {own:.2f}")


def recall(quick: Nearest, exact: Nearest, texts: list[str]) -> None:
    found = [len({e for e, *_ in quick.entities(t, 10)} & {e for e, *_ in exact.entities(t, 10)}) for t in texts]
    print(f"recall of the ten against a search over all: {sum(found) / 10 / len(texts):.3f}")


if __name__ == "__main__":
    main()
