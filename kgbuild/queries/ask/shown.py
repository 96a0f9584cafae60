"""Questions about the sources themselves: what shows or says something, when, and what is shown then."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kgbuild.graphs.terms import iri, text
from kgbuild.mentions.lemmas import lemma
from kgbuild.queries.ask.facts import Facts, Sighting
from kgbuild.queries.ask.kinds import SURE, Kinds
from kgbuild.queries.ask.naming import Linker
from kgbuild.queries.ask.question import Question
from kgbuild.queries.ask.relations import CONNECTS
from kgbuild.queries.ask.wordlists import ANYTHING, MOMENTS, NAMING, SHOWING, SOURCES

SEEN = ("picture", "frame", "drawing", "label", "diagram")
HEARD = ("cue", "text")
_CLOCK = re.compile(r"\d+(?:[.:]\d+)*")


@dataclass(frozen=True, slots=True)
class Showing:
    """A query over the places where things are named, and what it rests on; ``doubt``: what it leaves open."""

    sparql: str
    sightings: tuple[Sighting, ...]
    kind: str = "values"
    doubt: str = ""


class Shown:
    """Understands questions about sources; gives None for all others."""

    def __init__(self, facts: Facts, kinds: Kinds, linker: Linker) -> None:
        self._facts, self._kinds, self._linker = facts, kinds, linker

    def find(self, question: Question, within: frozenset[str] | None, *, pictured: bool = False) -> Showing | None:
        """The query for a question about sources. ``pictured``: ``within`` is the picture that came with it."""
        said = [w for w in question.words if not w.is_end]
        lemmas = {w.lemma for w in said} | {lemma(w.lower, "VERB") for w in said}
        ids = question.anchor.link.ids if question.anchor is not None and question.anchor.link is not None else ()
        named = within if within is not None else None
        if question.form == "count" and (pictured or named) and (not ids or {"be", "show", "have"} & lemmas):
            return self._number(question, named or frozenset())
        if not lemmas & SHOWING or question.form in ("yesno", "who"):
            return None
        moments = SOURCES.get(question.noun) == {"frame"}  # of a slide it is asked when it is shown
        unscoped = question.form == "where" and named is None
        if ids and (unscoped or (question.form == "which" and question.noun in SOURCES)) and not moments:
            sources = self._linker.sources([question.noun]) or frozenset(self._facts.origins)
            return self._where(ids, sources, drawn=not lemmas & NAMING)
        if question.form in ("when", "where") or question.noun in MOMENTS or moments:
            return self._when(ids, named, lemmas) if ids else None
        if question.form in ("what", "which") and named and not ids:
            return self._what(question, named)
        return None

    def _of(self, sources: frozenset[str]) -> list[Sighting]:
        return [s for s in self._facts.sightings if s.source in sources]

    def _where(self, ids: tuple[str, ...], sources: frozenset[str], *, drawn: bool) -> Showing | None:
        """The sources of a kind that show a thing, or name it."""
        found = [s for s in self._of(sources) if s.entity in ids and (s.modality in SEEN or not drawn)]
        if not found:
            return None
        chosen = sorted({s.source for s in found})
        return Showing(
            "SELECT DISTINCT ?answer ?label WHERE {\n"
            f"  VALUES ?e {{ {_iris(ids)} }} VALUES ?answer {{ {_iris(chosen)} }}\n"
            "  ?answer core:depicts|core:mentions ?e ; core:path ?label .\n}",
            tuple(found), "things",
        )  # fmt: skip

    def _when(self, ids: tuple[str, ...], sources: frozenset[str] | None, lemmas: set[str]) -> Showing | None:
        """The seconds at which a source shows or says something."""
        modes = HEARD if lemmas & NAMING else SEEN
        timed = [
            s for s in self._facts.sightings
            if s.entity in ids and s.time and (sources is None or s.source in sources)
        ]  # fmt: skip
        found = [s for s in timed if s.modality in modes] or timed
        if not found:
            return None
        kinds = " ".join(map(text, sorted({s.modality for s in found})))
        return Showing(
            "SELECT DISTINCT ?answer ?source WHERE {\n"
            f"  VALUES ?e {{ {_iris(ids)} }} VALUES ?modality {{ {kinds} }} {_values('source', sources)}\n"
            "  ?mention oa:hasBody ?e ; oa:hasTarget ?place ; prov:wasGeneratedBy/core:modality ?modality .\n"
            "  ?place oa:hasSource ?source . BIND(kgf:start(?place) AS ?answer)\n} ORDER BY ?answer",
            tuple(found),
        )

    def _what(self, question: Question, sources: frozenset[str]) -> Showing | None:
        """What sources show, at a second or between two."""
        start, end = _window(question)
        found = [
            s for s in self._of(sources)
            if s.modality in SEEN
            and (start is None or (s.time and s.time.start <= (end or start) and s.time.end > start))
        ]  # fmt: skip
        if question.noun and question.noun not in ANYTHING | set(SOURCES):
            sure = [s for s in found if self._kinds.of_noun(question.noun, s.entity) >= SURE]
            found = sure or found
        if not found:
            return None
        ids = tuple(dict.fromkeys(s.entity for s in found))
        window = ""
        if start is not None:
            window = f"  FILTER(kgf:start(?place) <= {end or start} && kgf:end(?place) > {start})\n"
        return Showing(
            "SELECT DISTINCT ?answer ?label WHERE {\n"
            f"  VALUES ?source {{ {_iris(sorted({s.source for s in found}))} }} VALUES ?answer {{ {_iris(ids)} }}\n"
            "  ?mention oa:hasBody ?answer ; oa:hasTarget ?place . ?place oa:hasSource ?source .\n"
            f"{window}  ?answer rdfs:label ?label .\n}}",
            tuple(found), "things",
        )  # fmt: skip

    def _number(self, question: Question, sources: frozenset[str]) -> Showing | None:
        """How many boxes of a kind a picture shows; of anything: how many things its lines connect."""
        seen = [s for s in self._of(sources) if s.modality in SEEN]
        noun = question.noun
        if noun in ANYTHING or not noun:
            drawn = {
                e
                for f in self._facts.facts
                if f.predicate == CONNECTS and f.sources & sources
                for e in (f.subject, f.object)
            }
            found = [s for s in seen if s.entity in drawn] or seen
            if not found:
                return None
            ids = _iris(sorted(sources))
            part = (
                "GRAPH ?g { ?box core:connectsTo|^core:connectsTo ?far }"
                if drawn
                else "GRAPH ?g { ?g core:depicts ?box }"
            )
            return Showing(
                f"SELECT (COUNT(DISTINCT ?box) AS ?count) WHERE {{\n  VALUES ?g {{ {ids} }} {part}\n}}",
                tuple(found),
                "count",
            )
        found = [s for s in seen if noun in {lemma(w, "NOUN") for w in s.surface.casefold().split()}]
        if not found:
            return None
        surfaces = " ".join(text(s) for s in sorted({s.surface for s in found}))
        return Showing(
            "SELECT (COUNT(DISTINCT ?place) AS ?count) WHERE {\n"
            f"  VALUES ?source {{ {_iris(sorted(sources))} }} VALUES ?surface {{ {surfaces} }}\n"
            "  ?mention a core:Mention ; oa:hasTarget ?place .\n"
            "  ?place core:surface ?surface ; oa:hasSource ?source .\n}",
            tuple(found), "count",
        )  # fmt: skip


def _iris(ids: tuple[str, ...] | list[str]) -> str:
    return " ".join(map(iri, ids))


def _values(variable: str, iris: frozenset[str] | None) -> str:
    return f"VALUES ?{variable} {{ {_iris(sorted(iris))} }}" if iris is not None else ""


def _window(question: Question) -> tuple[float | None, float | None]:
    """The seconds that a question names: "at second 10", "between minute 2 and 3"."""
    words = [w.lower for w in question.words]
    numbers = [_seconds(w, words) for w in words if _CLOCK.fullmatch(w)]
    return (numbers[0] if numbers else None, numbers[1] if len(numbers) > 1 else None)


def _seconds(number: str, words: list[str]) -> float:
    parts = [float(p) for p in number.split(":")]
    value = sum(p * 60**n for n, p in enumerate(reversed(parts)))
    return value * 60 if {"minute", "minutes"} & set(words) and ":" not in number else value


def depicted(pictures: list[str], sources: list[str]) -> str:
    """The query for the seconds at which sources show one of the pictures."""
    return (
        "SELECT DISTINCT ?answer WHERE {\n"
        f"  VALUES ?picture {{ {_iris(pictures)} }} VALUES ?source {{ {_iris(sources)} }}\n"
        "  ?same a core:SamePicture ; oa:hasTarget ?one, ?other . ?one oa:hasSource ?picture .\n"
        "  ?other oa:hasSource ?source . BIND(kgf:start(?other) AS ?answer)\n} ORDER BY ?answer"
    )
