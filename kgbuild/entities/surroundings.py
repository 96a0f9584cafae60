"""What stands around the mentions of each group, in columns, and what two of them have in common."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Mapping, Sequence
from sys import intern
from types import MappingProxyType

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, identity

from kgbuild.embeddings.around import OWN
from kgbuild.entities.columns import cosines
from kgbuild.entities.group import Group
from kgbuild.entities.means import means
from kgbuild.entities.names import fold, rareness, words
from kgbuild.models.arrays import unit
from kgbuild.types import EmbeddingTable

_CONTEXTS = 8  # distinct contexts of a group that are looked at
_CHARACTERS = 1000  # of a context
_HALVES = slice(OWN), slice(OWN, None)
_NAME = re.compile(r"\b[A-Z]\w+")
_ROWS = 2048  # pairs at a time
_WHOLE = 1 << 24  # numbers of a matrix that is kept in single precision (64 MiB), not widened at each look
_SENSE = 0.35  # cosine of own states from which two groups of one name lend each other their contexts
STATE_FEATURES = ("own_state", "around_state", "own_sense", "around_sense")
Around = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
_LEFT, _RIGHT = (1, 2, 4), (1, 8, 64)  # a word stands around a group, is there a name, or is one of its own
_MET = {
    roles: np.isin(np.arange(_LEFT[-1] * _RIGHT[-1] + 1), np.outer([_LEFT[n] for n in i], [_RIGHT[n] for n in j]))
    for roles, i, j in (
        ("around", (0, 1), (0, 1)), ("named in the left", (1,), (0, 1)), ("named in the right", (0, 1), (1,)),
        ("name of the left", (2,), (0, 1)), ("name of the right", (0, 1), (2,)),
    )
}  # fmt: skip
CONTEXT_FEATURES = ("shared_words", "rarest_word", "shared_names", "names_the_other", *STATE_FEATURES)


class Surroundings:
    """``states``: per mention id the two halves of its vector in context (see ``embeddings.around``), or nothing;
    ``known``: what ``around`` says of some groups, by their ids.
    """

    def __init__(
        self, groups: Sequence[Group], states: EmbeddingTable | None = None,
        known: Mapping[str, Around] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        vocabulary: dict[str, int] = {}
        near, named, own = _Rows(vocabulary), _Rows(vocabulary), _Rows(vocabulary)
        for g in groups:
            for rows, found in zip((near, named, own), known.get(g.id) or around(g), strict=True):
                rows.add(found)
        self._rarity = rareness(near.counts(), len(groups))
        telling = (self._rarity > 0).astype(np.float32)
        self._left, self._right = _roles(*(rows.matrix(telling) for rows in (near, named, own)))
        self.has = near.sizes() > 0
        self.states = means(groups, states) if states is not None and len(states.ids) else None
        self._of_states = [] if self.states is None else [_Half(self.states[:, half]) for half in _HALVES]
        self.senses: np.ndarray | None = None
        self._of_senses: list[_Half] = []

    def features(self, a: np.ndarray, b: np.ndarray, one_name: np.ndarray) -> np.ndarray:
        """Float32 (len(a), len(CONTEXT_FEATURES)); NaN where one of the two has nothing around it.

        ``one_name`` (len(a),): the pairs that bear one name, whose senses are not compared.
        """
        out = np.full((len(a), len(CONTEXT_FEATURES)), np.nan, np.float32)
        if not len(a):
            return out
        common = self._left[a].multiply(self._right[b]).tocsr()
        role, weight = common.data.astype(np.intp), self._rarity[common.indices]

        def over(ufunc: np.ufunc, roles: str) -> np.ndarray:
            """Of the words that both have in such roles, for each pair; 0 where there are none."""
            kept = np.flatnonzero(_MET[roles].take(role))
            ends = np.searchsorted(kept, common.indptr)
            rows, made = np.flatnonzero(np.diff(ends)), np.zeros(len(a), np.float32)
            made[rows] = ufunc.reduceat(weight[kept], ends[rows]) if len(rows) else 0
            return made

        out[:, 0], out[:, 1] = over(np.add, "around"), over(np.maximum, "around")
        out[:, 2] = np.minimum(over(np.add, "named in the left"), over(np.add, "named in the right"))
        out[:, 3] = over(np.add, "name of the right") + over(np.add, "name of the left")
        out[~(self.has[a] & self.has[b])] = np.nan
        rows = np.flatnonzero(~one_name & self.has[a] & self.has[b])
        for i, half in enumerate(self._of_states):
            out[:, 4 + i] = half.cosines(a, b)
        for i, half in enumerate(self._of_senses):
            out[rows, 6 + i] = half.cosines(a[rows], b[rows])
        return out

    def gather(self, pairs: np.ndarray) -> None:
        """Learn from pairs (m, 2) of groups of one name: their own states tell the senses of it, and what stands around
        any mention of a sense tells more than what stands around one alone. Unlike names are compared by that.
        """
        if self.states is None:
            return
        own = unit(self.states[:, :OWN])
        near = pairs[cosines(own, pairs[:, 0], pairs[:, 1]) > _SENSE]
        size = len(own)
        lent = coo_matrix((np.ones(2 * len(near), np.float32), np.concatenate([near, near[:, ::-1]]).T), (size, size))
        lent = (lent.tocsr() > 0).astype(np.float32) + identity(size, np.float32, "csr")
        self.senses = np.empty(self.states.shape, np.float16)
        for half in _HALVES:
            self.senses[:, half] = unit(lent @ unit(self.states[:, half]))
        self._of_senses = [_Half(self.senses[:, half]) for half in _HALVES]


class _Half:
    """Vectors (n, d) of groups, of any length, and their lengths float32 (n,)."""

    def __init__(self, vectors: np.ndarray) -> None:
        self._vectors = vectors if vectors.size > _WHOLE else np.ascontiguousarray(vectors, np.float32)
        blocks = (vectors[at : at + _ROWS].astype(np.float32) for at in range(0, len(vectors), _ROWS))
        self._lengths = np.concatenate([np.zeros(0, np.float32), *(np.linalg.norm(b, axis=1) for b in blocks)])

    def cosines(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Of rows ``a`` with rows ``b``, float32 (len(a),); few at a time, to stay in the processor's cache."""
        out = np.empty(len(a), np.float32)
        for at in range(0, len(a), _ROWS):
            i, j = a[at : at + _ROWS], b[at : at + _ROWS]
            x, y = (self._vectors[n].astype(np.float32, copy=False) for n in (i, j))
            length = np.maximum(self._lengths[i] * self._lengths[j], 1e-12)
            np.divide(np.einsum("ij,ij->i", x, y), length, out=out[at : at + _ROWS])
        return out


def around(group: Group) -> Around:
    """The words around a group's mentions, those of them that begin names, and the words of its own names."""
    text, own = _text(group)
    near = set(words(text)) - own
    return _kept(near), _kept(near & {fold(w) for w in _NAME.findall(text)}), _kept(own)


def _kept(found: Iterable[str]) -> tuple[str, ...]:
    """Words in their order; each word of a corpus is in memory once."""
    return tuple(map(intern, sorted(found)))


def _text(group: Group) -> tuple[str, set[str]]:
    """The distinct contexts of a group without its own names, and the words of these names."""
    surfaces = sorted({m.surface for m in group.mentions}, key=lambda s: (-len(s), s))
    found = sorted({m.context[:_CHARACTERS] for m in group.mentions if m.context and m.context != m.surface})
    text = " \n ".join(found[:_CONTEXTS])
    for surface in surfaces[:_CONTEXTS]:
        text = text.replace(surface, " ")
    return text, {w for s in surfaces for w in words(s[:_CHARACTERS])}


def _roles(around: csr_matrix, named: csr_matrix, own: csr_matrix) -> tuple[csr_matrix, csr_matrix]:
    """The words of each group, as numbers whose product tells the roles that a word plays for the left and the right
    one of two groups. No word around a group is one of its name.
    """
    left, right = ((around - named) * plain + named * name + own * of_name for plain, name, of_name in (_LEFT, _RIGHT))
    return left, right


class _Rows:
    """Distinct words of each group, ascending, as ascending numbers of the words in a vocabulary that grows."""

    def __init__(self, vocabulary: dict[str, int]) -> None:
        self._vocabulary, self._words, self._ends = vocabulary, array("i"), array("q", [0])

    def add(self, found: Sequence[str]) -> None:
        number = self._vocabulary.setdefault
        self._words.extend(sorted([number(w, len(self._vocabulary)) for w in found]))
        self._ends.append(len(self._words))

    def counts(self) -> np.ndarray:
        """How many rows hold each word."""
        return np.bincount(np.asarray(self._words), minlength=len(self._vocabulary))

    def sizes(self) -> np.ndarray:
        """How many words each row holds."""
        return np.diff(np.asarray(self._ends))

    def matrix(self, weight: np.ndarray) -> csr_matrix:
        """Rows: groups; columns: words, each with its weight."""
        columns = np.asarray(self._words)
        shape = (len(self._ends) - 1, max(1, len(self._vocabulary)))
        return csr_matrix((weight[columns], columns, np.asarray(self._ends)), shape)
