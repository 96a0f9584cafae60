"""Random graphs and where their nodes stand: in layers (Sugiyama et al. 1981, simply) or on a grid."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

Point = tuple[float, float]


@dataclass(slots=True)
class Item:
    """A node to be drawn: centre and size of its shape in pixels, the lines of its label.

    ``fill`` and ``pictogram`` (a code point): its own look, "" and 0 where the style of the drawing decides.
    """

    key: str
    lines: list[str]
    shape: str
    w: float
    h: float
    x: float = 0.0
    y: float = 0.0
    rows: list[list[str]] = field(default_factory=list)
    box: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    fill: str = ""
    pictogram: int = 0

    @property
    def label(self) -> str:
        return " ".join([*self.lines, *(cell for row in self.rows for cell in row)])


@dataclass(slots=True)
class Tie:
    """An edge to be drawn: indices of its ends, the points it passes between them, pixels by which it is set aside."""

    a: int
    b: int
    through: list[Point] = field(default_factory=list)
    aside: float = 0.0


def random_edges(random: Random, count: int) -> list[tuple[int, int]]:
    """The pairs of a connected graph of ``count`` nodes, in one of the usual forms."""
    form = random.choice(("tree", "tree", "dag", "dag", "chain", "star", "mesh"))
    made: set[tuple[int, int]] = set()
    if form == "star":
        hub = random.randrange(count)
        made = {(hub, k) if random.random() < 0.7 else (k, hub) for k in range(count) if k != hub}
    else:
        for k in range(1, count):
            parent = k - 1 if form == "chain" and random.random() < 0.8 else random.randrange(max(0, k - 5), k)
            made.add((parent, k))
    extra = {"dag": 0.5, "mesh": 0.9, "chain": 0.2}.get(form, 0.08)
    for _ in range(int(extra * count)):
        a, b = random.sample(range(count), 2)
        if (a, b) not in made and (b, a) not in made:
            made.add((min(a, b), max(a, b)) if random.random() < 0.85 else (max(a, b), min(a, b)))
    return sorted(made)


def in_layers(
    random: Random, items: list[Item], pairs: list[tuple[int, int]], *, gap: float, step: float, across: bool
) -> list[Tie]:
    """Place the items in layers; a line over several layers passes between the nodes of those in between.

    ``gap`` parts neighbours, ``step`` layers, in pixels; ``across``: the layers stand side by side.
    """
    layer = [0] * len(items)
    for _ in items:
        for a, b in pairs:
            low, high = min(a, b), max(a, b)
            layer[high] = max(layer[high], layer[low] + 1)
    breadth = [i.h if across else i.w for i in items]
    chains: list[list[int]] = []
    for a, b in pairs:
        low, high = min(a, b), max(a, b)
        chain = [low]
        for k in range(layer[low] + 1, layer[high]):
            chain.append(len(layer))
            layer.append(k)
            breadth.append(gap / 2)
        chains.append([*chain, high])
    near: dict[int, list[int]] = {v: [] for v in range(len(layer))}
    for chain in chains:
        for v, w in pairwise(chain):
            near[v].append(w)
            near[w].append(v)
    rows = [[v for v in range(len(layer)) if layer[v] == k] for k in range(max(layer) + 1)]
    place = {v: float(i) for row in rows for i, v in enumerate(row)}
    for sweep in range(6):
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            row.sort(key=lambda v: (sum(place[w] for w in near[v]) / max(1, len(near[v])), v))
            place.update({v: float(i) for i, v in enumerate(row)})
    at = _spread(rows, near, breadth, gap)
    deep = [max([(items[v].w if across else items[v].h) for v in row if v < len(items)], default=0.0) for row in rows]
    level, total = [], 0.0
    for d in deep:
        level.append(total + d / 2)
        total += d + step * random.uniform(0.9, 1.3)

    def point(v: int) -> Point:
        return (level[layer[v]], at[v]) if across else (at[v], level[layer[v]])

    for v, item in enumerate(items):
        item.x, item.y = point(v)
    ties = []
    for (a, b), chain in zip(pairs, chains, strict=True):
        through = [point(v) for v in chain[1:-1]]
        ties.append(Tie(a, b, through if a < b else through[::-1]))
    return ties


def _spread(rows: list[list[int]], near: dict[int, list[int]], breadth: list[float], gap: float) -> dict[int, float]:
    at: dict[int, float] = {}
    for row in rows:
        total = 0.0
        for v in row:
            at[v] = total + breadth[v] / 2
            total += breadth[v] + gap
        for v in row:
            at[v] -= total / 2
    for _ in range(12):
        for row in rows:
            wish = [sum(at[w] for w in near[v]) / len(near[v]) if near[v] else at[v] for v in row]
            for i, v in enumerate(row):
                least = at[row[i - 1]] + (breadth[row[i - 1]] + breadth[v]) / 2 + gap if i else -1e9
                at[v] = max(least, 0.5 * at[v] + 0.5 * wish[i])
            for i in range(len(row) - 2, -1, -1):
                v, after = row[i], row[i + 1]
                most = at[after] - (breadth[v] + breadth[after]) / 2 - gap
                at[v] = min(most, max(at[v], min(most, wish[i])))
    return at


def on_grid(random: Random, items: list[Item], pairs: list[tuple[int, int]], *, gap: float) -> list[Tie]:
    """Place the items on a grid, a little beside its crossings; lines that would run through a node are left out."""
    columns = max(2, round((len(items) * random.uniform(0.8, 2.2)) ** 0.5))
    wide, high = max(i.w for i in items) + gap * 1.3, max(i.h for i in items) + gap
    cells = random.sample(range(columns * -(-len(items) // columns)), len(items))
    shift = random.choice((0.0, 0.0, 0.15))
    for item, cell in zip(items, sorted(cells), strict=True):
        item.x = (cell % columns + random.uniform(-shift, shift)) * wide
        item.y = (cell // columns + random.uniform(-shift, shift)) * high
    ties = [Tie(a, b) for a, b in pairs if _is_clear(items, a, b)]
    for a, item in enumerate(items):  # a node that has lost its lines gets one to the nearest node in sight
        if not any(a in (t.a, t.b) for t in ties):
            order = sorted(range(len(items)), key=lambda k: math.hypot(items[k].x - item.x, items[k].y - item.y))
            ties += [Tie(a, b) for b in order[1:] if _is_clear(items, a, b)][:1]
    return ties


def add_twins(random: Random, ties: list[Tie], items: list[Item], *, size: float) -> list[Tie]:
    """The ties, some of them twice beside each other (at times in opposite directions), and some loops."""
    if random.random() < 0.3:
        for tie in random.sample(ties, min(len(ties), random.randint(1, 3))):
            tie.aside = -random.uniform(0.4, 0.8) * size
            a, b, through = (tie.a, tie.b, tie.through)
            if random.random() < 0.7:
                a, b, through = b, a, through[::-1]
            ties.append(Tie(a, b, list(through), -tie.aside))
    if random.random() < 0.15:
        ties += [Tie(k, k) for k in random.sample(range(len(items)), min(2, len(items)))]
    return ties


def _is_clear(items: list[Item], a: int, b: int) -> bool:
    return not any(_hits(items, a, b, k) for k in range(len(items)) if k not in (a, b))


def _hits(items: list[Item], a: int, b: int, k: int) -> bool:
    p, q, o = items[a], items[b], items[k]
    for n in range(41):
        x, y = p.x + (q.x - p.x) * n / 40, p.y + (q.y - p.y) * n / 40
        if abs(x - o.x) < o.w / 2 + 8 and abs(y - o.y) < o.h / 2 + 8:
            return True
    return False
