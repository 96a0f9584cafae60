"""Documents of our own making in which the identity of every mention is known.

A world is a graph of named things (people, systems, places ...) told several times: in texts, in drawings and
on slides, under varying names. Some things share a label (see ``world.CASES``), some have several. A seed and a
split are a world; the splits' names share no word.
"""

from __future__ import annotations

from random import Random

from kgbuild.training.worlds.drawn import draw_things
from kgbuild.training.worlds.names import SPLITS
from kgbuild.training.worlds.tale import Tale
from kgbuild.training.worlds.world import CASES, Thing, World, make_world
from kgbuild.training.worlds.written import write

__all__ = ["CASES", "SPLITS", "Tale", "Thing", "World", "make_world", "tell"]

_TEXTS, _DRAWINGS, _SLIDES = 2, 3, 1  # of each domain: about as many things are drawn as written


def tell(world: World, *, pictures: bool = True) -> Tale:
    """The documents of a world; without pictures its texts alone."""
    random, tale, number = Random(f"tale {world.split} {world.seed}"), Tale(), 0
    for domain in dict.fromkeys(t.domain.name for t in world.things):
        for form in ("text",) * _TEXTS + (("drawing",) * _DRAWINGS + ("slide",) * _SLIDES if pictures else ()):
            about = _choose(world, random, domain, random.randint(6, 9) if form == "text" else random.randint(5, 9))
            if form == "text":
                write(world, random, tale, number=number, about=about)
            else:
                draw_things(world, random, tale, number=number, about=about, slide=form == "slide")
            number += 1
    return tale


def _choose(world: World, random: Random, domain: str, count: int) -> list[Thing]:
    """Things that hang together: grown from one along its relations, things that share a label with another first."""
    own = [t for t in world.things if t.domain.name == domain]
    hard = [t for t in own if t.case]
    chosen = [random.choice(hard if hard and random.random() < 0.6 else own)]
    while len(chosen) < count:
        ties = [world.things[n] for t in chosen for n in world.neighbours(t.id) if world.things[n] not in chosen]
        near = [t for t in ties if t.domain.name == domain or random.random() < 0.3]
        rest = [t for t in own if t not in chosen]
        if not near and not rest:
            break
        chosen.append(random.choice(near if near and (random.random() < 0.7 or not rest) else rest))
    return chosen
