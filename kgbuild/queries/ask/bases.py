"""Base forms of the words of relations: of "maker" what a maker does."""

from __future__ import annotations

from functools import lru_cache

from kgbuild.mentions.lemmas import lemma, verb

AGENT_NOUN = ("er", "or")


@lru_cache(20_000)
def base(word: str) -> str:
    """The base form of a verb or noun; of who does something ("maker", "operator") what is done."""
    found = verb(word)[0]
    noun = found if found != word else lemma(word, "NOUN")
    if noun.endswith(AGENT_NOUN) and len(noun) > 4:
        return next((v for v in (noun[:-1], noun[:-2] + "e", noun[:-2]) if is_verb(v)), noun)
    return noun


@lru_cache(20_000)
def is_verb(word: str) -> bool:
    import lemminflect

    return bool(lemminflect.getLemma(word, "VERB", lemmatize_oov=False))


@lru_cache(20_000)
def is_noun(word: str) -> bool:
    import lemminflect

    return bool(lemminflect.getLemma(word, "NOUN", lemmatize_oov=False))
