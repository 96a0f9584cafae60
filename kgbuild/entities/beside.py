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
from kgbuild.entities.met import Met
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
_WORD = re.compile(r"\w+")
_BEARERS = ("Place", "Person", "Organisation")  # whose names grow by other words than that of a maker


class Beside:
    """``bare`` (n,): whether nothing stands around a group's mentions but their names. ``names`` (k, 2), with features
    ``named``: the ways in which pairs of groups met are rows of these.
    """

    def __init__(
        self, groups: Sequence[Group], columns: Columns, names: np.ndarray, named: np.ndarray, bare: np.ndarray,
        fused: EmbeddingTable | None = None,
    ) -> None:  # fmt: skip
        self._groups, self._columns, self._bare = groups, columns, bare
        self._met = Met.of(columns, names, named)
        self._fused = means(groups, fused) if fused is not None and len(fused.ids) else None
        self._bearers = np.isin(columns.classes, _BEARERS)
        of = np.isin(columns.classes, _BEARERS[:2])
        self._makers = frozenset(columns.names.text) - frozenset(columns.names.text[columns.name[of[columns.owner]]])

    @cached_property
    def _ordinary(self) -> frozenset[str]:
        """The words that stand in lower case in some text."""
        texts = {m.context for g in self._groups for m in g.mentions}
        return frozenset(w for text in texts for w in _WORD.findall(text) if w.islower())

    def features(self, pairs: np.ndarray, ways: np.ndarray, vector: np.ndarray) -> dict[str, np.ndarray]:
        """Float32 (m,) for each of ``EXTRA`` that is no matter of the graph.

        ``pairs`` (m, 2) of groups, their ``ways`` (m,), and ``vector`` (m,): their cosine.
        """
        a, b = pairs.T
        c, met = self._columns, self._met
        exact, other, gloss = met.exact[ways], met.other[ways], met.gloss[ways]
        both, same = c.typed[a] & c.typed[b], c.type[a] == c.type[b]
        x, y = c.first_name(a), c.first_name(b)
        telling = exact & (c.key[x] == c.key[y]) & c.names.telling(x)  # "Master" is no "Master-slave", though called so
        subject, told = self._one_subject(a, b), ~(self._bare[a] | self._bare[b])
        strange = self._strange(a, b, ways, vector)
        sure = met.sure[ways] & ~strange
        found = {
            "same_type": both & same,
            "class_name": exact & same & both & ~c.of("Person")[a] & c.names.several(x),  # a word may be several things
            "respelt": met.respelt[ways],
            "misread": met.misread[ways],
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
            "other_type": both & ~same,
            **self._held(a, b, ways),
            **self._of_persons(a, b, ways),
            "unspaced": met.apart[ways] & (c.names.unspaced(x) | c.names.unspaced(y)),
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

    def _strange(self, a: np.ndarray, b: np.ndarray, ways: np.ndarray, vector: np.ndarray) -> np.ndarray:
        """Whether two share initials only: unlike texts, and neither text says that the one is short for the other."""
        out: np.ndarray = self._met.acronym[ways] & (vector < self._met.least[ways])
        text = self._columns.names.names
        for row in np.flatnonzero(out).tolist():
            i, j = self._met.names[ways[row]].tolist()
            out[row] = not any(
                f"{x} ({y}" in m.context
                for x, y in ((text[i], text[j]), (text[j], text[i]))
                for g in (a[row], b[row])
                for m in self._groups[g].mentions
            )
        return out

    def _held(self, a: np.ndarray, b: np.ndarray, ways: np.ndarray) -> dict[str, np.ndarray]:
        """Names within names: of places the longer one is of another place, of no persons the head tells."""
        c, met = self._columns, self._met
        x, y = c.first_name(a), c.first_name(b)
        person, ended, part = met.person[ways], met.ended[ways], met.part[ways]
        known, formal = c.typed[a] | c.typed[b], c.names.formal(x) | c.names.formal(y)
        about = met.role[ways] | (~person & (known | met.common[ways]))
        task = met.once(self._is_task, ways, ended)
        own = ended & ~task & ~person & ~part & ~(self._bearers[a] | self._bearers[b])
        return {
            "kind_of": met.begun[ways] & ~formal & about,
            "task": task,
            "made_by": met.once(self._is_made_by, ways, own),
            "inside": met.inside[ways],
            "shared_word": part,
            "one_of": met.listed[ways],
            "place_in": ended & c.of("Place")[a] & c.of("Place")[b],
        }

    def _of_persons(self, a: np.ndarray, b: np.ndarray, ways: np.ndarray) -> dict[str, np.ndarray]:
        """Names that tell two persons apart; one of each pair that is asked is a person, and the other one may be."""
        names, text = self._columns.names, self._columns.names.text
        old, young = (names.generation(self._columns.first_name(n)) for n in (a, b))
        person, known = self._columns.of("Person"), self._columns.typed
        people = (person[a] | person[b]) & (person[a] | ~known[a]) & (person[b] | ~known[b])
        return {
            "generation": (old > 0) & (young > 0) & (old != young),
            "given_name": self._met.given_name[ways],
            "other_given_names": self._met.once(lambda i, j: other_given_names(text[i], text[j]), ways, people),
        }

    def _is_task(self, i: int, j: int) -> bool:
        """Whether the longer of two names is the title of a task on the other."""
        names = self._columns.names
        short, long = sorted((i, j), key=lambda n: len(names.text[n]))
        return is_task(names.names[long], names.names[short])

    def _is_made_by(self, i: int, j: int) -> bool:
        """Whether the longer of two names only adds who made the thing: "AWS ElastiCache", where "AWS" is a name too
        and "ElastiCache" no ordinary word.
        """
        short, long = sorted((self._columns.names.text[n] for n in (i, j)), key=len)
        maker = long.removesuffix(short).strip()
        named = long.endswith(f" {short}") and maker in self._makers
        return named and " " not in short + maker and short not in self._ordinary
