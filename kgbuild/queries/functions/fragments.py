"""Where in a source something is, read from an IRI or a literal with a media fragment.

``page=`` (RFC 8118), ``char=`` (RFC 5147), ``t=`` and ``xywh=`` (Media Fragments 1.0), ``part=``, ``field=``; joined by
``&``, as the places of a graph are, or by ``;``, as in its tables. A literal may hold the fragment alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

Box = tuple[float, float, float, float]  # x, y, width, height in pixels
Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Where:
    """What a fragment says; ``within``: page and part, the whole in which box and characters are counted."""

    source: str = ""
    within: tuple[str, ...] = ()
    box: Box | None = None
    time: Span | None = None  # seconds
    chars: Span | None = None

    @property
    def span(self) -> Span | None:
        """Seconds, or else characters."""
        return self.time or self.chars


@lru_cache(65_536)
def where(text: str) -> Where:
    """The place that an IRI or literal names; parts that are not understood say nothing. Seconds and pixels alone."""
    source, _, fragment = text.rpartition("#")
    found = Where(source)
    for part in fragment.replace(";", "&").split("&"):
        name, _, value = part.partition("=")
        numbers = _numbers(value.removeprefix("npt:").removeprefix("pixel:"))
        if name in ("page", "part", "field"):
            found = replace(found, within=(*found.within, part))
        elif name == "xywh" and len(numbers) == 4 and not any(map(math.isinf, numbers)):
            found = replace(found, box=(numbers[0], numbers[1], numbers[2], numbers[3]))
        elif name in ("t", "char") and 1 <= len(numbers) <= 2:
            start = numbers[0] if math.isfinite(numbers[0]) else 0.0  # ``t=,20`` begins at 0, ``t=20`` has no end
            span = (start, numbers[1] if len(numbers) == 2 else math.inf)
            found = replace(found, time=span) if name == "t" else replace(found, chars=span)
    return found


def _numbers(text: str) -> list[float]:
    try:
        return [_seconds(n) for n in text.split(",")]
    except ValueError:
        return []


def _seconds(text: str) -> float:
    """A number or ``h:mm:ss.s``; infinity for nothing."""
    if not text:
        return math.inf
    value = 0.0
    for part in text.split(":"):
        value = value * 60 + float(part)
    if not 0 <= value < math.inf:
        raise ValueError(text)
    return value


def together(a: Where, b: Where) -> bool:
    """Whether two places can be compared: in one source, page and part as far as both say so, at one time."""
    if (a.source and b.source and a.source != b.source) or (a.within and b.within and a.within != b.within):
        return False
    return not (a.time and b.time) or (a.time[0] < b.time[1] and b.time[0] < a.time[1]) or a.time == b.time


def functions() -> dict[str, Callable[..., Any]]:
    """By local name, over the text of their arguments; None where a place does not say it."""

    def of_box(n: int) -> Callable[[str], float | None]:
        return lambda text: box[n] if (box := where(text).box) else None

    def of_span(n: int) -> Callable[[str], float | None]:
        return lambda text: span[n] if (span := where(text).span) and math.isfinite(span[n]) else None

    return {
        "source": lambda text: where(text).source or None,
        "fragment": lambda text: text.rpartition("#")[2] if "#" in text else None,
        "page": lambda text: next((_page(w) for w in where(text).within if w.startswith("page=")), None),
        "start": of_span(0),
        "end": of_span(1),
        "x": of_box(0),
        "y": of_box(1),
        "width": of_box(2),
        "height": of_box(3),
        "span": lambda start, end: f"t=npt:{_plain(float(start))},{_plain(float(end))}",
        "box": lambda x, y, w, h: "xywh=pixel:" + ",".join(_plain(float(n)) for n in (x, y, w, h)),
    }


class Extent:
    """Aggregate: the smallest fragment around all: a box, seconds or characters. None if they lie in unlike wholes."""

    def __init__(self) -> None:
        self._seen: list[Where] = []

    def add(self, text: str) -> None:
        """One more place."""
        self._seen.append(where(text))

    def finish(self) -> str | None:
        """The fragment around all of them, after the source where it is one."""
        seen = self._seen
        if not seen or len({(w.source, w.within) for w in seen}) > 1:
            return None
        parts = list(seen[0].within)
        for name, spans in (("char=", [w.chars for w in seen]), ("t=npt:", [w.time for w in seen])):
            if all(spans):
                low, high = min(s[0] for s in spans if s), max(s[1] for s in spans if s)
                parts.append(f"{name}{_plain(low)},{_plain(high)}" if math.isfinite(high) else f"{name}{_plain(low)}")
        if all(w.box for w in seen):
            boxes = [w.box for w in seen if w.box]
            x, y = min(b[0] for b in boxes), min(b[1] for b in boxes)
            right, bottom = max(b[0] + b[2] for b in boxes), max(b[1] + b[3] for b in boxes)
            parts.append("xywh=pixel:" + ",".join(_plain(n) for n in (x, y, right - x, bottom - y)))
        return (seen[0].source and seen[0].source + "#") + "&".join(parts) if parts else None


def _plain(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _page(part: str) -> float | None:
    value = part.removeprefix("page=")
    return float(value) if value.isdigit() else None
