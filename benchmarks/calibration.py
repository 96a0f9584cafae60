"""How honest the scores of mentions are: of names in text, and of lines that OCR reads.

    python benchmarks/calibration.py text ../shared/text/redocred_train.jsonl.gz --split val
    python benchmarks/calibration.py ocr ../shared/diagrams --every 4

Expected calibration error in bins of equal size (Guo et al., ICML 2017) and what was right in each. A mention is right
if the annotators have its span and class; a line if each of its words stands in the labels of the drawing, to the
letter but for case. Relations: ``confidence.py``; diagrams: their card; finer classes: ``fine_types.py``.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from confidence import show
from ocr_words import words

from kgbuild.config import Config
from kgbuild.mentions.annotate import Annotator
from kgbuild.mentions.ocr import Ocr


def mentions(path: Path, split: str) -> Iterator[tuple[float, bool]]:
    """Score of each name found, and whether it is right."""
    annotator = Annotator(Config.load())
    codes = annotator.facts["type_codes"]
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for document in map(json.loads, file):
            if document.get("split") == split:
                gold = {tuple(m) for m in document["mentions"]}
                for m in annotator(document["sents"]).mentions:
                    yield m.score, (m.sentence, m.start, m.end, codes[m.type]) in gold


def lines(folder: Path, every: int) -> Iterator[tuple[float, bool]]:
    """Score of each line read in real diagrams, and whether it is right."""
    ocr = Ocr(Config.load())
    for path in sorted((folder / "gold").glob("*.json"))[::every]:
        gold = json.loads(path.read_text("utf-8"))
        labels = [n["label"] for n in (*gold["nodes"], *gold["edges"], *gold.get("groups", ()))]
        known = {w for label in labels for w in words(label or "")}
        for line in ocr.lines((folder / "png" / f"{gold['id']}.png").read_bytes()):
            yield line.score, set(words(line.text)) <= known


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("text", "ocr"))
    parser.add_argument("data", type=Path)
    parser.add_argument("--split", default="val")
    parser.add_argument("--every", type=int, default=1, help="only every n-th picture")
    given = parser.parse_args()
    found = list(mentions(given.data, given.split) if given.what == "text" else lines(given.data, given.every))
    scores, truth = (np.array(column, dtype=float) for column in zip(*found, strict=True))
    show(f"{len(found)} {'names' if given.what == 'text' else 'lines'}", scores, truth)


if __name__ == "__main__":
    main()
