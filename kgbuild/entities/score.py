"""How likely two groups of mentions are one thing: a transparent logistic score.

Coefficients stand in ``weights/align.json``; its card ``align.md`` says how they were chosen.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

from rapidfuzz import fuzz

from kgbuild.entities.group import Group
from kgbuild.entities.keys import compatible, key
from kgbuild.mentions.names import initials, is_acronym

FEATURES = (
    "bias",
    "exact",
    "acronym",
    "ratio",
    "contained",
    "last_word",
    "vector",
    "same_type",
    "single_word",
    "rare",
    "number_clash",
)


@lru_cache(1)
def coefficients() -> dict[str, float]:
    """The coefficient of each feature."""
    facts = json.loads(files("kgbuild.weights").joinpath("align.json").read_text("utf-8"))
    found: dict[str, float] = facts["coefficients"]
    return found


def readings(groups: Sequence[Group]) -> Counter[str]:
    """How many long names of the corpus each acronym could stand for; a description of a name is no name."""
    names = {m.surface for g in groups for m in g.mentions if not m.nominal and " " in m.surface}
    return Counter(short for short, _ in {(short_form(n), key(n)) for n in names})


def features(a: Group, b: Group, rarity: float, meanings: Mapping[str, int]) -> dict[str, float]:
    """Features of a pair, each about in [0, 1].

    ``rarity`` is 1 for names that few groups share; an acronym counts less the more ``meanings`` it has.
    """
    exact = bool(set(a.keys) & set(b.keys))
    x, y = a.key.split(), b.key.split()
    shorter, longer = sorted((set(x), set(y)), key=len)
    return {
        "bias": 1.0,
        "exact": float(exact),
        "acronym": max((_acronym(m, n, meanings) for m in _names(a) for n in _names(b)), default=0.0),
        "ratio": fuzz.token_sort_ratio(a.key, b.key) / 100,
        "contained": float(shorter <= longer),
        "last_word": float(bool(x and y) and x[-1] == y[-1]),
        "vector": float(a.vector @ b.vector),
        "same_type": float(a.type == b.type and a.type != "Thing"),
        "single_word": float(min(len(x), len(y)) == 1),
        "rare": rarity,
        "number_clash": float({w for w in x if w.isdigit()} != {w for w in y if w.isdigit()}),
    }


def _names(group: Group) -> list[str]:
    return sorted({m.surface for m in group.mentions if not m.nominal})[:8]


def _acronym(a: str, b: str, meanings: Mapping[str, int]) -> float:
    found = is_acronym(a, b) or is_acronym(b, a)
    return 1 / max(1, meanings.get(short_form(a), 1)) if found else 0.0


def probability(found: dict[str, float]) -> float:
    """Logistic score in [0, 1]."""
    weights = coefficients()
    z = sum(weights[name] * value for name, value in found.items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))


def allowed(a: Group, b: Group) -> bool:
    """Whether types let two groups be one thing.

    A description ("the load balancer") is of another thing in each source, unless it is a term of several words
    that the other one names or marks.
    """
    if (a.described or b.described) and (a.described == b.described or a.key != b.key or " " not in a.key):
        return False
    return compatible(a.guard, b.guard)


def short_form(name: str) -> str:
    """The acronym key of a name: initials of several words, or the name itself if it looks like one."""
    letters = name.replace(".", "")
    if letters.isupper() and letters.isalpha() and 2 <= len(letters) <= 8:
        return letters.casefold()
    made = initials(name)
    return made if len(made) >= 2 and " " in name else ""
