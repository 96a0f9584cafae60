"""Lines of text looked at in the picture: cut where gaps or strokes part them, with or without a ground."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from kgbuild.mentions.ocr import Line

_HUGE = 2.8  # heights of type above which a line of text is a picture read as letters


def legible(lines: Sequence[Line], ink: np.ndarray) -> list[Line]:
    """Lines that are text: no pictures, arrowheads or crossings of strokes (``ink``, bool) read as letters; they end
    before an arrowhead beside them.
    """
    usual = float(np.median([n.height for n in lines])) if lines else 0.0
    latin = any(n.text.isascii() for n in lines)
    lines = [n for n in lines if n.height <= _HUGE * usual and not (latin and len(n.text) == 1 and n.text > "\u2000")]
    if not lines:
        return []
    parts = _Parts(ink)
    kept = (line if len(line.text) > 1 else None if parts.is_drawn(line) else line for line in lines)
    return [parts.without_heads(line) for line in kept if line is not None]


class _Parts:
    """Connected parts of ink, and how far inside each pixel lies."""

    def __init__(self, ink: np.ndarray) -> None:
        import cv2

        flat = ink.astype(np.uint8)
        _, self._labels, self._stats, _ = cv2.connectedComponentsWithStats(flat, connectivity=8)
        self._depth = cv2.distanceTransform(flat, cv2.DIST_L2, 3)

    def is_drawn(self, line: Line) -> bool:
        """Whether a single letter is a piece of something larger, or the head of a line."""
        rows, columns = _area(line)
        counts = np.bincount(self._labels[rows, columns].ravel(), minlength=1)
        counts[0] = 0
        if not counts.any():
            return False
        part = int(counts.argmax())
        x, y, w, h, _ = (int(v) for v in self._stats[part])
        beyond = max(line.x0 - x, line.y0 - y, x + w - line.x1, y + h - line.y1)
        return beyond > line.height or (beyond > 0.4 * line.height and part in self._heads(line))

    def without_heads(self, line: Line) -> Line:
        """The line without solid parts at its ends, and what little ink lies beyond them."""
        heads = self._heads(line)
        if not heads:
            return line
        rows, columns = _area(line)
        counts = np.bincount(self._labels[rows, columns].ravel(), minlength=1)
        letters = [p for p in np.flatnonzero(counts) if p and p not in heads]
        middles, weights = self._stats[letters, 0] + self._stats[letters, 2] / 2, counts[letters]
        most = 0.8 * weights.sum()
        x0, x1 = line.x0, line.x1
        for x, _, w, *_ in (self._stats[p] for p in sorted(heads)):
            if weights[middles < x].sum() > most:
                x1 = min(x1, float(x - 1))
            elif weights[middles > x + w].sum() > most:
                x0 = max(x0, float(x + w + 1))
        return replace(line, x0=x0, x1=x1) if x0 < x1 else line

    def _heads(self, line: Line) -> set[int]:
        """The parts in a line's box that are thicker than its letters can be."""
        rows, columns = _area(line)
        thick = self._depth[rows, columns] >= max(3.0, 0.2 * line.height)
        return {int(p) for p in np.unique(self._labels[rows, columns][thick])} - {0}


def _area(line: Line) -> tuple[slice, slice]:
    return slice(max(0, int(line.y0)), int(line.y1) + 1), slice(max(0, int(line.x0)), int(line.x1) + 1)


def split_lines(lines: Sequence[Line], ink: np.ndarray) -> list[Line]:
    """Lines cut where a gap as wide as a letter is high parts them, or a stroke from top to bottom."""
    made = []
    for line in lines:
        made += _split(line, ink)
    return made


def _split(line: Line, ink: np.ndarray) -> list[Line]:
    x0, x1 = max(0, int(line.x0)), int(line.x1) + 1
    y0, y1 = max(0, int(line.y0)), int(line.y1) + 1
    part = ink[y0:y1, x0:x1]
    if len(line.text) < 3 or not part.any():
        return [line]
    letters = _letters(ink, x0, y0, x1, y1)
    filled = letters.sum(axis=0)
    wall = part.sum(axis=0) >= part.shape[0] - 1
    dark = np.flatnonzero((filled > 0) & ~wall)
    if not len(dark):
        return [line]
    best, at = 0.0, -1
    for a, b in pairwise(dark.tolist()):
        width = float(b - a - 1) * (2.0 if wall[a:b].any() else 1.0)
        if width > best:
            best, at = width, int(a + b) // 2
    if best < 0.8 * line.height:
        return [line]
    share = (at - dark[0]) / max(1, dark[-1] - dark[0])
    breaks = [k for k, c in enumerate(line.text) if c in " /\\|" and abs(k / len(line.text) - share) < 0.2]
    cut = min(breaks, key=lambda k: abs(k / len(line.text) - share), default=-1)
    if cut < 0:
        return [line]
    left = Line(line.text[:cut].strip(), line.x0, line.y0, x0 + at - best / 4, line.y1, line.score)
    right = Line(line.text[cut + 1 :].strip(), x0 + at + best / 4, line.y0, line.x1, line.y1, line.score)
    if not left.text or not right.text:
        return [line]
    return [*_split(left, ink), *_split(right, ink)]


def _letters(ink: np.ndarray, x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    """The ink of a text box without strokes that come from above it and go on below."""
    import cv2

    top, bottom = max(0, y0 - 3), min(ink.shape[0], y1 + 3)
    part = ink[top:bottom, x0:x1]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(part.astype(np.uint8), connectivity=8)
    through = (stats[:, 1] == 0) & (stats[:, 1] + stats[:, 3] == part.shape[0])
    through[0] = True
    return ~through[labels]


def has_ground(text: Line, picture: np.ndarray, size: float) -> bool:
    """Whether a text stands on a ground of another colour than what lies around it."""
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = (int(v) for v in (text.x0, text.y0, text.x1, text.y1))
    inner = picture[max(0, y0) : y1 + 1, max(0, x0) : x1 + 1].reshape(-1, 3)
    reach = max(6, int(0.7 * size))
    rows = [r for r in (y0 - reach, y1 + reach) if 0 <= r < height]
    outer = [picture[r, max(0, x0) : min(width, x1 + 1)] for r in rows]
    outer += [picture[max(0, y0) : y1 + 1, c] for c in (x0 - reach, x1 + reach) if 0 <= c < width]
    if not len(inner) or not outer:
        return False
    away = np.median(np.concatenate(outer).astype(np.int16), axis=0) - np.median(inner.astype(np.int16), axis=0)
    return bool(np.abs(away).max() >= 5)
