"""How well a predicate says what a question asks: by shared words, by the property's other names, by vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from kgbuild.identity import normalise
from kgbuild.mentions.lemmas import lemma, verb
from kgbuild.queries.ask.bases import AGENT_NOUN, base, is_noun, is_verb
from kgbuild.queries.ask.facts import Fact
from kgbuild.queries.ask.question import Question
from kgbuild.queries.ask.wordlists import ALIKE, CONVERSE, DRAWN, PASSED_ON, PREPOSITIONS, SMALL
from kgbuild.statements.ontology import Ontology
from kgbuild.vocab import CORE

CONNECTS = CORE + "connectsTo"
_LOW, _HIGH = 0.35, 0.85  # cosines of MiniLM between unlike and like phrases
_ALIKE = 0.9  # of a verb that says about the same
_CALLED = 12  # other names of a property that are compared


class Relations:
    """Scores predicates of facts against the words of questions; ``encode`` gives unit vectors of texts."""

    def __init__(self, ontology: Ontology, encode: Callable[[Sequence[str]], np.ndarray], base: str) -> None:
        self._ontology, self._encode = ontology, encode
        self._open = f"{base}relation/"
        self._vectors: dict[str, np.ndarray] = {}

    def names(self, fact: Fact) -> tuple[str, ...]:
        """The words of a predicate: its label first, then its other names."""
        known = self._ontology.properties.get(fact.predicate)
        return (fact.relation,) if known is None else (known.label, *known.aliases[:_CALLED])

    def scores(self, question: Question, facts: Sequence[Fact]) -> dict[str, float]:
        """How well each predicate of the facts, by IRI, says what the question asks, in [0, 1]."""
        # "the leader of E": who leads it
        question = replace(question, relation=tuple(dict.fromkeys((*question.relation, *map(base, question.relation)))))
        asked = set(question.relation) | ({question.noun} if question.noun else set())
        names: dict[str, tuple[str, ...]] = {f.predicate: self.names(f) for f in facts}
        near = self._near(question, names)
        wider = replace(question, relation=(*question.relation, *sorted(_alike(question.relation))))
        return {
            p: max(
                self._shared(question, asked, p, names[p]),
                _ALIKE
                * self._shared(
                    wider, asked | set(wider.relation), p, names[p][:1]
                ),  # "made of" is a name of "has part"
                near[p],
            )
            for p in names
        }

    def _shared(self, question: Question, asked: set[str], predicate: str, names: Sequence[str]) -> float:
        if predicate == CONNECTS:
            said = set(question.relation)
            return 0.95 if said & DRAWN else 0.7 if said & (PASSED_ON | CONVERSE) else 0.0
        best = 0.0
        verbs = set(question.relation)
        dangling = question.words[-1].lower if question.words and question.words[-1].lower in PREPOSITIONS else ""
        for n, name in enumerate(names):
            own = base_words(name)
            if not own:
                continue
            met = len(own & asked)
            if met == len(own):  # the question's own verb weighs more than the class it asks for
                missed = dangling and own & verbs and dangling not in name.split()  # "forward" for "forward to"
                best = max(best, (0.75 if missed else 1.0 if own & verbs else 0.85) - 0.05 * (n > 0))
            elif own & verbs:
                best = max(best, 0.7 * met / len(own))
        return best

    def _near(self, question: Question, names: dict[str, tuple[str, ...]]) -> dict[str, float]:
        asked = [" ".join(question.relation) or question.noun, question.phrase]
        asked = [a for a in dict.fromkeys(asked) if a]
        if not asked or not names:
            return dict.fromkeys(names, 0.0)
        texts = {n for group in names.values() for n in group} | set(asked)
        missing = sorted(t for t in texts if t not in self._vectors)
        if missing:
            self._vectors.update(zip(missing, self._encode(missing), strict=True))
        left = np.stack([self._vectors[a] for a in asked])
        found = {}
        for p, group in names.items():
            cosine = float((left @ np.stack([self._vectors[n] for n in group]).T).max())
            found[p] = 0.9 * min(1.0, max(0.0, (cosine - _LOW) / (_HIGH - _LOW)))
        return found

    def is_verb(self, fact: Fact) -> bool:
        """Whether a predicate says what its subject does, as against the label of a drawn line or a header."""
        if not fact.predicate.startswith(self._open):
            return True
        first = fact.relation.split()[:1]
        return bool(first) and is_verb(first[0]) and lemma(first[0], "NOUN") == first[0] and not is_noun(first[0])

    def fit(self, question: Question, fact: Fact, end: str) -> float:
        """How well the anchor's end of a fact plays the role that the question gives it, in [0, 1]."""
        if question.role == "any":
            return 1.0
        if fact.subject == fact.object:
            return 0.0
        at_subject = fact.subject == end
        role = self._role(fact, at_subject)
        if not fact.predicate.startswith(self._open) and fact.predicate != CONNECTS:
            said = {*map(base, question.relation), *_alike(question.relation)}
            if not base_words(fact.relation) & said:  # "works at" is another name of "employer", the other way round
                role = "any"
        if role in ("any", question.role):
            return 1.0
        if {role, question.role} == {"patient", "oblique"}:
            return 0.85
        return 0.6 if "oblique" in (role, question.role) and "agent" not in (role, question.role) else 0.2

    def _role(self, fact: Fact, at_subject: bool) -> str:
        """What one end does in the relation: ``agent`` | ``patient`` | ``oblique`` | ``any``."""
        said = fact.relation.split()
        if fact.predicate == CONNECTS:
            return "agent" if at_subject else "patient"
        if fact.predicate.startswith(self._open):
            if said and said[0] == "be":
                return "any" if len(said) == 1 or not verb(said[1])[1] else "patient" if at_subject else "oblique"
            if said and verb(said[0])[0] == said[0] and lemma(said[0], "VERB") == said[0] and is_verb(said[0]):
                return "agent" if at_subject else "patient"
            if said and said[-1].endswith(AGENT_NOUN):  # "maker": its object makes the subject
                return "patient" if at_subject else "agent"
            return "agent" if at_subject else "patient"  # the label of an arrow
        if (said and said[0].endswith(AGENT_NOUN)) or (said and said[-1].endswith(AGENT_NOUN)):
            return "patient" if at_subject else "agent"
        return "any"


def _alike(relation: Sequence[str]) -> set[str]:
    """Verbs that say about what those of a question say."""
    return set().union(*(group for group in ALIKE if group & set(relation))) - set(relation)


@lru_cache(20_000)
def base_words(name: str) -> frozenset[str]:
    """The content words of a relation in base form."""
    return frozenset(
        base(w) for w in normalise(name).split() if w not in SMALL and w not in ("is", "was", "are", "were")
    )
