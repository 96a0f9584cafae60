"""Open relations: who does what to whom, read off a dependency parse by rules.

After ClausIE (Del Corro & Gemulla 2013) and PredPatt (White et al. 2016), with refusal
where a parse looks broken. The relation phrase is normalised: an active verb is its
lemma with particle and preposition ("posts ... to" -> "post to"), a passive is "be" and
the participle ("is stored in" -> "be stored in"; with its agent it is turned active), a
copula is "be" with what it links ("is responsible for" -> "be responsible for").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from kgbuild.mentions.frames import CLAUSES, SOME, Frame, frame
from kgbuild.mentions.parse import Parse
from kgbuild.mentions.phrases import NOMINAL, Phrase, phrase
from kgbuild.mentions.predicates import Link, copula, verbal
from kgbuild.mentions.subjects import IMPLIED, conjuncts, subjects_of
from kgbuild.mentions.tree import Tree

# How often what each pattern finds is right on gold parses, roughly.
SCORES = {
    "object": 0.9,
    "agent": 0.9,
    "oblique": 0.85,
    "passive": 0.9,
    "copula": 0.88,
    "apposition": 0.85,
    "chain": 0.82,
}


@dataclass(frozen=True, slots=True)
class Open:
    """One open relation of a sentence; phrases and the relation's words by index.

    ``relation`` is the normalised phrase, ``pattern`` the rule that found it.
    ``implied`` is true where the subject stands in another sentence (a list under "does the following:").
    """

    subject: Phrase
    relation: str
    object: Phrase
    words: tuple[int, ...]
    frame: Frame
    pattern: str
    implied: bool = False

    @property
    def score(self) -> float:
        """How sure the rule is."""
        return SCORES[self.pattern]


def triples(words: Sequence[str], parse: Parse, *, implied: bool = False) -> list[Open]:
    """The open relations of a sentence, each once, in the order of the text; none if the parse is no tree.

    With ``implied``, a sentence that begins with a finite verb has the subject of the list that it stands in.
    """
    tree = Tree(words, parse)
    if not tree.sound:
        return []
    found: dict[tuple[int, str, int], Open] = {}
    for one in (*_clauses(tree, implied), *_appositions(tree), *_examples(tree)):
        ends = (one.subject.head, one.relation, one.object.head)
        if one.subject.head != one.object.head or one.implied:
            found.setdefault(ends, one)
    return sorted(found.values(), key=lambda o: (o.words[:1], o.object.start, o.subject.start, o.relation))


def _clauses(tree: Tree, implied: bool) -> Iterator[Open]:
    for v in range(len(tree.words)):
        if tree.base(v) not in CLAUSES or tree.labels[v] in ("xcomp", "list") or tree.kids(v, "expl"):
            continue
        if tree.kids(v, "orphan", "goeswith", "reparandum", "dislocated"):
            continue
        if tree.kids(v, "cop"):
            yield from _finish(tree, v, copula(tree, v), implied)
        elif tree.tags[v] == "VERB":
            yield from _finish(tree, v, verbal(tree, v), implied)


def _finish(tree: Tree, v: int, links: Iterator[Link], implied: bool) -> Iterator[Open]:
    """Links with their subjects, both distributed over conjuncts, framed."""
    found = [x for x in links if x.argument >= 0]
    if not found:
        return
    own = frame(tree, v)
    subjects = subjects_of(tree, v, implied)
    for link in found:
        acting = list(conjuncts(tree, link.subject)) if link.subject >= 0 else subjects
        for s in acting:
            both = link.relation.endswith(" between")  # "between A and B" says nothing of B alone
            for o in list(conjuncts(tree, link.argument))[: 0 if both and tree.kids(link.argument, "conj") else None]:
                made = replace(own, negated=own.negated or s.denied or o.denied, modality=own.modality or link.modality)
                if (s.either or o.either) and not made.negated:
                    made = replace(made, modality=made.modality or "or")
                if s.some:  # the whole kind is not meant
                    made = replace(made, modality=made.modality or SOME)
                subject = Phrase(-1, -1, -1, -1) if s is IMPLIED else phrase(tree, s.word)
                object = phrase(tree, o.word)
                if s is not IMPLIED and subject.start < object.end and object.start < subject.end:
                    continue
                if link.turned:
                    subject, object = object, subject
                    if s is IMPLIED:
                        continue
                yield Open(subject, link.relation, object, link.words, made, link.pattern, s is IMPLIED)


def _appositions(tree: Tree) -> Iterator[Open]:
    """ "Redis, an in-memory store, ...": is an in-memory store."""
    for a in range(len(tree.words)):
        noun = tree.heads[a]
        if tree.labels[a] != "appos" or tree.tags[a] != "NOUN" or noun < 0 or tree.tags[noun] != "PROPN" or noun > a:
            continue
        article = [k for k in tree.kids(a, "det") if tree.lower[k] in ("a", "an", "the")]
        p, q = phrase(tree, noun), phrase(tree, a)
        first = min(tree.below(a) - {j for j in tree.below(a) if tree.tags[j] == "PUNCT"})
        if (
            article
            and first - p.end <= 1
            and tree.words[first - 1] == ","
            and article[0] == first
            and not tree.kids(a, "case")
        ):
            above = _clause_of(tree, noun)
            framed = Frame() if above < 0 else frame(tree, above)
            yield Open(p, "be", q, (first - 1,), replace(framed, negated=False, modality=""), "apposition")


def _examples(tree: Tree) -> Iterator[Open]:
    """ "media such as photos or videos": photos are media (Hearst 1992)."""
    for k in range(len(tree.words)):
        noun = tree.heads[k]
        if tree.base(k) != "nmod" or noun < 0 or noun > k or tree.tags[noun] != "NOUN" or tree.tags[k] not in NOMINAL:
            continue
        case = tree.kids(k, "case")
        if not case or tree.lower[case[0]] != "such" or tree.lower[case[0] + 1 : case[0] + 2] != ("as",):
            continue
        q = phrase(tree, noun)
        between = [j for j in range(q.end, case[0]) if tree.words[j] != ","]
        degrees = [j for j in tree.below(noun) if j < q.end and tree.lower[j] in ("more", "less")]
        if between or degrees:  # "more complex systems such as X": than what?
            continue
        if any(tree.lower[c] == "with" for c in tree.kids(noun, "case")):  # "a store with fast writes such as X"
            continue
        above = _clause_of(tree, noun)
        framed = Frame() if above < 0 else frame(tree, above)
        for one in conjuncts(tree, k):
            yield Open(
                phrase(tree, one.word),
                "be",
                q,
                (case[0], case[0] + 1),
                replace(framed, negated=False, modality=""),
                "apposition",
            )


def _clause_of(tree: Tree, i: int) -> int:
    while i >= 0 and tree.base(i) not in CLAUSES:
        i = tree.heads[i]
    return i
