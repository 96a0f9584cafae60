"""What stands around the mentions of each group, in columns, and what two of them have in common."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix

from kgbuild.embeddings.around import OWN
from kgbuild.entities.group import Group
from kgbuild.entities.names import fold, rareness, words
from kgbuild.types import EmbeddingTable

_CONTEXTS = 8  # distinct contexts of a group that are looked at
_CHARACTERS = 1000  # of a context
_NAME = re.compile(r"\b[A-Z]\w+")
STATE_FEATURES = ("own_state", "around_state")
CONTEXT_FEATURES = ("shared_words", "rarest_word", "shared_names", "names_the_other", *STATE_FEATURES)


class Surroundings:
    """``states``: per mention id the two halves of its vector in context (see ``embeddings.around``), or nothing."""

    def __init__(self, groups: Sequence[Group], states: EmbeddingTable | None = None) -> None:
        vocabulary: dict[str, int] = {}
        number = lambda found: sorted({vocabulary.setdefault(w, len(vocabulary)) for w in sorted(found)})  # noqa: E731
        around, named, own = [], [], []
        for g in groups:
            text, name = _text(g)
            near = set(words(text)) - name
            around.append(number(near))
            named.append(number(near & {fold(w) for w in _NAME.findall(text)}))
            own.append(number(name))
        self.has = np.array([bool(r) for r in around], bool)
        counts = np.bincount(np.array([w for r in around for w in r], np.int32), minlength=len(vocabulary))
        rarity = rareness(counts, len(groups))
        width = max(1, len(vocabulary))
        self._around = _matrix(around, width, rarity)
        self._named = _matrix(named, width, rarity)
        self._present = _matrix(around, width, np.ones(width, np.float32))
        self._own = _matrix(own, width, np.ones(width, np.float32))
        self.states = means(groups, states)

    def features(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Float32 (len(a), len(CONTEXT_FEATURES)); NaN where one of the two has nothing around it."""
        out = np.full((len(a), len(CONTEXT_FEATURES)), np.nan, np.float32)
        if not len(a):
            return out
        common = self._around[a].multiply(self._present[b]).tocsr()
        out[:, 0] = np.asarray(common.sum(1)).ravel()
        out[:, 1] = common.max(1).toarray().ravel()
        out[:, 2] = np.asarray(self._named[a].multiply(self._present[b]).sum(1)).ravel()
        out[:, 2] = np.minimum(out[:, 2], np.asarray(self._named[b].multiply(self._present[a]).sum(1)).ravel())
        out[:, 3] = np.asarray(self._around[a].multiply(self._own[b]).sum(1)).ravel()
        out[:, 3] += np.asarray(self._around[b].multiply(self._own[a]).sum(1)).ravel()
        out[~(self.has[a] & self.has[b])] = np.nan
        if self.states is not None:
            for i, part in enumerate((slice(OWN), slice(OWN, None))):
                x, y = self.states[a, part], self.states[b, part]
                out[:, 4 + i] = np.einsum("ij,ij->i", x, y) / np.maximum(
                    np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1), 1e-12
                )
        return out


def _text(group: Group) -> tuple[str, set[str]]:
    """The distinct contexts of a group without its own names, and the words of these names."""
    surfaces = sorted({m.surface for m in group.mentions}, key=lambda s: (-len(s), s))
    found = sorted({m.context[:_CHARACTERS] for m in group.mentions if m.context and m.context != m.surface})
    text = " \n ".join(found[:_CONTEXTS])
    for surface in surfaces[:_CONTEXTS]:
        text = text.replace(surface, " ")
    return text, {w for s in surfaces for w in words(s[:_CHARACTERS])}


def _matrix(rows: Sequence[Sequence[int]], width: int, weight: np.ndarray) -> csr_matrix:
    pointer = np.concatenate([[0], np.cumsum([len(r) for r in rows])]).astype(np.int64)
    columns = np.fromiter((w for r in rows for w in r), np.int32, pointer[-1])
    return csr_matrix((weight[columns], columns, pointer), (len(rows), width))


def means(groups: Sequence[Group], table: EmbeddingTable | None) -> np.ndarray | None:
    """Unit mean of the vectors of each group's mentions; NaN where there is none."""
    if table is None or not len(table.ids):
        return None
    row = {id: i for i, id in enumerate(table.ids)}
    out = np.full((len(groups), table.matrix.shape[1]), np.nan, np.float32)
    for i, g in enumerate(groups):
        rows = [row[m.id] for m in g.mentions if m.id in row]
        if rows:
            mean = table.matrix[rows].mean(0)
            out[i] = mean / max(float(np.linalg.norm(mean)), 1e-12)
    return out
