"""Worlds drawn: diagrams and slides of some things of a domain, with the boxes at which readers find them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from random import Random

import numpy as np

from kgbuild.training.drawings import wear
from kgbuild.training.drawings.canvas import Canvas
from kgbuild.training.drawings.diagram import compose
from kgbuild.training.drawings.fonts import Face
from kgbuild.training.drawings.graphs import Item
from kgbuild.training.drawings.items import sized, wrap
from kgbuild.training.drawings.sheet import Sheet
from kgbuild.training.drawings.style import random_style
from kgbuild.training.worlds.tale import Tale
from kgbuild.training.worlds.world import WAYS, Thing, World
from kgbuild.types import Box, Mention, RelationMention, Segment, Target, TextQuote, TimeSpan

_AGENT = "worlds/1"
_CONNECTS = "connectsTo"
_READ = 0.93  # share of the lines that a reader of diagrams finds
_SLIP = 0.02  # share of labels of which a letter is misread
_ALIKE = str.maketrans("0OlI1S5B8gqmn", "O0I1l5S8Bqgnm")
_LARGEST = 1100  # pixels a side
_SLIDE = (960, 540)


def draw_things(world: World, random: Random, tale: Tale, *, number: int, about: list[Thing], slide: bool) -> None:
    """A diagram, or a slide of a talk that shows one, added to the tale."""
    source = f"w{world.seed}/{'talk' if slide else 'drawing'}{number}"
    sheet, drawn = _sheet(world, random, about)
    zoom = min(random.choice((0.8, 1.0, 1.0, 1.5)), _LARGEST / max(sheet.width, sheet.height))
    title = f"The {' and '.join(random.sample(about[0].domain.words, 2))}" if random.random() < 0.6 else ""
    left = top = 0.0
    if slide:
        width, height = _SLIDE
        zoom = min((width - 80) / sheet.width, (height - 110) / sheet.height, 2.0)
        left, top = (width - sheet.width * zoom) / 2, 90.0
        picture = _slide(random, title, sheet.picture(zoom=zoom), (left, top))
    else:
        picture = sheet.picture(zoom=zoom)
    if random.random() < 0.4:
        picture = wear.compress(picture, random.choice((50, 70, 85)))
    blob = hashlib.sha256(picture.tobytes()).hexdigest()
    tale.pictures[blob] = picture
    start = round(random.uniform(5, 900), 1)
    outer = (TimeSpan(start, start + 12.0),) if slide else ()
    place = Target(source, (*outer, Box(0, 0, picture.shape[1], picture.shape[0])))
    segment = Segment(f"{source}#s0", place, "frame" if slide else "picture", blob=blob,
                      context=(("caption", title),) if title else ())  # fmt: skip
    tale.segments.append(segment)
    ids: dict[str, str] = {}
    for node in sheet.nodes:
        x0, y0, x1, y1 = (v * zoom + random.gauss(0, 1.5) for v in node["box"])
        box = Box(max(0, round(x0 + left)), max(0, round(y0 + top)), max(4, round(x1 - x0)), max(4, round(y1 - y0)))
        thing, label = drawn[node["id"]]
        seen = label
        if random.random() < _SLIP:
            at = random.randrange(len(label))
            seen = label[:at] + label[at].translate(_ALIKE) + label[at + 1 :]
        id = ids[node["id"]] = f"{source}#m{len(tale.mentions)}"
        target = Target(source, (*outer, box, TextQuote(seen)))
        score = round(1 - random.random() * 0.1, 3)
        tale.mentions.append(
            Mention(id, target, seen, "Thing", score, _AGENT, segment.modality, segment.id, title or seen)
        )
        tale.gold[id] = thing.id
    for edge in sheet.edges:
        a, b = ids[edge["source"]], ids[edge["target"]]
        if random.random() < _READ and a != b:
            id = f"{source}#r{len(tale.relations)}"
            tale.relations.append(RelationMention(id, a, _CONNECTS, b, place, 1.0, _AGENT, modality=segment.modality))


def _sheet(world: World, random: Random, about: list[Thing]) -> tuple[Sheet, dict[str, tuple[Thing, str]]]:
    """The drawing, and the thing and label of each node. One drawing in six leaves the looks agreed on aside."""
    style = random_style(random)
    way = random.choices((world.way, "plain", *WAYS[:2]), (74, 16, 5, 5))[0]
    if way != "plain":
        style = replace(style, fills=("none",), ground="#fff", text="#222", fill_text="#222", ink="#333", line="#333",
                        gradient=False, opacity=1.0)  # fmt: skip
    drawn: dict[str, tuple[Thing, str]] = {}
    items: list[Item] = []
    used: set[str] = set()
    plain = random.choice(style.shapes)
    for t in about:
        label = t.names[0] if random.random() < 0.75 else random.choice(t.names)
        if label.lower() in used:
            continue
        used.add(label.lower())
        key = f"n{len(items)}"
        drawn[key] = (t, label)
        shape = {"icons": "icon", "shapes": t.look.shape, "plain": plain}[way]
        item = sized(random, style, key, wrap(label, random.choice((10, 16, 24))), shape)
        if way == "icons":
            item.pictogram, item.fill = t.look.pictogram, t.look.strong
        elif way == "shapes":
            item.fill = t.look.fill
        items.append(item)
    place = {t.id: n for n, (t, _) in enumerate(drawn.values())}
    pairs = {(place[a], place[b]) for a, _, b in world.relations if a in place and b in place}
    pairs = {(a, b) for a, b in pairs if (b, a) not in pairs or a < b}
    return compose(random, style, items, sorted(pairs)), drawn


def _slide(random: Random, title: str, picture: np.ndarray, at: tuple[float, float]) -> np.ndarray:
    """A slide with the picture on it, its upper left corner at a point."""
    width, height = _SLIDE
    canvas, face = Canvas(random), Face(random.choice(("Roboto", "Hanken Grotesk", "Source Serif Pro")), 34)
    bar = random.choice(("#fff", "#fff", "#0d47a1", "#37474f"))
    canvas.rect(0, 0, width, 76, fill=bar)
    canvas.text(title, 40, 40, face, "#222" if bar == "#fff" else "#fff", anchor="start")
    made = Sheet("slide", canvas.svg(width, height, "#fff"), width, height, canvas.texts).picture().copy()
    x, y = round(at[0]), round(at[1])
    part = picture[: height - y, : width - x]
    made[y : y + part.shape[0], x : x + part.shape[1]] = part
    return made
