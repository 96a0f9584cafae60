"""What the spelling of two names that meet tells, whichever groups bear them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kgbuild.entities.columns import Columns
from kgbuild.entities.names import NAME_FEATURES

_LIKE_TEXT = 0.35, 0.2  # cosine that an acronym of two letters, or of more, and its long form have at least
_SEVERAL = 2  # longer names that begin or end with a word from which it is no short form of one of them
_AT = {name: i for i, name in enumerate(NAME_FEATURES)}


@dataclass(frozen=True, slots=True, eq=False)
class Met:
    """Pairs of names (n, 2), and of each, bool (n,): equal by key; unlike (``other``), or so without an explanation in
    brackets (``apart``); spelt otherwise, misread or such an explanation; an acronym, a ``sure`` one; and how the one
    is ``held`` in the other: ``begun`` or ``ended`` with it, ``inside`` it, ``part`` of several, ``listed`` there.

    ``least`` (n,): the cosine of texts that an acronym has. ``person``: it may be one's name. ``role`` and ``common``:
    what a name's head says.
    """

    names: np.ndarray
    exact: np.ndarray
    other: np.ndarray
    apart: np.ndarray
    respelt: np.ndarray
    misread: np.ndarray
    gloss: np.ndarray
    acronym: np.ndarray
    sure: np.ndarray
    least: np.ndarray
    person: np.ndarray
    role: np.ndarray
    common: np.ndarray
    begun: np.ndarray
    ended: np.ndarray
    inside: np.ndarray
    part: np.ndarray
    listed: np.ndarray
    given_name: np.ndarray

    @classmethod
    def of(cls, columns: Columns, names: np.ndarray, named: np.ndarray) -> Met:
        """Of pairs of names (n, 2) with the features ``named``.

        English compounds end with their head: "TCP Host" is no TCP, but "Amazon S3" may be S3; "SQL or NoSQL" are two
        things. What stands in the middle of a name, or is a word of several names (and no person's), is a part of them:
        "Load", "Add Load Balancers".
        """
        c, spelling, (i, j) = columns.names, columns.spelling, names.T
        exact, gloss = named[:, _AT["exact"]] > 0, spelling.gloss(i, j)
        other = ~exact & (named[:, _AT["folded"]] == 0)
        apart = other & ~gloss
        first, last = named[:, _AT["first_word"]] > 0, named[:, _AT["last_word"]] > 0
        held: np.ndarray = (named[:, _AT["contained"]] > 0.999) & apart
        role, person = c.role[i] | c.role[j], columns.persons[i] | columns.persons[j]
        for row in np.flatnonzero(role & apart & ~held).tolist():  # "forum" and "forums db"
            short, long = sorted((c.text[i[row]], c.text[j[row]]), key=len)
            held[row] = first[row] = long.startswith(f"{short}s ")
        few = np.maximum(c.letters[i], c.letters[j]) < 3
        acronym = named[:, _AT["acronym"]]
        return cls(
            names, exact, other, apart, exact & spelling.respelt(i, j), exact & spelling.misread(i, j), gloss,
            other & (acronym > 0), other & (acronym == 1), np.where(few, *_LIKE_TEXT), person, role,
            c.common[i] | c.common[j], held & first & ~last, held & last & ~first, held & ~first & ~last,
            held & ~person & (c.held[np.where(c.held[i] > 0, i, j)] > _SEVERAL),
            held & (c.listed[i] != c.listed[j]), c.other_first(i, j) & apart,
        )  # fmt: skip

    def once(self, told: Callable[[int, int], bool], ways: np.ndarray, where: np.ndarray) -> np.ndarray:
        """What is told of the names in rows ``ways`` (m,), asked once of each; False where it is not asked for."""
        out, asked = np.zeros(len(ways), bool), np.flatnonzero(where)
        distinct, again = np.unique(ways[asked], return_inverse=True)
        out[asked] = np.array([told(i, j) for i, j in self.names[distinct].tolist()], bool)[again]
        return out
