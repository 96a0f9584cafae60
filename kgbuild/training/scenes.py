"""Pictures to learn from, each with words that describe it: whole drawings, parts cut out of them, single things."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

import numpy as np

from kgbuild.training.drawings import draw
from kgbuild.training.drawings.parts import PARTS, draw_slide
from kgbuild.training.drawings.sheet import Sheet

LONGEST = 320  # pixels of the longer side
# How often each kind is drawn: shares in a hundred.
SHARES = {
    "diagram": 28, "node": 16, "icon": 18, "shape": 9, "word": 8, "link": 5, "chart": 4, "table": 2.5, "text": 2.5,
    "screenshot": 2.5, "photo": 2, "slide": 2.5,
}  # fmt: skip
_WORDS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten"}
_CALLED = {
    "ellipse": "oval",
    "rounded": "rounded box",
    "rectangle": "box",
    "actor": "person",
    "stack": "stack of boxes",
}


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture (uint8 RGB), its kind, and captions that are true of it."""

    kind: str
    picture: np.ndarray
    captions: list[str]


def scene(seed: int) -> Scene:
    """The scene of a seed; kinds by their ``SHARES``."""
    random = Random(f"scene {seed}")
    kind = random.choices(list(SHARES), list(SHARES.values()))[0]
    if kind in PARTS:
        sheet, captions = PARTS[kind](random)
    elif kind == "slide":
        sheet, captions, _ = draw_slide(random)
    elif kind == "node":
        return _node(random, seed)
    else:
        sheet = draw(seed, kind=kind)
        captions = _captions(random, sheet)
    return Scene(kind, _picture(sheet), captions)


def _picture(sheet: Sheet) -> np.ndarray:
    return sheet.picture(zoom=LONGEST / max(sheet.width, sheet.height))


def _node(random: Random, seed: int) -> Scene:
    """A node cut out of a diagram, with a little around it."""
    sheet = draw(seed, kind="diagram")
    node = random.choice(sheet.nodes)
    x0, y0, x1, y1 = node["box"]
    pad = random.uniform(0.0, 0.35) * min(x1 - x0, y1 - y0)
    width, height = x1 - x0 + 2 * pad, y1 - y0 + 2 * pad
    svg = sheet.svg.replace(
        f'width="{sheet.width:.0f}" height="{sheet.height:.0f}"',
        f'width="{width:.1f}" height="{height:.1f}" viewBox="{x0 - pad:.1f} {y0 - pad:.1f} {width:.1f} {height:.1f}"',
        1,
    ).replace('<rect width="100%" height="100%"', '<rect x="-999" y="-999" width="9999" height="9999"', 1)
    part = replace(sheet, svg=svg, width=width, height=height)
    called = _CALLED.get(node["shape"], node["shape"])
    captions = [node["label"], f"{called} labelled {node['label']}", f"a {called} of a diagram: {node['label']}"]
    return Scene("node", _picture(part), captions)


def _captions(random: Random, sheet: Sheet) -> list[str]:
    about = sheet.about or {"text": "page of text", "screenshot": "screenshot of a window", "photo": "photograph"}.get(
        sheet.kind, sheet.kind
    )
    made = [f"a {about}"]
    if sheet.kind == "diagram":
        labels = [n["label"] for n in sheet.nodes]
        shapes = sorted({_CALLED.get(n["shape"], n["shape"]) for n in sheet.nodes})
        count = _WORDS.get(len(labels), "many")
        made = [f"a diagram of {count} {' and '.join(shapes)} nodes with arrows"]
        for _ in range(2):
            some = random.sample(labels, min(len(labels), random.randint(2, 5)))
            made.append(f"a diagram with {', '.join(some)}")
        if sheet.title:
            made.append(f"a diagram titled {sheet.title}")
    elif sheet.title:
        made += [f"a {about} titled {sheet.title}", f"{about}: {sheet.title}"]
    elif sheet.texts:
        some = [t[0] for t in random.sample(sheet.texts, min(3, len(sheet.texts)))]
        made.append(f"a {about} that says {', '.join(some)}"[:160])
    return made
