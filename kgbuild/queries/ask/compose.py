"""SPARQL from hops: a query that anybody can run again, and whose answer is the answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kgbuild.graphs.terms import iri, text
from kgbuild.queries.ask.facts import Fact, Facts
from kgbuild.queries.ask.hops import Hop
from kgbuild.queries.ask.kinds import Kinds
from kgbuild.queries.ask.relations import CONNECTS
from kgbuild.vocab import shorten

_DATES = 'FILTER(REGEX(STR(DATATYPE(?%s)), "#(date|dateTime|gYear|gYearMonth)$|EDTF"))'


class Composer:
    """Writes the queries of one graph. ``within``: the IRIs of the sources that a question is limited to."""

    def __init__(self, facts: Facts, kinds: Kinds, within: frozenset[str] | None = None) -> None:
        self._facts, self._kinds, self._within = facts, kinds, within

    def select(self, hop: Hop, *, form: str) -> str:
        """The query for the answers of a hop: ``?answer`` and, where it is a thing, its ``?label``."""
        if hop.label:
            body = self._body(hop, "answer", 1)
            return (
                "SELECT DISTINCT ?answer WHERE {\n"
                + body.replace("?p1 ?answer", f"?p1 {_one(hop.answers)}")
                + "\n  ?p1 rdfs:label ?answer .\n}"
            )
        body = self._body(hop, "answer", 1)
        if form == "when":
            return f"SELECT DISTINCT ?answer WHERE {{\n{body}\n  {_DATES % 'answer'}\n}}"
        if hop.literal:
            return f"SELECT DISTINCT ?answer WHERE {{\n{body}\n  FILTER(isLiteral(?answer))\n}}"
        return f"SELECT DISTINCT ?answer ?label WHERE {{\n{body}\n  ?answer rdfs:label ?label .\n}}"

    def count(self, hop: Hop) -> str:
        """The query for how many answers a hop has."""
        return f"SELECT (COUNT(DISTINCT ?answer) AS ?count) WHERE {{\n{self._body(hop, 'answer', 1)}\n}}"

    def ask(
        self, ends: Sequence[str], facts: Iterable[tuple[str, bool]], others: Sequence[str], *, inner: str = ""
    ) -> str:
        """Whether one of the predicates (IRI, forward) holds between the ends and the others."""
        ways: dict[bool, list[str]] = {}
        for predicate, forward in facts:
            ways.setdefault(forward, []).append(predicate)
        head = inner or f"  {_values('e', ends)}"
        parts = []
        for forward, predicates in ways.items():
            s, o = ("?e", "?o") if forward else ("?o", "?e")
            parts.append(f"{{ {_values('p', predicates)} {self._triple(f'{s} ?p {o}')} }}")
        union = " UNION ".join(parts)
        return f"ASK {{\n{head}\n  {_values('o', others)}\n  {union}\n}}"

    def ask_noun(self, ends: Sequence[str], noun: str) -> str:
        """Whether one of the things is what a noun says."""
        return f"ASK {{\n  {_values('e', ends)} ?e rdfs:label ?label .\n  {self.noun_filter(noun, 'e')}\n}}"

    def extreme(self, ends: Sequence[str], predicates: Sequence[str], smaller: bool) -> str:
        """The one of the things whose value is the smallest, or largest."""
        order = "?value" if smaller else "DESC(?value)"
        triple = self._triple("?answer ?p ?value")
        return (
            f"SELECT ?answer ?label ?value WHERE {{\n  {_values('answer', ends)}\n"
            f"  {_values('p', predicates)} {triple}\n"
            f"  ?answer rdfs:label ?label .\n}} ORDER BY {order.replace('?value', 'STR(?value)')} LIMIT 1"
        )

    def most(self, ends: Sequence[str], predicate: str, *, back: bool, fewer: bool) -> str:
        """The one of the things that has the most, or fewest, others at a predicate."""
        triple = self._triple(f"?far {_node(predicate)} ?answer" if back else f"?answer {_node(predicate)} ?far")
        return (
            f"SELECT ?answer ?label (COUNT(DISTINCT ?far) AS ?count) WHERE {{\n  {_values('answer', ends)}\n"
            f"  OPTIONAL {{ {triple} }}\n  ?answer rdfs:label ?label .\n}} GROUP BY ?answer ?label "
            f"ORDER BY {'?count' if fewer else 'DESC(?count)'} LIMIT 1"
        )

    def defined(self, ends: Sequence[str], predicates: Sequence[str]) -> str:
        """The query for what facts say that one of the things is."""
        triple = self._triple("?e ?p ?answer")
        return (
            f"SELECT DISTINCT ?answer ?label WHERE {{\n  {_values('e', ends)} {_values('p', predicates)} {triple}\n"
            "  ?answer rdfs:label ?label .\n}"
        )

    def classes(self, ends: Sequence[str]) -> str:
        """The query for the classes of the things."""
        return f"SELECT DISTINCT ?answer WHERE {{ {_values('e', ends)} ?e a ?answer . }}"

    def both(self, hop: Hop, other: Hop) -> str:
        """The query for what is an answer of both hops."""
        body = f"{self._body(hop, 'answer', 1)}\n{self._body(other, 'answer', 5)}"
        return f"SELECT DISTINCT ?answer ?label WHERE {{\n{body}\n  ?answer rdfs:label ?label .\n}}"

    def through(self, start: Sequence[str], tip: Sequence[str]) -> tuple[str, list[Fact]]:
        """The query for what drawn lines lead through from one thing to another, in either direction; and the lines."""
        a, b = set(start), set(tip)
        lines = [f for f in self._facts.about(start) if self._is_line(f)]
        ends = [f for f in self._facts.about(tip) if self._is_line(f)]
        middle = {f.object for f in lines if f.subject in a} & {f.subject for f in ends if f.object in b}
        middle |= {f.subject for f in lines if f.object in a} & {f.object for f in ends if f.subject in b}
        way = self._triple("?a core:connectsTo ?answer . ?answer core:connectsTo ?b")
        back = self._triple("?b core:connectsTo ?answer . ?answer core:connectsTo ?a")
        sparql = (
            f"SELECT DISTINCT ?answer ?label WHERE {{\n  {_values('a', start)} {_values('b', tip)}\n"
            f"  {{ {way} }} UNION {{ {back} }}\n  ?answer rdfs:label ?label .\n}}"
        )
        return sparql, [f for f in (*lines, *ends) if {f.subject, f.object} & middle]

    def _is_line(self, fact: Fact) -> bool:
        return fact.predicate == CONNECTS and (self._within is None or bool(fact.sources & self._within))

    def pattern(self, hop: Hop, variable: str) -> str:
        """The graph pattern of a hop that binds its answers to a variable."""
        return self._body(hop, variable, 1)

    def _body(self, hop: Hop, answer: str, depth: int) -> str:
        end = f"e{depth}"
        lines = [self._body(hop.inner, end, depth + 1)] if hop.inner else []
        ends = hop.ends
        ways = [hop, *hop.also]
        if not hop.inner:
            ends = tuple(dict.fromkeys(e for h in ways for e in h.ends))
            lines.append(f"  {_values(end, ends)}")
        parts = []
        for n, h in enumerate(ways):
            p = f"p{depth}" + ("b" if n else "")
            triple = f"?{end} ?{p} ?{answer}" if h.forward else f"?{answer} ?{p} ?{end}"
            parts.append(
                f"{_values(p, h.predicates)} {self._refused(triple) if hop.doubtful else self._triple(triple)}"
            )
        lines.append(f"  {parts[0]}" if len(parts) == 1 else "  { " + " } UNION { ".join(parts) + " }")
        if hop.noun and not hop.literal:
            lines.append("  " + self.noun_filter(hop.noun, answer))
        return "\n".join(lines)

    def _triple(self, triple: str) -> str:
        if self._within is None:
            return f"{triple} ."
        return f"{_values('g', sorted(self._within))} GRAPH ?g {{ {triple} }}"

    @staticmethod
    def _refused(triple: str) -> str:
        """A triple as quarantine holds it, refused for its low confidence."""
        s, p, o = triple.split()
        return (
            f"?refused rdf:subject {s} ; rdf:predicate {p} ; rdf:object {o} ; a core:QuarantinedStatement ; "
            f'core:reason ?why . FILTER(STRSTARTS(?why, "confidence"))'
        )

    def noun_filter(self, noun: str, variable: str) -> str:
        """Keeps what is called by a noun, is of its class, or is said to be one."""
        pattern = text(rf"\b{noun}(s|es)?\b")
        name = f"?n_{variable}"
        called = f'EXISTS {{ ?{variable} rdfs:label|skos:altLabel {name} FILTER(REGEX(STR({name}), {pattern}, "i")) }}'
        ways = [called]
        if classes := self._kinds.below(noun):
            ways.append(f"EXISTS {{ {_values(f't_{variable}', classes)} ?{variable} a ?t_{variable} }}")
        if said := self._kinds.said_to_be(noun):
            ways.append(f"?{variable} IN ({', '.join(map(_node, said))})")
        return f"FILTER({' || '.join(ways)})"


def _values(variable: str, iris: Iterable[str]) -> str:
    return f"VALUES ?{variable} {{ {' '.join(map(_node, iris))} }}"


def _one(iris: Sequence[str]) -> str:
    return _node(iris[0])


def _node(value: str) -> str:
    short = shorten(value)
    return short if short != value else iri(value)
