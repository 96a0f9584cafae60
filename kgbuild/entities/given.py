"""Given names that cannot be of one person: Anton Lindqvist is no Oskar Lindqvist, Bill Gates may be a William."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from rapidfuzz.distance import OSA, JaroWinkler

from kgbuild.entities.names import GENERATIONS, words

# What stands before a family's name and is no given name.
_TITLES = frozenset((
    "admiral", "ambassador", "archbishop", "aunt", "baron", "baroness", "bishop", "brother", "captain", "cardinal",
    "chancellor", "chief", "colonel", "count", "countess", "crown", "dame", "dr", "duchess", "duke", "earl",
    "emperor", "empress", "father", "frau", "general", "governor", "herr", "inspector", "judge", "justice", "king",
    "lady", "lieutenant", "lord", "madame", "major", "marquess", "marquis", "mayor", "minister", "miss", "missus",
    "mister", "monsieur", "mother", "mr", "mrs", "ms", "mx", "officer", "old", "pastor", "pope", "president",
    "prince", "princess", "prof", "professor", "queen", "rabbi", "representative", "reverend", "saint", "san",
    "santa", "secretary", "senator", "sergeant", "sheikh", "signor", "signora", "sir", "sister", "st", "sultan",
    "uncle", "viscount", "young",
))  # fmt: skip
_SPELT, _LIKE = 4, 0.82  # letters for one edit, and likeness by beginnings, with which a name may be spelt as another


def other_given_names(one: str, other: str) -> bool:
    """Whether two names end with one family name, and no given name of the one may be one of the other: by letters,
    as an initial, or as its short form in English (Northern's ``nicknames``).
    """
    (*given, family), (*others, same) = _parts(one) or ("",), _parts(other) or ("",)
    return bool(given and others and family == same) and not any(_may_be(x, y) for x in given for y in others)


def _parts(name: str) -> list[str]:
    found = words(name)
    while found and found[-1] in GENERATIONS:
        found.pop()
    return [*(w for w in found[:-1] if w not in _TITLES), *found[-1:]]


def _may_be(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    if long.startswith(short) or (len(short) < _SPELT and short[0] == long[0]):
        return True
    if JaroWinkler.similarity(one, other) > _LIKE or OSA.distance(one, other) <= len(short) // _SPELT:
        return True
    return bool(_nicknames()(one) & _nicknames()(other))


@lru_cache(1)
def _nicknames() -> Callable[[str], frozenset[str]]:
    from nicknames import NickNamer

    known = NickNamer()

    @lru_cache(1 << 16)
    def forms(name: str) -> frozenset[str]:
        return frozenset({name, *known.nicknames_of(name), *known.canonicals_of(name)})

    return forms
