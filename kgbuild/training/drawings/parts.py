"""Single things as drawings have them, each with words that describe it: shapes, icons, words, lines, slides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from random import Random

from kgbuild.training.drawings import shapes
from kgbuild.training.drawings.canvas import Canvas
from kgbuild.training.drawings.fonts import Face, families, files
from kgbuild.training.drawings.icons import ICONS
from kgbuild.training.drawings.sheet import Sheet
from kgbuild.training.drawings.words import name, sentence, verb

COLOURS = {
    "black": "#111", "grey": "#888", "red": "#d32f2f", "green": "#2e8b3d", "blue": "#1f5fc4", "yellow": "#f2c811",
    "orange": "#f57c00", "purple": "#7b3fa0", "pink": "#ec6fa0", "brown": "#7a4a24", "turquoise": "#15a8a8",
    "light blue": "#9fd0f5", "light green": "#b5e3b0", "navy blue": "#15284f",
}  # fmt: skip
_CALLED = {"ellipse": "oval", "rounded": "rounded rectangle"}
_COUNTS = ("", "a", "two", "three", "four")
Captioned = tuple[Sheet, list[str]]


def _article(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def _sheet(canvas: Canvas, width: float, height: float, ground: str) -> Sheet:
    return Sheet("part", canvas.svg(width, height, ground), width, height, canvas.texts)


def _ground(random: Random) -> tuple[str, str]:
    """A ground and an ink that is seen on it."""
    return random.choice((("#fff", "#111"),) * 6 + (("#f4f4f4", "#222"), ("#fffbe6", "#222"), ("#1e1e1e", "#eee")))


def draw_shape(random: Random) -> Captioned:
    """One to four shapes of one kind and colour, at times with a label."""
    kind, (colour, code) = random.choice(shapes.KINDS), random.choice(list(COLOURS.items()))
    square = kind in ("rectangle", "ellipse") and random.random() < 0.4
    called = {"rectangle": "square", "ellipse": "circle"}[kind] if square else _CALLED.get(kind, kind)
    count = random.choice((1, 1, 1, 2, 3, 4))
    ground, _ = _ground(random)
    w = random.uniform(70, 150)
    h = w if square else w * random.uniform(0.45, 0.9)
    filled, width = random.random() < 0.6, random.choice((1.5, 2.0, 3.0, 4.0))
    canvas = Canvas(random, rough=random.choice((0.0, 0.0, 0.0, 1.0)))
    columns = count if count < 4 else 2
    margin, gap = random.uniform(6, 60), random.uniform(10, 40)
    label = name(random, most=2) if random.random() < 0.4 else ""
    for k in range(count):
        x, y = margin + (k % columns) * (w + gap) + w / 2, margin + (k // columns) * (h + gap) + h / 2
        canvas.path(shapes.outline(kind, x, y, w, h), stroke=code, width=width, fill=code if filled else "none", closed=True)  # fmt: skip
        if label and k == 0:
            face = Face(random.choice(families()[:4]), min(0.3 * h, 1.4 * w / len(label)))
            light = colour in ("yellow", "light blue", "light green", "pink")
            canvas.text(label, x, y, face, ("#111" if light else "#fff") if filled else code)
    rows = -(-count // columns)
    thing = called if count == 1 else called + "s"
    look = f"{colour} {thing}" if filled else f"{thing} outlined in {colour}"
    counted = f"{_COUNTS[count]} {look}" if count > 1 else _article(look)
    made = [counted, f"{colour} {called}", f"a drawing of {counted}", called]
    if label and count == 1:
        made += [f"{_article(colour + ' ' + called)} labelled {label}", label]
    sheet = _sheet(canvas, 2 * margin + columns * (w + gap) - gap, 2 * margin + rows * (h + gap) - gap, ground)
    return sheet, made


@lru_cache
def glyphs() -> tuple[tuple[int, str], ...]:
    """Code points and names of the pictograms of the icon typeface."""
    from fontTools.ttLib import TTFont

    found = TTFont(files()[-1]).getBestCmap()
    return tuple((code, called.replace("-", " ")) for code, called in sorted(found.items()) if code >= 0xF000)


def draw_icon(random: Random) -> Captioned:
    """A pictogram or an icon of our own, in some colour, at times on a plate or with a label beneath."""
    size, margin = random.uniform(60, 140), random.uniform(4, 40)
    ground, ink = _ground(random)
    colour, code = random.choice(list(COLOURS.items())) if random.random() < 0.6 else ("", ink)
    label = name(random, most=2) if random.random() < 0.35 else ""
    face = Face(random.choice(families()[:4]), random.uniform(0.13, 0.2) * size)
    width = max(size, face.width(label) if label else 0) + 2 * margin
    canvas = Canvas(random, rough=random.choice((0.0, 0.0, 0.0, 0.8)))
    x, y = width / 2, margin + size / 2
    front, scale = code, 1.0
    if random.random() < 0.25:
        canvas.rect(x - size / 2, y - size / 2, x + size / 2, y + size / 2, fill=code, extra='rx="8"')
        front, scale = ground, 0.65
    if random.random() < 0.5:
        called = _own_icon(random, canvas, x, y, size * scale, front, ground)
    else:
        glyph, called = random.choice(glyphs())
        canvas.pictogram(glyph, x, y, 0.8 * size * scale, front)
    made = [called, f"an icon of {_article(called)}", f"{called} icon", f"{colour} {called} icon".strip()]
    if label:
        canvas.text(label, x, margin + size + 0.9 * face.size, face, ink)
        made += [label, f"{called} icon labelled {label}"]
    return _sheet(canvas, width, 2 * margin + size + (1.6 * face.size if label else 0), ground), made


def _own_icon(random: Random, canvas: Canvas, x: float, y: float, size: float, front: str, ground: str) -> str:
    called = random.choice(list(ICONS))
    solid, width = random.random() < 0.5, random.choice((1.5, 2.0, 3.0, 4.0))
    for points, closed, filled in ICONS[called]():
        at = [(x + (px - 0.5) * size, y + (py - 0.5) * size) for px, py in points]
        inside = front if solid and filled else (ground if closed else "none")
        line = ground if solid and not filled else front
        canvas.path(at, stroke=line, width=width, fill=inside, closed=closed)
    return called


def draw_word(random: Random) -> Captioned:
    """A few words in large letters."""
    text = name(random, most=2) if random.random() < 0.8 else verb(random)
    ground, ink = _ground(random)
    colour, code = random.choice(list(COLOURS.items())) if random.random() < 0.4 else ("", ink)
    face, canvas, margin = Face(random.choice(families()), 48), Canvas(random), random.uniform(4, 40)
    width = face.width(text) + 2 * margin
    canvas.text(text, width / 2, margin + 30, face, code)
    made = [text, f"the words {text}" if " " in text else f"the word {text}", f"{text} in {colour} letters" if colour else text]  # fmt: skip
    return _sheet(canvas, width, 60 + 2 * margin, ground), made


_WAYS = {"right": (1, 0), "left": (-1, 0), "down": (0, 1), "up": (0, -1)}
_HEADS = {"filled": "arrow", "vee": "arrow", "hollow": "arrow with a hollow head", "diamond": "line with a diamond"}


def draw_link(random: Random) -> Captioned:
    """An arrow or a line, alone or between two labelled boxes."""
    ground, ink = _ground(random)
    way = random.choice(list(_WAYS))
    dx, dy = _WAYS[way]
    colour, code = random.choice(list(COLOURS.items())) if random.random() < 0.5 else ("", ink)
    dashed, head = random.random() < 0.4, random.choice((*_HEADS, "filled", "none"))
    boxes = random.random() < 0.5
    length, width = random.uniform(90, 180), random.choice((1.5, 2.0, 3.0, 5.0))
    face, canvas = Face(random.choice(families()[:4]), 20), Canvas(random, rough=random.choice((0.0, 0.0, 0.8)))
    a, b = name(random, most=1), name(random, most=1)
    w, h = max(face.width(a), face.width(b)) + 24, 46.0
    reach = length + ((w if dx else h) if boxes else 0)
    margin = random.uniform(14, 40)
    across, high = abs(dx) * reach + (w if boxes else 20), abs(dy) * reach + (h if boxes else 20)
    cx, cy = across / 2 + margin, high / 2 + margin
    ends = [(cx - dx * length / 2, cy - dy * length / 2), (cx + dx * length / 2, cy + dy * length / 2)]
    canvas.path(ends, stroke=code, width=width, dash="8 6" if dashed else "")
    if head != "none":
        canvas.head(head, shapes.resample(ends), 12 + 2 * width, code, ground, width)
    look = f"{'dashed ' if dashed else ''}{_HEADS.get(head, 'line')}"
    look = f"{colour} {look}".strip()
    if boxes:
        for text, sign in ((a, -1), (b, 1)):
            x, y = cx + sign * dx * reach / 2, cy + sign * dy * reach / 2
            canvas.path(shapes.outline("rectangle", x, y, w, h), stroke=ink, width=2, closed=True)
            canvas.text(text, x, y, face, ink)
        made = [f"{_article(look)} from {a} to {b}", f"{a} and {b}", f"two boxes joined by {_article(look)}"]
    else:
        made = [_article(look), f"{_article(look)} pointing {way}" if head != "none" else _article(look)]
    return _sheet(canvas, across + 2 * margin, high + 2 * margin, ground), made


def draw_slide(random: Random) -> tuple[Sheet, list[str], tuple[float, float, float, float]]:
    """A slide 16:9 or 4:3 with a title and room for a picture: the box of the room, in pixels."""
    width, height = random.choice(((960.0, 540.0),) * 3 + ((960.0, 720.0),))
    ground, ink = random.choice((("#fff", "#222"),) * 4 + (("#f5f5f0", "#333"), ("#202a44", "#fff"), ("#1b1b1b", "#eee")))  # fmt: skip
    colour = random.choice(list(COLOURS.values()))
    canvas, family = Canvas(random), random.choice(families()[:4])
    title, face = name(random, most=3), Face(family, random.uniform(30, 52))
    top = 2.2 * face.size
    if random.random() < 0.3:
        canvas.rect(0, 0, width, top, fill=colour)
    elif random.random() < 0.3:
        canvas.rect(0, 0, random.uniform(8, 30), height, fill=colour)
    if random.random() < 0.5:
        canvas.text(title, width / 2, top / 2, face, ink)
    else:
        canvas.text(title, 50, top / 2, face, ink, anchor="start")
    box = (40.0, top + 8, width - 40, height - 30)
    bullets = random.random()
    small = Face(family, random.uniform(16, 26))
    if bullets < 0.35:  # text beside the picture
        share = random.uniform(0.35, 0.5)
        left = bullets < 0.18
        x = 60.0 if left else width * (1 - share) + 20
        _bullets(random, canvas, small, x, top + 40, share * width - 80, ink, random.randint(2, 6))
        box = (width * share, box[1], box[2], box[3]) if left else (box[0], box[1], width * (1 - share), box[3])
    elif bullets < 0.5:  # a line of text beneath
        _bullets(random, canvas, small, 60, height - 50, width - 120, ink, 1)
        box = (box[0], box[1], box[2], height - 80)
    if random.random() < 0.5:
        canvas.text(str(random.randint(1, 60)), width - 30, height - 16, Face(family, 14), ink)
    made = [f"a slide titled {title}", title, "a presentation slide"]
    return Sheet("slide", canvas.svg(width, height, ground), width, height, canvas.texts, title=title), made, box


def _bullets(random: Random, canvas: Canvas, face: Face, x: float, y: float, wide: float, ink: str, count: int) -> None:
    for k in range(count):
        text = sentence(random, words=random.randint(2, 7))
        while face.width(text) > wide and " " in text:
            text = text.rpartition(" ")[0]
        at = y + 2.0 * face.size * k
        canvas.path(shapes.outline("ellipse", x - 14, at, 7, 7), stroke="none", width=0, fill=ink, closed=True)
        canvas.text(text, x, at, face, ink, anchor="start")


PARTS: dict[str, Callable[[Random], Captioned]] = {
    "shape": draw_shape, "icon": draw_icon, "word": draw_word, "link": draw_link,
}  # fmt: skip
__all__: Sequence[str] = ("COLOURS", "PARTS", "draw_slide", "glyphs")
