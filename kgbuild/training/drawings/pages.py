"""Pictures that are no diagrams, besides charts: tables, pages of text, screens, textures for photographs."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from kgbuild.training.drawings import shapes
from kgbuild.training.drawings.canvas import Canvas
from kgbuild.training.drawings.charts import COLOURS, draw_chart, random_face
from kgbuild.training.drawings.fonts import PICTOGRAMS, Face
from kgbuild.training.drawings.sheet import Sheet
from kgbuild.training.drawings.words import name, number, sentence, verb


def draw_text(random: Random) -> Sheet:
    """A page of prose, a slide of bullet points, or a listing of code."""
    face = random_face(random, 11, 20)
    width, margin = random.uniform(420, 1200), random.uniform(15, 80)
    canvas, y, ground = Canvas(random), margin, random.choice(("#fff", "#fff", "#fdf6e3", "#1e1e1e"))
    ink = "#ddd" if ground == "#1e1e1e" else "#111"
    form = random.choice(("prose", "prose", "bullets", "code"))
    for _ in range(random.randint(4, 34)):
        if random.random() < 0.12:
            large = Face(face.family, face.size * 1.5)
            canvas.text(name(random), margin, y + large.size, large, ink, anchor="start")
            y += 2.6 * large.size
        words, left = random.choice((40, 40, 40, 12)) if form == "prose" else random.randint(2, 9), margin
        if form == "bullets":
            left += face.size * random.choice((1, 1, 3))
            canvas.path(
                shapes.outline("ellipse", left - 0.7 * face.size, y + 4, 5, 5),
                stroke="none",
                width=0,
                fill=ink,
                closed=True,
            )
        elif form == "code":
            left += 2 * face.size * random.choice((0, 0, 1, 2))
        text = sentence(random, words=words)
        while face.width(text) > width - left - margin and " " in text:
            text = text.rpartition(" ")[0]
        canvas.text(text, left, y, face, ink, anchor="start")
        y += face.size * (1.4 if form == "prose" else 1.7)
        if random.random() < 0.1:
            y += face.size
    height = y + margin
    about = {"prose": "page of prose", "bullets": "list of bullet points", "code": "listing of code"}[form]
    return Sheet("text", canvas.svg(width, height, ground), width, height, canvas.texts, about=about)


def draw_table(random: Random) -> Sheet:
    """Rows and columns with a header, ruled in one of the usual ways."""
    face, canvas = random_face(random), Canvas(random)
    columns, rows = random.randint(2, 7), random.randint(3, 18)
    wide = [max(6, random.uniform(5, 12)) * face.size for _ in range(columns)]
    high, margin = random.uniform(1.6, 2.6) * face.size, random.uniform(4, 40)
    rule, stripe = random.choice(("all", "all", "rows", "head", "none")), random.random() < 0.4
    ink = random.choice(("#000", "#444", "#999"))
    right, foot = margin + sum(wide), margin + high * rows
    for r in range(rows):
        top = margin + r * high
        if r == 0 and random.random() < 0.5:
            canvas.rect(margin, top, right, top + high, fill=random.choice(("#eee", "#cfe2f3", "#d9ead3")))
        elif stripe and r % 2:
            canvas.rect(margin, top, right, top + high, fill="#f3f3f3")
        left = margin
        for w in wide:
            text = name(random, most=2) if r == 0 or left == margin else random.choice((number(random), verb(random)))
            if face.width(text) < w - 6:
                canvas.text(text, left + w / 2 if rule == "all" else left + 5, top + high / 2, face, "#111",
                            anchor="middle" if rule == "all" else "start")  # fmt: skip
            left += w
        if rule in ("all", "rows") or (rule == "head" and r < 2):
            canvas.path([(margin, top), (right, top)], stroke=ink, width=1)
    if rule in ("all", "rows"):
        canvas.path([(margin, foot), (right, foot)], stroke=ink, width=1)
    if rule == "all":
        left = margin
        for w in (*wide, 0.0):
            canvas.path([(left, margin), (left, foot)], stroke=ink, width=1)
            left += w
    width, height = right + margin, foot + margin
    return Sheet("table", canvas.svg(width, height, "#fff"), width, height, canvas.texts)


def draw_screen(random: Random) -> Sheet:
    """A window: bars, a menu at the side, buttons, fields, lists and cards."""
    width, height, face = random.uniform(500, 1400), random.uniform(350, 900), random_face(random, 11, 16)
    dark = random.random() < 0.25
    ground, panel, ink = (
        ("#202124", "#2d2f33", "#e8eaed") if dark else (random.choice(("#fff", "#f5f5f5")), "#e9edf2", "#202124")
    )
    strong = random.choice(COLOURS)
    canvas = Canvas(random)
    canvas.rect(0, 0, width, 44, fill=random.choice((panel, strong)))
    x = 20.0
    for _ in range(random.randint(2, 6)):
        word = name(random, most=1)
        canvas.text(word, x, 22, face, ink, anchor="start")
        x += face.width(word) + 24
    side = random.choice((0.0, 0.18, 0.25)) * width
    if side:
        canvas.rect(0, 44, side, height, fill=panel)
        for k in range(int((height - 80) / 34)):
            if random.random() < 0.85:
                canvas.pictogram(random.choice(PICTOGRAMS), 22, 72 + 34 * k, 14, ink)
                canvas.text(name(random, most=2)[:16], 40, 72 + 34 * k, face, ink, anchor="start")
    y = 64.0
    while y < height - 70:
        _block(random, canvas, side + 24, y, width - side - 48, face, (ground, panel, ink, strong))
        y += random.uniform(55, 130)
    return Sheet("screenshot", canvas.svg(width, height, ground), width, height, canvas.texts)


def _block(
    random: Random, canvas: Canvas, x: float, y: float, wide: float, face: Face, colours: tuple[str, ...]
) -> None:
    """One part of a window: a row of buttons, a field with its name, cards, or some lines of text."""
    _, panel, ink, strong = colours
    kind = random.choice(("buttons", "field", "cards", "lines", "tabs"))
    if kind in ("buttons", "tabs"):
        for _ in range(random.randint(1, 4)):
            word = name(random, most=2)
            w = face.width(word) + 28
            if w > wide:
                break
            fill, text = (strong, "#fff") if random.random() < 0.5 else (panel, ink)
            canvas.rect(x, y, x + w, y + 32, fill=fill, stroke=random.choice(("none", "#9995")), extra='rx="5"')
            canvas.text(word, x + w / 2, y + 16, face, text)
            x, wide = x + w + (12 if kind == "buttons" else 1), wide - w - 12
    elif kind == "field":
        canvas.text(name(random, most=2), x, y + 8, face, ink, anchor="start")
        canvas.rect(x, y + 20, x + min(wide, 320), y + 50, fill="none", stroke="#999", extra='rx="3"')
        canvas.text(verb(random), x + 8, y + 35, face, "#888", anchor="start")
    elif kind == "cards":
        count = random.randint(2, 4)
        for k in range(count):
            w = wide / count - 12
            canvas.rect(x + k * (w + 12), y, x + k * (w + 12) + w, y + 52, fill=panel, stroke="#9994", extra='rx="6"')
            title = name(random, most=1)
            if face.width(title) < w - 16:
                canvas.text(title, x + k * (w + 12) + 8, y + 16, face, ink, anchor="start")
                canvas.text(number(random), x + k * (w + 12) + 8, y + 36, face, ink, anchor="start")
    else:
        for k in range(3):
            text = sentence(random, words=random.randint(4, 14))
            while face.width(text) > wide and " " in text:
                text = text.rpartition(" ")[0]
            canvas.text(text, x, y + 8 + 18 * k, face, ink, anchor="start")


def draw_photo(random: Random) -> Sheet:
    """Textures, blobs and gradients with the statistics of a photograph; at times a sign with words in it."""
    width, height = random.uniform(250, 1000), random.uniform(200, 750)
    canvas, defs = Canvas(random), []
    hues = [f"hsl({random.randrange(360)} {random.randint(15, 70)}% {random.randint(20, 80)}%)" for _ in range(9)]
    stops = "".join(f'<stop offset="{k}" stop-color="{hues[k]}"/>' for k in (0, 1))
    defs.append(f'<linearGradient id="sky" x2="{random.random():.2f}" y2="1">{stops}</linearGradient>')
    texture = random.choice(("turbulence", "fractalNoise"))
    defs.append(
        f'<filter id="grain" x="0" y="0" width="100%" height="100%"><feTurbulence type="{texture}" '
        f'baseFrequency="{random.uniform(0.005, 0.2):.3f}" numOctaves="4" seed="{random.randrange(1000)}"/></filter>'
    )
    defs.append(f'<filter id="soft"><feGaussianBlur stdDeviation="{random.uniform(1, 9):.1f}"/></filter>')
    canvas.rect(0, 0, width, height, fill="url(#sky)")
    for _ in range(random.randint(4, 30)):
        kind = random.choice(("ellipse", "cloud", "rectangle", "diamond"))
        body = shapes.outline(
            kind,
            random.uniform(0, width),
            random.uniform(0, height),
            random.uniform(20, 0.6 * width),
            random.uniform(20, 0.6 * height),
        )
        canvas.path(
            body,
            stroke="none",
            width=0,
            fill=random.choice(hues),
            closed=True,
            extra=f'filter="url(#soft)" fill-opacity="{random.uniform(0.3, 1):.2f}"',
        )
    canvas.rect(
        0, 0, width, height, fill="#000", extra=f'filter="url(#grain)" opacity="{random.uniform(0.2, 0.8):.2f}"'
    )
    for _ in range(random.choice((0, 0, 1, 3))):
        face = random_face(random, 16, 40)
        canvas.text(
            name(random, most=2), random.uniform(0.3, 0.7) * width, random.uniform(0.1, 0.9) * height, face, "#fff"
        )
    return Sheet("photo", canvas.svg(width, height, "#777", defs="".join(defs)), width, height, canvas.texts)


PAGES: dict[str, Callable[[Random], Sheet]] = {
    "chart": draw_chart, "table": draw_table, "text": draw_text, "screenshot": draw_screen, "photo": draw_photo,
}  # fmt: skip
