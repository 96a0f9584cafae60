"""Icons: a picture of a thing with its name beneath."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kgbuild.mentions.ocr import Line
from kgbuild.mentions.raster.body import Body, loose_blocks, reading_order

Rect = tuple[int, int, int, int]
_AWAY = 24  # grey levels between an icon and the ground of its caption
_THIN = 0.12  # share of an icon's side below which what sticks out is no part of it
_DRAWN = 0.06  # share of a lettered icon that is of another colour than the rest; a box with a title has none


def find_icons(picture: np.ndarray, lines: Sequence[Line], *, size: float, stroke: int = 3) -> list[Body]:
    """Nodes that are a blob of picture with a text right under it; lettering on the blob belongs to it.

    ``size`` is the height of type and ``stroke`` what lines are at most thick, in pixels.
    """
    made: list[tuple[Rect, Line, list[Line]]] = []
    for caption, own in _captions(picture, lines):
        box = _blob_above(picture, caption, lines, size=size, stroke=stroke)
        if box is not None and not any(_holds(box, n) for n in own):
            made.append((box, caption, own))
    made = [f for f in made if not any(_holds(g[0], f[1]) for g in made)]  # lettering on an icon
    sure = [f for f in made if _is_picture(picture, f[0], lines)]
    if len(sure) == 1 and any(_holds(sure[0][0], n) for n in lines):  # rather a box over a text
        sure = []
    side = max((_side(b) for b, _, _ in sure), default=0)
    if len(sure) > 1:
        sure += [f for f in made if f not in sure and 0.8 * side <= _side(f[0]) <= 1.1 * side]
    return [_body(box, caption, own, side, picture) for box, caption, own in sure]


def _body(box: Rect, caption: Line, lines: list[Line], side: int, picture: np.ndarray) -> Body:
    """An icon as a node. The icons of one picture fill squares of one size: lines end at these."""
    width = picture.shape[1]
    if side <= 2 * _side(box):
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        half = side / 2
        box = (
            min(box[0], max(0, int(x - half))), min(box[1], max(0, int(y - half))),
            max(box[2], min(width, int(x + half) + 1)), box[3],
        )  # fmt: skip
    name = (int(caption.x0), box[3] - 1, int(caption.x1) + 1, int(caption.y1) + 1)
    outer = (min(box[0], name[0]), box[1], max(box[2], name[2]), name[3])
    body = Body([_corners(box), _corners(name)], outer, list(lines), "icon")
    body.text = reading_order(lines)
    return body


def _captions(picture: np.ndarray, lines: Sequence[Line]) -> list[tuple[Line, list[Line]]]:
    """Lines under one another, of one height and on one ground: a title beneath a caption is larger."""
    made = []
    for _, parts in loose_blocks(lines):
        runs: list[list[Line]] = []
        for n in sorted(parts, key=lambda n: (n.y0, n.x0)):
            last = runs[-1][0] if runs else None
            if last is None or abs(n.height - last.height) > 0.18 * last.height or _far(picture, n, last):
                runs.append([])
            runs[-1].append(n)
        for run in runs:
            x0, y0, x1, y1 = (
                f(getattr(n, k) for n in run) for f, k in ((min, "x0"), (min, "y0"), (max, "x1"), (max, "y1"))
            )
            if any(c.isalnum() for n in run for c in n.text):
                made.append((Line(" ".join(n.text for n in run), x0, y0, x1, y1, min(n.score for n in run)), run))
    return made


def _far(picture: np.ndarray, a: Line, b: Line) -> bool:
    """Whether two lines of text stand on grounds of different colours."""
    return bool(np.abs(_ground(picture, a) - _ground(picture, b)).max() > _AWAY)


def _ground(picture: np.ndarray, line: Line) -> np.ndarray:
    part = picture[max(0, int(line.y0)) : int(line.y1) + 1, max(0, int(line.x0)) : int(line.x1) + 1]
    return np.median(part.reshape(-1, 3), axis=0) if part.size else np.zeros(3)


def _blob_above(picture: np.ndarray, caption: Line, lines: Sequence[Line], *, size: float, stroke: int) -> Rect | None:
    """The box of what is drawn over a caption and centred on it, or None."""
    import cv2

    middle, reach = (caption.x0 + caption.x1) / 2, 6 * size
    x0, x1 = max(0, int(middle - reach)), min(picture.shape[1], int(middle + reach) + 1)
    y0, y1 = max(0, int(caption.y0 - 12 * size)), int(caption.y0) + 2
    if y1 - y0 < 2 * size or x1 - x0 < 2 * size:
        return None
    ground = _ground(picture, caption)
    window = picture[y0:y1, x0:x1].astype(np.int16)
    drawn = (np.abs(window - ground).max(axis=2) > _AWAY).astype(np.uint8)
    drawn = cv2.morphologyEx(drawn, cv2.MORPH_OPEN, np.ones((stroke, stroke), np.uint8))
    drawn[-2:] = 0
    _, labels, stats, _ = cv2.connectedComponentsWithStats(drawn, connectivity=8)
    edge = np.unique(np.concatenate([labels[0], labels[:, 0], labels[:, -1]]))  # beyond a frame, or another thing
    parts = []
    for x, y, w, h, _ in np.delete(stats, edge, axis=0).tolist():
        near = abs(x0 + x + w / 2 - middle) + w / 2 < 5.6 * size
        if max(w, h) >= 1.2 * size and near and not _is_text((x0 + x, y0 + y, x0 + x + w, y0 + y + h), lines):
            parts.append((x, y, x + w, y + h))
    box = _stack(parts, y1 - y0, size)
    if box is None:
        return None
    inside = drawn[box[1] : box[3], box[0] : box[2]].astype(bool)
    closed = cv2.morphologyEx(inside.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    columns, rows = (np.flatnonzero(closed.mean(axis=k) > _THIN) for k in (0, 1))
    if not len(columns) or not len(rows) or closed.mean() < 0.2:
        return None
    bx, by = box[0] + x0, box[1] + y0  # heads of lines that touch it are cut off
    found = (bx + int(columns[0]), by + int(rows[0]), bx + int(columns[-1]) + 1, by + int(rows[-1]) + 1)
    w, h = found[2] - found[0], found[3] - found[1]
    if min(w, h) < 2 * size or max(w, h) > 10.5 * size or not 0.4 < w / h < 2.5:
        return None
    if abs((found[0] + found[2]) / 2 - middle) > 0.9 * size or caption.y0 - found[3] > 1.8 * size:
        return None
    return found


def _stack(parts: list[Rect], bottom: int, size: float) -> Rect | None:
    """The box around the lowest part and all that lies over and beside it without a wide gap."""
    parts = sorted(parts, key=lambda p: -p[3])
    if not parts or bottom - parts[0][3] > 1.8 * size:
        return None
    box = parts[0]
    for part in parts[1:]:
        gap = 2.2 * size if box[3] - box[1] < 3 * size else 0.8 * size
        if box[1] - part[3] <= gap and box[3] - min(box[1], part[1]) < 10.5 * size:
            box = (min(box[0], part[0]), min(box[1], part[1]), max(box[2], part[2]), max(box[3], part[3]))
    return box


def _is_text(box: Rect, lines: Sequence[Line]) -> bool:
    """Whether a part lies in a line of text."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return any(n.x0 <= x <= n.x1 and n.y0 <= y <= n.y1 and box[3] - box[1] <= 1.2 * n.height for n in lines)


def _is_picture(picture: np.ndarray, box: Rect, lines: Sequence[Line]) -> bool:
    """Whether a box holds more than one colour and text: bars of a chart and filled boxes do not."""
    x0, y0, x1, y1 = box
    held = [n for n in lines if _holds(box, n) and n.height < 0.5 * (y1 - y0)]  # else a picture read as letters
    inset = 4 if held else 2
    part = picture[y0 + inset : y1 - inset, x0 + inset : x1 - inset].astype(np.int16)
    if not part.size:
        return False
    plain = np.ones(part.shape[:2], bool)
    for n in held:
        top, left = int(n.y0) - y0 - inset, int(n.x0) - x0 - inset
        plain[max(0, top - 2) : int(n.y1) - y0 + 3, max(0, left - 2) : int(n.x1) - x0 + 3] = False
    if plain.mean() < 0.3:
        return False
    rest = part[plain]
    other = (np.abs(rest - np.median(rest, axis=0)).max(axis=1) >= _AWAY).mean()
    if not held:
        return bool(other > 0.02)
    middle = (min(n.y0 for n in held) + max(n.y1 for n in held)) / 2
    return bool(other > (_DRAWN if abs(middle - (y0 + y1) / 2) > 0.2 * (y1 - y0) else 5 * _DRAWN))


def _side(box: Rect) -> int:
    return max(box[2] - box[0], box[3] - box[1])


def _corners(box: Sequence[int]) -> np.ndarray:
    x0, y0, x1, y1 = box
    return np.array([[[x0, y0]], [[x1 - 1, y0]], [[x1 - 1, y1 - 1]], [[x0, y1 - 1]]], np.int32)


def _holds(box: Sequence[int], line: Line) -> bool:
    return box[0] <= (line.x0 + line.x1) / 2 < box[2] and box[1] <= (line.y0 + line.y1) / 2 < box[3]
