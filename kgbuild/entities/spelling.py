"""One spelling for names that differ by blanks or marks only, and for those that were misread from pixels."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from rapidfuzz.distance import OSA

from kgbuild.entities.keys import BRACKETED, bare, key
from kgbuild.entities.names import CHARACTERS, words
from kgbuild.identity import clean

_LEAST = 5  # letters of a name, or of a misread word, from which a spelling tells
_MOST = 60  # of a name that may be misread


class Spelling:
    """How names are spelt, and how their ``spelt`` forms (``one_spelling``), row by row."""

    def __init__(self, names: Sequence[str], spelt: Sequence[str]) -> None:
        cut = [n[:CHARACTERS] for n in names]
        self._bare = np.array([clean(n).casefold() for n in cut], object)
        plain = [bare(n) for n in cut]
        self._plain = np.array([" ".join(words(n)) for n in plain], object)
        self._upper = np.array([n[:1].isupper() for n in plain], bool)
        self._read = np.array([a != b and _joined(a) != _joined(b) for a, b in zip(names, spelt, strict=True)], bool)
        bases = [found[1] if (found := BRACKETED.fullmatch(n)) else "" for n in self._bare]
        once = Counter(bases)
        self._base = np.array([b if once[b] == 1 else "" for b in bases], object)

    def respelt(self, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        """Whether two names, both capitalised or neither, are written otherwise: by number, blanks or marks."""
        made: np.ndarray = (self._plain[i] != self._plain[j]) & (self._upper[i] == self._upper[j])
        return made.astype(bool)

    def misread(self, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        """Whether one of two names is misread."""
        made: np.ndarray = self._read[i] | self._read[j]
        return made

    def gloss(self, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        """Whether one name is the other with an explanation in brackets, and no other name is: "MX record (mail
        exchange)".
        """
        x, y = self._base[i], self._base[j]
        made: np.ndarray = ((x == self._bare[j]) & (x != "")) | ((y == self._bare[i]) & (y != ""))
        return made.astype(bool)


def one_spelling(names: Sequence[str], weight: np.ndarray, read: np.ndarray, contexts: Iterable[str]) -> list[str]:
    """For each name the one whose spelling stands for it, itself for most.

    Names that are equal without blanks and marks are one ("Fan Out Service", "Fanout Service"), under the one that most
    groups bear (``weight``). A name that stands in pictures only (``read``) is a written one if a
    single letter parts them and no written name or text (``contexts``) holds the odd word: "Notifcation Service".
    """
    keys = [key(n[:CHARACTERS]) for n in names]
    joined = [_joined(n) for n in names]
    first: dict[str, int] = {}
    order = sorted(range(len(names)), key=lambda i: (read[i], -weight[i], names[i]))
    for i in order:  # written before read, the commonest before others
        first.setdefault(joined[i] if len(joined[i]) >= _LEAST else f" {i}", i)
    home = [first[j if len(j) >= _LEAST else f" {i}"] for i, j in enumerate(joined)]
    meant = _misread(names, sorted(set(home)), read, contexts)
    found = [meant.get(h, h) for h in home]
    return [names[i if keys[h] == keys[i] else h] for i, h in enumerate(found)]


def _joined(name: str) -> str:
    return "".join(words(key(name[:CHARACTERS])))


def _misread(names: Sequence[str], rows: Sequence[int], read: np.ndarray, contexts: Iterable[str]) -> dict[int, int]:
    """Rows of names read from pixels, and those of the written ones that they stand for."""
    keys = {i: key(names[i]) for i in rows if read[i] and _LEAST <= len(names[i]) <= _MOST}
    shown: dict[str, list[int]] = {}
    for i, text in keys.items():
        for variant in {text, *_shorter(text)}:
            shown.setdefault(variant, []).append(i)
    found: dict[int, tuple[int, str]] = {}
    for j in rows if shown else ():
        text = key(names[j])
        if read[j] or not _LEAST <= len(text) <= _MOST:
            continue
        for i in {i for variant in (text, *_shorter(text)) for i in shown.get(variant, ())}:
            odd = _odd_word(keys[i], text)
            if odd and i not in found:
                found[i] = j, odd
    if not found:
        return {}
    written = {w for j in rows if not read[j] for w in key(names[j]).split()}
    for context in contexts:
        written.update(re.findall(r"\w+", context.casefold()))
    return {i: j for i, (j, odd) in found.items() if odd not in written}


def _shorter(text: str) -> Iterable[str]:
    """The text without one of its characters: two texts that one edit parts share such a form (Garbe's SymSpell)."""
    return (text[:n] + text[n + 1 :] for n in range(len(text)))


def _odd_word(read: str, written: str) -> str:
    """The word of ``read`` that one edit parts from its place in ``written``; "" if they differ otherwise."""
    a, b = read.split(), written.split()
    apart = [(x, y) for x, y in zip(a, b, strict=True) if x != y] if len(a) == len(b) else []
    if len(apart) != 1:
        return ""
    x, y = apart[0]
    fits = min(len(x), len(y)) >= _LEAST and x.isalpha() and y.isalpha() and OSA.distance(x, y) == 1
    return x if fits else ""
