"""How much of a function each property is: the share of subjects that have one value, where people read every document.

    python benchmarks/functionality.py ../shared/text/redocred_train.jsonl.gz --split train

Prints the ``core:functionality`` of ``ontologies/general.ttl``, of properties with 20 subjects or more. Inside one
document: a person has one country there more often than in life.

"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter, defaultdict
from pathlib import Path

from kgbuild.statements import load_ontology
from kgbuild.vocab import WDT

LEAST = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=Path)
    parser.add_argument("--split", default="train")
    options = parser.parse_args()
    values: dict[str, Counter[tuple[str, int]]] = defaultdict(Counter)
    with gzip.open(options.documents, "rt", encoding="utf-8") as file:
        for row in map(json.loads, file):
            for r in row["relations"] if row["split"] == options.split else ():
                values[r["p"]][row["id"], r["h"]] += 1
    for p in load_ontology(["general"]).properties.values():
        for code in sorted(n.rsplit("/", 1)[-1] for n in p.same if n.startswith(WDT)):
            if len(values[code]) >= LEAST:
                share = sum(n == 1 for n in values[code].values()) / len(values[code])
                print(f"{p.iri}\t{share:.2f}\t{len(values[code])}")


if __name__ == "__main__":
    main()
