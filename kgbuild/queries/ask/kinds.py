"""Whether an answer is of the kind that a question asks for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from kgbuild.identity import normalise
from kgbuild.mentions.lemmas import lemma
from kgbuild.queries.ask.facts import Fact, Facts
from kgbuild.queries.ask.question import Question
from kgbuild.queries.ask.wordlists import AGENTS, ANYTHING, TIMES
from kgbuild.statements.ontology import Ontology, class_iri
from kgbuild.vocab import GENERAL

SURE = 0.9  # of a class: with an answer this sure, others are not the thing asked for
BEING = ("be", "instance of", "occupation", "full name", "description", "definition", "meaning")
_PLACE, _THING = GENERAL + "Place", GENERAL + "Thing"


class Kinds:
    """Compares things with the class nouns and question words of questions."""

    def __init__(self, facts: Facts, ontology: Ontology) -> None:
        self._facts, self._ontology = facts, ontology
        self._classes: dict[str, set[str]] = {}
        for iri, c in ontology.classes.items():
            for name in (c.label, *c.aliases):
                self._classes.setdefault(normalise(name), set()).add(iri)

    def classes(self, noun: str) -> frozenset[str]:
        """IRIs of the classes that a noun names."""
        return frozenset(self._classes.get(noun, ()))

    def below(self, noun: str) -> list[str]:
        """IRIs of the classes that a noun names and of all classes below them."""
        wanted = self.classes(noun)
        return sorted(c for c in self._ontology.classes if self._ontology.above(c) & wanted) if wanted else []

    def said_to_be(self, noun: str) -> list[str]:
        """The things that facts say to be one of a noun: "Barbara Mikulski is a politician"."""
        return sorted({f.subject for f in self._facts.facts if self._says(f, noun)})

    def all_of(self, noun: str) -> tuple[str, ...]:
        """The things that are surely of a noun, the often named first; none for a noun that any thing is one of."""
        if not noun or noun in ANYTHING:
            return ()
        found = (t for t in self._facts.things.values() if self.of_noun(noun, t.id) >= SURE)
        return tuple(t.id for t in sorted(found, key=lambda t: (-t.mentions, t.id)))

    def _says(self, fact: Fact, noun: str) -> bool:
        said = fact.relation in BEING and not fact.literal
        return said and noun in normalise(self._facts.label(fact.object)).split()

    def fit(self, question: Question, end: str, fact: Fact | None) -> float:
        """How well an end of a fact is what the question asks for, in [0, 1]."""
        thing = self._facts.things.get(end)
        if thing is None:
            return self._literal(question, fact)
        above = self._ontology.above(class_iri(thing.type))
        loose = class_iri(thing.type) == _THING
        if question.form == "when":
            return 0.0
        if question.form == "who":
            agents = {GENERAL + a for a in AGENTS}
            return 1.0 if above & agents else 0.75 if loose else 0.5 if _PLACE in above else 0.4
        if question.form == "where":
            return 1.0 if _PLACE in above else 0.75
        if fact is not None and fact.relation == question.noun:  # "country": what it gives needs no class
            return 1.0
        return self.of_noun(question.noun, end)

    def of_noun(self, noun: str, end: str) -> float:
        """How well a thing is one of a noun: by its name, its class, or what the facts say it is."""
        thing = self._facts.things.get(end)
        if not noun or noun in ANYTHING or thing is None:
            return 1.0
        part = False
        for name in thing.names:
            said = [lemma(w, "NOUN") for w in normalise(name).split()]
            if noun in _heads(said):
                return 1.0
            part = part or noun in said
        if any(self._says(f, noun) for f in self._facts.out.get(end, ())):
            return 1.0
        if part:  # "instrument module" is no instrument, but it has to do with some
            return 0.7
        wanted = self.classes(noun)
        if not wanted:
            return 0.6
        own = class_iri(thing.type)
        if self._ontology.above(own) & wanted:
            return 1.0
        if any(self._ontology.are_disjoint(own, w) for w in wanted):
            return 0.1
        if any(own in self._ontology.above(w) for w in wanted):  # not known so finely
            return 0.6
        return 0.3

    def _literal(self, question: Question, fact: Fact | None) -> float:
        if fact is None:
            return 0.0
        if question.form == "when" or question.noun in TIMES:
            return 1.0 if fact.is_time else 0.0
        if question.form in ("count", "how"):
            return 1.0 if fact.is_amount else 0.0
        if question.form in ("who", "where"):
            return 0.0
        return 0.1 if question.noun and question.noun not in ANYTHING and fact.is_time else 0.6


def _heads(words: Sequence[str]) -> set[str]:
    """Words of a name that may say what it is: the last, the first ("Lake Erie"), the one before "of"."""
    return {words[0], words[-1], *(w for w, after in pairwise(words) if after == "of")} if words else set()
