"""What kind of picture it is: cheap numbers of its colours, its text and what was found of a diagram in it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from kgbuild.mentions.diagram import Diagram
from kgbuild.mentions.ocr import Line

KINDS = ("diagram", "chart", "table", "text", "screenshot", "photo")
WIDTH = 40
_DRAWN = 0.7  # share of the 16 most common of 4,096 colours; the least in 128 diagrams is 0.96
_SIDE = 640  # pixels of the longer side at which colours are looked at


def kind_features(picture: np.ndarray, lines: Sequence[Line], diagram: Diagram, ink: np.ndarray) -> np.ndarray:
    """float32 (WIDTH,): ``picture`` uint8 RGB (h, w, 3), its text, the parts of a diagram in it, its strokes."""
    found = [*_colours(picture), *_strokes(ink), *_text(lines, picture.shape), *_graph(diagram, lines)]
    return np.array(found, np.float32)


def is_texture(picture: np.ndarray) -> bool:
    """Whether no few colours fill most of a picture, as in photographs: no lines can be traced there."""
    return _colours(picture)[3] < _DRAWN


def _colours(picture: np.ndarray) -> list[float]:
    import cv2

    scale = min(1.0, _SIDE / max(picture.shape[:2]))
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_NEAREST)
    coarse = np.asarray(small, np.int32) >> 4
    counts = np.bincount(((coarse[..., 0] << 8) | (coarse[..., 1] << 4) | coarse[..., 2]).ravel(), minlength=4096)
    shares = np.sort(counts[counts > 0] / counts.sum())[::-1]
    span = small.max(axis=2).astype(np.int16) - small.min(axis=2)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    step = np.abs(np.diff(grey.astype(np.int16), axis=1))
    rows = np.abs(np.diff(grey.astype(np.int16), axis=0))
    return [
        float(shares[0]), float(shares[:2].sum()), float(shares[:5].sum()), float(shares[:16].sum()),
        math.log1p(int((shares.cumsum() < 0.98).sum())), float(-(shares * np.log(shares)).sum()),
        float(span.mean()) / 255, float((span > 60).mean()),
        float((step == 0).mean()), float(((step > 0) & (step < 10)).mean()),
        float((step > 60).mean()), float((rows == 0).mean()), float(grey.mean()) / 255, math.log(size[0] / size[1]),
    ]  # fmt: skip


def _strokes(ink: np.ndarray) -> list[float]:
    """How much is drawn, and how many long level and upright strokes there are."""
    import cv2

    height, width = ink.shape
    drawn = ink.astype(np.uint8)
    made = [float(ink.mean())]
    for share in (0.12, 0.5):
        for kernel in (
            np.ones((1, max(3, int(share * width))), np.uint8),
            np.ones((max(3, int(share * height)), 1), np.uint8),
        ):
            count, _ = cv2.connectedComponents(cv2.morphologyEx(drawn, cv2.MORPH_OPEN, kernel))
            made.append(math.log1p(count - 1))
    return made


def _text(lines: Sequence[Line], shape: tuple[int, ...]) -> list[float]:
    if not lines:
        return [0.0] * 13
    boxes = np.array([(n.x0, n.y0, n.x1, n.y1) for n in lines])
    high, wide = boxes[:, 3] - boxes[:, 1], boxes[:, 2] - boxes[:, 0]
    size = max(1.0, float(np.median(high)))
    words = [len(n.text.split()) for n in lines]
    figures = [sum(c.isdigit() for c in n.text) > 0.4 * len(n.text) for n in lines]

    def aligned(values: np.ndarray) -> float:
        near = np.abs(values[:, None] - values[None]) < 0.35 * size
        return float((near.sum(axis=1) > 2).mean())

    middles = (boxes[:, 0] + boxes[:, 2]) / 2
    rows = np.sort(boxes[:, 1])
    gaps = np.diff(rows)[np.diff(rows) > 0.6 * size] / size
    return [
        math.log1p(len(lines)), float((high * wide).sum() / (shape[0] * shape[1])),
        size / shape[0], float(high.std() / size),
        float(np.mean(figures)), math.log1p(float(np.mean(words))), float(np.mean([w > 4 for w in words])),
        aligned(boxes[:, 0]), aligned(middles), aligned(boxes[:, 2]), aligned((boxes[:, 1] + boxes[:, 3]) / 2),
        float(np.median(wide)) / shape[1], float(np.std(gaps) / np.mean(gaps)) if len(gaps) > 2 else 1.0,
    ]  # fmt: skip


def _graph(diagram: Diagram, lines: Sequence[Line]) -> list[float]:
    nodes, edges = list(diagram.nodes.values()), diagram.edges
    joined = {k for e in edges for k in (e.source, e.target) if e.source != e.target}
    held = sum(
        any(b[0] <= (n.x0 + n.x1) / 2 <= b[2] and b[1] <= (n.y0 + n.y1) / 2 <= b[3] for m in nodes if (b := m.box))
        for n in lines
    )
    return [
        math.log1p(len(nodes)), math.log1p(len(edges)),
        len(joined) / max(1, len(nodes)), len(edges) / max(1, len(nodes)),
        held / max(1, len(lines)), sum(e.directed for e in edges) / max(1, len(edges)),
        sum(n.shape == "plain" for n in nodes) / max(1, len(nodes)), sum(e.score for e in edges) / max(1, len(edges)),
    ]  # fmt: skip
