"""Drawings of the explorer as numbers: where the neighbours of a thing stand, bars of counts, a line of time."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

WIDTH, HEIGHT = 860, 520
_LONGEST = 26  # characters of a label in a drawing


def short(label: str) -> str:
    """A label that fits."""
    return label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…"


def neighbourhood(facts: Sequence[Mapping[str, Any]], most: int = 16) -> dict[str, Any]:
    """Neighbours around the middle: each with its box and what joins it.

    ``facts`` have ``other``, ``label``, ``relation`` and ``out`` (whether they begin at the thing).
    """
    said: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for fact in facts:
        if fact["other"]:
            words = fact["relation"] if fact["out"] else f"← {fact['relation']}"
            said.setdefault(fact["other"], [])
            names[fact["other"]] = fact["label"]
            if words not in said[fact["other"]]:
                said[fact["other"]].append(words)
    shown = list(said)[:most]
    nodes = []
    for n, other in enumerate(shown):
        angle = 2 * math.pi * (n + 0.5) / len(shown) - math.pi / 2
        reach = 1.0 if n % 2 or len(shown) < 9 else 0.68  # two rings, so that boxes do not cover each other
        x = WIDTH / 2 + reach * 0.4 * WIDTH * math.cos(angle)
        y = HEIGHT / 2 + reach * 0.44 * HEIGHT * math.sin(angle)
        nodes.append({
            "id": other, "label": names[other], "short": short(names[other]), "x": round(x), "y": round(y),
            "width": box(names[other]), "said": short(", ".join(said[other])), "all": ", ".join(said[other]),
            "mx": round(WIDTH / 2 + 0.56 * (x - WIDTH / 2)), "my": round(HEIGHT / 2 + 0.56 * (y - HEIGHT / 2)),
        })  # fmt: skip
    return {"width": WIDTH, "height": HEIGHT, "nodes": nodes, "more": len(said) - len(shown)}


def box(label: str) -> int:
    """Width of the box of a label."""
    return round(7.2 * len(short(label))) + 18


def bars(counts: Iterable[tuple[str, int]], most: int = 14) -> list[dict[str, Any]]:
    """Bars of counts, the longest first, as shares of a thousand."""
    ranked = sorted(counts, key=lambda kv: (-kv[1], kv[0]))
    top = max((n for _, n in ranked), default=1) or 1
    return [{"label": name, "count": n, "length": max(2, round(1000 * n / top))} for name, n in ranked[:most]]


def timeline(values: Iterable[float], columns: int = 60) -> dict[str, Any]:
    """How many of the values lie in each of so many equal parts from the first to the last."""
    found = sorted(values)
    if not found:
        return {"columns": [], "first": 0, "last": 0, "top": 0}
    first, last = found[0], max(found[-1], found[0] + 1e-9)
    counts = Counter(min(columns - 1, int((v - first) / (last - first) * columns)) for v in found)
    top = max(counts.values())
    made = [{"at": n, "count": counts[n], "height": round(100 * counts[n] / top)} for n in range(columns) if counts[n]]
    return {"columns": made, "first": first, "last": found[-1], "top": top}
