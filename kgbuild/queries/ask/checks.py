"""Questions that facts are held against one another for: yes or no, and which of two."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from kgbuild.identity import normalise
from kgbuild.queries.ask.compose import Composer
from kgbuild.queries.ask.facts import Fact, Facts, Sighting
from kgbuild.queries.ask.hops import ENOUGH, Hops
from kgbuild.queries.ask.kinds import SURE, Kinds
from kgbuild.queries.ask.question import Question
from kgbuild.queries.ask.relations import CONNECTS, Relations
from kgbuild.queries.ask.wordlists import COMPARED, DRAWINGS, DRAWN, PASSED_ON, SMALL

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Verdict:
    """``answer``: "yes" | "no", or the IRI of the winner, "" where nothing is known. With the query and the facts."""

    answer: str
    sparql: str
    facts: tuple[Fact, ...]
    score: float
    reason: str = ""
    sightings: tuple[Sighting, ...] = ()


UNKNOWN = Verdict("", "", (), 0.0)


class Checks:
    """Decides by the facts of one graph."""

    def __init__(self, facts: Facts, relations: Relations, kinds: Kinds, hops: Hops, composer: Composer) -> None:
        self._facts, self._relations, self._kinds, self._hops = facts, relations, kinds, hops
        self._composer = composer

    # -- yes or no --

    def holds(self, question: Question, *, within: frozenset[str] | None = None) -> Verdict:
        """Whether the graph says so; "no" only where it says it of something else, or a picture draws both apart."""
        if question.anchor is None:
            return UNKNOWN
        inner, ends = self._hops.ends(question.anchor, within=within)
        if not ends:
            return UNKNOWN
        if not question.others:
            return self._is_one(question, tuple(ends))
        _, others = self._hops.ends(question.others[0], within=within)
        if not others:
            return UNKNOWN
        about = [f for f in self._facts.about(ends) if within is None or f.sources & within]
        scores = self._relations.scores(question, about)
        said = [
            (scores[f.predicate] * self._relations.fit(question, f, end), f, f.subject == end)
            for f in about
            for end in {f.subject, f.object} & set(ends)
        ]
        met = [(s, f, way) for s, f, way in said if f.other(f.subject if way else f.object) in others and s >= ENOUGH]
        bound = self._composer.pattern(inner, "e") if inner else ""
        if met:
            ways = sorted({(f.predicate, way) for _, f, way in met})
            sparql = self._composer.ask(tuple(ends), ways, tuple(others), inner=bound)
            facts = (*(inner.all_facts if inner else ()), *(f for _, f, _ in met))
            return Verdict("yes", sparql, facts, max(s for s, _, _ in met))
        known = sorted({(f.predicate, way) for s, f, way in said if s >= ENOUGH})
        if known:
            sparql = self._composer.ask(tuple(ends), known, tuple(others), inner=bound)
            facts = tuple(f for s, f, _ in said if s >= ENOUGH)
            return Verdict("no", sparql, facts[:3], 0.6, "the graph says it of something else, not of this")
        return self._drawn_apart(question, tuple(ends), tuple(others), bound)

    def _drawn_apart(self, question: Question, ends: tuple[str, ...], others: tuple[str, ...], bound: str) -> Verdict:
        """A picture that draws both, and no line between them, says no."""
        if not set(question.relation) & (DRAWN | PASSED_ON):
            return UNKNOWN
        drawn = [
            [s for s in self._facts.sightings if s.entity in side and s.modality in DRAWINGS] for side in (ends, others)
        ]
        together = {s.source for s in drawn[0]} & {s.source for s in drawn[1]}
        if not together:
            return UNKNOWN
        seen = tuple(s for side in drawn for s in side if s.source in together)
        sparql = self._composer.ask(ends, [(CONNECTS, True), (CONNECTS, False)], others, inner=bound)
        return Verdict("no", sparql, (), 0.6, "drawn together, with no line between them", seen)

    def _is_one(self, question: Question, ends: tuple[str, ...]) -> Verdict:
        """ "Is E a politician": by what E is called, classed as, or said to be."""
        nouns = [
            w.lemma for w in question.words if not w.is_end and w.tag in ("NOUN", "PROPN") and w.lower not in SMALL
        ]
        if not nouns:
            return UNKNOWN
        noun = nouns[-1]
        fits = [e for e in ends if self._kinds.of_noun(noun, e) >= SURE]
        sparql = self._composer.ask_noun(ends, noun)
        if fits:
            facts = tuple(f for e in fits for f in self._facts.out.get(e, ()) if f.relation == "be")
            return Verdict("yes", sparql, facts, 0.9)
        return UNKNOWN

    # -- which of two --

    def compare(self, question: Question, *, within: frozenset[str] | None = None) -> Verdict | None:
        """The winner of "which is older, A or B"; None where the question compares nothing."""
        word = next((w.lower for w in question.words if w.lower in COMPARED and not w.is_end), "")
        ends = [w for w in question.words if w.is_end and w.link is not None]
        alternatives = any(w.lower in ("or", "than", "before", "after") for w in question.words)
        if not word or len(ends) < 2 or not alternatives:
            return None
        properties, smaller, what = COMPARED[word]
        left, right = ends[-2], ends[-1]
        sides = [self._hops.ends(e)[1] for e in (left, right)]
        if not all(sides):
            return UNKNOWN
        if what == "count":
            return self._counted(question, [tuple(s) for s in sides], smaller, within)
        idle = {word, question.noun, *(w.lemma for w in question.words if w.lower == word)}
        relation = tuple(r for r in question.relation if r not in idle) or properties
        form = "when" if what == "time" else "count"
        asked = replace(question, form=form, noun="", role="any", relation=relation, phrase=" ".join(relation))
        values: list[tuple[Fact, str]] = []
        for side in sides:
            best = self._value(asked, tuple(side), what, within)
            if best is None:
                return UNKNOWN
            values.append(best)
        (one, a), (two, b) = values
        if a == b:
            return UNKNOWN
        first = (a < b) == smaller
        winner = one if first else two
        sparql = self._composer.extreme([one.subject, two.subject], sorted({one.predicate, two.predicate}), smaller)
        if question.form == "yesno":
            return Verdict("yes" if first else "no", sparql, (one, two), 0.8)
        return Verdict(winner.subject, sparql, (one, two), 0.8)

    def _value(
        self, asked: Question, ends: Iterable[str], what: str, within: frozenset[str] | None
    ) -> tuple[Fact, str] | None:
        facts = [
            f for e in ends for f in self._facts.out.get(e, ())
            if (f.is_time if what == "time" else f.is_amount) and (within is None or f.sources & within)
        ]  # fmt: skip
        scores = self._relations.scores(asked, facts)
        ranked = sorted(facts, key=lambda f: (-scores[f.predicate], -f.confidence, f.id))
        if not ranked or scores[ranked[0].predicate] < ENOUGH:
            return None
        best = ranked[0]
        return best, best.object if what == "time" else _padded(best.object)

    def _counted(
        self, question: Question, sides: list[tuple[str, ...]], fewer: bool, within: frozenset[str] | None
    ) -> Verdict:
        """ "Which has more outgoing connections, A or B": by the number of things at the other end."""
        back = any(w.lower in ("incoming", "inputs", "ingoing") for w in question.words)
        counts = []
        facts: list[Fact] = []
        for ends in sides:
            mine = [
                f for e in ends for f in (self._facts.into if back else self._facts.out).get(e, ())
                if f.predicate == CONNECTS and (within is None or f.sources & within)
            ]  # fmt: skip
            facts += mine
            counts.append(len({f.object if not back else f.subject for f in mine}))
        if counts[0] == counts[1]:
            return UNKNOWN
        first = (counts[0] < counts[1]) == fewer
        sparql = self._composer.most([e for s in sides for e in s], CONNECTS, back=back, fewer=fewer)
        winner = sides[0] if first else sides[1]
        if question.form == "yesno":
            return Verdict("yes" if first else "no", sparql, tuple(facts), 0.8)
        return Verdict(winner[0], sparql, tuple(facts), 0.8)


def _padded(amount: str) -> str:
    """A number that sorts as text."""
    found = _NUMBER.search(normalise(amount)) or _NUMBER.search(amount)
    return f"{float(found.group()):020.6f}" if found else amount
