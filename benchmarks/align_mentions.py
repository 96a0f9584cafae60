"""Cluster a set of mentions laid out as in shared/align and write what its scorer reads.

    python benchmarks/align_mentions.py ../shared/align/mentions/qid_dev --out clusters.csv
    python ../shared/align/score.py clusters --gold ../shared/align/mentions/qid_dev/gold.csv \\
        --pred clusters.csv --mentions ../shared/align/mentions/qid_dev/mentions.jsonl
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from pathlib import Path

from kgbuild.config import Config
from kgbuild.embeddings.around import embed_in_context
from kgbuild.embeddings.text import encoder
from kgbuild.entities import align
from kgbuild.types import Extraction, Mention, Target, TextPosition


def read_mentions(path: Path) -> list[Mention]:
    """Each sentence is a source; the types are unknown."""
    found = []
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        target = Target(row["doc"], (TextPosition(row["start"], row["end"]),))
        found.append(Mention(row["id"], target, row["text"], "Thing", 1.0, "gold/1", context=row["sentence"]))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    config = Config.load()
    mentions = read_mentions(options.folder / "mentions.jsonl")
    started = time.monotonic()
    table, *states = embed_in_context(Extraction("benchmark", tuple(mentions)), encoder(config))
    embedded = time.monotonic()
    found = align(mentions, table, config=config, states=states[0] if states else None)
    print(
        f"{len(mentions)} mentions, {len(found.entities)} entities, {len(found.merges)} merges; "
        f"embedding {embedded - started:.1f} s, alignment {time.monotonic() - embedded:.1f} s"
    )
    with options.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "cluster"])
        for entity in found.entities:
            writer.writerows([m, entity.id] for m in entity.mentions)


if __name__ == "__main__":
    main()
