"""Blocking: which pairs of groups are worth a score. Exact key, then acronym, then vector neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from kgbuild.embeddings.index import VectorIndex
from kgbuild.entities.group import Group
from kgbuild.entities.score import short_form
from kgbuild.types import EmbeddingTable

_BLOCK = 60  # groups of one key or acronym that are compared all with all
_NEAR = 0.55  # cosine from which a neighbour is a candidate


def candidates(groups: Sequence[Group], neighbours: int) -> list[tuple[int, int]]:
    """Pairs (i, j), i < j, in ascending order."""
    pairs: set[tuple[int, int]] = set()
    blocks: dict[tuple[str, str], list[int]] = {}
    for i, g in enumerate(groups):
        for name in g.keys:
            blocks.setdefault(("key", name), []).append(i)
        for short in sorted({short_form(m.surface) for m in g.mentions} - {""}):
            blocks.setdefault(("acronym", short), []).append(i)
    for (kind, _), members in sorted(blocks.items()):
        if len(members) <= _BLOCK:
            pairs.update((a, b) for n, a in enumerate(members) for b in members[n + 1 :])
        elif kind == "key":  # many groups of one name: a chain is enough, the score decides each link
            pairs.update(pairwise(members))
            pairs.update((members[0], m) for m in members[1:])
    if len(groups) > 1:
        matrix = np.stack([g.vector for g in groups])
        index = VectorIndex.build(EmbeddingTable("groups", tuple(g.id for g in groups), matrix))
        scores, rows = index.search(matrix, neighbours + 1)
        for i, (near, found) in enumerate(zip(scores, rows, strict=True)):
            pairs.update(
                (min(i, int(j)), max(i, int(j)))
                for s, j in zip(near, found, strict=True)
                if j >= 0 and j != i and s >= _NEAR
            )
    return sorted(pairs)
