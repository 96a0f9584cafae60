"""Lemmas of English words by the tables of LemmInflect (of GUM's verbs, 99 in 100 agree).

Its guesser for unknown words is left off: it is a pickle, and nothing here loads one.
"""

from __future__ import annotations

import re
from functools import lru_cache

from kgbuild.identity import normalise

_SHORT = {"'s": "be", "'re": "be", "'m": "be", "'ve": "have", "'d": "would", "'ll": "will", "wo": "will", "ca": "can",
          "n't": "not", "cannot": "can"}  # fmt: skip


@lru_cache(20_000)
def lemma(word: str, tag: str) -> str:
    """The lower-case base form of a word by its UPOS tag; the word itself where none is known."""
    import lemminflect

    text = word.lower().replace("’", "'")
    if tag in ("AUX", "VERB", "PART") and text in _SHORT:
        return _SHORT[text]
    if tag not in ("AUX", "VERB", "NOUN", "ADJ"):
        return text
    head, hyphen, last = text.rpartition("-")  # "co-founded"
    for before, rest in ((head + hyphen, last), ("re", text[2:] if text.startswith("re") else "")):
        found = lemminflect.getLemma(rest, tag, lemmatize_oov=False) if rest else ()
        if found:
            return before + str(found[0])
    if tag in ("NOUN", "VERB") and len(text) > 3:
        if re.search(r"(?:[sxz]|ch|sh)es$", text):
            return text[:-2]
        if re.search(r"[^siu']s$", text):
            return text[:-1]
    return text


@lru_cache(20_000)
def is_past(word: str, base: str) -> bool:
    """Whether a lower-case word can be the past tense of a verb."""
    import lemminflect

    return word in lemminflect.getInflection(base, "VBD", inflect_oov=False)


@lru_cache(20_000)
def verb(word: str) -> tuple[str, bool]:
    """The base form of a lower-case word if it can be a verb's, else the word; and whether it is a past participle."""
    import lemminflect

    found = next((f for tag in ("VERB", "AUX") if (f := lemminflect.getLemma(word, tag, lemmatize_oov=False))), ())
    if not found:
        return word, False
    base = str(found[0])
    return base, base != word and word in lemminflect.getInflection(base, "VBN", inflect_oov=False)


@lru_cache(20_000)
def base_form(words: str) -> str:
    """Words of a relation with their verbs in base form: "reads from" and "read from" are the same, "is part of" and
    "part of".
    """
    base = (lemma(w, "AUX" if w in ("is", "are", "was", "were") else "VERB") for w in normalise(words).split())
    return " ".join(base).removeprefix("be ")
