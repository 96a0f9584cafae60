"""What a question names: things by name, by part of a name, by vector; sources by the words of their paths."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from kgbuild.identity import normalise
from kgbuild.mentions.lemmas import lemma
from kgbuild.queries.ask.facts import Facts
from kgbuild.queries.ask.wordlists import AUXILIARY, QUESTION, SMALL, SOURCES

LONGEST = 10  # words of a name
NEAR = 0.72  # cosine from which a name that nothing bears means its neighbour
_WORD = re.compile(r"[^\W_](?:[\w.'’&+/-]*[\w+])?|[,]")


@dataclass(frozen=True, slots=True)
class Link:
    """Words ``[start, end)`` of a question and the things that they can mean, the likeliest first.

    ``how``: ``name`` | ``part`` (of a name) | ``vector`` | ``word`` (a common noun that also is a thing's name) |
    ``picture``; ``none``: a name that nothing in the graph bears.
    """

    start: int
    end: int
    text: str
    ids: tuple[str, ...]
    how: str
    score: float = 1.0


def words_of(text: str) -> list[str]:
    """The words of a question in order, and its commas."""
    return _WORD.findall(text)


class Linker:
    """Finds the names in a question. ``near`` gives (entity IRI, cosine) of a text's nearest entities."""

    def __init__(self, facts: Facts, near: Callable[[str], list[tuple[str, float]]]) -> None:
        self._facts, self._near = facts, near

    def links(self, words: list[str], *, within: frozenset[str] | None = None) -> list[Link]:
        """The names among the words, longest first, none over another; ``within`` keeps things of these sources."""
        found: list[Link] = []
        taken = [False] * len(words)
        for size in range(min(LONGEST, len(words)), 0, -1):
            for start in range(len(words) - size + 1):
                if any(taken[start : start + size]):
                    continue
                link = self._named(words, start, start + size, within)
                if link is not None:
                    found.append(link)
                    taken[start : start + size] = [True] * size
        for start, end in _capitalised(words, taken):
            found.append(self._unnamed(words, start, end, within))
        return sorted(found, key=lambda k: k.start)

    def _named(self, words: list[str], start: int, end: int, within: frozenset[str] | None) -> Link | None:
        part = words[start:end]
        if part[0] == "," or part[-1] == "," or part[0].lower() in QUESTION | AUXILIARY:
            return None
        if part[0].lower() in SMALL and (end - start == 1 or part[0].islower()):
            return None
        text = " ".join(part)
        key = normalise(text)
        forms = [key, " ".join((*key.split()[:-1], lemma(key.split()[-1], "NOUN")))] if key else []
        ids = next((i for f in forms if (i := self._inside(self._facts.names.get(f, ()), within))), ())
        if not ids:
            return None
        if end - start == 1 and text.islower() and (is_common(text) or not any(self._is_name(i) for i in ids)):
            return Link(start, end, text, tuple(ids), "word", 0.6)
        if end - start == 1 and text.lower() in SOURCES and text.islower():
            return None
        return Link(start, end, text, tuple(ids), "name")

    def _is_name(self, id: str) -> bool:
        """Whether a thing has a name of its own, as against a description: "Madrid", not "recorder"."""
        label = self._facts.things[id].label
        return label != label.lower()

    def _unnamed(self, words: list[str], start: int, end: int, within: frozenset[str] | None) -> Link:
        """A name that no thing bears to the letter: the thing whose name has all its words, else the nearest."""
        text = " ".join(words[start:end])
        keys = normalise(text).split()
        held = [set(self._facts.by_word.get(k, ())) for k in keys]
        both = set.intersection(*held) if held else set()
        things = self._facts.things
        ids = self._inside(sorted(both, key=lambda i: (len(things[i].label), -things[i].mentions, i)), within)
        if ids:
            return Link(start, end, text, tuple(ids[:3]), "part", len(keys) / len(things[ids[0]].label.split()))
        near = [(i, s) for i, s in self._near(text) if s >= NEAR and self._inside([i], within)]
        if near:
            return Link(start, end, text, (near[0][0],), "vector", near[0][1])
        return Link(start, end, text, (), "none", 0.0)

    def _inside(self, ids: Iterable[str], within: frozenset[str] | None) -> list[str]:
        return [i for i in ids if within is None or self._facts.things[i].sources & within]

    def titled(self, kind: str, words: Iterable[str]) -> bool:
        """Whether the name of a source of a kind has one of these words."""
        given = {lemma(w.lower(), "NOUN") for w in words} - {"of", "the"}
        return any(
            o.words & given
            for o in self._facts.origins.values()
            if not SOURCES[kind] or o.modalities & SOURCES[kind]
        )  # fmt: skip

    def sources(self, words: Iterable[str]) -> frozenset[str] | None:
        """The sources that words such as "the tour" mean: those whose file name has one of them, else all of its kind.

        None where no word means a source.
        """
        given = [lemma(w.lower(), "NOUN") for w in words]
        kinds = [SOURCES[w] for w in given if w in SOURCES]
        if not kinds:
            return None
        modalities = frozenset().union(*kinds)
        origins = self._facts.origins.values()
        fitting = [o for o in origins if not modalities or o.modalities & modalities]
        named = [o for o in fitting if o.words & (set(given) - set(SOURCES) - {"the", "of"})] or [
            o for o in fitting if o.words & set(given)
        ]
        return frozenset(o.id for o in named or fitting)


def _capitalised(words: list[str], taken: list[bool]) -> list[tuple[int, int]]:
    """Runs of capitalised words that are in no link; the first word of the question is none."""
    runs: list[tuple[int, int]] = []
    for i, word in enumerate(words):
        if i == 0 or taken[i] or not word[:1].isupper() or word.lower() in QUESTION | AUXILIARY:
            continue
        if runs and runs[-1][1] == i:
            runs[-1] = (runs[-1][0], i + 1)
        else:
            runs.append((i, i + 1))
    return runs


@lru_cache(5_000)
def is_common(word: str) -> bool:
    """Whether a dictionary of English has a word as a noun, verb, adjective or adverb."""
    import lemminflect

    return any(lemminflect.getLemma(word, tag, lemmatize_oov=False) for tag in ("NOUN", "VERB", "ADJ", "ADV"))
