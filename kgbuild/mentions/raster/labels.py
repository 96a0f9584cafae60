"""Labels given to lines, all at once."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from kgbuild.mentions.ocr import Line
from kgbuild.mentions.raster.assign import Link

_MARKS = re.compile(r"^(?:['`´’‘–—_|~\s]|-(?!\d))+|['`´’‘–—_|~\s-]+$")


def name_links(links: list[Link], labels: Sequence[Line], *, size: float) -> None:
    """Give each loose label to the line beside it, all at once at the least total distance."""
    from scipy.optimize import linear_sum_assignment

    links = [link for link in links if not link.label]
    if not links or not labels:
        return
    cost = np.array([[_distance(link, label, size) for label in labels] for link in links])
    limit = 2.2
    far = np.minimum(cost, limit)
    for i, j in zip(*linear_sum_assignment(far), strict=True):
        if cost[i, j] < limit:
            links[i].label = labels[j].text
            links[i].label_score = labels[j].score


def without_strokes(label: str) -> str:
    """A label without marks at its ends, where a line that runs into it is read as one."""
    return _MARKS.sub("", label) or label


def _distance(link: Link, label: Line, size: float) -> float:
    """From a label's box to a line, in heights of type; a little more towards the line's ends."""
    xs, ys = link.points[:, 0], link.points[:, 1]
    dx = np.maximum(np.maximum(label.x0 - xs, xs - label.x1), 0)
    dy = np.maximum(np.maximum(label.y0 - ys, ys - label.y1), 0)
    gap = np.hypot(dx, dy)
    k = int(gap.argmin())
    centre = np.hypot(xs - (label.x0 + label.x1) / 2, ys - (label.y0 + label.y1) / 2)
    k = int(centre.argmin())
    middle = abs(k / max(1, len(xs) - 1) - 0.5)
    return float(gap.min() / size + 0.2 * math.sqrt(centre[k] / size) + 0.6 * middle)
