"""All names of a corpus in columns, and what two of them have in common."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence, Set

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, JaroWinkler
from scipy.sparse import csr_matrix

from kgbuild.entities.keys import key
from kgbuild.mentions.names import initials

CHARACTERS = 200  # of a name that are compared; longer ones are hostile or a paragraph
_OTHERS, _LETTERS_OF_A_NAME, _SPELT = (
    3,
    4,
    2,
)  # names that a word begins; letters of it; edits that part it from another
_FEW = 1000  # names or contexts that show which words are common
_WORD = re.compile(r"\w+")
_MARKED = re.compile(r"[^\x00-\x7f]+")
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"})
NAME_FEATURES = (
    "exact", "folded", "acronym", "ratio", "tokens", "start", "contained", "overlap", "shared", "left_of_longer",
    "left_of_shorter", "number_clash", "digits", "words_shorter", "words_longer", "first_word", "last_word",
    "initials", "lower", "mixed_case", "rarest", "length", "begins", "ends",
)  # fmt: skip


def fold(text: str) -> str:
    """Lower case without diacritics and modifiers: spellings that differ by transliteration only are equal."""
    if text.isascii():
        return text.lower()
    return _MARKED.sub(_unmarked, unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS)))


def _unmarked(found: re.Match[str]) -> str:
    return "".join(c for c in found[0] if not (unicodedata.combining(c) or "\u02b0" <= c <= "\u02ff"))


def words(text: str) -> list[str]:
    """The words of a text, folded."""
    return _WORD.findall(fold(text))


def rareness(counts: np.ndarray, size: int) -> np.ndarray:
    """Inverse document frequency in [0, 1] of what ``counts`` of ``size`` rows hold; in few rows nothing is common."""
    size = max(size, _FEW)
    made: np.ndarray = np.log((1 + size) / (1 + counts)) / np.log(1 + size)
    return made.astype(np.float32)


_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
_FORMAL = frozenset(("inc", "ltd", "corp", "corporation", "company", "co", "gmbh", "plc", "llc", "ag", "sa", "limited"))
# Heads of compounds that say what part something plays in a system: "TCP Host" is no TCP.
_ROLES = frozenset((
    "api", "app", "balancer", "cache", "client", "cluster", "consumer", "controller", "database", "db",
    "engine", "gateway", "guide", "handler", "host", "instance", "layer", "manager", "module", "node", "page",
    "pattern", "producer", "proxy", "queue", "replica", "replication", "server", "service", "storage", "store",
    "table", "termination", "user", "worker",
))  # fmt: skip
_LISTED = re.compile(r"[/|∙·•]| or | vs\.? ", re.I)
GENERATIONS = {"sr": 1, "senior": 1, "jr": 2, "junior": 2, "iii": 3, "iv": 4}


class NameTable:
    """Distinct names; row numbers are those of ``names``.

    Rarity is inverse document frequency over the distinct names, scaled to [0, 1]. ``role``: whether a name's head says
    what part it plays; ``common``: whether it begins with a capital and its head does not; ``held``: how many longer
    names begin, or end, with a name of one word; ``listed``: whether it names several things; ``letters``: how many, if
    it is an acronym.

    ``spelt``: the name whose spelling stands for each one, itself by default. ``persons`` (n,): which may be persons',
    by default all: of these a single word that begins or ends longer ones is a given name, or a family's.
    """

    def __init__(self, names: Sequence[str], *, spelt: Sequence[str] = (), persons: np.ndarray | None = None) -> None:
        self.names = list(names)
        cut = [n[:CHARACTERS] for n in spelt or self.names]
        tokens = [words(key(n)) or words(n) or [""] for n in cut]
        self.text = np.array([" ".join(t) for t in tokens], dtype=object)
        self.joined = np.array(["".join(t) for t in tokens], dtype=object)
        self.key = np.array([key(n) for n in cut], dtype=object)
        vocabulary: dict[str, int] = {}
        rows = [sorted({vocabulary.setdefault(w, len(vocabulary)) for w in t}) for t in tokens]
        self.tokens, self.vocabulary = rows, vocabulary
        pointer = np.concatenate([[0], np.cumsum([len(r) for r in rows])]).astype(np.int64)
        columns = np.fromiter((w for r in rows for w in r), np.int32, pointer[-1])
        counts = np.bincount(columns, minlength=len(vocabulary))
        self.rarity = rarity = rareness(counts, len(rows))
        shape = (len(rows), max(1, len(vocabulary)))
        self._mass = csr_matrix((self.rarity[columns], columns, pointer), shape)
        self._has = csr_matrix((np.ones(len(columns), np.float32), columns, pointer), shape)
        self._total = np.asarray(self._mass.sum(1)).ravel()
        self._size = np.array([len(t) for t in tokens], np.float32)
        self.rarest = np.array([max((float(rarity[w]) for w in r), default=0.0) for r in rows], np.float32)
        self._first, self._last = _codes([t[0] for t in tokens]), _codes([t[-1] for t in tokens])
        self._keys, self._joined = _codes(self.key), _codes(self.joined)
        self.short = np.array([_short(n) for n in cut], dtype=object)
        self.made = np.array([_initials(n) for n in cut], dtype=object)
        # an acronym says less the more long names it could stand for, and two letters say little
        meanings = Counter(made for made, _ in {(m, k) for m, k in zip(self.made, self.key, strict=True)})
        self._sure = np.array([(1 if len(m) > 2 else 0.5) / meanings[m] for m in self.made], np.float32)
        self._initials = _codes(["".join(w[0] for w in t if w) + "|" + t[-1] if len(t) > 1 else "" for t in tokens])
        self._digits = np.array([all(w.isdigit() for w in t) for t in tokens], bool)
        self._numbers = _codes([" ".join(sorted(w for w in t if _has_digit(w))) for t in tokens])
        self._formal = np.array([t[-1] in _FORMAL for t in tokens], bool)
        self.role = np.array([len(t) > 1 and t[-1] in _ROLES for t in tokens], bool)
        self.common = np.array([n[:1].isupper() and n.split()[-1][:1].islower() for n in cut], bool)
        self.listed = np.array([bool(_LISTED.search(n)) for n in cut], bool)
        self.letters = np.array([len(s) for s in self.short], np.int8)
        self._unspaced = np.array([bool(_UNSPACED.search(n)) for n in cut], bool)
        self._generation = np.array([GENERATIONS.get(t[-1], 0) for t in tokens], np.int8)
        self._lower = np.array([n == n.lower() for n in cut], bool)
        self._length = np.array([len(t) for t in self.text], np.float32)
        alone = np.array([len(t) == 1 for t in tokens], bool)
        persons = np.ones(len(tokens), bool) if persons is None else persons
        longer, of_persons = set(map(tuple, tokens)), {tuple(t) for t, p in zip(tokens, persons, strict=True) if p}
        begun, ended = _ends_of(tokens, longer)
        self.held, self._opened = alone * (begun + ended), begun
        self._rest = _codes([" ".join(t[1:]) for t in tokens])
        begun, ended = _ends_of(tokens, of_persons)
        self._begins, self._ends = (np.log1p(np.float32(alone & persons) * n) for n in (begun, ended))

    def telling(self, names: np.ndarray) -> np.ndarray:
        """Whether each name may be taken for one thing throughout a corpus: it is no bare number.

        The score learned from sentences of all subjects, in which a name has more bearers than in one folder.
        """
        made: np.ndarray = ~self._digits[names]
        return made

    def formal(self, names: np.ndarray) -> np.ndarray:
        """Whether each name ends with a word that only says what kind of firm it is ("Inc.")."""
        made: np.ndarray = self._formal[names]
        return made

    def unspaced(self, names: np.ndarray) -> np.ndarray:
        """Whether each name is written in a script without blanks between words: its parts cannot be compared."""
        made: np.ndarray = self._unspaced[names]
        return made

    def generation(self, names: np.ndarray) -> np.ndarray:
        """1 for a senior, 2 for a junior, 3 for a third ..., 0 for a name that does not say."""
        made: np.ndarray = self._generation[names]
        return made

    def several(self, names: np.ndarray) -> np.ndarray:
        """Whether each name is of more than one word."""
        made: np.ndarray = self._size[names] > 1
        return made

    def other_first(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Whether two names of several words are equal but for their first words, which are spelt alike, and begin
        ``_OTHERS`` names each: that is another word then, and no other spelling.
        """
        known = np.minimum(self._opened[a], self._opened[b]) >= _OTHERS
        made: np.ndarray = (
            known & (self._size[a] > 1) & (self._rest[a] == self._rest[b]) & (self._first[a] != self._first[b])
        )

        def alike(i: int, j: int) -> bool:
            one, other = (self.text[n].partition(" ")[0] for n in (i, j))
            return min(len(one), len(other)) >= _LETTERS_OF_A_NAME and OSA.distance(one, other) <= _SPELT

        return made & each_once(alike, a, b, made)

    def features(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Float32 of shape (len(a), len(NAME_FEATURES)) for the pairs of rows; the same when a and b change places."""
        out = np.zeros((len(a), len(NAME_FEATURES)), np.float32)
        if not len(a):
            return out
        swap = (self._total[a] > self._total[b]) | ((self._total[a] == self._total[b]) & (a > b))
        a, b = np.where(swap, b, a), np.where(swap, a, b)  # a: the name with less in it
        shared = self._mass[a].multiply(self._has[b]).tocsr()
        mass, common = np.asarray(shared.sum(1)).ravel(), shared.max(1).toarray().ravel()
        low, high = self._total[a], self._total[b]
        acronym = np.where(_equal(self.short[a], self.made[b]), self._sure[b], 0)
        acronym = np.maximum(acronym, np.where(_equal(self.made[a], self.short[b]), self._sure[a], 0))
        given = (self._initials[a] == self._initials[b]) & (self._size[a] > 1) & (self._last[a] == self._last[b])
        pairs = {"queries": self.text[a], "choices": self.text[b], "dtype": np.float32, "workers": 1}
        columns = (
            self._keys[a] == self._keys[b], self._joined[a] == self._joined[b], acronym,
            process.cpdist(**pairs, scorer=fuzz.ratio) / 100,
            process.cpdist(**pairs, scorer=fuzz.token_sort_ratio) / 100,
            process.cpdist(**pairs, scorer=JaroWinkler.normalized_similarity),
            mass / np.maximum(low, 1e-6), mass / np.maximum(low + high - mass, 1e-6), common,
            high - mass, low - mass, self._numbers[a] != self._numbers[b], self._digits[a] | self._digits[b],
            np.minimum(np.minimum(self._size[a], self._size[b]), 6),
            np.minimum(np.maximum(self._size[a], self._size[b]), 9),
            self._first[a] == self._first[b], self._last[a] == self._last[b], given,
            self._lower[a] & self._lower[b], self._lower[a] != self._lower[b],
            np.minimum(self.rarest[a], self.rarest[b]),
            np.minimum(np.minimum(self._length[a], self._length[b]), 30) / 30,
            # how many longer names begin, or end, with the only word of one of the two: a given name, or a family's
            np.maximum(self._begins[a], self._begins[b]), np.maximum(self._ends[a], self._ends[b]),
        )  # fmt: skip
        for i, column in enumerate(columns):
            out[:, i] = column
        return out


def each_once(told: Callable[[int, int], bool], a: np.ndarray, b: np.ndarray, where: np.ndarray) -> np.ndarray:
    """What is told of each pair of names (n,), asked once of those that repeat; False where it is not asked for."""
    out, rows = np.zeros(len(a), bool), np.flatnonzero(where)
    pairs = np.stack([a[rows], b[rows]], 1).astype(np.int64)
    codes = pairs[:, 0] << 32 | pairs[:, 1]
    _, first, again = np.unique(codes, return_index=True, return_inverse=True)
    out[rows] = np.array([told(i, j) for i, j in pairs[first].tolist()], bool)[again]
    return out


def _ends_of(tokens: Sequence[Sequence[str]], longer: Set[tuple[str, ...]]) -> tuple[np.ndarray, np.ndarray]:
    """How many of the names of several words begin, and end, with the first word of each."""
    begun = Counter(t[0] for t in longer if len(t) > 1)
    ended = Counter(t[-1] for t in longer if len(t) > 1)
    first, last = (np.array([c[t[0]] for t in tokens], np.float32) for c in (begun, ended))
    return first, last


def _codes(values: Sequence[str] | np.ndarray) -> np.ndarray:
    """Equal strings have equal numbers."""
    seen: dict[str, int] = {}
    return np.fromiter((seen.setdefault(v, len(seen)) for v in values), np.int32, len(values))


def _equal(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    made: np.ndarray = (a == b) & (a != "")
    return made.astype(bool)


def _has_digit(word: str) -> bool:
    return not word.isalpha() and any(c.isdigit() for c in word)


def _short(name: str) -> str:
    """A name that looks like an acronym, folded; else ""."""
    letters = name.replace(".", "").replace(" ", "")
    return letters.casefold() if 2 <= len(letters) <= 8 and letters.isupper() and letters.isalnum() else ""


def _initials(name: str) -> str:
    """The initials of a long name; "antennas of the Deep Space Network" is a description and has none."""
    made = initials(name)
    return made if len(made) >= 2 and " " in name and name == name[:1].upper() + name[1:] else ""
