"""What two names have in common: features of the coreference scorer and of alignment."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import fuzz

_DETERMINERS = {"the", "a", "an", "this", "that", "these", "those", "his", "her", "its", "their", "our"}


def tokens_of(name: str) -> list[str]:
    """Lower-case words of a name without determiners and possessive endings."""
    words = [w for w in name.casefold().replace("’", "'").split() if w not in {"'s", "'", '"', ".", ","}]
    return [w for w in words if w not in _DETERMINERS] or words or [name.casefold()]


def initials(name: str) -> str:
    """Initials of the capitalised words: "Deep Space Network" -> ``dsn``."""
    return "".join(w[0] for w in name.replace("-", " ").split() if w[:1].isupper() or w[:1].isdigit()).casefold()


def is_acronym(short: str, long: str) -> bool:
    """Whether ``short`` is written like the initials of ``long`` (two letters or more)."""
    letters = short.replace(".", "").replace(" ", "")
    return 2 <= len(letters) <= 8 and letters.isupper() and " " in long and letters.casefold() == initials(long)


def name_features(a: str, b: str, *, same_type: bool, distance: int) -> Sequence[float]:
    """Twelve numbers in [0, 1] about two names; ``distance`` in sentences."""
    spelling = _spelling(a, b)
    return (*spelling[:6], float(same_type), spelling[6], 1 / (1 + math.log1p(distance)), *spelling[7:])


@lru_cache(200_000)
def _spelling(a: str, b: str) -> tuple[float, ...]:
    x, y = _forms(a), _forms(b)
    prefix = 0
    for p, q in zip(x.text, y.text, strict=False):
        if p != q:
            break
        prefix += 1
    return (
        float(x.text == y.text),
        float(x.tokens[-1] == y.tokens[-1]),
        float(x.tokens[0] == y.tokens[0]),
        float(x.words <= y.words or y.words <= x.words),
        float(is_acronym(a, b) or is_acronym(b, a)),
        fuzz.ratio(x.text, y.text) / 100,
        prefix / max(len(x.text), len(y.text), 1),
        float(len(x.tokens) == 1 and len(y.tokens) == 1),
        float((len(x.tokens) == 1) != (len(y.tokens) == 1)),
        float(bool(x.digits or y.digits) and x.digits != y.digits),
    )


class _Forms(NamedTuple):
    tokens: list[str]
    words: frozenset[str]
    text: str
    digits: list[str]


@lru_cache(20_000)
def _forms(name: str) -> _Forms:
    tokens = tokens_of(name)
    return _Forms(tokens, frozenset(tokens), " ".join(tokens), [w for w in tokens if w.isdigit()])
