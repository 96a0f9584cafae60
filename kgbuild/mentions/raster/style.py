"""How a line is drawn: solid, dashed, dotted or thick."""

from __future__ import annotations

import numpy as np

_THICK = 1.5  # widths of the usual line


def style_of(points: np.ndarray, depth: np.ndarray, width: float, *, size: float) -> str:
    """``solid`` | ``dashed`` | ``dotted`` | ``thick`` of a line that follows ``points``, float (n, 2).

    ``depth`` is the distance of each pixel of ink to the ground, (h, w); ``width`` the usual width of lines,
    ``size`` the height of type, in pixels. Strokes are parted where points leap.
    """
    if len(points) < 4:
        return "solid"
    x = np.clip(points[:, 0].astype(int), 0, depth.shape[1] - 1)
    y = np.clip(points[:, 1].astype(int), 0, depth.shape[0] - 1)
    drawn = depth[y, x] > 0
    leaps = np.hypot(*np.diff(points, axis=0).T)
    inner = (leaps > 2.5) & (leaps < 1.2 * size) & drawn[1:] & drawn[:-1]
    cuts = np.flatnonzero(inner)
    length = float(leaps.sum())
    if len(cuts) >= 3 and len(cuts) * 2.2 * size > 0.6 * length:
        strokes = np.diff(cuts)
        return "dotted" if float(np.median(strokes)) <= 1.1 * width + 1 else "dashed"
    core = depth[y, x][drawn]
    return "thick" if len(core) and 2 * float(np.median(core)) - 1 > _THICK * width + 0.7 else "solid"
