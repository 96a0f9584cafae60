"""Groups of mentions in columns: what candidates, scores and clusters are computed from, many at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix

from kgbuild.entities.group import READ, TYPING, Group, called
from kgbuild.entities.keys import compatible, key
from kgbuild.entities.means import means
from kgbuild.entities.names import NameTable
from kgbuild.entities.spelling import Spelling, one_spelling
from kgbuild.models.arrays import unit
from kgbuild.types import EmbeddingTable

_TELLING = 4  # groups of a source from which their mean tells its subject
_TEXT = frozenset({"text", "cue"})  # modalities in which persons are called by given names
_ROWS = 1024  # pairs of vectors that are multiplied at a time
_NAMES = 4  # names of a group that are compared, the preferred one first


class Columns:
    """``owner[i]`` bears the name ``name[i]``; ``groups_of(n)`` are the groups that bear name ``n``, ascending.

    What is told of names by their letters is made when it is first asked for: beside the search for near vectors.
    """

    def __init__(self, groups: Sequence[Group], table: EmbeddingTable) -> None:
        numbers: dict[str, int] = {}
        owner, name = [], []
        for i, g in enumerate(groups):
            for n in _names(g):
                owner.append(i)
                name.append(numbers.setdefault(n, len(numbers)))
        distinct = sorted(numbers)
        rank = np.empty(len(numbers), np.int32)
        rank[[numbers[n] for n in distinct]] = np.arange(len(distinct), dtype=np.int32)
        self.owner = np.array(owner, np.int32)
        self.name = rank[np.array(name, np.int32)] if name else np.zeros(0, np.int32)
        self._groups, self._distinct = groups, distinct
        self.vectors = means(groups, table)
        self.name_vectors = self._name_vectors(len(distinct))
        order = np.argsort(self.name, kind="stable")
        self._bearer = self.owner[order]
        self._from = np.searchsorted(self.name[order], np.arange(len(distinct) + 1))
        order = np.argsort(self.owner, kind="stable")
        self._borne = self.name[order]
        self._own = np.searchsorted(self.owner[order], np.arange(len(groups) + 1))
        guards = _guards(groups)
        kinds = sorted(set(guards))
        self.kinds = kinds
        self.kind = np.array([kinds.index(g) for g in guards], np.int32)
        self.fits = np.array([[compatible(a, b) for b in kinds] for a in kinds], bool).reshape(len(kinds), len(kinds))
        self.classes = np.array([g.type for g in groups], dtype=object)
        self._of: dict[str, np.ndarray] = {}
        self.type = np.array(_numbers(g.type for g in groups), np.int32)
        self.source = np.array(_numbers(g.source for g in groups), np.int32)
        self._subjects = self._mean_of_sources()
        self.typed = np.array([g.type != "Thing" for g in groups], bool)
        self.described = np.array([g.described for g in groups], bool)
        self.seen = np.array([g.seen for g in groups], bool)

    @cached_property
    def _spelt(self) -> list[str]:
        groups, borne = self._groups, np.bincount(self.name, minlength=len(self._distinct))
        texts = (m.context for g in groups for m in g.mentions if m.modality not in READ)
        written = {called(m) for g in groups for m in g.mentions if m.modality not in READ}
        read = np.array([n not in written for n in self._distinct], bool)
        return one_spelling(self._distinct, borne, read, texts)

    @cached_property
    def key(self) -> np.ndarray:
        """A number for the key of each name."""
        return np.array(_numbers(map(key, self._spelt)), np.int32)

    @cached_property
    def spelling(self) -> Spelling:
        """How the names are spelt."""
        return Spelling(self._distinct, self._spelt)

    @cached_property
    def names(self) -> NameTable:
        """The names, for comparing them."""
        return NameTable(self._distinct, spelt=self._spelt, persons=self.persons)

    @cached_property
    def persons(self) -> np.ndarray:
        """Whether each name may be a person's: most of its bearers whose sources were read for classes are persons, or
        it stands in a text, and none was read.
        """
        groups, count = self._groups, len(self._distinct)
        read = {g.source for g in groups if g.type != "Thing" or any(m.agent.startswith(TYPING) for m in g.mentions)}
        told = np.array([g.source in read for g in groups], bool)
        person = np.array([g.type == "Person" for g in groups], bool)
        text = np.array([any(m.modality in _TEXT for m in g.mentions) for g in groups], bool)
        known, persons, texts = (np.bincount(self.name, each[self.owner], count) for each in (told, person, text))
        made: np.ndarray = np.where(known > 0, 2 * persons >= known, texts > 0)
        return made

    def of(self, kind: str) -> np.ndarray:
        """Whether each group is of a class."""
        if kind not in self._of:
            self._of[kind] = self.classes == kind
        return self._of[kind]

    def _mean_of_sources(self) -> np.ndarray:
        """The unit mean of the vectors of each source's groups, float32 (sources, d); 0 for those of few groups."""
        size = np.bincount(self.source)
        cells = (np.ones(len(self.source), np.float32), (self.source, np.arange(len(self.source))))
        matrix = unit(np.asarray(csr_matrix(cells, (len(size), len(self.source))) @ self.vectors, np.float32))
        matrix[size < _TELLING] = 0
        return matrix

    def _name_vectors(self, count: int) -> np.ndarray:
        """The unit mean of the vectors of each name's bearers, float32 (count, d)."""
        bears = csr_matrix((np.ones(len(self.name), np.float32), (self.name, self.owner)), (count, len(self.vectors)))
        matrix = np.asarray(bears @ self.vectors, np.float32)
        return unit(matrix)

    def groups_of(self, name: int) -> np.ndarray:
        """Groups that bear a name, ascending."""
        return self._bearer[self._from[name] : self._from[name + 1]]

    def bearer(self, names: np.ndarray, nth: np.ndarray) -> np.ndarray:
        """The nth group that bears each of these names."""
        made: np.ndarray = self._bearer[self._from[names] + nth]
        return made

    def counts(self, names: np.ndarray) -> np.ndarray:
        """How many groups bear each of these names."""
        made: np.ndarray = self._from[names + 1] - self._from[names]
        return made

    def likeness_of_sources(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Cosine of the mean vectors of the sources of two groups, float32 (n,); 0 where one names hardly anything."""
        return cosines(self._subjects, self.source[a], self.source[b])

    def several(self) -> np.ndarray:
        """Whether each group bears more than one name."""
        made: np.ndarray = np.diff(self._own) > 1
        return made

    def first_name(self, groups: np.ndarray) -> np.ndarray:
        """The preferred name of each group."""
        return self._borne[self._own[groups]]

    def nearness(self, pairs: np.ndarray) -> np.ndarray:
        """Cosine of the vectors of two names, float32 (n,)."""
        return cosines(self.name_vectors, pairs[:, 0], pairs[:, 1])

    def allowed(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Whether types let two groups be one thing.

        A description ("the load balancer") is of another thing in each source, unless it is a term of several words
        that the other one names or marks. What a picture shows without a name is no other thing.
        """
        told, x, y = self.names, self.first_name(a), self.first_name(b)
        either = self.described[a] | self.described[b]
        term = (self.described[a] != self.described[b]) & (self.key[x] == self.key[y]) & told.several(x)
        made: np.ndarray = self.fits[self.kind[a], self.kind[b]] & (~either | term) & ~(self.seen[a] | self.seen[b])
        return made


def _guards(groups: Sequence[Group]) -> list[str]:
    """The type that keeps each group apart: that of no person for a name that is written in lower case somewhere, and
    so is a role ("Client", "Master").
    """
    small = {key(n) for g in groups for m in g.mentions if m.modality in _TEXT and (n := called(m)).islower()}
    return ["Thing" if g.guard == "Person" and g.key in small else g.guard for g in groups]


def _numbers(values: Iterable[str]) -> list[int]:
    seen: dict[str, int] = {}
    return [seen.setdefault(v, len(seen)) for v in values]


def _names(group: Group) -> list[str]:
    """The preferred name, then the commonest one of each other key."""
    if len(group.keys) == 1:
        return [group.name]
    counts = Counter(called(m) for m in group.mentions)
    by_key = {group.key: group.name}
    for name in sorted(counts, key=lambda n: (-counts[n], n)):
        by_key.setdefault(key(name), name)
        if len(by_key) == _NAMES:
            break
    return list(by_key.values())


def cosines(vectors: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Products of rows ``a`` with rows ``b`` of unit vectors, float32 (n,); few at a time, to stay in the cache."""
    out = np.empty(len(a), np.float32)
    for at in range(0, len(a), _ROWS):
        part = slice(at, at + _ROWS)
        np.einsum("ij,ij->i", vectors.take(a[part], 0), vectors.take(b[part], 0), out=out[part])
    return out
