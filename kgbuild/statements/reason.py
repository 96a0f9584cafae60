"""Forward chaining to the fixpoint: what follows from facts by axioms, each with the rule and the premises it came of.

Semi-naive (each new fact meets the facts known when it is taken up), rules of OWL 2 RL, whose names it gives
(https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules).
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kgbuild.errors import OntologyError
from kgbuild.statements.axioms import SAME, Axioms, Links, Triple
from kgbuild.vocab import TYPE

# What the rules say, for people.
RULES = {
    "prp-spo1": "the property is a kind of the other", "prp-spo2": "the properties make a chain",
    "prp-inv": "the one property turned is the other", "prp-symp": "the property is symmetric",
    "prp-trp": "the property is transitive", "prp-dom": "domain of the property", "prp-rng": "range of the property",
    "prp-fp": "the property has one value", "prp-ifp": "the property has one subject",
    "cax-sco": "the class is a kind of the other", "cls-hv1": "members of the class have the value",
    "cls-hv2": "what has the value is a member", "cls-svf1": "what has such a value is a member",
    "cls-avf": "values of members are of the class", "cls-int1": "the class is what the others share",
    "cls-oo": "the class lists its members", "eq-sym": "same as", "eq-trans": "same as", "eq-rep-s": "same as",
    "eq-rep-o": "same as", "turned": "only the other direction is legal",
    "named": "the name of the thing says what it is",
    "widened": "the class was guessed more finely than what is said allows",
}  # fmt: skip
MOST = 5_000_000  # facts inferred, beyond which an ontology is held to be wrong


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a fact was inferred: the rule's name and the facts it follows from."""

    rule: str
    premises: tuple[Triple, ...]


class Reasoner:
    """A store of facts that holds all that follows from them; ``derived`` says how each inferred one came about."""

    def __init__(self, axioms: Axioms, *, most: int = MOST) -> None:
        self._a, self._most = axioms, most
        self.derived: dict[Triple, Derivation] = {}
        self._out: dict[str, Links] = defaultdict(lambda: defaultdict(dict))  # property -> subject -> objects
        self._in: dict[str, Links] = defaultdict(lambda: defaultdict(dict))  # property -> object -> subjects
        self._new: deque[Triple] = deque()
        self._values: dict[tuple[str, str], list[str]] = defaultdict(list)
        for c, p, value in axioms.has_value:
            self._values[p, value].append(c)
        self._of_value: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for c, p, value in axioms.has_value:
            self._of_value[c].append((p, value))
        self._some: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._fills: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for c, p, filler in axioms.some:
            self._some[p].append((c, filler))
            self._fills[filler].append((c, p))
        self._every: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for c, pairs in axioms.every.items():
            for p, filler in pairs:
                self._every[p].append((c, filler))
        self._whole: dict[str, list[str]] = defaultdict(list)
        for c, parts in axioms.parts.items():
            for part in parts:
                self._whole[part].append(c)

    def __contains__(self, fact: Triple) -> bool:
        s, p, o = fact
        return o in self._out.get(p, {}).get(s, ())

    def add(self, facts: Iterable[Triple]) -> None:
        """Take facts as given and infer all that follows. Raises ``OntologyError`` if that does not end."""
        for fact in facts:
            self._put(fact)
        for thing, c in self._a.members:
            self.infer((thing, TYPE, c), "cls-oo", ())
        self._run()

    def infer(self, fact: Triple, rule: str, premises: tuple[Triple, ...]) -> bool:
        """Put down one inferred fact; whether it is new. What follows from it comes with the next ``add``."""
        if fact in self or (fact[1] == SAME and fact[0] == fact[2]):
            return False
        self.derived[fact] = Derivation(rule, premises)
        if len(self.derived) > self._most:
            raise OntologyError(f"more than {self._most} facts follow from the ontology and rules: the last by {rule}.")
        self._put(fact)
        return True

    def inferred(self) -> dict[Triple, Derivation]:
        """What was inferred, in the order of the facts; helper terms and facts about literals left out."""
        return {
            t: d for t, d in sorted(self.derived.items())
            if not any(x.startswith("_:") for x in t) and not t[0].startswith('"')
        }  # fmt: skip

    def _put(self, fact: Triple) -> None:
        s, p, o = fact
        objects = self._out[p][s]
        if o not in objects:
            objects[o] = None
            self._in[p][o][s] = None
            self._new.append(fact)

    def _run(self) -> None:
        while self._new:
            fact = self._new.popleft()
            steps = self._of_type(fact) if fact[1] == TYPE else self._of_property(fact)
            for made, rule, premises in list(steps):
                self.infer(made, rule, premises)
            if fact[1] == SAME:
                for made, rule, premises in list(self._of_same(fact)):
                    self.infer(made, rule, premises)
            elif SAME in self._out:
                for made, rule, premises in list(self._replaced(fact)):
                    self.infer(made, rule, premises)

    def _of_type(self, fact: Triple) -> Iterator[tuple[Triple, str, tuple[Triple, ...]]]:
        x, _, c = fact
        for up in self._a.above.get(c, ()):
            yield (x, TYPE, up), "cax-sco", (fact,)
        for p, value in self._of_value.get(c, ()):
            yield (x, p, value), "cls-hv1", (fact,)
        for p, filler in self._a.every.get(c, ()):
            for y in self._out[p].get(x, ()):
                yield (y, TYPE, filler), "cls-avf", (fact, (x, p, y))
        for whole, p in self._fills.get(c, ()):
            for s in self._in[p].get(x, ()):
                yield (s, TYPE, whole), "cls-svf1", ((s, p, x), fact)
        for whole in self._whole.get(c, ()):
            parts = tuple((x, TYPE, part) for part in self._a.parts[whole])
            if all(part in self for part in parts):
                yield (x, TYPE, whole), "cls-int1", parts

    def _of_property(self, fact: Triple) -> Iterator[tuple[Triple, str, tuple[Triple, ...]]]:
        s, p, o = fact
        a, literal = self._a, o.startswith('"')
        for q in a.wider.get(p, ()):
            yield (s, q, o), "prp-spo1", (fact,)
        for c in a.domain.get(p, ()):
            yield (s, TYPE, c), "prp-dom", (fact,)
        for c in self._values.get((p, o), ()):
            yield (s, TYPE, c), "cls-hv2", (fact,)
        for c, filler in self._some.get(p, ()):
            if not filler or (o, TYPE, filler) in self:
                yield (s, TYPE, c), "cls-svf1", (fact, (o, TYPE, filler)) if filler else (fact,)
        if p in a.functional:
            for other in self._out[p][s]:
                if other != o and not literal and not other.startswith('"'):
                    yield (o, SAME, other), "prp-fp", (fact, (s, p, other))
        if p in a.inverse_functional:
            for other in self._in[p][o]:
                if other != s:
                    yield (s, SAME, other), "prp-ifp", (fact, (other, p, o))
        for q, r in a.second.get(p, ()):
            for w in self._in[q].get(s, ()):
                yield (w, r, o), "prp-spo2", ((w, q, s), fact)
        if literal:
            return
        for c in a.range.get(p, ()):
            yield (o, TYPE, c), "prp-rng", (fact,)
        for q in a.inverse.get(p, ()):
            yield (o, q, s), "prp-inv", (fact,)
        if p in a.symmetric:
            yield (o, p, s), "prp-symp", (fact,)
        for c, filler in self._every.get(p, ()):
            if (s, TYPE, c) in self:
                yield (o, TYPE, filler), "cls-avf", ((s, TYPE, c), fact)
        if p in a.transitive:
            for z in self._out[p].get(o, ()):
                yield (s, p, z), "prp-trp", (fact, (o, p, z))
            for w in self._in[p].get(s, ()):
                yield (w, p, o), "prp-trp", ((w, p, s), fact)
        for q, r in a.first.get(p, ()):
            for z in self._out[q].get(o, ()):
                yield (s, r, z), "prp-spo2", (fact, (o, q, z))

    def _of_same(self, fact: Triple) -> Iterator[tuple[Triple, str, tuple[Triple, ...]]]:
        x, _, y = fact
        yield (y, SAME, x), "eq-sym", (fact,)
        for z in self._out[SAME].get(y, ()):
            yield (x, SAME, z), "eq-trans", (fact, (y, SAME, z))
        for p in list(self._out):
            if p == SAME:
                continue
            for o in self._out[p].get(x, ()):
                yield (y, p, o), "eq-rep-s", (fact, (x, p, o))
            for s in self._in[p].get(x, ()):
                yield (s, p, y), "eq-rep-o", (fact, (s, p, x))

    def _replaced(self, fact: Triple) -> Iterator[tuple[Triple, str, tuple[Triple, ...]]]:
        s, p, o = fact
        for other in self._out[SAME].get(s, ()):
            yield (other, p, o), "eq-rep-s", ((s, SAME, other), fact)
        for other in self._out[SAME].get(o, ()):
            yield (s, p, other), "eq-rep-o", ((o, SAME, other), fact)
