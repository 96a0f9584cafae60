"""Lines that run behind a node and come out beyond it."""

from __future__ import annotations

import numpy as np

from kgbuild.mentions.raster.assign import Link


def pass_behind(links: list[Link], *, size: float) -> list[Link]:
    """Where lines have heads, one without that goes on straight as another beyond a node runs behind that node."""
    if sum(any(link.heads) for link in links) < 0.6 * len(links):
        return links
    again = True
    while again:
        again = False
        for first in [x for x in links if not any(x.heads)]:
            for second in links:
                for e, f in ((0, 0), (0, 1), (1, 0), (1, 1)):
                    node = (first.source, first.target)[e]
                    if second is first or (second.source, second.target)[f] != node or second.heads[f]:
                        continue
                    a = first.points if e == 1 else first.points[::-1]
                    b = second.points if f == 0 else second.points[::-1]
                    if not _in_line(a, b) or _is_upright(a, b):
                        continue
                    start, end = (first.source, first.target)[1 - e], (second.source, second.target)[1 - f]
                    joined = Link(
                        start,
                        end,
                        (False, second.heads[1 - f]),
                        np.concatenate([a, b]),
                        first.gaps + second.gaps,
                        style=second.style,
                    )  # fmt: skip
                    joined.label = first.label or second.label
                    links = [x for x in links if x is not first and x is not second] + [joined]
                    again = True
                    break
                if again:
                    break
            if again:
                break
    return links


def _in_line(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether ``b`` goes on where ``a`` points to at its end, within 12 degrees and a few pixels."""
    tail, head = a[-min(len(a), 20)], b[min(len(b), 20) - 1]
    out, into, gap = a[-1] - tail, head - b[0], b[0] - a[-1]
    distance = float(np.hypot(*gap))
    if distance < 4 or len(a) < 8 or len(b) < 8:
        return False
    out, into, way = (v / max(1e-6, float(np.hypot(*v))) for v in (out, into, gap))
    aside = abs(float(out[0] * gap[1] - out[1] * gap[0]))
    return float(min(out @ into, out @ way, way @ into)) > 0.978 and aside < max(4.0, 0.12 * distance)


def _is_upright(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether the gap between two lines is level or upright: lines laid out at right angles end at the node there."""
    way = np.abs(b[0] - a[-1])
    return float(way.min()) < 0.05 * float(way.max())
