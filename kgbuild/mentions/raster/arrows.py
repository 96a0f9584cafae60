"""Arrowheads: places where a line is much thicker than lines are, near its end."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kgbuild.mentions.raster.lines import Canvas


@dataclass(frozen=True, slots=True)
class Head:
    """The centre of an arrowhead and the radius of the greatest circle in it, in pixels;
    how many lines run into it; whether it lies on the back sheets of a stack."""

    x: float
    y: float
    radius: float
    lines: int = 1
    over: bool = False


def find_heads(canvas: Canvas) -> list[Head]:
    """Blobs of ink that a circle fits in which is wider than any line."""
    heads = _blobs(canvas.solid, canvas.width / 2 + 1.2)
    usual, full = np.percentile([h.radius for h in heads], (50, 75)) if heads else (0.0, 0.0)
    heads = [h for h in heads if h.radius >= max(0.6 * usual, 0.55 * full)]
    if heads and canvas.over.any():  # sheets of stacks have borders thicker than lines
        heads += [replace(h, over=True) for h in _blobs(canvas.over, 0.75 * full) if h.radius <= 1.5 * full]
    return heads


def _blobs(ink: np.ndarray, least: float) -> list[Head]:
    import cv2

    depth = cv2.distanceTransform(ink.astype(np.uint8), cv2.DIST_L2, 5)
    count, labels, stats, _ = cv2.connectedComponentsWithStats((depth >= least).astype(np.uint8), connectivity=8)
    heads = []
    for number in range(1, count):
        x, y, w, h, _ = (int(v) for v in stats[number])
        part = np.where(labels[y : y + h, x : x + w] == number, depth[y : y + h, x : x + w], 0)
        ys, xs = np.nonzero(part >= part.max() - 0.3)
        heads.append(Head(x + float(xs.mean()), y + float(ys.mean()), float(part.max())))
    return heads


def strip_heads(canvas: Canvas, heads: list[Head]) -> tuple[np.ndarray, list[Head]]:
    """The ink with each arrowhead replaced by a thin line from its base to its tip; and the heads that hold.

    Where three lines and more run together there is a blob without a head: it counts only where single heads do.
    """
    import cv2

    ink = canvas.ink.astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (int(canvas.width) + 3,) * 2)
    opened = cv2.morphologyEx(ink, cv2.MORPH_OPEN, kernel)
    height, width = ink.shape
    counted = []
    for head in heads:
        r = int(4.5 * head.radius) + 3
        x0, y0 = max(0, int(head.x) - r), max(0, int(head.y) - r)
        x1, y1 = min(width, int(head.x) + r + 1), min(height, int(head.y) + r + 1)
        part, all_ink = opened[y0:y1, x0:x1], ink[y0:y1, x0:x1]
        _, labels = cv2.connectedComponents(part, connectivity=8)
        own = labels[round(head.y) - y0, round(head.x) - x0]
        if not own:
            counted.append(head)
            continue
        grown = cv2.dilate((labels == own).astype(np.uint8), np.ones((3, 3), np.uint8))
        blob = np.where(_nearest_to(head, heads, x0, y0, grown.shape), np.minimum(grown, all_ink), 0).astype(np.uint8)
        rest = all_ink & (1 - blob)
        fringe = np.minimum(cv2.dilate(blob, np.ones((3, 3), np.uint8)), rest)
        _, lines, stats, _ = cv2.connectedComponentsWithStats(rest, connectivity=8)
        touching = []
        for k in np.unique(lines[fringe > 0]):
            if k and stats[k][4] > 2 * canvas.width + 3:
                touching.append(k)
            elif k:
                blob[lines == k] = 1
        counted.append(replace(head, lines=len(touching)))
        if len(touching) > 2:
            continue
        ys, xs = np.nonzero(blob)
        near = canvas.distance[y0:y1, x0:x1][ys, xs]
        bases = []
        for k in touching:
            by, bx = np.nonzero(fringe & (lines == k))
            bases.append(np.array([bx.mean(), by.mean()]))
        all_points = np.stack([xs, ys], axis=1).astype(float)
        if near.min() <= 5 + canvas.width:
            tip = all_points[near <= near.min() + 1].mean(axis=0)
            bases = [b for b in bases if np.hypot(*(b - tip)) > 1.5 * head.radius] or bases
        else:
            start = bases[0] if bases else np.array([head.x - x0, head.y - y0])
            tip = all_points[np.hypot(*(all_points - start).T).argmax()]
        if not bases:
            bases = [all_points[np.hypot(*(all_points - tip).T).argmax()]]
        all_ink[blob > 0] = 0
        for base in bases:
            a, b = (tuple(round(float(v)) for v in p) for p in (base, tip))
            stroke = np.zeros_like(all_ink)
            cv2.line(stroke, a, b, 1, 1)
            all_ink |= stroke
    single = [h for h in counted if h.lines <= 2]
    return ink.astype(bool), counted if 2 * len(single) > len(counted) else single


def _nearest_to(head: Head, heads: list[Head], x0: int, y0: int, shape: tuple[int, ...]) -> np.ndarray:
    """Where ``head`` is the nearest of all heads, bool of ``shape`` with its corner at (x0, y0)."""
    ys, xs = np.mgrid[y0 : y0 + shape[0], x0 : x0 + shape[1]]
    own = np.hypot(xs - head.x, ys - head.y)
    mine = np.ones(shape, bool)
    for other in heads:
        if other is not head and abs(other.x - head.x) < shape[1] and abs(other.y - head.y) < shape[0]:
            mine &= own <= np.hypot(xs - other.x, ys - other.y)
    return mine


def head_at(points: np.ndarray, heads: list[Head], width: float, *, gap: float = 0.0, rest: float = 0.0) -> float:
    """How surely a line ends in an arrowhead at its first point, in [0, 1]; it stops ``gap`` pixels short
    of that, and ``rest`` short of its last point."""
    if not heads or len(points) < 2:
        return 0.0
    steps = np.concatenate([[0.0], np.hypot(*np.diff(points, axis=0).T).cumsum()])
    best = 0.0
    for head in heads:
        reach = 4 * head.radius + 3 + gap
        near = points[steps <= reach + head.radius]
        gaps = np.hypot(near[:, 0] - head.x, near[:, 1] - head.y)
        k = int(gaps.argmin())
        aside = 1.8 if head.over else 0.8  # a line may bend where its end is not seen
        if gaps[k] <= aside * head.radius + 1 and steps[k] <= reach and 2 * (steps[k] - gap) <= steps[-1] - gap - rest:
            best = max(best, min(1.0, head.radius / (width / 2 + 2.5)))
    return best
