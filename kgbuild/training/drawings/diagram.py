"""A random diagram: graph, place, look and truth."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from kgbuild.training.drawings import shapes
from kgbuild.training.drawings.canvas import Canvas, Text, shorten
from kgbuild.training.drawings.fonts import Face
from kgbuild.training.drawings.graphs import Item, Point, Tie, add_twins, in_layers, on_grid, random_edges
from kgbuild.training.drawings.items import Part, draw_item, place_item, random_item
from kgbuild.training.drawings.sheet import Sheet
from kgbuild.training.drawings.style import Style, random_style
from kgbuild.training.drawings.words import name, verb

Rect = tuple[float, float, float, float]


def draw_diagram(random: Random) -> Sheet:
    """A diagram with its gold graph."""
    style = random_style(random)
    count = min(26, 3 + int(random.expovariate(1 / 6)))
    icons, tables = random.random() < 0.12, random.random() < 0.12
    items: list[Item] = []
    taken: set[str] = set()
    while len(items) < count:
        item = random_item(random, style, f"n{len(items)}", icons=icons, tables=tables)
        if item.label.lower() not in taken:
            taken.add(item.label.lower())
            items.append(item)
    return compose(random, style, items, random_edges(random, count))


def compose(random: Random, style: Style, items: list[Item], pairs: list[tuple[int, int]]) -> Sheet:
    """The items placed and drawn in a style, joined by lines, with what such drawings have besides."""
    gap = random.uniform(1.2, 4.0) * style.face.size
    if random.random() < 0.7:
        step = random.uniform(2.2, 5.0) * style.face.size * (1.6 if style.across else 1.0)
        ties = in_layers(random, items, pairs, gap=gap, step=step, across=style.across)
    else:
        ties = on_grid(random, items, pairs, gap=gap + 3 * style.face.size)
        style = replace(style, way=random.choice(("straight", "straight", "arc")))
    ties = add_twins(random, ties, items, size=style.face.size)
    canvas = Canvas(random, rough=style.rough)
    groups = _groups(random, canvas, style, items)
    # Lines are drawn beneath the nodes, as most tools do, or upon them where they touch anyway.
    parts = [Part(i, place_item(i, style)) for i in items]
    edges = _edges(random, canvas, style, parts, ties)
    for part in parts:
        draw_item(random, canvas, style, part)
    _name_edges(random, canvas, style, edges, items)
    nodes = [{"id": i.key, "label": i.label, "box": list(i.box), "shape": i.shape} for i in items]
    return _finish(random, canvas, style, nodes, edges, groups)


def _edges(random: Random, canvas: Canvas, style: Style, parts: list[Part], ties: list[Tie]) -> list[dict[str, Any]]:
    headless = random.choice((0.0, 0.0, 0.0, 0.1, 1.0))
    made = []
    for tie in ties:
        a, b = parts[tie.a], parts[tie.b]
        through = [(a.item.x, a.item.y), *tie.through, (b.item.x, b.item.y)]
        if tie.aside:
            across = abs(through[-1][0] - through[0][0]) > abs(through[-1][1] - through[0][1])
            through = [(x, y + tie.aside) if across else (x + tie.aside, y) for x, y in through]
        elif style.way == "orthogonal":
            through = _at_ports(random, through, a.item, b.item, style.across)
        bulge = random.choice((-0.2, 0.0, 0.15, 0.25))
        way = "curved" if tie.through and style.way == "straight" else style.way  # tools bend long lines softly
        points = shapes.course(random, through, way, across=style.across, bulge=bulge)
        points = shapes.clip(points, a.outline, b.outline, style.gap)
        if a is b:
            points = _loop(style, a, parts)
        if not points:
            continue
        directed, both = random.random() >= headless, random.random() < 0.06
        dashed = random.random() < style.dashed
        heads = [directed, directed and both]
        line = points
        size = style.head_size + 1.5 * style.width
        if style.head not in ("vee",):
            for end, has in enumerate(heads):
                if has:
                    line = shorten(line, 0.7 * size) if end == 0 else shorten(line[::-1], 0.7 * size)[::-1]
        colour = style.line
        canvas.path(line, stroke=colour, width=style.width, dash=style.dash if dashed else "")
        for end, has in enumerate(heads):
            if has:
                canvas.head(style.head, points if end == 0 else points[::-1], size, colour, style.ground, style.width)
        made.append(
            {"source": a.item.key, "target": b.item.key, "label": "", "directed": directed, "both": directed and both,
             "style": "dashed" if dashed else "solid", "points": points}
        )  # fmt: skip
    return made


def _loop(style: Style, part: Part, parts: list[Part]) -> list[Point]:
    """A line from a node to itself, where there is room at its right; else no points."""
    if part.item.shape not in ("rectangle", "rounded", "ellipse"):
        return []
    points = shapes.loop(part.item.x, part.item.y, part.item.w, size=style.face.size)
    points = [p for p in points if not shapes.holds(part.outline, *p)]
    taken = [_around([p.item], style) for p in parts if p is not part]
    return [] if any(b[0] < x < b[2] and b[1] < y < b[3] for b in taken for x, y in points) else points


def _at_ports(random: Random, through: list[Point], a: Item, b: Item, across: bool) -> list[Point]:
    """Ends moved along the nodes' sides, so that right-angled lines seldom run on top of one another."""
    made = list(through)
    for end, item in ((0, a), (-1, b)):
        room = 0.35 * (item.h if across else item.w)
        shift = random.uniform(-room, room) if len(through) > 2 or random.random() < 0.7 else 0.0
        made[end] = (made[end][0], made[end][1] + shift) if across else (made[end][0] + shift, made[end][1])
    return made


def _name_edges(random: Random, canvas: Canvas, style: Style, edges: list[dict[str, Any]], items: list[Item]) -> None:
    share = random.choice((0.0, 0.0, 0.3, 0.8))
    taken: list[Rect] = [i.box for i in items]
    for edge in edges:
        if random.random() >= share or shapes.length(edge["points"]) < 4 * style.small.size:
            continue
        words, points = verb(random), edge["points"]
        x, y = points[int(len(points) * random.uniform(0.4, 0.6))]
        w, h = style.small.width(words), style.small.size
        if not style.patch:
            x += w / 2 + 5
        box = (x - w / 2 - 2, y - h / 2 - 2, x + w / 2 + 2, y + h / 2 + 2)
        if any(box[0] < t[2] and t[0] < box[2] and box[1] < t[3] and t[1] < box[3] for t in taken):
            continue
        taken.append(box)
        if style.patch and random.random() < 0.8:
            grey = random.choice((style.ground, "#e8e8e8")) if style.text != "#e8e8e8" else style.ground
            canvas.rect(*box, fill=grey)
        edge["label"] = words
        edge["label_box"] = list(canvas.text(words, x, y, style.small, style.text)[1:])


def _groups(random: Random, canvas: Canvas, style: Style, items: list[Item]) -> list[dict[str, Any]]:
    """Frames around nodes that stand together, with a title above them."""
    made: list[dict[str, Any]] = []
    if random.random() > 0.35 or len(items) < 4:
        return made
    for _ in range(random.choice((1, 1, 2))):
        a, b = random.sample(items, 2)
        box = _around([a, b], style)
        held = [i for i in items if box[0] < i.x < box[2] and box[1] < i.y < box[3]]
        box = _around(held, style)
        crossing = [
            i
            for i in items
            if i not in held and _meets(box, (i.x - i.w / 2, i.y - i.h / 2, i.x + i.w / 2, i.y + i.h / 2))
        ]
        if crossing or len(held) > 0.8 * len(items) or any(_meets(box, g["box"]) for g in made):
            continue
        title = name(random, most=2)
        if style.face.width(title) > box[2] - box[0] - 12:
            continue
        fill = random.choice(("none", "none", "#8888881a", "#ffffde" if style.text != "#e8e8e8" else "none"))
        corners = shapes.outline(
            "rounded",
            (box[0] + box[2]) / 2,
            (box[1] + box[3]) / 2,
            box[2] - box[0],
            box[3] - box[1],
            radius=random.choice((1, 6)),
        )
        canvas.path(
            corners, stroke=style.ink, width=style.border, fill=fill, closed=True, dash=random.choice(("", style.dash))
        )
        if random.random() < 0.5:
            canvas.text(title, (box[0] + box[2]) / 2, box[1] + 0.8 * style.face.size, style.face, style.text)
        else:
            canvas.text(title, box[0] + 6, box[1] + 0.8 * style.face.size, style.face, style.text, anchor="start")
        made.append({"label": title, "nodes": [i.key for i in held], "box": list(box)})
    return made


def _around(items: list[Item], style: Style) -> Rect:
    pad = 0.9 * style.face.size
    return (
        min(i.x - i.w / 2 for i in items) - pad, min(i.y - i.h / 2 for i in items) - 2.2 * style.face.size,
        max(i.x + i.w / 2 for i in items) + pad, max(i.y + i.h / 2 for i in items) + pad,
    )  # fmt: skip


def _meets(a: Any, b: Any) -> bool:
    return bool(a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3])


def _finish(
    random: Random,
    canvas: Canvas,
    style: Style,
    nodes: list[dict[str, Any]],
    edges: list[dict[str, Any]],
    groups: list[dict[str, Any]],
) -> Sheet:
    """Margins, a title or a window around the drawing, and everything moved to the sheet's own origin."""
    xs = [v for n in nodes for v in (n["box"][0], n["box"][2])] + [p[0] for e in edges for p in e["points"]]
    ys = [v for n in nodes for v in (n["box"][1], n["box"][3])] + [p[1] for e in edges for p in e["points"]]
    for box in [g["box"] for g in groups] + [t[1:] for t in canvas.texts]:
        xs += [box[0], box[2]]
        ys += [box[1], box[3]]
    margin = random.choice((6, 12, 24, 40))
    x0, y0, x1, y1 = min(xs) - margin, min(ys) - margin, max(xs) + margin, max(ys) + margin
    width, height = max(x1 - x0, 120), max(y1 - y0, 80)
    title = ""
    bar = 0.0
    frame = random.random()
    if frame < 0.12:
        title = name(random)
        face = Face(style.face.family, 1.3 * style.face.size)
        if face.width(title) < width - 20:
            bar = 2.2 * face.size
            canvas.text(title, x0 + width / 2, y0 - bar / 2, face, style.text)
    elif frame < 0.2 and width > 260:
        bar = 30.0
        canvas.rect(x0, y0 - bar, x0 + width, y0, fill="#d8d8d8")
        for k, colour in enumerate(("#ff5f57", "#febc2e", "#28c840")):
            canvas.path(
                shapes.outline("ellipse", x0 + 16 + 18 * k, y0 - bar / 2, 11, 11),
                stroke="none",
                width=0,
                fill=colour,
                closed=True,
            )
        canvas.text(name(random, most=2), x0 + width / 2, y0 - bar / 2, Face("Roboto", 13), "#333")
    shift = (-x0, -y0 + bar)
    defs = (
        f'<linearGradient id="fade" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="{style.fills[0]}"/>'
        f'<stop offset="1" stop-color="{style.ground}"/></linearGradient>'
        '<filter id="shadow" x="-20%" y="-20%" width="150%" height="150%">'
        '<feDropShadow dx="3" dy="3" stdDeviation="2" flood-opacity="0.4"/></filter>'
    )
    return Sheet(
        "diagram", canvas.svg(width, height + bar, style.ground, defs=defs, shift=shift), width, height + bar,
        [_moved(t, shift) for t in canvas.texts],
        [{**n, "box": _shift(n["box"], shift)} for n in nodes],
        [
            {**e, "points": [(x + shift[0], y + shift[1]) for x, y in e["points"]],
             **({"label_box": _shift(e["label_box"], shift)} if "label_box" in e else {})}
            for e in edges
        ],
        [{**g, "box": _shift(g["box"], shift)} for g in groups],
        title, style.usual,
    )  # fmt: skip


def _shift(box: Any, by: Point) -> list[float]:
    return [box[0] + by[0], box[1] + by[1], box[2] + by[0], box[3] + by[1]]


def _moved(text: Text, by: Point) -> Text:
    x0, y0, x1, y1 = _shift(text[1:], by)
    return text[0], x0, y0, x1, y1
