"""What the forest does not know of two groups, or saw too seldom: it adds to the log-odds by fixed weights.

Classes, fused vectors and neighbours in the graph are no part of the forest's data. The other rules stand for what
sentences of all subjects cannot teach about one folder (docs/decisions/0017, 0022).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from kgbuild.entities.columns import Columns
from kgbuild.entities.given import other_given_names
from kgbuild.entities.group import Group
from kgbuild.entities.keys import is_task
from kgbuild.entities.means import means
from kgbuild.entities.names import NAME_FEATURES, each_once
from kgbuild.types import EmbeddingTable

EXTRA = {
    "same_type": 0.5,
    "class_name": 2.0,  # of 393 such pairs of docred_extra 350 are one thing, and the forest was for 45 in 100
    "respelt": 1.0,
    "misread": 5.0,
    "gloss": 3.0,
    "sure_acronym": 1.5,
    "strange_acronym": -2.5,
    "one_name": 2.0,
    "like_names": -0.5,
    "unlike_names": 1.8,
    "kind_of": -2.0,
    "task": -4.0,
    "made_by": 1.5,
    "inside": -2.0,  # of 593 such pairs of docred_extra and qid_dev 14 are one thing
    "shared_word": -1.5,
    "one_of": -3.0,
    "place_in": -2.5,
    "generation": -6.0,
    "other_given_names": -6.0,  # of 104 such pairs of docred_extra 2 are one thing, by an item that is wrong
    "given_name": -1.5,  # "Elena Keller" is not misspelt where others are called Elena too
    "unspaced": -8.0,  # unlike names without blanks: the forest learned from English
    "one_source": -2.5,
    "other_type": -0.5,
    "fused": 1.0,  # more of it joined "GraphQL" and "Graph" (see weights/fusion.md)
    "neighbours": 1.0,
    "contradiction": -1.5,
}
_FUSED = 0.5  # cosine of fused vectors that speaks neither for nor against
_SUBJECT = 0.55, 0.75  # cosine of two sources' mean vectors from which they may be, and are, of one subject
_LIKE_TEXT = 0.35, 0.2  # cosine that an acronym of two letters, or of more, and its long form have at least
_WORD = re.compile(r"\w+")
_SEVERAL = 2  # longer names that begin or end with a word from which it is no short form of one of them
_BEARERS = ("Place", "Person", "Organisation")  # whose names grow by other words than that of a maker
_AT = {name: i for i, name in enumerate(NAME_FEATURES)}


class Beside:
    """``bare`` (n,): whether nothing stands around a group's mentions but their names."""

    def __init__(
        self, groups: Sequence[Group], columns: Columns, bare: np.ndarray, fused: EmbeddingTable | None = None
    ) -> None:
        self._groups, self._columns, self._bare = groups, columns, bare
        self._fused = means(groups, fused) if fused is not None and len(fused.ids) else None
        self._bearers = np.isin(columns.classes, _BEARERS)
        of = np.isin(columns.classes, _BEARERS[:2])
        self._makers = frozenset(columns.names.text) - frozenset(columns.names.text[columns.name[of[columns.owner]]])

    @cached_property
    def _ordinary(self) -> frozenset[str]:
        """The words that stand in lower case in some text."""
        texts = {m.context for g in self._groups for m in g.mentions}
        return frozenset(w for text in texts for w in _WORD.findall(text) if w.islower())

    def features(
        self, pairs: np.ndarray, names: np.ndarray, named: np.ndarray, vector: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Float32 (m,) for each of ``EXTRA`` that is no matter of the graph.

        ``pairs`` (m, 2) of groups met by ``names`` (m, 2) with features ``named``; ``vector`` (m,): their cosine.
        """
        a, b = pairs.T
        c, exact = self._columns, named[:, _AT["exact"]] > 0
        other = ~exact & (named[:, _AT["folded"]] == 0)
        known = c.typed[a] & c.typed[b]
        x, y = c.first_name(a), c.first_name(b)
        telling = exact & (c.key[x] == c.key[y]) & c.names.telling(x)  # "Master" is no "Master-slave", though called so
        subject, told = self._one_subject(a, b), ~(self._bare[a] | self._bare[b])
        strange, gloss = self._strange(a, b, names, named, vector, other), c.spelling.gloss(*names.T)
        kind = (c.type[a] == c.type[b]) & known & ~c.of("Person")[a]
        sure = other & (named[:, _AT["acronym"]] == 1) & ~strange
        found = {
            "same_type": known & (c.type[a] == c.type[b]),
            "class_name": exact & kind & c.names.several(x),  # one word may be of several things
            "respelt": exact & c.spelling.respelt(*names.T),
            "misread": exact & c.spelling.misread(*names.T),
            "gloss": gloss,
            "sure_acronym": sure,
            "strange_acronym": strange,
            "one_name": np.where(telling, subject, 0),
            # A cluster is judged by the mean of its pairs, which are no independent witnesses. Sources of one subject
            # put unlike things into like contexts: there nothing is added.
            "like_names": np.where(exact & told, 1 - subject, 0),
            "unlike_names": np.where(~exact & told, 1 - subject, 0),
            # coreference has joined what one source calls by two names
            "one_source": (c.source[a] == c.source[b]) & other & ~sure & ~gloss,
            "other_type": known & (c.type[a] != c.type[b]),
            **self._held(a, b, names, named, other & ~gloss),
        }
        if self._fused is not None:
            found["fused"] = np.nan_to_num(np.einsum("ij,ij->i", self._fused[a], self._fused[b]) - _FUSED)
        return {name: value.astype(np.float32) for name, value in found.items()}

    def _one_subject(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """[0, 1]: whether a name means one thing in both sources: they are of one subject, or nothing stands around it.

        The score learned from single sentences of all subjects, in which a name has more bearers than in one folder.
        """
        low, high = _SUBJECT
        made: np.ndarray = np.clip((self._columns.likeness_of_sources(a, b) - low) / (high - low), 0, 1)
        return np.where(self._bare[a] | self._bare[b], 1, made)

    def _strange(
        self, a: np.ndarray, b: np.ndarray, names: np.ndarray, named: np.ndarray, vector: np.ndarray, other: np.ndarray
    ) -> np.ndarray:
        """Whether two share initials only: unlike texts, and neither text says that the one is short for the other."""
        letters = self._columns.names.letters
        few = np.maximum(letters[names[:, 0]], letters[names[:, 1]]) < 3
        out: np.ndarray = other & (named[:, _AT["acronym"]] > 0) & (vector < np.where(few, *_LIKE_TEXT))
        text = self._columns.names.names
        for row in np.flatnonzero(out).tolist():
            i, j = names[row].tolist()
            out[row] = not any(
                f"{x} ({y}" in m.context
                for x, y in ((text[i], text[j]), (text[j], text[i]))
                for g in (a[row], b[row])
                for m in self._groups[g].mentions
            )
        return out

    def _held(
        self, a: np.ndarray, b: np.ndarray, names: np.ndarray, named: np.ndarray, other: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Names within names: English compounds end with their head: "TCP Host" is no TCP, but "Amazon S3" may be S3;
        of places the longer name is of another one; "SQL or NoSQL" are two things. What stands in the middle of a name,
        or is a word of several names (and no person's), is a part of them: "Load", "Add Load Balancers".
        """
        c, (i, j) = self._columns, names.T
        x, y = c.first_name(a), c.first_name(b)
        held: np.ndarray = (named[:, _AT["contained"]] > 0.999) & other
        first, last = named[:, _AT["first_word"]] > 0, named[:, _AT["last_word"]] > 0
        formal = c.names.formal(x) | c.names.formal(y)
        known, person = c.typed[a] | c.typed[b], c.persons[i] | c.persons[j]
        about = c.names.role[i] | c.names.role[j] | (~person & (known | c.names.common[i] | c.names.common[j]))
        parts = ~person & (c.names.held[np.where(c.names.held[i] > 0, i, j)] > _SEVERAL)
        role = c.names.role[i] | c.names.role[j]
        text = c.names.text

        def plural(x: int, y: int) -> bool:  # "forum" and "forums db"
            short, long = sorted((text[x], text[y]), key=len)
            return bool(long.startswith(f"{short}s "))

        asked = role & other & ~held
        said = each_once(plural, i, j, asked)
        held, first = np.where(asked, said, held), np.where(asked, said, first)
        named = self._bearers[a] | self._bearers[b]
        task, made_by = self._longer_by_its_beginning(names, held & last & ~first, ~person & ~parts & ~named)
        old, young = c.names.generation(x), c.names.generation(y)
        return {
            "kind_of": held & first & ~last & ~formal & about,
            "task": task,
            "made_by": made_by,
            "inside": held & ~first & ~last,
            "shared_word": held & parts,
            "one_of": held & (c.names.listed[i] != c.names.listed[j]),
            "place_in": held & last & ~first & c.of("Place")[a] & c.of("Place")[b],
            "unspaced": other & (c.names.unspaced(x) | c.names.unspaced(y)),
            "generation": (old > 0) & (young > 0) & (old != young),
            "given_name": c.names.other_first(i, j) & other,
            "other_given_names": each_once(lambda x, y: other_given_names(text[x], text[y]), i, j, self._people(a, b)),
        }

    def _people(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Whether one of each pair is a person, and the other one may be."""
        person, known = self._columns.of("Person"), self._columns.typed
        made: np.ndarray = (person[a] | person[b]) & (person[a] | ~known[a]) & (person[b] | ~known[b])
        return made

    def _longer_by_its_beginning(
        self, names: np.ndarray, ends: np.ndarray, own: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Of names that end with the other: whether the longer is the title of a task, and whether it only adds who
        made the thing: "AWS ElastiCache", where "AWS" is a name too and "ElastiCache" (``own``) no ordinary word.
        """
        c, task, made_by = self._columns, np.zeros(len(ends), bool), np.zeros(len(ends), bool)
        for row in np.flatnonzero(ends).tolist():
            i, j = sorted(names[row].tolist(), key=lambda n: len(c.names.text[n]))
            short, long = c.names.text[i], c.names.text[j]
            task[row] = is_task(c.names.names[j], c.names.names[i])
            maker = long.removesuffix(short).strip()
            told = own[row] and not task[row] and long.endswith(f" {short}") and maker in self._makers
            made_by[row] = told and " " not in short + maker and short not in self._ordinary
        return task, made_by
