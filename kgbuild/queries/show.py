"""What Jupyter shows of a thing: its neighbours as a drawing, its facts, its evidence with the span or box marked."""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from kgbuild.queries.ask.facts import Fact, Facts
from kgbuild.queries.describe import LONG, find
from kgbuild.vocab import shown, words

if TYPE_CHECKING:
    from kgbuild.queries.graph import Graph

WIDTH, HEIGHT = 760, 420  # of the drawing, in pixels
NEIGHBOURS = 14  # at most: more make no drawing
PIECES = 4  # of evidence


@dataclass(frozen=True, slots=True)
class Card:
    """A thing as a fragment of HTML with an SVG drawing; nothing in it is loaded from elsewhere."""

    id: str
    title: str
    html: str

    def _repr_html_(self) -> str:
        return self.html


def show(graph: Graph, facts: Facts, what: str) -> Card:
    """The card of a thing, by IRI, the IRI's last part, or name. Raises ``QueryError`` if the graph knows none."""
    id = find(facts, what)
    thing = facts.things[id]
    known = sorted((f for f in facts.about([id]) if f.sources), key=lambda f: (-f.confidence, f.id))
    links = [f for f in known if not f.literal and f.other(id) != id][:NEIGHBOURS]
    values = [f for f in known if f.literal]
    parts = [f"<h3>{escape(thing.label)} <small>{escape(words(thing.type))}</small></h3>"]
    if links:
        parts.append(_drawing(facts, id, links))
    if values:
        rows = "".join(f"<tr><td>{escape(shown(f.relation))}</td><td>{escape(f.object)}</td></tr>" for f in values)
        parts.append(f"<table>{rows}</table>")
    for piece in graph.why(id).evidence[:PIECES]:
        place = f"<small>{escape(piece.path)}, {escape(piece.place)}</small>"
        png = graph.crop(piece)
        if png:
            data = base64.b64encode(png).decode()
            parts.append(f'<p>{place}<br><img style="max-height:140px" src="data:image/png;base64,{data}"></p>')
        elif piece.marked:
            before, marked, after = (escape(" ".join(t.split())) for t in (piece.before, piece.marked, piece.after))
            parts.append(f"<p>{place}<br>… {before} <mark>{marked}</mark> {after} …</p>")
    return Card(id, thing.label, "".join(parts))


def _drawing(facts: Facts, id: str, links: list[Fact]) -> str:
    """The thing in the middle, its neighbours around it, an arrow with its words for each relation."""
    others = list(dict.fromkeys(f.other(id) for f in links))
    middle = (WIDTH / 2, HEIGHT / 2)
    places = {}
    for n, other in enumerate(others):
        angle = 2 * math.pi * n / len(others) - math.pi / 2
        places[other] = (middle[0] + 0.4 * WIDTH * math.cos(angle), middle[1] + 0.42 * HEIGHT * math.sin(angle))
    lines = []
    for other in others:
        mine = [f for f in links if f.other(id) == other]
        (x, y), (u, v) = places[other], middle
        short = (("" if f.subject == id else "← ") + shown(f.relation).removesuffix(LONG) for f in mine)
        said = ", ".join(dict.fromkeys(short))
        mx, my = u + 0.55 * (x - u), v + 0.55 * (y - v)
        lines.append(f'<line x1="{u:.0f}" y1="{v:.0f}" x2="{x:.0f}" y2="{y:.0f}" stroke="#8a94a6"/>')
        lines.append(_text(mx, my, said, size=10, colour="#5b6472"))
    boxes = [_box(*places[o], facts.label(o), "#eef2f8") for o in others] + [_box(*middle, facts.label(id), "#cfe3f5")]
    body = "".join((*lines, *boxes))
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img" font-family="sans-serif">'
        f"<title>{escape(facts.label(id))} and its neighbours</title>{body}</svg>"
    )


def _box(x: float, y: float, label: str, fill: str) -> str:
    width = 7 * min(len(label), 28) + 16
    return (
        f'<rect x="{x - width / 2:.0f}" y="{y - 13:.0f}" width="{width}" height="26" rx="6" fill="{fill}" '
        f'stroke="#1d2433"/>{_text(x, y + 4, label, size=12, colour="#1d2433")}'
    )


def _text(x: float, y: float, label: str, *, size: int, colour: str) -> str:
    short = label if len(label) <= 28 else label[:27] + "…"
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" fill="{colour}" text-anchor="middle">{escape(short)}</text>'
    )
