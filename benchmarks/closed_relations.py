"""Closed relations by a user's own ontology: which general property does a user's property mean?

    python benchmarks/closed_relations.py

``closed_relations.tsv`` holds properties as ontologies word them, written for this benchmark
before any was scored, with the general property that each means ("~": from object to subject)
or none. Half of them (by a hash of the label) fitted the calibration and chose the threshold;
the other half is measured: precision of the meanings found, and the share of properties that
mean a general one which got the right one.
"""

from __future__ import annotations

import argparse
import csv
import zlib
from pathlib import Path

from kgbuild.config import Config
from kgbuild.embeddings.relation import RelationEncoder
from kgbuild.statements import load_ontology
from kgbuild.statements.closed import general_properties, meanings
from kgbuild.statements.ontology import Property
from kgbuild.vocab import GENERAL

MINE = "https://example.org/mine#"


def read(path: Path) -> dict[str, tuple[Property, set[tuple[str, bool]], int]]:
    """By IRI: the property, what it means, and its half."""
    found = {}
    with path.open(encoding="utf-8", newline="") as file:
        for n, row in enumerate(csv.DictReader(file, delimiter="\t")):
            ends = [frozenset({GENERAL + row[k]}) if row[k] != "Thing" else frozenset() for k in ("domain", "range")]
            p = Property(f"{MINE}p{n:03}", row["label"], ends[0], ends[1], description=row["comment"])
            means = {(GENERAL + m.lstrip("~"), m.startswith("~")) for m in row["means"].split("|") if m}
            found[p.iri] = (p, means, zlib.crc32(row["label"].encode()) % 2)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="print each wrong meaning of the first half")
    options = parser.parse_args()
    cases, ontology = read(Path(__file__).with_suffix(".tsv")), load_ontology(["general"])
    general, encoder = general_properties(ontology), RelationEncoder(Config.load())
    symmetric = {p.iri for p in general if p.symmetric}
    inverse = {(p.iri, q.iri) for p in general for q in general if q.iri == p.inverse or p.iri == q.inverse}
    texts = [(p.label, p.description, p.aliases) for p in (*(c[0] for c in cases.values()), *general)]
    vectors = encoder.properties(texts)
    scores = vectors[: len(cases)] @ vectors[len(cases) :].T
    print(f"{len(cases)} properties, {sum(bool(c[1]) for c in cases.values())} of them mean one of {len(general)}")
    print("| half | threshold | found | precision | recall |\n|---|---|---|---|---|")
    for threshold in (0.5, 0.6, 0.7, 0.8, 0.9):
        for half in (0, 1):
            rows = [n for n, c in enumerate(cases.values()) if c[2] == half]
            own = [list(cases.values())[n][0] for n in rows]
            # Each property is asked for alone: what it finds does not depend on its neighbours.
            made = meanings(own, general, scores[rows], ontology, threshold=threshold)
            right, wrong, got = 0, 0, set()
            for name, held in made.items():
                for m in held:
                    means = cases[m.iri][1]
                    means = means | {(q, not t) for p, t in means for a, q in inverse if a == p}
                    ok = (name, m.turned) in means or (name in symmetric and (name, not m.turned) in means)
                    right, wrong = right + ok, wrong + (not ok)
                    got |= {m.iri} if ok else set()
                    if not ok and options.list and half == 0 and threshold == 0.7:
                        print("wrong:", cases[m.iri][0].label, "->", name, m.turned, round(m.rank, 2))
            wanted = sum(bool(c[1]) for c in cases.values() if c[2] == half)
            share = right / max(1, right + wrong)
            print(
                f"| {'measured' if half else 'fitted'} | {threshold} | {right + wrong} | {share:.3f} "
                f"| {len(got) / wanted:.3f} |"
            )


if __name__ == "__main__":
    main()
