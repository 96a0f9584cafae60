"""What of the ink is lines: without the nodes, the frames and the letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kgbuild.mentions.ocr import Line, blocks
from kgbuild.mentions.raster.body import Frame, Layout, cuts
from kgbuild.mentions.raster.frames import entitle, erase_frame, find_frames
from kgbuild.mentions.raster.ink import away_from
from kgbuild.mentions.raster.veils import unveil

_SAME = 60  # grey levels between a head on a sheet and lines


@dataclass(slots=True)
class Canvas:
    """Lines alone, bool (h, w); distance of every pixel to the nearest node and that node's index; line width;
    where text stands; where strokes of frames have been erased;
    the ink around the nodes before anything else was erased;
    what has the lines' colour on the back sheets of stacks, and these sheets."""

    ink: np.ndarray
    distance: np.ndarray
    nearest: np.ndarray
    width: float
    letters: np.ndarray
    hidden: np.ndarray
    solid: np.ndarray
    over: np.ndarray
    sheets: np.ndarray

    def near(self, point: np.ndarray) -> float:
        """Distance from a point (x, y) to the nearest node."""
        h, w = self.distance.shape
        x, y = min(w - 1, max(0, round(float(point[0])))), min(h - 1, max(0, round(float(point[1]))))
        return float(self.distance[y, x])


def draw_canvas(picture: np.ndarray, ink: np.ndarray, layout: Layout, lines: Sequence[Line], *, size: float) -> Canvas:
    """Erase nodes with their outlines, frames and text from ``ink``; new frames are added to ``layout``."""
    import cv2

    mask = node_mask(layout, ink, size=size)
    distance, nearest = nearest_node(mask)
    ink = ink | hollow_heads(ink, distance, text_mask(ink.shape, lines), size=size)
    left = ink & (distance > 2.2)
    solid = ink & (distance > 0.8)
    sheets = back_sheets(layout, mask)
    inside = {id(n) for b in layout.bodies for n in b.lines}
    lines = [n for n in lines if id(n) not in inside]
    letters = text_mask(ink.shape, lines)
    _drop_letters(left, letters, lines)
    boxes = [f.box for f in layout.frames]
    for box in find_frames(left, letters, size=size):
        if not any(_centre_in(b.box, box) for b in layout.bodies) or any(cuts(box, b.box) for b in layout.bodies):
            continue
        if all(max(abs(p - q) for p, q in zip(box, old, strict=True)) > 8 for old in boxes):
            layout.frames.append(Frame(box))
            boxes.append(box)
    unveil(picture, ink, left, blocks(lines), size=size)
    left &= distance > 2.2
    whole = left.copy()
    for box in boxes:
        erase_frame(left, box)
    for block in blocks(lines):
        letters[max(0, int(block.y0)) : int(block.y1) + 1, max(0, int(block.x0)) : int(block.x1) + 1] = True
    hidden = cv2.dilate((whole & ~left).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    entitle(layout, size=size)
    over = sheets & _like_lines(picture, left) if sheets.any() else sheets
    return Canvas(left, distance, nearest, stroke_width(left), letters, hidden, solid, over, sheets)


def _like_lines(picture: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Pixels of the colour that most lines have, bool (h, w)."""
    if not ink.any():
        return ink
    return away_from(picture, np.median(picture[ink], axis=0)) < _SAME


def hollow_heads(ink: np.ndarray, distance: np.ndarray, letters: np.ndarray, *, size: float) -> np.ndarray:
    """The insides of arrowheads drawn in outline, bool (h, w): small, convex holes in the ink beside a node."""
    import cv2

    inside = np.zeros(ink.shape, bool)
    _, labels, stats, _ = cv2.connectedComponentsWithStats((~ink).astype(np.uint8), connectivity=4)
    least, most = 6, 1.2 * size * size
    for number in np.flatnonzero((stats[:, 4] >= least) & (stats[:, 4] <= most)):
        x, y, w, h, area = (int(v) for v in stats[number])
        if max(w, h) > 2.2 * size or letters[y + h // 2, x + w // 2]:
            continue
        own = labels[y : y + h, x : x + w] == number
        near = distance[y : y + h, x : x + w][own]
        if not near.max() > 1 or not near.min() < 0.6 * size:
            continue
        contours, _ = cv2.findContours(own.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        around = cv2.contourArea(cv2.convexHull(max(contours, key=len)))
        if area >= 0.75 * around and area <= 0.8 * w * h + 6 and _arms(ink & (distance > 2.2), own, x, y) <= 1:
            inside[y : y + h, x : x + w] |= own
    return inside


def _arms(ink: np.ndarray, hole: np.ndarray, x: int, y: int, *, away: int = 4) -> int:
    """How many strokes lead away from the outline of a hole whose box begins at (x, y)."""
    import cv2

    pad = away + 2
    part = np.pad(ink, pad)[y : y + hole.shape[0] + 2 * pad, x : x + hole.shape[1] + 2 * pad]
    own = np.pad(hole, pad).astype(np.uint8)
    inner, outer = (
        cv2.dilate(own, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * d + 1, 2 * d + 1))) for d in (away, away + 1)
    )
    ring = (outer > inner) & part
    return int(cv2.connectedComponents(ring.astype(np.uint8), connectivity=8)[0]) - 1


def _drop_letters(ink: np.ndarray, letters: np.ndarray, lines: Sequence[Line]) -> None:
    """Clear what lies in boxes of text, in place, but for strokes that run through them."""
    import cv2

    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    covered = np.bincount(labels.ravel(), weights=letters.ravel(), minlength=count)
    drop = covered / np.maximum(1, stats[:, 4]) > 0.7
    drop[0] = False
    ink &= ~drop[labels]
    for line in lines:
        _erase_letters(ink, line)


def node_mask(layout: Layout, ink: np.ndarray, *, size: float) -> np.ndarray:
    """Node numbers from 1 on the pixels of their bodies with outlines, int32 (h, w)."""
    import cv2

    mask = np.zeros(ink.shape, np.int32)
    for number, body in enumerate(layout.bodies, 1):
        for outline in body.outlines:  # one by one: together they would be filled even-odd
            cv2.drawContours(mask, [outline], -1, number, -1)
        if len(body.outlines) > 1 or body.cells:
            for cell, _ in body.cells:
                mask[cell[1] : cell[3], cell[0] : cell[2]] = number
    distance, nearest = nearest_node(mask)
    rim = int(distance.max() and 10)
    near = (distance > 0.5) & (distance < rim + 0.5)
    index = nearest[near].astype(np.int64) * (rim + 1) + np.rint(distance[near]).astype(np.int64)
    total = np.bincount(index, minlength=(len(layout.bodies) + 1) * (rim + 1))
    inked = np.bincount(index, weights=ink[near], minlength=len(total))
    share = (inked / np.maximum(1, total)).reshape(-1, rim + 1)
    border = np.zeros(len(layout.bodies) + 1)
    for number in range(1, len(border)):
        pair = share[number][:-1] + share[number][1:]
        dense = np.flatnonzero(pair[1:] > 0.75) + 1  # a second outline counts as well
        border[number] = max((d if share[number][d] > share[number][d + 1] + 0.4 else d + 1 for d in dense), default=1)
    mask = np.where(distance <= border[nearest] + 0.5, nearest, 0).astype(np.int32)
    return _thick_borders(mask, ink, size=size)


def back_sheets(layout: Layout, mask: np.ndarray) -> np.ndarray:
    """What of stacks of boxes is not their front, bool (h, w): lines run over it to the front."""
    import cv2

    sheets = np.zeros(mask.shape, bool)
    for number, body in enumerate(layout.bodies, 1):
        if len(body.outlines) > 1 and not body.cells and body.kind not in ("icon", "plain"):
            x0, y0, x1, y1 = body.box
            front = np.zeros((y1 - y0, x1 - x0), np.uint8)
            cv2.drawContours(front, [body.outlines[0] - np.array([[x0, y0]])], -1, 1, -1)
            grown = cv2.dilate(front, np.ones((13, 13), np.uint8))  # its border is none of the sheets
            sheets[y0:y1, x0:x1] |= (mask[y0:y1, x0:x1] == number) & (grown == 0)
    return sheets


def _thick_borders(mask: np.ndarray, ink: np.ndarray, *, size: float, band: float = 8.0) -> np.ndarray:
    """The mask with long thick strokes that run along a node: hand-drawn borders lie askew."""
    import cv2

    distance, nearest = nearest_node(mask)
    near = (ink & (distance > 0) & (distance <= band)).astype(np.uint8)
    thick = cv2.morphologyEx(near, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    long = max(12, int(1.5 * size))
    along = sum(cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones(k, np.uint8)) for k in ((1, long), (long, 1)))
    return np.where(along > 0, nearest, mask).astype(np.int32)


def nearest_node(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance of each pixel to the nearest node, and its number; infinity and 0 without any node."""
    import cv2

    if not mask.any():
        return np.full(mask.shape, np.inf, np.float32), np.zeros(mask.shape, np.int32)
    distance, labels = cv2.distanceTransformWithLabels(
        (mask == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    table = np.zeros(int(labels.max()) + 1, np.int32)
    on = mask > 0
    table[labels[on]] = mask[on]
    return distance, table[labels]


def text_mask(shape: tuple[int, ...], lines: Sequence[Line], *, trim: float = 0.0) -> np.ndarray:
    """Where text stands, bool (h, w), each line lower by ``trim`` of its height above and below."""
    mask = np.zeros(shape, bool)
    for n in lines:
        cut = trim * n.height - (0 if trim else 1)
        mask[max(0, int(n.y0 + cut)) : int(n.y1 - cut) + 1, max(0, int(n.x0) - 2) : int(n.x1) + 3] = True
    return mask


def stroke_width(ink: np.ndarray) -> float:
    """The usual width of strokes in pixels: ink per pixel of skeleton, at most twice the usual depth of a stroke."""
    import cv2

    from kgbuild.mentions.raster.skeleton import thin

    bones = thin(ink)
    if not bones.any():
        return 1.0
    depth = cv2.distanceTransform(ink.astype(np.uint8), cv2.DIST_L2, 3)
    return float(np.clip(min(ink.sum() / bones.sum(), 2 * np.median(depth[bones])), 1, 12))


def _erase_letters(ink: np.ndarray, line: Line) -> None:
    """Clear letters inside a text line's box; a stroke that runs through it, thin and touching no letter, stays."""
    import cv2

    trim, pad = 0.15 * line.height, 4 + int(0.2 * line.height)
    x0, x1 = max(pad, int(line.x0)), int(line.x1) + 1
    y0, y1 = max(pad, int(line.y0 + trim)), int(line.y1 - trim) + 1
    part = ink[y0 - pad : y1 + pad, x0 - pad : x1 + pad]
    if not part.any():
        return
    own = np.zeros(part.shape, bool)
    own[pad : pad + y1 - y0, pad : pad + x1 - x0] = True
    count, labels, stats, _ = cv2.connectedComponentsWithStats(part.astype(np.uint8), connectivity=8)
    inside = np.bincount(labels[own], minlength=count)
    for number in range(1, count):
        x, y, w, h, area = (int(v) for v in stats[number])
        edges = (x == 0) + (y == 0) + (x + w == part.shape[1]) + (y + h == part.shape[0])
        thin = area <= 2.2 * max(w, h) + 2
        through = edges >= 2 or (edges == 1 and max(w, h) < 0.3 * line.height)
        if not (thin and through) and inside[number] > 0.3 * area:
            whole = edges == 0 and inside[number] > 0.5 * area
            part[(labels == number) & (own | whole)] = False


def _centre_in(box: tuple[int, int, int, int], outer: tuple[int, int, int, int]) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return outer[0] < x < outer[2] and outer[1] < y < outer[3]
