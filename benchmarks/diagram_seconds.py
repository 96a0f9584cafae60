"""Seconds a picture that diagrams take to read from pixels, OCR left out, on one thread.

python benchmarks/diagram_seconds.py ../shared/diagrams
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from kgbuild.config import Config
from kgbuild.mentions.ocr import Ocr
from kgbuild.mentions.raster import read_png
from kgbuild.sources.image import picture_png
from kgbuild.sources.reader import Limits


def main() -> None:
    import cv2

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--most", type=int, default=0, help="pictures read, all without it")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    config = Config.load()
    reader, limits = Ocr(config), Limits.of(config)
    rows = []
    for path in sorted((options.folder / "png").glob("*.png"))[: options.most or None]:
        png, width, height = picture_png(path.read_bytes(), limits)
        lines = reader.lines(png)
        start = time.thread_time()
        read_png(png, lines)
        rows.append((time.thread_time() - start, max(width, height), width * height / 1e6, path.stem))
    seconds = np.array([r[0] for r in rows])
    megapixels = np.array([r[2] for r in rows])
    small = [r for r in rows if r[1] <= 1000]
    print(f"pictures {len(rows)}: mean {seconds.mean():.3f} s, {seconds.sum() / megapixels.sum():.3f} s a megapixel")
    if small:
        worst = max(small)
        print(f"at most 1,000 px a side, {len(small)}: mean {np.mean([r[0] for r in small]):.3f} s, "
              f"longest {worst[0]:.3f} s ({worst[3]})")  # fmt: skip
    print(f"longest of all {max(rows)[0]:.3f} s ({max(rows)[3]}, {max(rows)[2]:.1f} megapixels)")


if __name__ == "__main__":
    main()
