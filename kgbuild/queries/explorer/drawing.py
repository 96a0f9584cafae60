"""Drawings of the explorer as numbers: where the neighbours of a thing stand, bars of counts, a line of time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

WIDTH = 1000
_LONGEST = 26  # characters of a label in a drawing
_SAID = 20  # characters of what stands on a line
_INNER, _ROW = 240, 46  # where the boxes at both sides end; pixels for each of them
_BEND = 150, 30  # how straight a line leaves the box of a neighbour, under what stands on it, and that of the thing


def short(label: str, most: int = _LONGEST) -> str:
    """A label that fits."""
    return label if len(label) <= most else label[: most - 1] + "…"


def neighbourhood(facts: Sequence[Mapping[str, Any]], middle: int = 0, most: int = 16) -> dict[str, Any]:
    """Neighbours at both sides of the middle: each with its box and what joins it.

    ``facts`` have ``other``, ``label``, ``relation`` and ``out`` (whether they begin at the thing). What a thing leads
    to stands at its right, what leads to it at its left, as far as there is room. ``middle``: width of its own box.
    """
    said: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    sides: dict[str, bool] = {}
    for fact in facts:
        if fact["other"]:
            words = fact["relation"] if fact["out"] else f"← {fact['relation']}"
            said.setdefault(fact["other"], [])
            names[fact["other"]] = fact["label"]
            sides[fact["other"]] = sides.get(fact["other"], False) or fact["out"]
            if words not in said[fact["other"]]:
                said[fact["other"]].append(words)
    right = [other for other in said if sides[other]]
    left = [other for other in said if not sides[other]]
    room = most // 2
    right, left = right[: most - min(len(left), room)], left[: most - min(len(right), room)]
    left += right[room:] if len(left) < room else []
    right, left = right[:room] + left[room:] if len(right) < room else right[:room], left[:room]
    height = _ROW * max(len(left), len(right), 2) + 20
    nodes, middle_y = [], height // 2
    for column, side in ((left, -1), (right, 1)):
        for n, other in enumerate(column):
            width, y = box(names[other]), round(height * (n + 0.5) / len(column))
            words = ", ".join(said[other])
            edge = WIDTH // 2 + side * (WIDTH // 2 - _INNER)
            end = WIDTH // 2 + side * (middle // 2)
            nodes.append({
                "id": other, "label": names[other], "short": short(names[other]), "width": width, "y": y,
                "x": edge + side * width // 2, "said": short(words, _SAID), "all": words,
                "line": f"M{edge} {y}C{edge - side * _BEND[0]} {y} {end + side * _BEND[1]} {middle_y} {end} {middle_y}",
                "anchor": "start" if side < 0 else "end", "at": edge - side * 8,
            })  # fmt: skip
    return {"width": WIDTH, "height": height, "nodes": nodes, "more": len(said) - len(nodes)}


def box(label: str) -> int:
    """Width of the box of a label."""
    return round(7.8 * len(short(label))) + 20


def bars(counts: Iterable[tuple[str, int]], most: int = 14) -> list[dict[str, Any]]:
    """Bars of counts, the longest first, as shares of a thousand."""
    ranked = sorted(counts, key=lambda kv: (-kv[1], kv[0]))
    top = max((n for _, n in ranked), default=1) or 1
    return [{"label": name, "count": n, "length": max(2, round(1000 * n / top))} for name, n in ranked[:most]]


def timeline(values: Iterable[float] | Mapping[float, int], columns: int = 60) -> dict[str, Any]:
    """How many of the values, or of their counts, lie in each of so many equal parts from the first to the last."""
    found = Counter(values)
    if not found:
        return {"columns": [], "first": 0, "last": 0, "top": 0}
    first, last = min(found), max(max(found), min(found) + 1e-9)
    counts: Counter[int] = Counter()
    for value, n in found.items():
        counts[min(columns - 1, int((value - first) / (last - first) * columns))] += n
    top = max(counts.values())
    made = [{"at": n, "count": counts[n], "height": round(100 * counts[n] / top)} for n in range(columns) if counts[n]]
    return {"columns": made, "first": first, "last": max(found), "top": top}
