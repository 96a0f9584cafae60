"""Synthetic drawings with their truth: random graphs, labels from own word lists, looks of many tools and hands.

Diagrams carry their gold graph; charts, tables, pages of text, screens and photographs only their kind. Rendered by
resvg from SVG with typefaces from wheels (extra ``train``): the same seed gives the same pixels.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from kgbuild.mentions.ocr import Line
from kgbuild.training.drawings import wear
from kgbuild.training.drawings.diagram import draw_diagram
from kgbuild.training.drawings.ocr import noisy_lines
from kgbuild.training.drawings.pages import PAGES
from kgbuild.training.drawings.sheet import KINDS, Sheet

__all__ = ["KINDS", "Example", "Sheet", "draw", "example", "write_folder"]

_LARGEST = 1800  # pixels a side: larger drawings are rendered smaller


def draw(seed: int, *, kind: str = "diagram") -> Sheet:
    """The drawing of a seed."""
    random = Random(f"{kind} {seed}")
    return draw_diagram(random) if kind == "diagram" else PAGES[kind](random)


@dataclass(frozen=True, slots=True)
class Example:
    """A drawing as a reader meets it: pixels after wear, lines of text as OCR might give them, zoom."""

    sheet: Sheet
    picture: np.ndarray
    lines: list[Line]
    zoom: float


def example(seed: int, *, kind: str = "diagram", clean: bool = False) -> Example:
    """The drawing of a seed, rendered at some size, with the damage that pictures take (none if ``clean``)."""
    sheet = draw(seed, kind=kind)
    random = Random(f"wear {kind} {seed}")
    zoom = min(random.choice((1.0, 1.0, 1.0, 1.33, 1.5, 2.0, 0.8)), _LARGEST / max(sheet.width, sheet.height))
    picture = sheet.picture(zoom=zoom)
    damage = random.random()
    if not clean:
        if damage < 0.15:
            picture = wear.compress(picture, random.choice((50, 70, 85, 92)))
        elif damage < 0.2:
            picture = wear.add_noise(picture, random.uniform(1, 4), seed)
        elif damage < 0.27:  # enlarged from a smaller picture
            width = picture.shape[1]
            picture = wear.resize(wear.resize(picture, round(width * random.uniform(0.6, 0.9))), width)
    return Example(sheet, picture, noisy_lines(random, sheet.texts, zoom=zoom), zoom)


def write_folder(folder: Path, seeds: range) -> None:
    """Diagrams as ``png/<id>.png`` and ``gold/<id>.json``, for ``kgbuild evaluate diagrams``."""
    from PIL import Image

    for name in ("png", "gold"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        made, id = example(seed), f"s{seed:06d}"
        Image.fromarray(made.picture).save(folder / "png" / f"{id}.png")
        text = json.dumps(made.sheet.gold(id, zoom=made.zoom), ensure_ascii=False)
        (folder / "gold" / f"{id}.json").write_text(text + "\n", "utf-8")
