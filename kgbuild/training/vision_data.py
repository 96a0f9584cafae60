"""The pool that the vision tower learns from: views of scenes as small squares, and their captions, on disk."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from kgbuild.embeddings.vision import SIDE
from kgbuild.models.arrays import letterbox
from kgbuild.progress import Progress
from kgbuild.training import views
from kgbuild.training.scenes import scene

WHOLE = frozenset({"diagram", "chart", "table", "text", "screenshot", "photo", "slide"})
MILD, WILD = 1, 4  # views of each scene
_SLIDES = 300  # in which views are framed


@dataclass(frozen=True, slots=True)
class Pool:
    """``views`` of the scenes, shard by shard: uint8 (n, MILD + WILD, SIDE, SIDE, 3); their kinds and captions."""

    views: list[np.ndarray]
    kinds: list[str]
    captions: list[list[str]]

    def take(self, rows: np.ndarray, which: np.ndarray) -> np.ndarray:
        """Views (len(rows), SIDE, SIDE, 3): of each row of the pool the one of this number."""
        size = len(self.views[0])
        return np.stack([self.views[r // size][r % size, k] for r, k in zip(rows, which, strict=True)])


def write_pool(folder: Path, seeds: range, *, progress: Progress | None = None) -> None:
    """Draw the scenes of these seeds, unless the folder has them."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{seeds.start}-{seeds.stop}"
    if (folder / f"{name}.json").is_file():
        return
    slides = views.slides(range(min(_SLIDES, len(seeds))))
    shape = (len(seeds), MILD + WILD, SIDE, SIDE, 3)
    made = np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.uint8, shape)
    facts = []
    for row, seed in enumerate(seeds):
        found, random = scene(seed), Random(f"views {seed}")
        for k in range(MILD + WILD):
            seen = views.mild(found.picture, random) if k < MILD else views.wild(
                found.picture, random, slides, whole=found.kind in WHOLE
            )  # fmt: skip
            made[row, k] = letterbox(seen, SIDE)
        facts.append((found.kind, found.captions))
        if progress is not None:
            progress.advance("draw")
    made.flush()
    (folder / f"{name}.json").write_text(json.dumps(facts), "utf-8")


def read_pool(folder: Path, shards: list[range]) -> Pool:
    """What ``write_pool`` wrote for these seeds; the shards are of one size, but the last."""
    arrays, facts = [], []
    for seeds in shards:
        name = f"{seeds.start}-{seeds.stop}"
        arrays.append(np.load(folder / f"{name}.npy", mmap_mode="r"))
        facts += json.loads((folder / f"{name}.json").read_text("utf-8"))
    return Pool(arrays, [kind for kind, _ in facts], [captions for _, captions in facts])
