"""``Asker``: English questions to one graph, answered without a language model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kgbuild import registry
from kgbuild.errors import QueryError
from kgbuild.mentions.lemmas import lemma
from kgbuild.queries.answer import Answer
from kgbuild.queries.ask.checks import Checks, Verdict
from kgbuild.queries.ask.compose import Composer
from kgbuild.queries.ask.facts import Fact, Facts, Sighting
from kgbuild.queries.ask.hops import Hops
from kgbuild.queries.ask.kinds import BEING, Kinds
from kgbuild.queries.ask.naming import Link, Linker, words_of
from kgbuild.queries.ask.pictured import Pictured, match
from kgbuild.queries.ask.question import Question, analyse, described, tagged
from kgbuild.queries.ask.relations import Relations
from kgbuild.queries.ask.reply import Found, Reply
from kgbuild.queries.ask.seen import see
from kgbuild.queries.ask.shown import Shown
from kgbuild.queries.ask.sourced import Sourced
from kgbuild.queries.ask.wordlists import AUXILIARY, BETWEEN, SHOWING, SOURCES
from kgbuild.queries.why import Piece
from kgbuild.statements.ontology import load_ontology
from kgbuild.vocab import words

if TYPE_CHECKING:
    from kgbuild.queries.graph import Graph

LONGEST = 1000  # characters of a question
EVIDENCE = 5  # pieces that are shown


class Asker:
    """Answers questions to one published graph; the models load at the first question."""

    def __init__(self, graph: Graph, facts: Facts) -> None:
        self._graph, self._facts = graph, facts
        ontology = load_ontology(graph.config["statements"]["ontologies"])
        self._encoder: Any = None
        self._nlp: Any = None
        self._kinds = Kinds(self._facts, ontology)
        self._relations = Relations(ontology, self._encode, graph.config["graph"]["base"])
        self._linker = Linker(self._facts, self._near)
        self._hops = Hops(self._facts, self._relations, self._kinds)
        self._within: frozenset[str] | None = None  # the sources that the question is limited to
        self._written: dict[str, str] = {}  # what a picture that came with the question calls things
        self._shown = Shown(self._facts, self._kinds, self._linker)
        self._sourced = Sourced(self._facts, self._kinds, self._linker)

    def ask(self, text: str, *, image: str | Path | None = None) -> Reply:
        """The answer to a question in English; ``image``: a picture file that it is about. What the graph does not know
        of a picture, the model answers that ``models.answers`` names, and the reply says so.

        Raises ``QueryError`` if the question is empty or too long, or the picture cannot be read.
        """
        if not text.strip() or len(text) > LONGEST:
            raise QueryError(f"a question has 1 to {LONGEST} characters, this one has {len(text.strip())}.")
        if image is None or not self._graph.config["models"]["answers"]:
            return self._known(text, image)
        try:
            known = self._known(text, image)
        except QueryError as err:  # nothing that it shows is in the graph
            known = self._absent(text, str(err))
        return known or see(self._graph.config, text, image) or known

    def _known(self, text: str, image: str | Path | None) -> Reply:
        """What the graph itself answers."""
        pictured = match(self._graph, self._facts, image) if image is not None else None
        shown = pictured.sources if pictured else frozenset()
        self._written = {s.entity: s.surface for s in self._facts.sightings if s.source in shown} if shown else {}
        asked, scopes = self._scopes(words_of(text), pictured=pictured is not None)
        named = frozenset().union(*scopes) if scopes else None
        within = named
        if pictured is not None and pictured.sources:
            if named and "when" in [w.lower() for w in asked]:
                return self._when_depicted(text, pictured, named)
            within = pictured.sources
        self._within = within
        links = self._linker.links(asked, within=within)
        about_sources = pictured is None and any(lemma(w.lower(), "VERB") in SHOWING for w in asked)
        if about_sources and any(k.how == "none" for k in links):  # a thing that is not there may be asked for
            links = self._linker.links(asked)
        question = self._analysed(asked, links)
        if (both := self._sourced.together(question, scopes)) is not None:
            sure = 0.45 if both.doubt else 0.85
            said = self._run(text, both.kind, both.sparql, sure, sightings=both.sightings)
            return replace(said, reason=both.doubt) if said is not None else self._absent(text, "")
        unknown = [k.text for k in links if k.how == "none"]
        # "Where does the leader of E work" asks of E in two steps, other such phrases if nothing else answers.
        forms = (described(question.words, agents=True), question, described(question.words))
        answers = (self._answered(text, form, within, pictured, asked) for form in forms if form is not None)
        found = next((answer for answer in answers if answer is not None), None)
        if found is not None:
            return found
        if unknown:
            where = " of the picture" if pictured else ""
            return self._absent(text, f"nothing{where} in the graph is called {', '.join(map(repr, unknown))}")
        if question.anchor is None:
            return self._absent(text, "the question names nothing that the graph knows")
        return self._absent(text, "no fact of what it names says what is asked")

    # -- understanding --

    def _analysed(self, words: Sequence[str], links: Sequence[Link]) -> Question:
        question = analyse(tagged(words, links, self._tags))
        if question.anchor is None and any(k.how == "word" for k in links):  # "the primer" is all that is named
            firm = [replace(k, how="name") if k.how == "word" and not self._is_class(words, k) else k for k in links]
            question = analyse(tagged(words, firm, self._tags))
        return question

    @staticmethod
    def _is_class(words: Sequence[str], link: Link) -> bool:
        """Whether a common noun stands where the class asked for does."""
        return link.start > 0 and words[link.start - 1].lower() in ("which", "what", "many")

    def _scopes(self, words: list[str], *, pictured: bool) -> tuple[list[str], list[frozenset[str]]]:
        """The words without those that limit the question to sources ("in the tour"), and these sources, one set each.

        Sources that the question is about ("does the tour mention") stay among the words.
        """
        scopes: list[frozenset[str]] = []
        for _ in range(3):
            shorter, sources = self._scoped(words, pictured=pictured)
            if sources is not None and sources not in scopes:
                scopes.append(sources)
            if len(shorter) == len(words):
                break
            words = shorter
        return words, scopes

    def _scoped(self, words: list[str], *, pictured: bool = False) -> tuple[list[str], frozenset[str] | None]:
        """The words without the first that limit the question to sources, and these sources."""
        lower = [w.lower() for w in words]
        for i, word in enumerate(lower):
            base = word[:-1] if word.endswith("s") and word[:-1] in SOURCES else word
            if base not in SOURCES or i == 0 or (pictured and "picture" in SOURCES[base]):
                continue
            if lower[i - 1] in ("which", "what", "many", "more", "most", "fewer"):
                continue
            end = self._titled(lower, i + 1, base)
            sources = self._linker.sources([*words[max(0, i - 2) : i], word, *words[i + 1 : end]])
            at = i - 1
            while at > 0 and lower[at] in ("the", "this", "that"):
                at -= 1
            if lower[at] in ("in", "to") and (lower[at] == "in" or lower[at - 1] == "according") and sources:
                start = at - 1 if lower[at] == "to" else at
                while start > 0 and lower[start - 1] in ("and", "both"):
                    start -= 1
                return words[:start] + [w for n, w in enumerate(words[end:]) if not (n == 0 and w == ",")], sources
            return words, sources
        return words, None

    def _titled(self, lower: Sequence[str], start: int, kind: str) -> int:
        """Where what a source is called after its kind ends: "the picture of the ground segment"."""
        if start >= len(lower) or lower[start] != "of":
            return start
        end = start + 1
        while end < min(len(lower), start + 5) and lower[end] not in AUXILIARY | {"in", "and", "or", ","}:
            end += 1
        return end if self._linker.titled(kind, lower[start:end]) else start

    def _tags(self, words: Sequence[str]) -> list[str]:
        from spacy.tokens import Doc

        from kgbuild.mentions.component import pipeline

        if self._nlp is None:
            self._nlp = pipeline(self._graph.config)
        doc = self._nlp.get_pipe("kgbuild")(Doc(self._nlp.vocab, words=[*words, "?"]))
        return [t.pos_ or "X" for t in doc][: len(words)]

    # -- models --

    def _encode(self, texts: Sequence[str]) -> np.ndarray:
        if self._encoder is None:
            config = self._graph.config
            self._encoder = registry.load("encoders", config["embeddings"]["encoder"])(config)
        made: np.ndarray = self._encoder.encode(texts)
        return made

    def _near(self, text: str) -> list[tuple[str, float]]:
        return [(n.entity, n.score) for n in self._graph.similar(text, k=3)]

    # -- answering --

    def _answered(
        self, text: str, question: Question, within: frozenset[str] | None, pictured: Pictured | None, asked: list[str]
    ) -> Reply | None:
        composer = Composer(self._facts, self._kinds, within)
        if pictured is None:
            verdict = self._sourced.holds(question, within)
            if verdict is not None:
                return self._decided(text, question, verdict)
            over = self._sourced.number(question) or self._sourced.compare(question)
            if over is not None:
                return self._run(text, over.kind, over.sparql, 0.85, sightings=over.sightings)
        shown = self._shown.find(question, within, pictured=bool(pictured and pictured.sources))
        if shown is not None:
            return self._run(text, shown.kind, shown.sparql, 0.9, sightings=shown.sightings)
        checks = Checks(self._facts, self._relations, self._kinds, self._hops, composer)
        verdict = checks.compare(question, within=within)
        if verdict is None and question.form == "yesno":
            verdict = checks.holds(question, within=within)
        if verdict is not None:
            return self._decided(text, question, verdict)
        if "between" in [w.lower() for w in asked] and set(question.relation) <= BETWEEN:
            return self._between(text, question, within)
        if question.form in ("who", "what") and not question.relation and question.anchor is not None:
            return self._defined(text, question, within)
        hop = self._hops.find(question, within=within)
        if hop is None:
            return self._doubted(text, question, within, composer)
        confidence = hop.score * min((f.confidence for f in hop.all_facts), default=1.0)
        if question.also is not None:
            other = self._hops.find(question.also, within=within)
            if other is None:
                return None
            facts = (*hop.all_facts, *other.all_facts)
            return self._run(text, "things", composer.both(hop, other), min(confidence, other.score), facts=facts)
        if question.form == "count" and not hop.literal:
            return self._run(text, "count", composer.count(hop), confidence, facts=hop.all_facts)
        kind = "values" if hop.literal or hop.label else "things"
        return self._run(text, kind, composer.select(hop, form=question.form), confidence, facts=hop.all_facts)

    def _doubted(
        self, text: str, question: Question, within: frozenset[str] | None, composer: Composer
    ) -> Reply | None:
        """What facts say that were held back for their low confidence: better than nothing, if it is said so."""
        hop = self._hops.doubtful(question, within=within)
        if hop is None or question.form == "count":
            return None
        sparql = composer.select(hop, form=question.form)
        sure = max(f.confidence for f in hop.facts)
        kind = "values" if hop.literal else "things"
        found = self._run(text, kind, sparql, sure * hop.score, facts=hop.facts)
        return found and replace(found, reason=f"held back in quarantine: its confidence is {sure:.2f} only")

    def _defined(self, text: str, question: Question, within: frozenset[str] | None) -> Reply | None:
        """ "What is E": what facts say it is, else its classes."""
        anchor = question.anchor
        ids = anchor.link.ids if anchor is not None and anchor.link is not None else ()
        if not ids:
            return None
        said = [f for i in ids for f in self._facts.out.get(i, ()) if f.relation in BEING]
        composer = Composer(self._facts, self._kinds, within)
        if said:
            query = composer.defined(ids, sorted({f.predicate for f in said}))
            return self._run(text, "things", query, max(f.confidence for f in said), facts=said)
        if all(self._facts.things[i].type == "Thing" for i in ids):  # no answer to anybody
            return None
        seen = [s for s in self._facts.sightings if s.entity in ids]
        return self._run(text, "things", composer.classes(ids), 0.6, sightings=seen[:EVIDENCE])

    def _decided(self, text: str, question: Question, verdict: Verdict) -> Reply | None:
        if not verdict.answer:
            return None
        if question.form == "yesno":
            evidence = self._pieces(verdict.facts, verdict.sightings)
            found = (Found(verdict.answer),)
            return Reply(text, "yes/no", found, verdict.sparql, round(verdict.score, 2), evidence, verdict.reason)
        return self._run(text, "things", verdict.sparql, verdict.score, facts=verdict.facts)

    def _between(self, text: str, question: Question, within: frozenset[str] | None) -> Reply | None:
        """What a drawn line leads through from one thing to another."""
        ends = [w for w in question.words if w.is_end]
        sides = [tuple(self._hops.ends(w, within=within)[1]) for w in ends[:2]]
        if len(sides) < 2 or not all(sides):
            return None
        sparql, facts = Composer(self._facts, self._kinds, within).through(sides[0], sides[1])
        return self._run(text, "things", sparql, 0.85, facts=facts) if facts else None

    def _when_depicted(self, text: str, pictured: Pictured, named: frozenset[str]) -> Reply:
        """When sources show the picture that came with the question."""
        pieces = [
            p for source in pictured.sources for p in self._graph.why(source).evidence if p.target.source in named
        ]  # fmt: skip
        if not pieces:
            return self._absent(text, "no such source shows this picture")
        from kgbuild.queries.ask.shown import depicted

        found = self._run(text, "values", depicted(sorted(pictured.sources), sorted(named)), 0.9)
        return self._absent(text, "no such source shows this picture") if found is None else replace(
            found, evidence=tuple(pieces[:EVIDENCE])
        )  # fmt: skip

    def _run(
        self, text: str, kind: str, sparql: str, confidence: float, *, facts: Iterable[Fact] = (),
        sightings: Iterable[Sighting] = (),
    ) -> Reply | None:  # fmt: skip
        """The reply that a query gives, None if it finds nothing."""
        answer: Answer = self._graph.sparql(sparql)
        found: dict[Found, None] = {}
        written = self._written
        for row in answer.rows:
            terms = dict(zip(answer.variables, row, strict=True))
            value, label = terms.get("answer") or terms.get("count"), terms.get("label")
            if value is not None:
                plain = words(value.value) if value.kind == "uri" else value.value
                said = written.get(value.value) or (label.value if label is not None else plain)
                found.setdefault(Found(said, value.value if value.kind == "uri" else ""))
        if not found:
            return None
        evidence = self._pieces(facts, sightings)
        return Reply(text, kind, tuple(found), sparql, round(min(confidence, 0.99), 2), evidence)

    def _pieces(self, facts: Iterable[Fact], sightings: Iterable[Sighting]) -> tuple[Piece, ...]:
        """The places that say so, the surest of each fact first."""
        found: dict[str, Piece] = {}
        for id in dict.fromkeys([*(f.id for f in facts), *(s.id for s in sightings)]):
            explained = self._graph.why(id)
            pieces = explained.evidence or tuple(p for e in explained.premises for p in e.evidence)
            inside = [p for p in pieces if self._within is None or p.target.source in self._within]
            for piece in inside[:2]:
                found.setdefault(piece.id, piece)
            if len(found) >= EVIDENCE:
                break
        return tuple(found.values())[:EVIDENCE]

    @staticmethod
    def _absent(text: str, reason: str) -> Reply:
        return Reply(text, "absent", (), "", 0.0, (), reason)
