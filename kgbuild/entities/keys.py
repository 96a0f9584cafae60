"""Keys under which names are the same, and which types can be one thing."""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz import fuzz

from kgbuild.entities.demonyms import COUNTRIES
from kgbuild.identity import clean, normalise
from kgbuild.mentions.names import initials, is_acronym

_LEADING = re.compile(r"^(?:the|a|an|this|that|these|those|its|their|our|his|her|your|my)\s+", re.I)
BRACKETED = re.compile(r"(.*\S)\s*\(([^()]+)\)")
_DISJOINT = frozenset({"Person", "Organisation", "Place", "Event", "Work", "Product", "Concept", "Language"})
# Types that texts do not keep apart: a country acts, a newspaper is a firm, a ship is a product and a place.
_NEAR = frozenset(
    frozenset(p)
    for p in (
        ("Organisation", "Place"), ("Organisation", "Work"), ("Organisation", "Product"), ("Product", "Work"),
        ("Concept", "Product"), ("Concept", "Work"), ("Event", "Work"), ("Language", "Concept"),
        ("Concept", "Organisation"),
        ("Place", "Product"), ("Event", "Concept"),
    )
)  # fmt: skip
_PLURALS = {
    "indices": "index", "matrices": "matrix", "vertices": "vertex", "appendices": "appendix", "children": "child",
    "analyses": "analysis", "hypotheses": "hypothesis", "criteria": "criterion", "phenomena": "phenomenon",
}  # fmt: skip
# Verbs that begin the title of a task: what is done to a thing is not the thing.
_TASKS = frozenset((
    "add", "apply", "benchmark", "build", "choose", "configure", "crack", "create", "debug", "define", "deploy",
    "describe", "design", "develop", "discuss", "draw", "estimate", "evaluate", "explain", "explore", "extend",
    "handle", "identify", "implement", "improve", "install", "introduce", "learn", "make", "manage", "measure",
    "migrate", "optimize", "prepare", "profile", "reduce", "refactor", "scale", "setup", "solve", "study", "test",
    "understand", "use", "using", "write",
))  # fmt: skip
_PRONOUNS = frozenset((
    "i", "you", "he", "she", "it", "we", "they", "him", "her", "them", "his", "hers", "its", "their", "theirs", "this",
    "that", "these", "those", "who", "which",
))  # fmt: skip


@lru_cache(1 << 17)
def tidy(surface: str) -> str:
    """A name as a label: no article before it, no punctuation left over at its ends."""
    text = clean(surface).strip(" ,;:/–—-")
    return re.sub(r"^(?:the|a|an) (?=\w)", "", text) or clean(surface)


def shown(name: str, most: int = 200) -> str:
    """A name as it is shown: of one that goes on for more than ``most`` characters, its beginning."""
    if len(name) <= most:
        return name
    end = name.rfind(" ", most // 2, most)
    return f"{name[: end if end > 0 else most - 1]}…"


@lru_cache(1 << 17)
def name_of(surface: str, kind: str) -> str:
    """The name that a surface gives to a thing of a class: "Norwegian" said of a place means Norway."""
    text = tidy(surface)
    return COUNTRIES.get(text) or COUNTRIES.get(text.removesuffix("s"), text) if kind == "Place" else text


@lru_cache(1 << 17)
def key(surface: str) -> str:
    """Name key: no determiner, no possessive ending, no short form in brackets, no plural of a common word or acronym.

    Of names with a slash each part is made singular: "Benchmarks/Load Tests" is "Benchmark/Load Test".
    """
    text = bare(surface)
    told = BRACKETED.fullmatch(text)
    if told and _stands_for(told[2], told[1]):
        text = told[1]
    return " ".join(filter(None, map(_singular, text.split("/")))) or normalise(surface)


def bare(surface: str) -> str:
    """A name without determiner and possessive ending."""
    return re.sub(r"['’]s?$", "", _LEADING.sub("", clean(surface)).strip())


def _singular(text: str) -> str:
    """A part of a name, normalised, its last word without a plural ending."""
    words = normalise(text).split() if text.strip() else []
    acronym = re.search(r"(?:^|\W)([A-Z]{1,4}S|[A-Z]{2,}(?:(?<=S)e)?s)$", text)
    if words and acronym:  # HTTPS is not several HTTP, but APIs are
        words[-1] = re.sub(r"(?:(?<=S)e)?s$", "", acronym[1]).casefold()
    elif words and words[-1] in _PLURALS:
        words[-1] = _PLURALS[words[-1]]
    elif words and len(words[-1]) > 3 and re.search(r"(?<!s|u|i)s$", words[-1]):
        last = words[-1]
        words[-1] = last[:-3] + "y" if last.endswith("ies") and len(last) > 4 else last[:-1]
    return " ".join(words)


def _stands_for(short: str, long: str) -> bool:
    """Whether capitals are made of the letters of a name, in order (Schwartz and Hearst 2003): "RDBMS" of "Relational
    database management system".
    """
    letters, rest = short.removesuffix("s").replace(".", ""), iter(long.casefold())
    fits = 2 <= len(letters) <= 8 and letters.isupper() and letters[0].casefold() == long[:1].casefold()
    return fits and all(letter in rest for letter in letters.casefold())


def alike(a: str, b: str) -> bool:
    """Whether two names can be one thing by their letters: one within the other, an acronym, a like spelling or stem.

    Coreference alone must not make one thing of two names: its errors would spread over all sources.
    """
    if is_acronym(a, b) or is_acronym(b, a):
        return True
    x, y = key(a), key(b)
    stem = x[:4] == y[:4] and min(len(x), len(y)) >= 4 and " " not in x + y
    return _within(x.split(), y.split()) or stem or fuzz.ratio(x, y) >= 75


def _within(a: list[str], b: list[str]) -> bool:
    """Whether the shorter name stands in the longer one as it is, or with one word left out of the longer."""
    short, long = sorted((a, b), key=len)
    together = any(long[i : i + len(short)] == short for i in range(len(long) - len(short) + 1))
    rest = iter(long)
    return together or (len(long) - len(short) == 1 and all(word in rest for word in short))


def is_task(title: str, name: str) -> bool:
    """Whether a title says what is done to what the name names: "Design Bit.ly" to "Bit.ly"."""
    verb, _, rest = clean(title).partition(" ")
    return verb.casefold() in _TASKS and bool(rest) and key(rest) == key(name)


def is_name(surface: str) -> bool:
    """Whether a surface can name a thing: no pronoun, not empty, not half of a bracket."""
    whole = all(surface.count(a) == surface.count(b) for a, b in ("()", "[]"))
    return whole and surface.casefold().strip() not in _PRONOUNS and any(c.isalnum() for c in surface)


def guard(kind: str, name: str) -> str:
    """The type that may keep a name apart from its equals: a person's seldom is written like ``NIRCam``."""
    technical = " " not in name and sum(c.isupper() for c in name) >= 3
    return "Thing" if technical and kind == "Person" else kind


def compatible(a: str, b: str) -> bool:
    """Whether two class names can be one thing: equal, near, or one of them unknown ("Thing")."""
    return a == b or a not in _DISJOINT or b not in _DISJOINT or frozenset((a, b)) in _NEAR


def short_form(name: str) -> str:
    """The acronym key of a name: initials of several words, or the name itself if it looks like one."""
    letters = name.replace(".", "")
    if letters.isupper() and letters.isalpha() and 2 <= len(letters) <= 8:
        return letters.casefold()
    made = initials(name)
    return made if len(made) >= 2 and " " in name else ""
