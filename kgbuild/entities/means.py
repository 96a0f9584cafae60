"""Mean vectors of groups of mentions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kgbuild.entities.group import Group
from kgbuild.types import EmbeddingTable

_BLOCK = 8192  # groups at a time


def means(groups: Sequence[Group], table: EmbeddingTable) -> np.ndarray:
    """Unit mean of the vectors of each group's mentions, float32 (len(groups), d); NaN where there is none."""
    row = {id: i for i, id in enumerate(table.ids)}
    rows = [[row[m.id] for m in g.mentions if m.id in row] for g in groups]
    size = np.array([len(r) for r in rows], np.int64)
    out = np.full((len(groups), table.matrix.shape[1]), np.nan, np.float32)
    for count in np.unique(size[size > 0]).tolist():  # groups of one size are averaged together
        alike = np.flatnonzero(size == count)
        for at in range(0, len(alike), max(1, _BLOCK // count)):
            part = alike[at : at + max(1, _BLOCK // count)]
            mean = table.matrix[[rows[i] for i in part.tolist()]].mean(1)
            length = np.sqrt(np.vecdot(mean, mean))
            out[part] = mean / np.maximum(length, 1e-12).astype(mean.dtype)[:, None]
    return out
