"""What the vision tower can, on drawings of seeds that training never saw.

    python benchmarks/vision.py [--scenes 1000] [--copies 200] [--weights FOLDER]

Copies: a whole drawing changed in one way must be nearest to the original among all drawings. Texts: a caption must
find its picture; an icon its name among all names; a drawing its kind among the kinds' names. Beside the tower a
thumbnail of 16 x 16 grey levels is measured (copies only).
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from random import Random

import cv2
import numpy as np

from kgbuild.config import Config
from kgbuild.embeddings.pictures import content
from kgbuild.embeddings.vision import SIDE, VisionTower
from kgbuild.models.arrays import letterbox
from kgbuild.training import views
from kgbuild.training.drawings.icons import ICONS
from kgbuild.training.drawings.parts import COLOURS, glyphs
from kgbuild.training.scenes import Scene, scene
from kgbuild.training.vision_data import WHOLE

FIRST = 1_000_000  # training draws seeds below 100,000
HEAD = "| queries | first | first ten | median rank |\n|---|---|---|---|---|"
KINDS = {
    "diagram": "a diagram of boxes and arrows", "chart": "a chart", "table": "a table", "text": "a page of text",
    "screenshot": "a screenshot of a window", "photo": "a photograph", "slide": "a presentation slide",
    "icon": "an icon", "shape": "a drawing of a shape", "word": "a word", "link": "an arrow", "node": "a labelled box",
}  # fmt: skip


def thumbnails(pictures: list[np.ndarray]) -> np.ndarray:
    """Unit vectors (n, 256) of grey levels without their mean."""
    small = [
        cv2.resize(cv2.cvtColor(letterbox(p, SIDE), cv2.COLOR_RGB2GRAY), (16, 16), interpolation=cv2.INTER_AREA)
        for p in pictures
    ]
    flat = np.stack([s.astype(np.float32).ravel() - s.mean() for s in small])
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)


def ranks(queries: np.ndarray, gallery: np.ndarray, right: list[int]) -> np.ndarray:
    """Rank (1: first) of each query's right row of the gallery."""
    scores = queries @ gallery.T
    own = scores[np.arange(len(right)), right]
    return 1 + (scores > own[:, None]).sum(1)


def row(name: str, found: np.ndarray) -> None:
    print(f"| {name} | {len(found)} | {(found == 1).mean():.3f} | {(found <= 10).mean():.3f} | {np.median(found):g} |")


def copies(scenes: list[Scene], vectors: np.ndarray, tower: VisionTower, limit: int) -> None:
    chosen = [i for i, s in enumerate(scenes) if s.kind in WHOLE][:limit]
    slides = views.slides(range(900_000, 900_040))
    thumbs = thumbnails([s.picture for s in scenes])
    print(f"\ncopies of {len(chosen)} drawings among {len(scenes)} pictures\n\n| way {HEAD}")
    for way, change in views.WAYS.items():
        changed = [np.ascontiguousarray(change(scenes[i].picture, Random(f"{way} {i}"), slides)) for i in chosen]
        whole = tower.encode(changed)
        row(way, ranks(whole, vectors, chosen))
        parts = tower.encode([p if (part := content(p)) is None else part for p in changed])
        either = np.minimum(ranks(whole, vectors, chosen), ranks(parts, vectors, chosen))
        row(f"{way}, whole or content", either)
        row(f"{way}, thumbnail", ranks(thumbnails(changed), thumbs, chosen))


def texts(scenes: list[Scene], vectors: np.ndarray, tower: VisionTower) -> None:
    by_kind = defaultdict(list)
    for i, s in enumerate(scenes):
        by_kind[s.kind].append(i)
    print(f"\ncaptions (the last of each picture) among {len(scenes)} pictures\n\n| kind {HEAD}")
    for kind, rows in sorted(by_kind.items()):
        row(kind, ranks(tower.texts([scenes[i].captions[-1] for i in rows]), vectors, rows))
    names = tower.texts(list(KINDS.values()))
    guess = (vectors @ names.T).argmax(1)
    right = np.array([list(KINDS)[g] == s.kind for g, s in zip(guess, scenes, strict=True)])
    print(f"\nkind among {len(KINDS)} names: {right.mean():.3f}")
    called = sorted({*ICONS, *(name for _, name in glyphs())})
    icons = by_kind["icon"]
    found = ranks(
        vectors[icons], tower.texts([f"{c} icon" for c in called]), [called.index(scenes[i].captions[0]) for i in icons]
    )
    own = np.array([scenes[i].captions[0] in ICONS for i in icons])
    for name, which in (("of our own drawing", own), ("of the typeface", ~own)):
        first, five = (found[which] == 1).mean(), (found[which] <= 5).mean()
        print(f"icons {name} ({which.sum()}): right among {len(called)} names first {first:.3f}, in five {five:.3f}")
    shapes = [i for i in by_kind["shape"] if any(scenes[i].captions[1].startswith(c + " ") for c in COLOURS)]
    kinds = sorted({scenes[i].captions[3] for i in shapes})
    colours = list(COLOURS)
    seen = vectors[shapes] @ tower.texts([f"a {k}" for k in kinds]).T
    hue = vectors[shapes] @ tower.texts([f"a {c} shape" for c in colours]).T
    shape = np.mean([kinds[n] == scenes[i].captions[3] for n, i in zip(seen.argmax(1), shapes, strict=True)])
    colour = np.mean(
        [
            scenes[i].captions[1] == f"{colours[n]} {scenes[i].captions[3]}"
            for n, i in zip(hue.argmax(1), shapes, strict=True)
        ]
    )
    print(f"shapes ({len(shapes)}): form among {len(kinds)} {shape:.3f}, colour among {len(colours)} {colour:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=1000)
    parser.add_argument("--copies", type=int, default=200)
    parser.add_argument("--weights", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    tower = VisionTower(Config.load(), folder=options.weights)
    scenes = [scene(seed) for seed in range(FIRST, FIRST + options.scenes)]
    vectors = tower.encode([s.picture for s in scenes])
    copies(scenes, vectors, tower, options.copies)
    texts(scenes, vectors, tower)


if __name__ == "__main__":
    main()
