"""How reading degrades: ten diagrams as they are, scanned, skewed, photographed, very small and very large.

    python benchmarks/degrade.py ../shared/diagrams [--raw]

Prints node and edge F1 (with direction) of each version, and CPU seconds with OCR. The ten are from the half that
rules were made with. ``--raw`` reads without what prepares damaged pictures.
"""

from __future__ import annotations

import argparse
import json
import time
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from kgbuild.config import Config
from kgbuild.mentions.diagram import Diagram
from kgbuild.mentions.measure import as_graph, measure
from kgbuild.mentions.ocr import Ocr
from kgbuild.mentions.raster import read_clean, read_picture
from kgbuild.sources.image import picture_png
from kgbuild.sources.reader import Limits
from kgbuild.training.drawings import wear

TEN = ("gv002", "gv021", "gv042", "gv064", "gv089", "ic002", "mm004", "mm030", "mm068", "mm101")
VERSIONS = {
    "as it is": lambda p: p,
    "scanned": lambda p: wear.scan(p, 1),
    "skewed 1 degree": lambda p: wear.skew(p, 1),
    "skewed 2 degrees": lambda p: wear.skew(p, 2),
    "skewed 5 degrees": lambda p: wear.skew(p, -5),
    "photographed": lambda p: wear.photograph(p, 1),
    "300 pixels wide": lambda p: wear.resize(p, 300),
    "8,000 pixels wide": lambda p: wear.resize(p, 8000),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--raw", action="store_true")
    given = parser.parse_args()
    config = Config.load()
    reader, limits = Ocr(config), Limits.of(config)
    gold = {id: json.loads((given.folder / "gold" / f"{id}.json").read_text("utf-8")) for id in TEN}
    print(f"{'version':20} {'nodes':>6} {'edges':>6} {'joined':>6} {'CPU s':>6}")
    for name, make in VERSIONS.items():
        found, started = {}, time.process_time()
        for id in TEN:
            clean, _, _ = picture_png((given.folder / "png" / f"{id}.png").read_bytes(), limits)
            with Image.open(BytesIO(clean)) as image:
                picture = make(np.asarray(image.convert("RGB")))
            data = BytesIO()
            Image.fromarray(picture).save(data, "PNG", compress_level=1)
            lines = reader.lines(data.getvalue())
            diagram: Diagram = (read_clean if given.raw else read_picture)(picture, lines)
            found[id] = as_graph(diagram)
        seconds = (time.process_time() - started) / len(TEN)
        m = measure(gold, found)
        nodes, edges, joined = m["node F1"], m["edge F1, directed"], m["edge F1, undirected"]
        print(f"{name:20} {nodes:6.3f} {edges:6.3f} {joined:6.3f} {seconds:6.1f}", flush=True)


if __name__ == "__main__":
    main()
