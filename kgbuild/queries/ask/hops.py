"""Query graphs of one hop, or of several through described things, ranked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from kgbuild.queries.ask.facts import Fact, Facts
from kgbuild.queries.ask.kinds import SURE, Kinds
from kgbuild.queries.ask.question import Question, Word
from kgbuild.queries.ask.relations import CONNECTS, Relations
from kgbuild.queries.ask.wordlists import ANYTHING, CONVERSE, DRAWN, PASSED_ON

ENOUGH = 0.45  # of a hop: below it the relation is not what was asked
NAMED = 0.75  # of a hop over doubtful facts: the relation must be the very one
CLOSE = 0.8  # of the best: predicates as good as this say the same


@dataclass(frozen=True, slots=True)
class Hop:
    """The facts of ``predicates`` between ``ends`` and the answers; ``forward``: the ends are subjects.

    ``inner``: the hop that gives the ends, where they were described. ``noun``: what the answers are called or
    classed as, "" for any; ``facts``: those that hold. ``score``: how well it is what was asked.
    """

    ends: tuple[str, ...]
    predicates: tuple[str, ...]
    forward: bool
    answers: tuple[str, ...]
    facts: tuple[Fact, ...]
    score: float
    noun: str = ""
    literal: bool = False
    inner: Hop | None = None
    label: bool = False  # the answer is the predicate's own words, between ``ends`` and ``answers``
    also: tuple[Hop, ...] = field(default=())  # more predicates in the other direction
    doubtful: bool = False  # its facts were held back for their low confidence

    @property
    def all_facts(self) -> tuple[Fact, ...]:
        """Its own facts and those of the hops before it."""
        return (*(self.inner.all_facts if self.inner else ()), *self.facts, *(f for h in self.also for f in h.facts))


class Hops:
    """Looks for hops in one graph."""

    def __init__(self, facts: Facts, relations: Relations, kinds: Kinds) -> None:
        self._facts, self._relations, self._kinds = facts, relations, kinds

    def find(self, question: Question, *, within: frozenset[str] | None = None) -> Hop | None:
        """The best hop for a question, None if nothing fits. ``within`` keeps facts of these sources."""
        if question.anchor is None:
            return None
        inner, ends = self.ends(question.anchor, within=within)
        ends = self._compound(question, ends)
        if not ends:
            return None
        label = self._between(question, ends, inner, within)
        best = self._best(question, ends, inner, self._usable(ends, within))
        if label is not None and (best is None or label.score >= best.score):
            return label
        return best

    def doubtful(self, question: Question, *, within: frozenset[str] | None = None) -> Hop | None:
        """The best hop over facts that stand in quarantine for nothing but their low confidence; names only."""
        if question.anchor is None or question.anchor.hole is not None:
            return None
        _, ends = self.ends(question.anchor, within=within)
        facts = [f for e in ends for f in self._facts.doubtful.get(e, ()) if within is None or f.sources & within]
        hop = self._best(question, ends, None, facts)
        return replace(hop, doubtful=True) if hop is not None and hop.score >= NAMED else None

    def ends(self, anchor: Word, *, within: frozenset[str] | None = None) -> tuple[Hop | None, dict[str, float]]:
        """The things that a name or a description means, with how sure that is."""
        if anchor.hole is not None:
            inner = self.find(anchor.hole, within=within)
            return inner, dict.fromkeys(inner.answers, inner.score) if inner else {}
        link = anchor.link
        return None, dict.fromkeys(link.ids, link.score) if link else {}

    def _compound(self, question: Question, ends: dict[str, float]) -> dict[str, float]:
        """The ends, and what is called by one and more words of the question: "NIRCam team" for "team of NIRCam"."""
        asked = question.lemmas
        found = dict(ends)
        for end in ends:
            for name in self._facts.things[end].names if end in self._facts.things else ():
                own = name.casefold().split()
                for other in self._facts.by_word.get(own[-1], ()) if own else ():
                    words = self._facts.things[other].label.casefold().split()
                    rest = set(words) - set(own) - {"of", "the"}
                    if rest and set(own) < set(words) and rest <= asked:
                        found[other] = 1.0
        return found

    def _usable(self, ends: Iterable[str], within: frozenset[str] | None) -> list[Fact]:
        return [f for f in self._facts.about(ends) if within is None or f.sources & within]

    def _best(self, question: Question, ends: dict[str, float], inner: Hop | None, facts: Sequence[Fact]) -> Hop | None:
        scores = self._relations.scores(question, facts)
        found: list[tuple[float, str, bool, Fact]] = []
        for fact in facts:
            if scores[fact.predicate] == 0.0:
                continue
            for end in {fact.subject, fact.object} & set(ends):
                other = fact.other(end)
                if other == end:
                    continue
                score = scores[fact.predicate] * self._relations.fit(question, fact, end)
                score *= self._kinds.fit(question, other, fact) * (0.8 + 0.2 * ends[end])
                score *= 0.9 + 0.1 * fact.confidence
                found.append((score, other, end == fact.subject, fact))
        if not found or max(f[0] for f in found) < ENOUGH:
            return None
        return self._hop(question, found, ends, inner)

    def _hop(
        self, question: Question, found: list[tuple[float, str, bool, Fact]], ends: dict[str, float], inner: Hop | None
    ) -> Hop:
        """The facts of the best predicate and, where several answers are expected, of those as good as it."""
        found.sort(key=lambda f: (-f[0], f[3].id))
        top, _, direction, best = found[0]
        hole = question.anchor.hole if question.anchor is not None else None
        several = question.plural or question.form in ("what", "where", "which", "count") or bool(hole and hole.plural)
        sure: dict[tuple[str, bool], float] = defaultdict(float)
        for score, _, way, fact in found:
            sure[fact.predicate, way] = max(sure[fact.predicate, way], score)
        limit = CLOSE * top if several else top - 1e-9
        kept = {key for key, score in sure.items() if score >= limit or key == (best.predicate, direction)}
        floor = ENOUGH * 0.6
        chosen = [f for f in found if (f[3].predicate, f[2]) in kept and f[0] >= floor]
        noun = ""
        told = question.noun in self._relations.names(best)  # "country": what it gives needs no class
        if (
            question.noun
            and question.noun not in ANYTHING
            and not told
            and any(self._kinds.of_noun(question.noun, f[1]) >= SURE for f in chosen)
        ):
            noun = question.noun
            chosen = [f for f in chosen if self._kinds.of_noun(noun, f[1]) >= SURE]
        parts = []
        for way in (direction, not direction):
            mine = [f for f in chosen if f[2] == way]
            if mine:
                parts.append(self._part(mine, ends, way, top, noun, inner))
        head = parts[0]
        return head if len(parts) == 1 else Hop(
            head.ends, head.predicates, head.forward,
            tuple(dict.fromkeys((*head.answers, *parts[1].answers))), head.facts, top, noun, head.literal, inner,
            also=(parts[1],),
        )  # fmt: skip

    def _part(
        self, chosen: list[tuple[float, str, bool, Fact]], ends: dict[str, float], way: bool, score: float, noun: str,
        inner: Hop | None,
    ) -> Hop:  # fmt: skip
        facts = tuple(f[3] for f in chosen)
        used = {f.subject if way else f.object for f in facts}
        return Hop(
            tuple(e for e in ends if e in used), tuple(dict.fromkeys(f.predicate for f in facts)), way,
            tuple(dict.fromkeys(f[1] for f in chosen)), facts, score, noun, any(f.literal for f in facts), inner,
        )  # fmt: skip

    def _between(
        self, question: Question, ends: dict[str, float], inner: Hop | None, within: frozenset[str] | None
    ) -> Hop | None:
        """ "What does A send to B": the words on the line between the two."""
        if question.form not in ("what", "which") or not question.others:
            return None
        if not set(question.relation) & (PASSED_ON | DRAWN | CONVERSE):
            return None
        _, far = self.ends(question.others[0], within=within)
        start, tip = (far, ends) if question.role == "patient" else (ends, far)
        facts = [
            f for f in self._usable(start, within)
            if f.subject in start and f.object in tip and f.predicate != CONNECTS
            and not self._relations.is_verb(f)
        ]  # fmt: skip
        if not facts:
            return None
        return Hop(
            tuple(start), tuple(dict.fromkeys(f.predicate for f in facts)), True, tuple(tip), tuple(facts), 0.85,
            inner=inner, label=True,
        )  # fmt: skip
