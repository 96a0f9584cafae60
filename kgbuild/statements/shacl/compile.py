"""SHACL Core constraints as SPARQL 1.1 queries whose solutions are the violations.

Every constraint becomes an expression that is true of a node that violates it, so that shapes within shapes compile
too; counts become patterns of so many different values.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, count

from kgbuild.statements.shacl.model import Constraint, NotCompiled, Shape
from kgbuild.vocab import SH, TYPE, XSD, shorten

_MOST = 8  # values that a count inside an expression may tell apart
_WHOLE = frozenset(("minCount", "maxCount", "uniqueLang", "equals", "disjoint", "hasValue", "qualifiedValueShape"))
_MANY = frozenset(("uniqueLang", "lessThan", "lessThanOrEquals", "closed"))  # a result for each solution
_CASTS = frozenset(XSD + t for t in ("integer", "decimal", "double", "float", "boolean", "date", "dateTime", "time"))
_KINDS = {
    "IRI": ("isIRI",), "BlankNode": ("isBlank",), "Literal": ("isLiteral",), "BlankNodeOrIRI": ("isBlank", "isIRI"),
    "BlankNodeOrLiteral": ("isBlank", "isLiteral"), "IRIOrLiteral": ("isIRI", "isLiteral"),
}  # fmt: skip
_SPELT = {"and": "AndConstraintComponent", "or": "OrConstraintComponent", "in": "InConstraintComponent"}


@dataclass(frozen=True, slots=True)
class Query:
    """Solutions of ``pattern`` for which ``test`` holds ("" if all do) violate ``component`` of a shape; ``says``: the
    constraint in words. They bind ``?this``, where there is one ``?value`` and ``?path``, and the nodes ``outer``.
    """

    pattern: str
    test: str
    shape: Shape
    component: str
    says: str
    outer: str = ""
    distinct: bool = True


def texts(queries: Iterable[Query]) -> Iterator[tuple[str, dict[str, Query]]]:
    """SPARQL for queries, each with the variables that are true in the solutions that violate one of them.

    Those over one pattern are one scan of the data: what any of them finds is asked of each.
    """
    scans: dict[tuple[str, str, str], list[Query]] = defaultdict(list)
    for n, q in enumerate(queries):
        scans[q.pattern, q.outer, "" if q.test else str(n)].append(q)
    for (pattern, outer, _), some in scans.items():
        flags = {f"is{n}": q for n, q in enumerate(some)}
        binds = " ".join(f"BIND({q.test or 'true'} AS ?{name})" for name, q in flags.items())
        if len(some) == 1:
            wrong = f"FILTER({some[0].test})" if some[0].test else ""
            kind = "DISTINCT " if some[0].distinct else ""
            yield f"SELECT {kind}?this ?value ?path {outer} (true AS ?is0) WHERE {{ {pattern} {wrong} }}", flags
            continue
        any_of = " || ".join(q.test for q in some)
        found = f"SELECT DISTINCT ?this ?value {outer} WHERE {{ {pattern} FILTER({any_of}) }}"
        names = " ".join(f"?{name}" for name in flags)
        yield f"SELECT ?this ?value ?path {outer} {names} WHERE {{ {{ {found} }} {binds} }}", flags


class Compiler:
    """``subclasses`` gives the classes below one, itself included, as the data has them; terms as in N-Triples."""

    def __init__(self, subclasses: Callable[[str], list[str]]) -> None:
        self._subclasses, self._numbers = subclasses, count()

    def queries(self, shape: Shape) -> Iterator[Query]:
        """The queries of a shape with targets. Raises ``NotCompiled`` for what SPARQL cannot say, or say exactly."""
        if any(term.startswith("_:") for _, term in shape.targets):
            raise NotCompiled("a blank node as a target")
        if any(kind == "targetNode" for kind, _ in shape.targets) and _empty_paths(shape):
            raise NotCompiled("a path of length zero from a node that the data may lack")
        kinds = {kind for kind, _ in shape.targets}
        focus = " UNION ".join(f"{{ {self._target(kind, term)} }}" for kind, term in shape.targets)
        once = len(shape.targets) == 1 and kinds <= {"targetNode", "targetClass"} and "VALUES ?v" not in focus
        yield from self._of(shape, focus if once else _distinct("?this", focus), "")

    def _new(self) -> str:
        return f"?v{next(self._numbers)}"

    def _target(self, kind: str, term: str) -> str:
        if kind == "targetNode":
            return f"VALUES ?this {{ {term} }}"
        if kind == "targetClass":
            return self._instance("?this", term)
        subject, object = ("?this", self._new()) if kind == "targetSubjectsOf" else (self._new(), "?this")
        return f"{subject} {term} {object}"

    def _instance(self, node: str, kind: str) -> str:
        classes = self._subclasses(kind)
        if len(classes) == 1:
            return f"{node} <{TYPE}> {kind} ."
        c = self._new()
        return f"VALUES {c} {{ {' '.join(classes)} }} {node} <{TYPE}> {c} ."

    def _of(self, shape: Shape, focus: str, outer: str) -> Iterator[Query]:
        """Queries for a pattern that binds the focus, and the nodes ``outer`` that led to it: a result for each way."""
        for c in shape.constraints:
            if c.value is None:
                continue
            if c.name == "property":
                yield from self._of(c.value, *self._values_as_focus(shape, focus, outer))
                continue
            for name, pattern, test in self._violated(shape, c):
                # A focus that several graphs name comes more than once: of no matter where solutions are made distinct.
                nodes = _distinct(f"?this {outer}", focus) if c.name in _MANY else focus
                yield Query(f"{nodes} {pattern}", test, shape, SH + name, _said(c), outer, c.name not in _MANY)

    def _values_as_focus(self, shape: Shape, focus: str, outer: str) -> tuple[str, str]:
        if not shape.path:
            return focus, outer
        node = self._new()
        inner, outer = focus.replace("?this", node), f"{outer} {node}"
        return _distinct(f"?this {outer}", f"{inner} {node} {shape.path} ?this"), outer

    def _violated(self, shape: Shape, c: Constraint) -> Iterator[tuple[str, str, str]]:
        """Component, pattern and test ("" for none) for each way in which a focus node can violate a constraint."""
        component = _SPELT.get(c.name) or f"{c.name[0].upper()}{c.name[1:]}ConstraintComponent"
        path = shape.path
        if c.name == "closed":
            allowed = ", ".join(c.more["allowed"])
            if path:
                raise NotCompiled("sh:closed in a property shape")
            wrong = f"FILTER(?path NOT IN ({allowed}))" if allowed else ""
            yield component, f"?this ?path ?value . {wrong}", ""
        elif c.name == "qualifiedValueShape":
            for end, expression in self._qualified(c, path, "?this"):
                yield f"{end}ConstraintComponent", "", expression
        elif c.name in ("minCount", "maxCount", "hasValue"):
            yield component, "", self._whole(c, path, "?this")
        elif c.name == "uniqueLang":
            if path and c.value.startswith('"true"'):
                a, b = self._new(), self._new()
                same = f"!sameTerm({a}, {b}) && LANG({a}) != '' && LCASE(LANG({a})) = LCASE(LANG({b}))"
                pair = f"?this {path} {a}, {b} . FILTER({same})"
                lang = self._new()
                yield (
                    component,
                    f"{{ SELECT DISTINCT ?this {lang} WHERE {{ {pair} BIND(LCASE(LANG({a})) AS {lang}) }} }}",
                    "",
                )
        elif c.name == "equals":
            here = f"?this {path} ?value ." if path else "BIND(?this AS ?value)"
            there = f"?this {path} ?value" if path else "FILTER(sameTerm(?this, ?value))"
            yield component, f"{here} FILTER NOT EXISTS {{ ?this {c.value} ?value }}", ""
            yield component, f"?this {c.value} ?value FILTER NOT EXISTS {{ {there} }}", ""
        elif c.name == "disjoint":
            here = f"?this {path} ?value ." if path else "BIND(?this AS ?value)"
            yield component, f"{here} FILTER EXISTS {{ ?this {c.value} ?value }}", ""
        elif c.name in ("lessThan", "lessThanOrEquals"):
            other, sign = self._new(), "<" if c.name == "lessThan" else "<="
            yield (
                component,
                f"?this {path} ?value ; {c.value} {other} . FILTER(!COALESCE(?value {sign} {other}, false))",
                "",
            )
        else:
            here = f"?this {path} ?value ." if path else "BIND(?this AS ?value)"
            yield component, here, self._value(c, "?value")

    def violates(self, shape: Shape, x: str) -> str:
        """An expression that is true if the node ``x`` (a variable) does not conform to a shape."""
        parts = [self._broken(shape, c, x) for c in shape.constraints if c.value is not None]
        return "(" + " || ".join(parts or ["false"]) + ")"

    def _broken(self, shape: Shape, c: Constraint, x: str) -> str:
        path = shape.path
        if c.name == "closed":
            p, o, allowed = self._new(), self._new(), ", ".join(c.more["allowed"])
            return f"EXISTS {{ {x} {p} {o} . {f'FILTER({p} NOT IN ({allowed}))' if allowed else ''} }}"
        if c.name == "qualifiedValueShape":
            return "(" + (" || ".join(e for _, e in self._qualified(c, path, x)) or "false") + ")"
        if c.name in _WHOLE or c.name.startswith("lessThan"):
            return self._whole(c, path, x)
        if not path:
            return self._value(c, x)
        v = self._new()
        return f"EXISTS {{ {x} {path} {v} . FILTER({self._value(c, v)}) }}"

    def _qualified(self, c: Constraint, path: str, x: str) -> Iterator[tuple[str, str]]:
        def fits(v: str) -> str:
            return f"!{self.violates(c.value, v)}"

        least, most = c.more["qualifiedMinCount"], c.more["qualifiedMaxCount"]
        if least:
            yield "QualifiedMinCount", f"!{self._several(least, path, x, fits)}"
        if most is not None:
            yield "QualifiedMaxCount", self._several(most + 1, path, x, fits)

    def _several(self, number: int, path: str, x: str, fits: Callable[[str], str] | None = None) -> str:
        """An expression that is true if a path leads to so many different values (that fit)."""
        if number > _MOST:
            raise NotCompiled(f"a count above {_MOST - 1}")
        values = [self._new() for _ in range(number)]
        tests = [f"!sameTerm({a}, {b})" for a, b in combinations(values, 2)] + [fits(v) for v in values if fits]
        condition = f"FILTER({' && '.join(tests)})" if tests else ""
        return f"EXISTS {{ {' '.join(f'{x} {path} {v} .' for v in values)} {condition} }}" if number else "true"

    def _whole(self, c: Constraint, path: str, x: str) -> str:
        """An expression over all values of a node together."""
        a, b = self._new(), self._new()
        match c.name:
            case "minCount":
                return f"!{self._several(_number(c.value), path, x)}"
            case "maxCount":
                return self._several(_number(c.value) + 1, path, x)
            case "hasValue":
                return f"NOT EXISTS {{ {x} {path} {c.value} }}" if path else f"!sameTerm({x}, {c.value})"
            case "uniqueLang":
                same = f"!sameTerm({a}, {b}) && LANG({a}) != '' && LCASE(LANG({a})) = LCASE(LANG({b}))"
                on = path and c.value.startswith('"true"')
                return f"EXISTS {{ {x} {path} {a}, {b} . FILTER({same}) }}" if on else "false"
            case "disjoint":
                return f"EXISTS {{ {x} {path} {a} ; {c.value} {a} }}" if path else f"EXISTS {{ {x} {c.value} {x} }}"
            case "equals" if path:
                return (
                    f"(EXISTS {{ {x} {path} {a} FILTER NOT EXISTS {{ {x} {c.value} {a} }} }} || "
                    f"EXISTS {{ {x} {c.value} {b} FILTER NOT EXISTS {{ {x} {path} {b} }} }})"
                )
            case "equals":
                other = f"EXISTS {{ {x} {c.value} {b} FILTER(!sameTerm({b}, {x})) }}"
                return f"(NOT EXISTS {{ {x} {c.value} {x} }} || {other})"
            case _:
                sign = "<" if c.name == "lessThan" else "<="
                return f"EXISTS {{ {x} {path} {a} ; {c.value} {b} . FILTER(!COALESCE({a} {sign} {b}, false)) }}"

    def _value(self, c: Constraint, v: str) -> str:
        """An expression that is true if one value violates a constraint."""
        match c.name:
            case "class":
                return f"NOT EXISTS {{ {self._instance(v, c.value)} }}"
            case "datatype":
                return _datatype(c.value, v)
            case "nodeKind":
                kinds = _KINDS[c.value.strip("<>").removeprefix(SH)]
                return "!(" + " || ".join(f"{k}({v})" for k in kinds) + ")"
            case "minExclusive" | "minInclusive" | "maxExclusive" | "maxInclusive":
                sign = {"minE": ">", "minI": ">=", "maxE": "<", "maxI": "<="}[c.name[:4]]
                return f"!COALESCE({v} {sign} {c.value}, false)"
            case "minLength":
                return f"(isBlank({v}) || STRLEN(STR({v})) < {_number(c.value)})"
            case "maxLength":
                return f"(isBlank({v}) || STRLEN(STR({v})) > {_number(c.value)})"
            case "pattern":
                flags = f', "{c.more["flags"]}"' if c.more["flags"] else ""
                return f"(isBlank({v}) || !REGEX(STR({v}), {c.value.partition('^^')[0]}{flags}))"
            case "languageIn":
                wanted = " || ".join(f"LANGMATCHES(LANG({v}), {lang})" for lang in c.value) or "false"
                return f"!COALESCE(isLiteral({v}) && ({wanted}), false)"
            case "in":
                return "!(" + (" || ".join(f"sameTerm({v}, {t})" for t in c.value) or "false") + ")"
            case "node":
                return self.violates(c.value, v)
            case "property":
                return self.violates(c.value, v)
            case "not":
                return f"!{self.violates(c.value, v)}"
            case "and":
                return "(" + (" || ".join(self.violates(s, v) for s in c.value) or "false") + ")"
            case "or":
                return "(" + (" && ".join(self.violates(s, v) for s in c.value) or "true") + ")"
            case "xone":
                held = [f"IF({self.violates(s, v)}, 0, 1)" for s in c.value]
                return f"(({' + '.join(held) or '0'}) != 1)"
        raise NotCompiled(f"sh:{c.name}")


def _said(c: Constraint) -> str:
    """A constraint as its shape writes it, without shapes within."""
    terms = c.value if isinstance(c.value, tuple) else (c.value,)
    if any(isinstance(t, Shape) for t in terms):
        return f"sh:{c.name}"
    shown = [shorten(t.strip("<>")) if t.startswith("<") else t.partition("^^")[0].strip('"') for t in map(str, terms)]
    return f"sh:{c.name} {' '.join(shown)}"


def _distinct(names: str, pattern: str) -> str:
    return f"{{ SELECT DISTINCT {names} WHERE {{ {pattern} }} }}"


def _empty_paths(shape: Shape) -> bool:
    """Whether a path of the shape, or of a property shape in it, may have length zero."""
    inner = [c.value for c in shape.constraints if c.name == "property" and c.value is not None]
    return bool(re.search(r"\)[*?]", shape.path)) or any(map(_empty_paths, inner))


def _datatype(wanted: str, v: str) -> str:
    """Whether a value is no literal of a datatype, or one whose text is none of that datatype."""
    test = f"!COALESCE(isLiteral({v}) && DATATYPE({v}) = {wanted}"
    iri = wanted.strip("<>")
    if iri in _CASTS:
        test += f" && BOUND({v}) && ({wanted}(STR({v})) = {wanted}(STR({v})) || STR({v}) = 'NaN')"
    elif iri.startswith(XSD) and iri != XSD + "string":
        raise NotCompiled(f"the datatype {iri}")
    return test + ", false)"


def _number(term: str) -> int:
    return int(term.split('"')[1] if '"' in term else term)
