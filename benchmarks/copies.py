"""Whether a picture is recognised in its copies, and kept apart from drawings that are like it.

    python benchmarks/copies.py [--drawings 100]

Drawings of seeds that were not looked at when the thresholds were set, each changed in every way of
``training/views``, with one label changed, that again in a frame of a video, and beside another drawing of its kind.
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from dataclasses import replace
from random import Random

import cv2
import numpy as np

from kgbuild.entities.copies import compare, look
from kgbuild.training import views
from kgbuild.training.drawings import draw
from kgbuild.training.drawings.sheet import Sheet

FIRST = 2_500_000
KINDS = ("diagram",) * 5 + ("chart", "table", "text", "screenshot")


def edited(sheet: Sheet, random: Random) -> Sheet | None:
    """The drawing with the letters of one label changed, None without labels."""
    labels = re.findall(r">([^<&]{4,})</text>", sheet.svg)
    if not labels:
        return None
    label = random.choice(labels)
    other = ("Quartz Meadow Violin Harvest " * (1 + len(label) // 29))[: len(label)]
    return replace(sheet, svg=sheet.svg.replace(f">{label}</text>", f">{other}</text>", 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--drawings", type=int, default=100)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    slides = views.slides(range(5000, 5040), width=960)
    joined: dict[str, list[bool]] = defaultdict(list)
    for seed in range(FIRST, FIRST + options.drawings):
        random = Random(f"copies {seed}")
        kind = random.choice(KINDS)
        sheet = draw(seed, kind=kind)
        zoom = min(1.5, 1000 / max(sheet.width, sheet.height))
        picture = sheet.picture(zoom=zoom)
        seen = look(picture)

        def found(other: np.ndarray, seen: object = seen) -> bool:
            return compare(seen, look(np.ascontiguousarray(other))) is not None  # type: ignore[arg-type]

        for way, change in views.WAYS.items():
            joined[f"copy: {way}"].append(found(change(picture, random, slides)))
        changed = edited(sheet, random)
        if changed is not None and (other := changed.picture(zoom=zoom)).shape == picture.shape:
            joined["one label changed"].append(found(other))
            joined["one label changed, video frame"].append(found(views.video(other, random, slides)))
        joined["another drawing of its kind"].append(found(draw(seed + 100_000, kind=kind).picture(zoom=zoom)))
    print("| pair | pairs | joined |\n|---|---|---|")
    for name, values in sorted(joined.items()):
        print(f"| {name} | {len(values)} | {np.mean(values):.3f} |")


if __name__ == "__main__":
    main()
