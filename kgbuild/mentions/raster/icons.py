"""Icons: a picture of a thing with its name beneath."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kgbuild.mentions.ocr import Line
from kgbuild.mentions.raster.nodes import Body, Frame, Layout, loose_blocks, reading_order

_AWAY = 24  # grey levels between an icon and the ground of its caption
_THIN = 0.12  # share of an icon's side below which what sticks out is no part of it


def find_icons(picture: np.ndarray, layout: Layout, *, size: float, line: int = 3) -> None:
    """Loose texts right under a blob of picture become nodes with it; ``layout`` is changed in place.

    ``size`` is the height of type and ``line`` what lines are at most thick, in pixels.
    """
    taken = np.zeros(picture.shape[:2], bool)
    for body in layout.bodies:
        taken[max(0, body.box[1] - 6) : body.box[3] + 6, max(0, body.box[0] - 6) : body.box[2] + 6] = True
    found = []
    for block, parts in loose_blocks(layout.loose):
        caption, lines = _first_size(block, parts)
        box = _blob_above(picture, taken, caption, size=size, line=line)
        if box is not None:
            found.append((box, caption, lines))
    for box, caption, lines in found:
        name = (int(caption.x0), int(caption.y0), int(caption.x1) + 1, int(caption.y1) + 1)
        outer = (min(box[0], name[0]), min(box[1], name[1]), max(box[2], name[2]), max(box[3], name[3]))
        body = Body([_corners(box), _corners(name)], outer, list(lines), "icon")
        body.text = reading_order(lines)
        for old in [b for b in layout.bodies if _inside(outer, b.box)]:
            layout.bodies.remove(old)
            layout.frames.append(Frame(old.box))
            layout.loose += [n for n in old.lines if n not in lines]
        layout.bodies.append(body)
        layout.loose = [n for n in layout.loose if all(n is not m for m in lines) and not _holds(box, n)]


def _first_size(block: Line, parts: Sequence[Line]) -> tuple[Line, list[Line]]:
    """The lines of a block that are as high as its first one: a title beneath a caption is larger."""
    ordered = sorted(parts, key=lambda n: (n.y0, n.x0))
    if not ordered:
        return block, []
    lines = [n for n in ordered if abs(n.height - ordered[0].height) <= 0.15 * ordered[0].height]
    x0, y0 = min(n.x0 for n in lines), min(n.y0 for n in lines)
    x1, y1 = max(n.x1 for n in lines), max(n.y1 for n in lines)
    return Line(block.text, x0, y0, x1, y1, block.score), lines


def _blob_above(
    picture: np.ndarray, taken: np.ndarray, caption: Line, *, size: float, line: int
) -> tuple[int, int, int, int] | None:
    """The box of what is drawn over a caption and centred on it, or None."""
    import cv2

    middle, reach = (caption.x0 + caption.x1) / 2, 6 * size
    x0, x1 = max(0, int(middle - reach)), min(picture.shape[1], int(middle + reach) + 1)
    y0, y1 = max(0, int(caption.y0 - 12 * size)), int(caption.y0)
    if y1 - y0 < 2 * size:
        return None
    ground = np.median(
        picture[int(caption.y0) : int(caption.y1) + 1, max(0, int(caption.x0)) : int(caption.x1) + 1].reshape(-1, 3),
        axis=0,
    )
    window = picture[y0:y1, x0:x1].astype(np.int16)
    drawn = (np.abs(window - ground).max(axis=2) > _AWAY) & ~taken[y0:y1, x0:x1]
    drawn = cv2.morphologyEx(drawn.astype(np.uint8), cv2.MORPH_OPEN, np.ones((line, line), np.uint8))
    _, labels = cv2.connectedComponents(drawn, connectivity=8)
    for number in np.unique(np.concatenate([labels[0], labels[:, 0], labels[:, -1]])):
        drawn[labels == number] = 0  # the ground beyond a frame, or another thing
    closed = cv2.morphologyEx(drawn, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    best = None
    for number in range(1, count):
        x, y, w, h, area = (int(v) for v in stats[number])
        if min(w, h) < 2 * size or max(w, h) > 10.5 * size or not 0.4 < w / h < 2.5:
            continue
        if area < 0.3 * w * h:
            continue
        off, gap = abs(x0 + x + w / 2 - middle), y1 - (y0 + y + h)
        if off < 0.9 * size and gap < 1.6 * size and (best is None or gap < best[0]):
            own = labels[y : y + h, x : x + w] == number
            columns = np.flatnonzero(own.mean(axis=0) > _THIN) + x0 + x
            rows = np.flatnonzero(own.mean(axis=1) > _THIN) + y0 + y
            if len(columns) and len(rows):  # heads of lines that touch it are cut off
                box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
                best = best if _is_bar(picture, box) else (gap, box)
    return best[1] if best else None


def _is_bar(picture: np.ndarray, box: tuple[int, int, int, int]) -> bool:
    """Whether a box is one colour from side to side, as the bars of a chart are."""
    inside = picture[box[1] + 2 : box[3] - 2, box[0] + 2 : box[2] - 2].reshape(-1, 3).astype(np.int16)
    if not len(inside):
        return True
    return float((np.abs(inside - np.median(inside, axis=0)).max(axis=1) < _AWAY).mean()) > 0.98


def _corners(box: Sequence[int]) -> np.ndarray:
    x0, y0, x1, y1 = box
    return np.array([[[x0, y0]], [[x1 - 1, y0]], [[x1 - 1, y1 - 1]], [[x0, y1 - 1]]], np.int32)


def _holds(box: Sequence[int], line: Line) -> bool:
    return box[0] <= (line.x0 + line.x1) / 2 < box[2] and box[1] <= (line.y0 + line.y1) / 2 < box[3]


def _inside(inner: Sequence[int], outer: Sequence[int]) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2] and inner[3] <= outer[3]
