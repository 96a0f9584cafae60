"""Random open relations of a graph with the sentence that states each, for judging one by one.

    python benchmarks/open_relations.py FOLDER_OR_OUT [--sample 100] [--seed 0] [--status asserted]

``FOLDER_OR_OUT``: a workspace of kgbuild, or a folder of documents (built into a temporary
workspace first). Each triple is printed as the graph has it, with its confidence; the
sentence that it rests on stands below. Precision is the share of triples that a reader
of the sentence alone would sign. ``--status`` takes ``asserted``, or ``negated``,
``possible``, ``reported`` or ``hypothetical`` for what went to quarantine as such.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter
from pathlib import Path

from pyarrow import parquet

import kgbuild
from kgbuild.queries.store import generation


def rows(out: Path) -> list[dict[str, str]]:
    """The open relations among the statements, each with the labels of its ends."""
    folder = generation(out)
    label = {e["id"]: e["label"] for e in parquet.read_table(folder / "entities.parquet").to_pylist()}
    return [
        {**s, "subject": label[s["subject"]], "object": label.get(s["object"], s["object"])}
        for s in parquet.read_table(folder / "statements.parquet").to_pylist()
        if "/relation/" in s["predicate"]
    ]


def kind(row: dict[str, str]) -> str:
    """Why a statement is no fact, "asserted" if it is one."""
    return "asserted" if row["status"] == "asserted" else row["reason"].split(":")[0].split(" ")[0]


def show(out: Path, *, sample: int, seed: int, status: str) -> None:
    found = rows(out)
    print("open relations by status:", dict(sorted(Counter(map(kind, found)).items())))
    chosen = sorted((r for r in found if kind(r) == status), key=lambda r: r["id"])
    random.Random(seed).shuffle(chosen)
    with kgbuild.open(out) as graph:
        for n, row in enumerate(chosen[:sample], 1):
            print(f"\n{n}. ({row['subject']} | {row['relation']} | {row['object']})  {row['confidence']:.2f}")
            best = graph.why(row["id"]).evidence[0]
            print(f"   {' '.join((best.marked or best.surface).split())}\n   {best.path}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--sample", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--status", default="asserted")
    given = parser.parse_args()
    if (given.path / "current" / "graph.nq").is_file():
        show(given.path, sample=given.sample, seed=given.seed, status=given.status)
        return
    with tempfile.TemporaryDirectory() as folder:
        kgbuild.build(given.path, out=Path(folder) / "out")
        show(Path(folder) / "out", sample=given.sample, seed=given.seed, status=given.status)


if __name__ == "__main__":
    main()
