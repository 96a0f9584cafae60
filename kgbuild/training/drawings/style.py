"""How a drawing looks: drawn at random, as one hand or tool would choose it for the whole of a drawing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from kgbuild.training.drawings.fonts import Face, families
from kgbuild.training.drawings.shapes import KINDS

HEADS = (*("filled",) * 9, "stealth", "stealth", "vee", "vee", "vee", "hollow", "diamond", "circle")
_USUAL = 0.65  # share of drawings in the styles of the most common tools
HUES = ("#dae8fc", "#d5e8d4", "#ffe6cc", "#fff2cc", "#f8cecc", "#e1d5e7", "#ececff", "#ffffde", "#e3f2fd", "#fce4ec")
STRONG = ("#1f77b4", "#2e7d32", "#ef6c00", "#c62828", "#6a1b9a", "#37474f", "#00838f", "#ad1457")


@dataclass(frozen=True, slots=True)
class Style:
    """The look of one drawing; colours as SVG writes them, lengths in pixels; ``usual``: as common tools draw."""

    face: Face
    small: Face
    ground: str
    ink: str
    line: str
    text: str
    fills: tuple[str, ...]
    fill_text: str
    shapes: tuple[str, ...]
    border: float
    width: float
    head: str
    head_size: float
    way: str
    dash: str
    dashed: float
    rough: float
    shadow: bool
    gradient: bool
    patch: bool
    radius: float
    gap: float
    across: bool
    opacity: float
    usual: bool = False


def random_style(random: Random) -> Style:
    """A style by chance, from those that are common in documents and on screens."""
    family = random.choices(families(), (6, 3, 4, 2, 1, 1))[0]
    size = random.uniform(12, 19) * (1.5 if family.startswith("Amatic") else 1.0)
    dark = random.random() < 0.15
    ground = random.choice(("#1e1e1e", "#22272e", "#0d1b2a", "#2b2b2b")) if dark else _light(random)
    ink = (
        random.choice(("#e0e0e0", "#c9d1d9", "#8ab4f8"))
        if dark
        else random.choice(("#000", "#000", "#333", "#9370db", *STRONG))
    )
    line = random.choice((ink, ink, "#aaa" if dark else "#333", "#888" if dark else "#666"))
    kind = random.random()
    if kind < 0.35:
        fills: tuple[str, ...] = ("none",) if random.random() < 0.6 else (ground,)
    elif kind < 0.85 and not dark:
        fills = tuple(random.sample(HUES, random.choice((1, 1, 2, 4))))
    else:
        fills = tuple(random.sample(STRONG, random.choice((1, 2, 3))))
    text = "#e8e8e8" if dark else random.choice(("#000", "#222", "#333"))
    plain = fills in (("none",), (ground,)) or fills[0] in HUES
    rough = random.choice((*(0.0,) * 7, 0.7, 1.2))
    made = Style(
        face=Face(family, size),
        small=Face(family, size * random.choice((1.0, 0.9, 0.8))),
        ground=ground,
        ink=ink,
        line=line,
        text=text,
        fills=fills,
        fill_text=("#000" if fills[0] in HUES else text) if plain else "#fff",
        shapes=tuple(random.sample(("rectangle", *KINDS), random.choice((1, 1, 2, 3)))),
        border=random.choice((1.0, 1.0, 1.3, 2.0, 2.5)),
        width=random.choice((1.0, 1.0, 1.33, 1.5, 2.0, 2.0, 3.0)),
        head=random.choice(HEADS),
        head_size=random.uniform(7, 14),
        way=random.choice(("straight", "straight", "curved", "curved", "orthogonal")),
        dash=random.choice(("5 5", "2 3", "6 4", "8 3 2 3", "4 4", "1.5 4")),
        dashed=random.choice((0.0, 0.0, 0.15, 0.5)),
        rough=rough,
        shadow=random.random() < 0.15,
        gradient=random.random() < 0.12,
        patch=random.random() < 0.5,
        radius=random.choice((3.0, 5.0, 8.0, 12.0, 20.0)),
        gap=random.choice((0.0, 0.0, 1.0, 3.0)),
        across=random.random() < 0.4,
        opacity=random.choice((1.0, 1.0, 1.0, 0.7)),
    )
    return _usual(random, made) if random.random() < _USUAL else made


def _usual(random: Random, style: Style) -> Style:
    """The style without what only few tools and hands do."""
    return replace(
        style,
        shapes=tuple(
            random.sample(("rectangle", "rectangle", "rounded", "ellipse", "diamond"), random.choice((1, 1, 2)))
        ),
        border=random.choice((1.0, 1.3, 2.0)),
        width=random.choice((1.0, 1.33, 1.5, 2.0)),
        head=random.choice(("filled", "filled", "filled", "filled", "stealth", "vee")),
        head_size=random.uniform(8, 12),
        dash=random.choice(("5 5", "2 3", "6 4")),
        rough=0.0,
        shadow=False,
        gradient=False,
        opacity=1.0,
        usual=True,
    )


def _light(random: Random) -> str:
    return random.choice(("#fff",) * 6 + ("#fafafa", "#fffbe6", "#f0f4f8", "#eeeeee"))
