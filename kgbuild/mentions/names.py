"""What two names have in common: features of the coreference scorer and of alignment."""

from __future__ import annotations

import math
from collections.abc import Sequence

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
    x, y = tokens_of(a), tokens_of(b)
    s, t = " ".join(x), " ".join(y)
    prefix = 0
    for p, q in zip(s, t, strict=False):
        if p != q:
            break
        prefix += 1
    digits_a, digits_b = [w for w in x if w.isdigit()], [w for w in y if w.isdigit()]
    return (
        float(s == t),
        float(x[-1] == y[-1]),
        float(x[0] == y[0]),
        float(set(x) <= set(y) or set(y) <= set(x)),
        float(is_acronym(a, b) or is_acronym(b, a)),
        fuzz.ratio(s, t) / 100,
        float(same_type),
        prefix / max(len(s), len(t), 1),
        1 / (1 + math.log1p(distance)),
        float(len(x) == 1 and len(y) == 1),
        float((len(x) == 1) != (len(y) == 1)),
        float(bool(digits_a or digits_b) and digits_a != digits_b),
    )
