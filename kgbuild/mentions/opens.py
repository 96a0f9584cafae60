"""Open relations of an annotated document: the ends of each become mentions, or it is dropped.

An end is a named mention if one covers its noun, the antecedent of a pronoun, a term that
the author marked, or else a noun phrase that says enough by itself (a nominal mention).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kgbuild.mentions.clauses import triples
from kgbuild.mentions.frames import SOME, Frame
from kgbuild.mentions.lemmas import lemma
from kgbuild.mentions.phrases import NOMINAL, Phrase, names_a_thing, phrase, widened
from kgbuild.mentions.subjects import subjects_of
from kgbuild.mentions.tree import Tree

_LITERALS = frozenset({"Time", "Quantity"})
_SERVING = frozenset({"server", "service", "system", "component", "tool", "api", "layer", "node", "program", "library"})
_NOMINAL = 2  # forms of phrases from here on are pronouns
_SURE = 0.5  # probability from which the network's noun phrase is believed where the tree's is shorter
Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class End:
    """One end of a relation: mention ``mention`` of the annotation, or words ``[start, end)`` of a sentence if -1."""

    sentence: int
    start: int
    end: int
    label: str
    mention: int = -1
    nominal: bool = False


@dataclass(frozen=True, slots=True)
class OpenRelation:
    """A relation between two ends with its normalised phrase.

    ``words``: those of the phrase in the sentence; ``status`` as in ``RelationMention``; ``note`` says why in words.
    """

    sentence: int
    subject: End
    relation: str
    object: End
    words: tuple[int, ...]
    status: str
    note: str
    score: float


def open_relations(
    annotation: Any,
    types: Sequence[str],
    *,
    marks: Mapping[int, Sequence[Range]] | None = None,
    leads: Mapping[int, int] | None = None,
) -> list[OpenRelation]:
    """The open relations of a document in the order of the text; none where nothing was parsed.

    ``types``: names of the annotation's mention types. ``marks``: per sentence, ranges of words
    that the author set off. ``leads``: sentences of a list, each with the sentence before the list.
    """
    parses = getattr(annotation, "parses", None) or []
    reader = Reader(annotation, types, marks or {})
    found = []
    for s, parse in enumerate(parses):
        words = annotation.sentences[s]
        lead = reader.lead(leads[s]) if leads and s in leads else None
        for one in triples(words, parse, implied=lead is not None):
            tree = reader.tree(s)
            subject = lead if one.implied else reader.end(s, one.subject)
            object = reader.end(s, one.object, literal=True)
            if subject is None or object is None or subject == object:
                continue
            found.append(
                OpenRelation(
                    s, subject, one.relation, object, one.words, one.frame.status, note(tree, one.frame), one.score
                )
            )
    return found


class Reader:
    """Looks up what stands where in an annotation."""

    def __init__(self, annotation: Any, types: Sequence[str], marks: Mapping[int, Sequence[Range]]) -> None:
        self._note, self._types, self._marks = annotation, types, marks
        self._trees: dict[int, Tree] = {}
        self._mentions: dict[tuple[int, int], int] = {}
        for i, m in enumerate(annotation.mentions):
            self._mentions.update({(m.sentence, w): i for w in range(m.start, m.end)})
        self._cluster = {i: c for c in annotation.clusters for i in c}
        self._phrases = list(getattr(annotation, "phrases", None) or [])
        self._phrase_at = {(p.sentence, p.head): i for i, p in enumerate(self._phrases)}

    def tree(self, s: int) -> Tree:
        """The parsed sentence."""
        if s not in self._trees:
            self._trees[s] = Tree(self._note.sentences[s], self._note.parses[s])
        return self._trees[s]

    def end(self, s: int, p: Phrase, *, literal: bool = False) -> End | None:
        """What a phrase stands for, None if for nothing worth a node. ``literal``: it may be a date or number."""
        tree = self.tree(s)
        if tree.tags[p.head] == "PRON":
            return self._antecedent(s, p.head)
        named = self._named(s, p.head)
        if named is not None:
            return named if literal or named.label not in _LITERALS else None
        if p.owner >= 0 or not names_a_thing(tree, p):
            return None
        seen = self._phrases[self._phrase_at[s, p.head]] if (s, p.head) in self._phrase_at else None
        if seen is not None and seen.start < p.start and seen.score >= _SURE:  # the tree has hung a part elsewhere
            p = widened(tree, p, seen.start)
        start, end = self._marked(s, p) or (p.start, p.end)
        name = tree.tags[p.head] == "PROPN" or (start, end) in self._marks.get(s, ())
        return End(s, start, end, tree.kinds[p.head] or "Thing", nominal=not name)

    def lead(self, s: int) -> End | None:
        """Who "does the following" in the sentence before a list."""
        tree = self.tree(s)
        if not tree.sound:
            return None
        for w in range(len(tree.words) - 1, -1, -1):
            if tree.lower[w] == "following" and tree.base(w) in ("obj", "obl") and tree.heads[w] >= 0:
                v = tree.heads[w]
                acting = subjects_of(tree, v, False) if tree.tags[v] == "VERB" else []
                if len(acting) == 1 and lemma(tree.words[v], "VERB") in ("do", "perform", "take"):
                    return self.end(s, phrase(tree, acting[0].word))
        return None

    def _named(self, s: int, head: int) -> End | None:
        i = self._mentions.get((s, head))
        if i is None:
            return None
        m = self._note.mentions[i]
        tree = self.tree(s)
        if all(tree.tags[w] not in (*NOMINAL, "NUM", "ADJ", "X") for w in range(m.start, m.end)):
            return None
        return End(s, m.start, m.end, self._types[m.type], i)

    def _antecedent(self, s: int, w: int) -> End | None:
        """The nearest name that a pronoun's cluster holds, or the first noun phrase of its chain."""
        i = self._mentions.get((s, w))
        if i is not None:
            others = [self._note.mentions[j] for j in self._cluster.get(i, [])]
            heads = [(m.sentence, h) for m in others for h in range(m.end - 1, m.start - 1, -1)]
            before = [x for x in heads if x < (s, w) and self.tree(x[0]).tags[x[1]] in NOMINAL]
            if before:
                return self._named(*max(before))
        number = self._phrase_at.get((s, w), -1)
        while number >= 0:
            p = self._phrases[number]
            if p.form < _NOMINAL:
                tree = self.tree(p.sentence)
                return self.end(p.sentence, phrase(tree, p.head)) if tree.sound else None
            number = p.antecedent
        return None

    def _marked(self, s: int, p: Phrase) -> Range | None:
        """The marked term that a phrase is about: "the **Write API** server" is the Write API."""
        tree = self.tree(s)
        for start, end in self._marks.get(s, ()):
            if start <= p.head < end and start <= p.start:
                return start, end
            if start == p.start and end == p.head and lemma(tree.words[p.head], "NOUN") in _SERVING:
                return start, end
        return None


def note(tree: Tree, frame: Frame) -> str:
    """Why a statement is no fact, in words; "" for a fact."""
    reasons = []
    if frame.hypothetical:
        reasons.append("it is supposed, asked or conditional")
    if frame.attribution >= 0:
        p = phrase(tree, frame.attribution)
        reasons.append(f"it is said by {' '.join(tree.words[p.start : p.end])}")
    elif frame.attribution == -2:
        reasons.append("it is said by somebody")
    if frame.negated:
        reasons.append("it is denied")
    if frame.modality == SOME:
        reasons.append("it is said of some of these only")
    elif frame.modality:
        reasons.append(f'it is qualified by "{frame.modality}"')
    return "; ".join(reasons)
