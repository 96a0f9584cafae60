"""Questions about which sources show or name a thing: whether they do, how many do, what all of them do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kgbuild.graphs.terms import iri, text
from kgbuild.mentions.lemmas import lemma
from kgbuild.queries.ask.checks import Verdict
from kgbuild.queries.ask.facts import Facts, Sighting
from kgbuild.queries.ask.kinds import SURE, Kinds
from kgbuild.queries.ask.naming import Linker
from kgbuild.queries.ask.question import Question
from kgbuild.queries.ask.shown import HEARD, SEEN, Showing
from kgbuild.queries.ask.wordlists import ANYTHING, NAMING, PUT, SHOWING, SOURCES


class Sourced:
    """Understands them; gives None for all others."""

    def __init__(self, facts: Facts, kinds: Kinds, linker: Linker) -> None:
        self._facts, self._kinds, self._linker = facts, kinds, linker

    def holds(self, question: Question, within: frozenset[str] | None) -> Verdict | None:
        """ "Does the tour mention E", "Is E shown in the tour", "Is E both drawn and written"."""
        said = _verbs(question)
        ids = _named(question)
        if question.form != "yesno" or not ids or len(question.others) > 0:
            return None
        put = [PUT[v] for v in sorted(said & PUT.keys())]
        if within is None and len(put) < 2:
            return None
        if within is not None and not said & SHOWING:
            return None
        wanted = put if within is None else [HEARD if said & NAMING else SEEN]
        seen = [s for s in self._facts.sightings if s.entity in ids and (within is None or s.source in within)]
        found = [[s for s in seen if s.modality in modes] for modes in wanted]
        if within is not None and not found[0] and said & NAMING:  # what stands on a slide is mentioned too
            found = [seen]
        parts = "\n".join(
            f"  ?mention{n} oa:hasBody ?e ; oa:hasTarget/oa:hasSource ?source{n} ;"
            f" prov:wasGeneratedBy/core:modality ?mode{n} .\n"
            f"  VALUES ?mode{n} {{ {_texts(s.modality for s in some) if some else _texts(modes)} }}"
            for n, (modes, some) in enumerate(zip(wanted, found, strict=True))
        )
        named = f" VALUES ?source0 {{ {_iris(within)} }}" if within is not None else ""
        sparql = f"ASK {{\n  VALUES ?e {{ {_iris(ids)} }}{named}\n{parts}\n}}"
        if all(found):
            return Verdict("yes", sparql, (), 0.9, "", tuple(s for some in found for s in some[:3]))
        return Verdict("no", sparql, (), 0.7, "the graph knows it from other places, not from there", tuple(seen[:3]))

    def number(self, question: Question) -> Showing | None:
        """ "How many pictures show E"."""
        ids, said = _named(question), _verbs(question)
        if question.form != "count" or question.noun not in SOURCES or not ids or not said & SHOWING:
            return None
        found = self._sightings(ids, question.noun, drawn=not said & NAMING)
        if not found:
            return None
        moments = SOURCES[question.noun] == {"frame"}
        counted = "?place" if moments else "?source"
        return Showing(
            f"SELECT (COUNT(DISTINCT {counted}) AS ?count) WHERE {{\n{_places(ids, found, moments=moments)}\n}}",
            tuple(found), "count",
        )  # fmt: skip

    def compare(self, question: Question) -> Showing | None:
        """ "Which is shown in more pictures, A or B"."""
        lower = [w.lower for w in question.words]
        sides = [w.link.ids for w in question.words if w.is_end and w.link is not None]
        noun = next((n for n in (lemma(w, "NOUN") for w in lower) if n in SOURCES), "")
        way = next((w for w in ("more", "most", "fewer") if w in lower), "")
        if not way or not noun or len(sides) != 2 or not _verbs(question) & SHOWING:
            return None
        ids = [i for side in sides for i in side]
        found = self._sightings(ids, noun, drawn=not _verbs(question) & NAMING)
        counts = [len({s.source for s in found if s.entity in side}) for side in sides]
        if counts[0] == counts[1]:
            return None
        order = "ASC" if way == "fewer" else "DESC"
        winner = sides[(counts[0] < counts[1]) == (way != "fewer")]
        if not any(s.entity in winner for s in found):  # shown nowhere: no row of the query could say so
            return None
        return Showing(
            f"SELECT (?e AS ?answer) (SAMPLE(?name) AS ?label) WHERE {{\n{_places(ids, found)}\n"
            f"  ?e rdfs:label ?name .\n}} GROUP BY ?e ORDER BY {order}(COUNT(DISTINCT ?source)) LIMIT 1",
            tuple(s for s in found if s.entity in winner), "things",
        )  # fmt: skip

    def together(self, question: Question, scopes: Sequence[frozenset[str]]) -> Showing | None:
        """ "Which things are shown both in the tour and in the picture"."""
        if len(scopes) < 2 or question.form not in ("what", "which", "who") or _named(question):
            return None
        modes = HEARD + SEEN if _verbs(question) & NAMING else SEEN
        seen = [[s for s in self._facts.sightings if s.source in scope and s.modality in modes] for scope in scopes]
        ids = set.intersection(*({s.entity for s in some} for some in seen))
        doubt = ""
        if question.noun and question.noun not in ANYTHING | set(SOURCES):
            sure = {i for i in ids if self._kinds.of_noun(question.noun, i) >= SURE}
            doubt = "" if sure else f"which of them are of the kind {question.noun!r}, the graph does not say"
            ids = sure or ids
        found = [s for some in seen for s in some if s.entity in ids]
        if not found:
            return None
        parts = "\n".join(
            f"  VALUES ?source{n} {{ {_iris(scope)} }}"
            f" ?mention{n} oa:hasBody ?answer ; oa:hasTarget/oa:hasSource ?source{n} ."
            for n, scope in enumerate(scopes)
        )
        return Showing(
            f"SELECT DISTINCT ?answer ?label WHERE {{\n  VALUES ?answer {{ {_iris(ids)} }}\n{parts}\n"
            "  ?answer rdfs:label ?label .\n}",
            tuple(found), "things", doubt,
        )  # fmt: skip

    def _sightings(self, ids: Iterable[str], noun: str, *, drawn: bool) -> list[Sighting]:
        """Where sources of a kind show things, or name them."""
        sources = self._linker.sources([noun]) or frozenset(self._facts.origins)
        wanted = set(ids)
        modes = SEEN if drawn else SEEN + HEARD
        return [s for s in self._facts.sightings if s.entity in wanted and s.source in sources and s.modality in modes]


def _places(ids: Iterable[str], found: Iterable[Sighting], *, moments: bool = False) -> str:
    """The pattern of the places where things were seen; ``moments``: the whole frame, not the box in it."""
    some = list(found)
    where = "oa:hasTarget ?spot" if moments else "oa:hasTarget/oa:hasSource ?source"
    time = (
        '\n  ?spot oa:hasSource ?source . BIND(CONCAT(STR(?source), "#", STR(kgf:start(?spot))) AS ?place)'
        if moments
        else ""
    )
    return (
        f"  VALUES ?e {{ {_iris(ids)} }} VALUES ?source {{ {_iris(s.source for s in some)} }}\n"
        f"  VALUES ?modality {{ {_texts(s.modality for s in some)} }}\n"
        f"  ?mention oa:hasBody ?e ; {where} ; prov:wasGeneratedBy/core:modality ?modality .{time}"
    )


def _verbs(question: Question) -> set[str]:
    said = [w for w in question.words if not w.is_end]
    return {w.lemma for w in said} | {lemma(w.lower, "VERB") for w in said}


def _named(question: Question) -> tuple[str, ...]:
    anchor = question.anchor
    return anchor.link.ids if anchor is not None and anchor.link is not None else ()


def _iris(ids: Iterable[str]) -> str:
    return " ".join(map(iri, sorted(set(ids))))


def _texts(values: Iterable[str]) -> str:
    return " ".join(map(text, sorted(set(values))))
