"""A world: named things with neighbours and looks, some sharing a label, some known under several.

What makes a pair of one label hard is decided here (``Case``): who tells the two things apart is what a
document must look at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from kgbuild.training.worlds.domains import DOMAINS, Domain
from kgbuild.training.worlds.kinds import KINDS, RELATIONS, Kind
from kgbuild.training.worlds.names import new_name, short_names

# Two things of one label and what tells them apart: ``kind``: other kinds (words, icons and shapes tell);
# ``context``: same kind, same look, other domain and neighbours (only words and neighbours tell); ``look``: same kind
# and domain, some neighbours in common, other icon or colour (between drawings the picture tells best);
# ``both``: a third thing beside a pair of ``kind``, as the one in kind, as the other in domain.
CASES = ("kind", "context", "look", "both")
# A colour as a fill under dark letters, and as that of an icon.
COLOURS = (
    ("#dae8fc", "#1f77b4"), ("#d5e8d4", "#2e7d32"), ("#ffe6cc", "#ef6c00"), ("#f8cecc", "#c62828"),
    ("#e1d5e7", "#6a1b9a"), ("#e0e0e0", "#37474f"), ("#c8f0f0", "#00838f"), ("#fff2cc", "#b8860b"),
)  # fmt: skip
WAYS = ("icons", "shapes", "plain")  # how a drawing shows things: pictograms, shapes and colours agreed on, or alike


@dataclass(frozen=True, slots=True)
class Look:
    """How drawings show a thing where their style leaves room for it: code point, shape, colour ("" = the style's)."""

    pictogram: int
    shape: str
    fill: str
    strong: str


@dataclass(slots=True)
class Thing:
    """A thing and what it is called: the names' first is the usual one. ``case``: what its homonym differs in."""

    id: int
    kind: Kind
    domain: Domain
    names: list[str]
    look: Look
    case: str = ""


@dataclass(slots=True)
class World:
    """Things, relations between them (subject, name in ``RELATIONS``, object), what each domain is about."""

    seed: int
    split: str
    things: list[Thing]
    relations: list[tuple[int, str, int]] = field(default_factory=list)
    way: str = "shapes"  # in ``WAYS``: that of most of its drawings

    def neighbours(self, thing: int) -> list[int]:
        """Things related to one, in order."""
        return sorted({b if a == thing else a for a, _, b in self.relations if thing in (a, b)})


def make_world(seed: int, *, split: str, domains: int = 3, each: int = 12) -> World:
    """The world of a seed, its names from a split's words (``names.SPLITS``)."""
    random = Random(f"world {split} {seed}")
    style = _Style(random)
    chosen = random.sample(DOMAINS, domains)
    world = World(seed, split, [], way=random.choice(("icons", "icons", "shapes", "shapes", "shapes")))
    taken: set[str] = set()
    for domain in chosen:
        for kind in random.choices(KINDS, [k.often for k in KINDS], k=each):
            name = new_name(random, kind.name, split)
            while name in taken:
                name = new_name(random, kind.name, split)
            taken.add(name)
            names = [name, *short_names(random, name, kind.name)]
            if random.random() < 0.15:  # renamed, or known under another name elsewhere
                names.append(new_name(random, kind.name, split))
            look = style.look(random, kind, domain)
            world.things.append(Thing(len(world.things), kind, domain, names, look))
    _relate(random, world, _share_labels(random, world, style))
    return world


class _Style:
    """What the drawings of a world have agreed on: icon and shape of each kind, what colours mean."""

    def __init__(self, random: Random) -> None:
        self.pictogram = {k.name: random.choice(k.pictograms) for k in KINDS}
        self.shape = {k.name: random.choice(k.shapes) for k in KINDS}
        self.colours = random.choice(("", "kind", "domain", "own"))
        self._colour: dict[str, int] = {}

    def look(self, random: Random, kind: Kind, domain: Domain, *, own: bool = False) -> Look:
        usual = random.random() < 0.8 and not own
        meaning = "own" if own else self.colours
        key = {"kind": kind.name, "domain": domain.name}.get(meaning, "")
        hue = self._colour.setdefault(key, random.randrange(len(COLOURS))) if key else random.randrange(len(COLOURS))
        fill, strong = COLOURS[hue] if meaning else ("", "")
        return Look(
            self.pictogram[kind.name] if usual else random.choice(kind.pictograms),
            self.shape[kind.name] if usual else random.choice(kind.shapes),
            fill,
            strong,
        )


def _relate(random: Random, world: World, twins: list[tuple[Thing, Thing]]) -> None:
    """Three to six neighbours for most things, nine in ten of them in the same domain."""
    for thing in world.things:
        for _ in range(random.choice((2, 2, 3))):
            inside = random.random() < 0.9
            near = [t for t in world.things if (t.domain is thing.domain) == inside and t is not thing]
            fitting = [
                (name, t.id)
                for t in near
                for name, (_, subjects, objects) in RELATIONS.items()
                if thing.kind.name in subjects and t.kind.name in objects
            ]
            if fitting:
                world.relations.append((thing.id, *random.choice(fitting)))
    for one, other in twins:  # things of one look's difference are easily taken for one another: they share a neighbour
        shared = [r for r in world.relations if one.id in (r[0], r[2])][:1]
        world.relations += [(_other(s, one, other), name, _other(o, one, other)) for s, name, o in shared]
    world.relations = sorted({r for r in world.relations if r[0] != r[2]})


def _other(id: int, one: Thing, other: Thing) -> int:
    return other.id if id == one.id else id


def _share_labels(random: Random, world: World, style: _Style) -> list[tuple[Thing, Thing]]:
    """About a third of the things get the label of another one; returns the pairs of the case ``look``."""
    free, twins = list(world.things), []
    random.shuffle(free)
    for case in random.choices(CASES, (3, 3, 2, 2), k=len(world.things) // 6):
        one = free.pop()
        near = case in ("look", "both")
        fitting = [t for t in free if (t.domain is one.domain) == near or case == "kind"]
        third = [t for t in free if t.domain is not one.domain and t not in fitting]
        if not fitting or (case == "both" and not third) or (case == "look" and one.kind.name == "person"):
            continue
        other = fitting[-1]
        free.remove(other)
        _make_alike(random, style, one, other, case)
        group = [one, other]
        if case == "both":
            free.remove(third[-1])
            third[-1].kind, third[-1].look = one.kind, one.look
            group.append(third[-1])
        elif case == "look":
            twins.append((one, other))
        label = one.names[0].split()[-1] if one.kind.name == "person" else random.choice(one.names[:2])
        for t in group:
            t.case, t.names = case, [label, *(n for n in t.names if n != label)][:3]
    return twins


def _make_alike(random: Random, style: _Style, one: Thing, other: Thing, case: str) -> None:
    """Kind and look of the other thing made such as the case wants them."""
    if case in ("kind", "both"):
        if other.kind is one.kind:
            other.kind = random.choice([k for k in KINDS if k is not one.kind and k.name != "person"])
            other.look = style.look(random, other.kind, other.domain)
        return
    other.kind, other.look = one.kind, one.look
    while case == "look" and (other.look.fill or one.look.fill) == one.look.fill:
        other.look = style.look(random, other.kind, other.domain, own=True)
