"""Facts that are taken one after the other, the surest first, and whether one more may stand beside them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial

from kgbuild.statements.limits import Most
from kgbuild.statements.misfit import unfit
from kgbuild.statements.ontology import Ontology
from kgbuild.types import Value


class Held:
    """What facts taken so far say, and whether one more may stand beside them.

    ``types``: classes of things; ``label``: names of things and terms for reasons.
    """

    def __init__(self, ontology: Ontology, types: Mapping[str, Sequence[str]], label: Callable[[str], str]) -> None:
        self._o, self._l, self._types, self._label = ontology, ontology.limits, types, label
        self._values: dict[tuple[str, str], dict[str, str | Value]] = defaultdict(dict)
        self._subjects: dict[tuple[str, str], str] = {}
        # the same few classes and properties are asked for again and again
        self._apart, self._ends = cache(ontology.are_disjoint), cache(partial(_ends, ontology))
        self._follow = cache(partial(_follow, ontology))
        self._kinds: dict[str, set[str]] = defaultdict(set)  # classes that a thing has by what is said of it

    def kinds_of(self, thing: str) -> set[str]:
        """The classes of a thing, given or following from the facts about it."""
        return {*self._types.get(thing, ()), *self._kinds.get(thing, ())}

    def clash(self, thing: str, kind: str) -> str:
        """A class of a thing that excludes another class, "" if none does."""
        return next((k for k in sorted(self.kinds_of(thing)) if self._apart(k, kind)), "")

    def is_of(self, thing: str, kind: str) -> None:
        """Take it that a thing is of a class."""
        self._kinds[thing].add(kind)

    def add_kinds(self, s: str, p: str, o: str | Value) -> None:
        """Take it that the ends of a fact are what its property makes them."""
        for thing, kind in self._kinds_said(s, p, o):
            self._kinds[thing].add(kind)

    def _kinds_said(self, s: str, p: str, o: str | Value) -> list[tuple[str, str]]:
        """(thing, class) pairs that a fact says by the domains and ranges of its property."""
        subject, object = self._ends(p)
        pairs = [(s, kind) for kind in subject]
        return pairs if isinstance(o, Value) else pairs + [(o, kind) for kind in object]

    def no_kind(self, s: str, p: str, o: str | Value) -> str:
        """Why a fact may not stand beside what is said of its ends, "" if it may: classes that exclude each other."""
        for thing, kind in self._kinds_said(s, p, o):
            if other := self.clash(thing, kind):
                name, one, two = map(self._label, (thing, kind, other))
                return f"disjoint: it makes {name!r} a {one}, and what is held more surely makes it a {two}"
        return ""

    def refusal(self, s: str, p: str, o: str | Value) -> str:
        """Why a fact may not stand beside those taken, "" if it may."""
        for x, q, y in self._says(s, p, o):
            for reason in (self._too_many(x, q, y), self._taken(x, q, y), self._against(x, q, y), self._every(x, q, y)):
                if reason:
                    return reason
        return ""

    def take(self, s: str, p: str, o: str | Value) -> None:
        """Take a fact as one that holds."""
        for x, q, y in self._says(s, p, o):
            self._values[x, q][_key(y)] = y
            if not isinstance(y, Value):
                self._subjects.setdefault((q, y), x)

    def _says(self, s: str, p: str, o: str | Value) -> list[tuple[str, str, str | Value]]:
        found: list[tuple[str, str, str | Value]] = []
        for q, turned in self._follow(p):
            if not turned:
                found.append((s, q, o))
            elif not isinstance(o, Value):
                found.append((o, q, s))
        return found

    def _is(self, thing: str | Value, kind: str) -> bool:
        if not kind:
            return True
        if isinstance(thing, Value):
            return thing.datatype == kind
        return any(kind in self._o.above(k) for k in self.kinds_of(thing))

    def _too_many(self, x: str, q: str, y: str | Value) -> str:
        have = self._values.get((x, q), {})
        if _key(y) in have:
            return ""
        for most in self._l.most.get(q, ()):
            if not self._is(x, most.kind) or not self._is(y, most.filler):
                continue
            same = [v for v in have.values() if self._is(v, most.filler)]
            if len(same) >= most.number:
                kept = ", ".join(repr(self._name(v)) for v in same[:3])
                told = f", and {kept} {'is' if most.number == 1 else 'are'} held more surely" if kept else ""
                of = f" of a {self._label(most.kind)}" if most.kind else ""
                word = "functional" if most == Most("", 1) else "cardinality"
                return f"{word}: {self._label(q)}{of} has at most {most.number} value{'s' * (most.number != 1)}{told}"
        return ""

    def _taken(self, x: str, q: str, y: str | Value) -> str:
        other = self._subjects.get((q, y), x) if q in self._l.one_subject and not isinstance(y, Value) else x
        return "" if other == x else (
            f"inverse functional: {self._label(q)} leads to {self._name(y)!r} from one thing only, and "
            f"{self._label(other)!r} is held more surely"
        )  # fmt: skip

    def _against(self, x: str, q: str, y: str | Value) -> str:
        if q in self._l.asymmetric and not isinstance(y, Value) and x in self._values.get((y, q), ()):
            return f"asymmetric: {self._label(q)} holds one way only, and the other way is held more surely"
        for r in sorted(self._l.excludes.get(q, ())):
            if _key(y) in self._values.get((x, r), ()):
                return f"disjoint: {self._label(r)}, held more surely, and {self._label(q)} exclude each other"
        return ""

    def _every(self, x: str, q: str, y: str | Value) -> str:
        object = y if isinstance(y, Value) else tuple(self._types.get(y, ()))
        for kind, wanted in self._l.every.get(q, ()) if object else ():
            if self._is(x, kind) and (reason := unfit(object, wanted, self._o)):
                of = f"{self._label(q)} of a {self._label(kind)}" if kind else self._label(q)
                return f"range: {reason}, {of} takes {' or '.join(sorted(map(self._label, wanted)))}"
        return ""

    def _name(self, y: str | Value) -> str:
        return y.lexical if isinstance(y, Value) else self._label(y)


def _ends(ontology: Ontology, p: str) -> list[tuple[str, ...]]:
    """The classes that a property makes its subject of, and its object."""
    known = ontology.properties.get(p)
    both = (known.domains, known.ranges) if known is not None else ((), ())
    return [tuple(next(iter(wanted)) for wanted in sets if len(wanted) == 1) for sets in both]


def _follow(ontology: Ontology, p: str) -> list[tuple[str, bool]]:
    return sorted(ontology.limits.follow(p))


def _key(o: str | Value) -> str:
    return f"{o.lexical}^^{o.datatype}@{o.language}" if isinstance(o, Value) else o
