"""Noun phrases of a parsed sentence, as compact as they can be without naming something else."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kgbuild.mentions.lemmas import lemma
from kgbuild.mentions.tree import Tree
from kgbuild.mentions.wordlists import CONTAINERS, EMPTY, POINTERS, QUANTIFIERS

MAX_WORDS = 8
_LEFT = frozenset({"compound", "amod", "nummod", "flat", "goeswith", "nmod:desc", "nmod:unmarked", "nmod:poss"})
_RIGHT = frozenset({"flat", "nummod", "goeswith", "nmod:unmarked"})
_CUT = frozenset({",", ";", ":", "(", ")", "[", "]", "“", "”", '"', "—", "–", "/", "``", "''"})
_POINTING = frozenset({"this", "that", "these", "those", "such", "which", "what", "whose", "whatever", "whichever"})
_NO = frozenset({"no", "neither", "none"})
NOMINAL = frozenset({"NOUN", "PROPN"})


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase: words ``[start, end)`` around the head word.

    ``owner``: the word of a pronoun that possesses it ("its"), -1 if none; ``core``: the end without an "of" part.
    """

    head: int
    start: int
    end: int
    core: int
    owner: int = -1


def phrase(tree: Tree, head: int) -> Phrase:
    """The phrase of a head noun: modifiers on its left, names and numbers on its right, "of ..."."""
    owner = next((k for k in tree.kids(head, "nmod:poss") if tree.tags[k] == "PRON"), -1)
    if tree.tags[head] == "PRON":
        return Phrase(head, head, head + 1, head + 1)
    start = head
    while start > 0 and _belongs(tree, head, start - 1):
        start -= 1
    start = _trimmed(tree, start, head)
    end = head + 1
    while end < len(tree.words):
        hyphened = tree.words[end] == "-" and end + 1 < len(tree.words)  # "Wong Kwok-hing"
        last = end + 1 if hyphened else end
        if not (head <= tree.heads[last] < end and _follows(tree, last)):
            break
        end = last + 1
    core = end
    for k in tree.kids(head, "nmod"):
        case = tree.kids(k, "case")
        if case and case[0] == end and tree.lower[end] == "of" and len(case) == 1 and not tree.kids(k, "conj"):
            inner = phrase(tree, k)
            whole = inner.end - start
            plain = tree.tags[k] in NOMINAL and inner.owner < 0
            if whole <= MAX_WORDS and plain and inner.start > end and _filled(tree, end + 1, inner.start):
                end = inner.end
    return Phrase(head, start, end, core, owner)


def widened(tree: Tree, p: Phrase, start: int) -> Phrase:
    """The phrase with the modifiers before it, from word ``start`` on, that the tree hangs elsewhere or nowhere."""
    first = p.start
    while first > start and p.core - first < MAX_WORDS:
        if tree.tags[first - 1] not in (*NOMINAL, "ADJ") or tree.labels[first - 1] not in (*_LEFT, "root"):
            break
        first -= 1
    return replace(p, start=_trimmed(tree, first, p.start))


def _trimmed(tree: Tree, start: int, head: int) -> int:
    """The first word from ``start`` on that is no determiner, number or quantifier."""
    while (
        start < head
        and tree.words[start + 1] != "-"
        and (
            tree.tags[start] in ("PUNCT", "CCONJ", "DET", "PART", "ADP", "ADV", "NUM")
            or tree.lower[start] in QUANTIFIERS
        )
    ):
        start += 1
    return start


def _belongs(tree: Tree, head: int, j: int) -> bool:
    """Whether word ``j`` is part of a left modifier of ``head``."""
    hyphened = tree.words[j + 1] == "-"  # "all-encompassing"
    if tree.words[j] in _CUT or (
        not hyphened and tree.tags[j] in ("DET", "PRON", "VERB", "SCONJ") and tree.labels[j] != "amod"
    ):
        return False
    k = j
    while k >= 0 and tree.heads[k] != head:
        k = tree.heads[k]
    return k >= 0 and k < head and (tree.labels[k] in _LEFT or tree.labels[k] == "punct")


def _follows(tree: Tree, j: int) -> bool:
    """Whether a word right behind its noun is part of the name: "Article 5", "the River Ouse"."""
    return tree.labels[j] in _RIGHT or (
        tree.labels[j] == "appos" and tree.tags[j] == "PROPN" and len(tree.below(j)) == 1
    )


def _filled(tree: Tree, start: int, end: int) -> bool:
    """Whether only determiners, numbers and quantifiers stand between."""
    return all(tree.tags[j] in ("DET", "NUM", "ADV", "PART") or tree.lower[j] in QUANTIFIERS for j in range(start, end))


def name(tree: Tree, p: Phrase) -> str:
    """The key of a phrase inside a document: lower case, no determiners, last noun in the singular."""
    words = [
        lemma(tree.words[i], "NOUN") if i == p.head and tree.tags[i] == "NOUN" else tree.lower[i]
        for i in range(p.start, p.end)
        if tree.tags[i] != "DET"
    ]
    return " ".join(words)


def is_denied(tree: Tree, head: int) -> bool:
    """Whether "no" or "not" stands before a noun ("not only" denies nothing)."""
    for k in tree.kids(head, "det", "advmod", "cc"):
        if tree.lower[k] in _NO or (tree.lower[k] == "not" and tree.lower[k + 1 : k + 2] not in (("only",), ("just",))):
            return True
    return False


def is_relative(tree: Tree, i: int) -> bool:
    """Whether a word is a relative pronoun."""
    return tree.tags[i] == "PRON" and tree.lower[i] in ("which", "that", "who", "whom")


def names_a_thing(tree: Tree, p: Phrase) -> bool:
    """Whether a phrase says enough to be a thing of the graph: no pronoun, date, amount, nothing anaphoric."""
    head, last = p.head, lemma(tree.words[p.head], tree.tags[p.head])
    if tree.tags[head] not in NOMINAL or not any(c.isalpha() for c in tree.words[head]) or len(tree.words[head]) < 2:
        return False
    if tree.kinds[head] == "Time" or p.end - p.start > MAX_WORDS:
        return False
    if any(tree.lower[k] in _POINTING for k in tree.kids(head, "det")):
        return False
    if any(tree.lower[k] in POINTERS for k in tree.kids(head, "amod", "det")):
        return False
    if last in CONTAINERS and p.end == p.core and p.start == p.head:
        return False
    if (
        last in CONTAINERS
        and p.end == p.core
        and any(tree.lower[c] == "of" for k in tree.kids(head, "nmod") for c in tree.kids(k, "case"))
    ):
        return False
    return not (last in EMPTY and p.end == p.core and (p.start == head or tree.tags[p.start] != "NOUN"))
