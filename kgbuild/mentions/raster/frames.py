"""Frames drawn as four long strokes, whole or dashed, whatever crosses them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kgbuild.mentions.ocr import Line
from kgbuild.mentions.raster.body import Layout

_MOST = 400  # straight strokes looked at; a picture with more is a grid of something else
Rect = tuple[int, int, int, int]


def find_frames(ink: np.ndarray, letters: np.ndarray, *, size: float) -> list[Rect]:
    """Half-open boxes whose four sides are strokes of ``ink`` (bool); a side may be hidden under ``letters``.

    ``size`` is the height of type in pixels.
    """
    import cv2

    least = int(max(36, 3.5 * size))
    mask = (ink & ~letters).astype(np.uint8)
    across = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((1, 11), np.uint8))
    down = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((11, 1), np.uint8))
    bar = np.ones((1, least), np.uint8)
    level = cv2.morphologyEx(across, cv2.MORPH_OPEN, bar)
    upright = cv2.morphologyEx(down, cv2.MORPH_OPEN, np.ones((min(least, max(12, int(1.5 * size))), 1), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(level, connectivity=8)
    bars: list[Rect] = []
    whole = cv2.morphologyEx(mask, cv2.MORPH_OPEN, bar)  # not closed: frames side by side stay apart
    for x, y, w, h, _ in [*stats[1:], *cv2.connectedComponentsWithStats(whole, connectivity=8)[2][1:]]:
        if h <= max(8, size) and (int(x), int(y), int(w), int(h)) not in bars:
            bars.append((int(x), int(y), int(w), int(h)))
    if len(bars) > _MOST:
        return []
    bars.sort(key=lambda b: (b[1], b[0]))
    bars = sorted([*_joined(bars, letters), *_behind(bars, letters, size)], key=lambda b: (b[1], b[0]))
    slack = size + 6
    thick = cv2.dilate(upright, np.ones((1, 7), np.uint8))
    found = []
    for i, (ax, ay, aw, ah) in enumerate(bars):
        for bx, by, bw, bh in bars[i + 1 :]:
            if by - ay < 1.5 * size or abs(ax - bx) > slack or abs(ax + aw - bx - bw) > slack:
                continue
            x0, x1 = min(ax, bx), max(ax + aw, bx + bw) - 1
            y0, y1 = ay + ah // 2, by + bh // 2
            inset = int(1.2 * size) if y1 - y0 > 4 * size else int(0.5 * size)
            inner = slice(y0 + inset, max(y0 + inset + 1, y1 - inset))
            left, right = _upright(thick[inner], x0, -1, size), _upright(thick[inner], x1, 1, size)
            if left is not None and right is not None:
                found.append((left, y0, right + 1, y1 + 1))
    return [f for f in found if not _is_pair(f, found)]


def _is_pair(box: Rect, boxes: list[Rect]) -> bool:
    """Whether a box is two frames side by side."""
    level = [b for b in boxes if max(abs(b[1] - box[1]), abs(b[3] - box[3])) <= 3 and b[2] - b[0] < box[2] - box[0] - 6]
    left, right = ([b for b in level if abs(b[k] - box[k]) <= 3] for k in (0, 2))
    return any(a[2] < b[0] + 4 for a in left for b in right)


def _upright(rows: np.ndarray, x: int, way: int, size: float) -> int | None:
    """The column of an upright stroke at ``x``, or beyond a rounded corner of it."""
    reach = int(1.6 * size)
    low, high = (x - reach, x + 4) if way < 0 else (x - 4, x + reach)
    low = max(0, low)
    band = rows[:, low : high + 1]
    if not band.size:
        return None
    share = band.mean(axis=0)
    good = np.flatnonzero(share > 0.75)
    if not len(good):
        return None
    nearest = good[np.abs(low + good - x).argmin()]
    run = good[np.abs(good - nearest) <= 6]
    return int(low + round(float(run.mean())))


def _joined(bars: list[Rect], letters: np.ndarray) -> list[Rect]:
    """Bars, and those that go on behind a text as one."""
    made = list(bars)
    for a in bars:
        for b in bars:
            gap = b[0] - a[0] - a[2]
            if gap <= 0 or abs(a[1] - b[1]) > 3 or abs(a[3] - b[3]) > 3:
                continue
            row = a[1] + a[3] // 2
            hidden = letters[max(0, row - 4) : row + 5, a[0] + a[2] : b[0]].max(axis=0).mean()
            if hidden > 0.8:
                made.append((a[0], min(a[1], b[1]), b[0] + b[2] - a[0], max(a[3], b[3])))
    return made


def _behind(bars: list[Rect], letters: np.ndarray, size: float) -> list[Rect]:
    """Bars that begin at a text, as under a title at the corner of a frame, drawn on to the text's other end."""
    made = []
    for x, y, w, h in bars:
        row = y + h // 2
        covered = np.flatnonzero(letters[max(0, row - 4) : row + 5, :x].any(axis=0))
        if not len(covered) or x - covered[-1] > size:  # a dash may be hidden too
            continue
        begin = int(covered[np.flatnonzero(np.diff(covered, prepend=-9) > 1)[-1]] + 0.5 * size)
        made.append((begin, y, x + w - begin, h))
    return made


def erase_frame(ink: np.ndarray, box: Rect) -> None:
    """Clear the strokes along a frame's sides, in place; what crosses them keeps a gap."""
    x0, y0, x1, y1 = box
    for y in (y0, y1 - 1):
        _erase_side(ink, y, x0 - 6, x1 + 6)
    for x in (x0, x1 - 1):
        _erase_side(ink.T, x, y0 - 6, y1 + 6)


def _erase_side(ink: np.ndarray, row: int, begin: int, end: int, *, reach: int = 6) -> None:
    """Clear a level stroke near ``row``, as thick as it usually is."""
    top = max(0, row - reach)
    band = ink[top : row + reach + 1, max(0, begin) : max(0, end)]
    if not band.size or not band.any():
        return
    middle = int(band.sum(axis=1).argmax())
    up = np.cumprod(band[middle::-1], axis=0).sum(axis=0)
    down = np.cumprod(band[middle:], axis=0).sum(axis=0)
    run = np.where(up > 0, up + down - 1, 0)
    if not (run > 0).any():
        return
    on = run > 0
    above, below = int(np.median(up[on])), int(np.median(down[on]))
    band[max(0, middle - above) : middle + below + 1] = False


def entitle(layout: Layout, *, size: float) -> None:
    """Loose text just inside the upper or lower side of a frame, in its middle or at its left, is the frame's title."""
    for frame in sorted(layout.frames, key=lambda f: (f.box[2] - f.box[0]) * (f.box[3] - f.box[1])):
        x0, y0, x1, y1 = frame.box
        if frame.lines:
            continue
        for row in _rows(layout.loose, size):
            left, right = row[0].x0, row[-1].x1
            inside = x0 - 0.3 * size <= left and right <= x1 + 0.3 * size
            centred = abs((left + right) / 2 - (x0 + x1) / 2) < 0.8 * size or left - x0 < 2 * size
            top = -0.8 * size < min(n.y0 for n in row) - y0 < 1.2 * size
            bottom = -0.8 * size < y1 - max(n.y1 for n in row) < 1.2 * size
            if inside and centred and (top or (bottom and not frame.lines)):
                frame.lines += row
                layout.loose = [n for n in layout.loose if n not in row]


def _rows(lines: Sequence[Line], size: float) -> list[list[Line]]:
    """Lines side by side as one, as those of a title that a stroke runs through."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda n: n.x0):
        for row in rows:
            last = row[-1]
            level = abs(last.y0 + last.y1 - line.y0 - line.y1) < 0.6 * min(last.height, line.height)
            if level and -0.5 * size < line.x0 - last.x1 < 1.5 * size:
                row.append(line)
                break
        else:
            rows.append([line])
    return sorted(rows, key=lambda r: (r[0].y0, r[0].x0))
