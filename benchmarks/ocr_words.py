"""Share of the words of real diagrams' labels that OCR finds, with their boxes.

    python benchmarks/ocr_words.py ../shared/diagrams [--limit N]

Reads ``png/<id>.png`` and ``gold/<id>.json``. A gold word is found when the same word
(letters and digits, lower case, one edit allowed from five letters on) was read in the
picture; for node labels the line must also overlap the node's gold box.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from pathlib import Path

from rapidfuzz.distance import Levenshtein

from kgbuild.config import Config
from kgbuild.mentions.ocr import Line, Ocr


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


def found(word: str, lines: list[Line]) -> bool:
    text = " ".join(n.text for n in lines)
    have = words(text)
    joined = "".join(have)
    if word in have or (len(word) > 2 and word in joined):
        return True
    return len(word) >= 5 and any(Levenshtein.distance(word, w, score_cutoff=1) <= 1 for w in have)


def overlaps(line: Line, box: list[float]) -> bool:
    return line.x0 < box[2] and line.x1 > box[0] and line.y0 < box[3] and line.y1 > box[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=int, default=0, help="only every so many pictures, spread evenly")
    parser.add_argument("--misses", action="store_true", help="print what was not found")
    options = parser.parse_args()
    ocr = Ocr(Config.load())
    paths = sorted((options.folder / "gold").glob("*.json"))
    if options.limit:
        paths = paths[:: max(1, len(paths) // options.limit)]
    counts = {"node": [0, 0], "edge": [0, 0]}
    started = time.monotonic()
    for path in paths:
        gold = json.loads(path.read_text("utf-8"))
        lines = ocr.lines((options.folder / "png" / f"{gold['id']}.png").read_bytes())
        for node in gold["nodes"]:
            near = [n for n in lines if overlaps(n, node["box"])]
            for word in words(node["label"]):
                hit = found(word, near)
                counts["node"][0] += hit
                counts["node"][1] += 1
                if options.misses and not hit:
                    print(gold["id"], "node", word, "|", node["label"])
        for edge in gold["edges"]:
            for word in words(edge.get("label") or ""):
                hit = found(word, lines)
                counts["edge"][0] += hit
                counts["edge"][1] += 1
                if options.misses and not hit:
                    print(gold["id"], "edge", word, "|", edge["label"])
    seconds = time.monotonic() - started
    for kind, (hits, total) in counts.items():
        print(f"{kind} label words: {hits} of {total} = {hits / max(1, total):.3f}")
    hits, total = (sum(c[i] for c in counts.values()) for i in (0, 1))
    print(f"all label words: {hits} of {total} = {hits / max(1, total):.3f}")
    print(f"{len(paths)} pictures, {seconds / max(1, len(paths)):.2f} s each")


if __name__ == "__main__":
    main()
