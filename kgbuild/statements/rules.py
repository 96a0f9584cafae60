"""A user's rules: SPARQL CONSTRUCT queries, one in a file, and the ``sh:rule`` of shapes, run to the fixpoint over
facts and what follows from them.

Rules are put into strata (Apt, Blair and Walker 1988): one that asks for what is *not* there (NOT EXISTS, MINUS,
aggregates) runs after all that could still make it. What would not end is refused when the rules are read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kgbuild.errors import OntologyError
from kgbuild.ontology_files import OntologyFile, read_file
from kgbuild.statements.axioms import Axioms
from kgbuild.vocab import TYPE

ANY = "*"  # a variable in the place of a property
_REFUSED = {"Graph": "GRAPH", "ServiceGraphPattern": "SERVICE"}
_DENIES = "NOT EXISTS|EXISTS|OPTIONAL|MINUS|GROUP BY|COUNT|SUM|MIN|MAX|AVG|SAMPLE|GROUP_CONCAT"
_GRAPHS = (".ttl", ".rdf", ".owl", ".xml", ".nt", ".jsonld", ".json", ".trig", ".nq")  # files of shapes
_NEGATIVE = ("Builtin_NOTEXISTS", "AggregateJoin")
_TURNING = ("UnaryNot", "RelationalExpression", "Builtin_IF", "Builtin_COALESCE")  # EXISTS in them may mean absence
_ASKING = ("Builtin_BOUND", "Builtin_COALESCE")  # whether an OPTIONAL part was there
# Strings, IRIs and comments, in which a brace means nothing.
_QUIET = "|".join((
    r'"""(?:[^"\\]|\\.|"(?!""))*"""', r"'''(?:[^'\\]|\\.|'(?!''))*'''", r'"(?:[^"\\\n]|\\.)*"', r"'(?:[^'\\\n]|\\.)*'",
    r"<[^<>\s]*>", r"#[^\n]*",
))  # fmt: skip
_HEAD = re.compile(rf"({_QUIET})|(\bCONSTRUCT\s*\{{)", re.I)
_CLOSE = re.compile(rf"({_QUIET})|(\}})")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``select``: its WHERE part as a SELECT query; ``head`` and ``body``: triple patterns of terms, a
    variable as ``?name``, IRIs bare, literals as in N-Triples. ``needs``, ``denies``, ``makes``: properties, ``ANY``
    for all. ``mints``: whether an expression makes a term of its head. ``text`` begins at ``line`` of the file.
    """

    name: str
    path: str
    select: str
    head: tuple[tuple[str, str, str], ...]
    body: tuple[tuple[str, str, str], ...]
    needs: frozenset[str]
    denies: frozenset[str]
    makes: frozenset[str]
    mints: bool
    text: str = ""
    line: int = 1

    def at(self, word: str) -> str:
        """File and line where the rule says one of some words; where it begins if it does not."""
        return _at(self.path, self.text, self.line, word)


def read_rules(paths: Sequence[str], ontologies: Iterable[OntologyFile] = ()) -> list[Rule]:
    """The rules of files: a SPARQL query, or Turtle with the rules of shapes; ontologies may have such, too.

    Raises ``OntologyError`` naming file and line of what cannot be read, or is no rule.
    """
    rules = []
    for path in paths:
        file = read_file(path) if Path(path).suffix.lower() in _GRAPHS else None
        if file is None:
            rules.append(_read(path))
        elif not (found := [_rule(*one, path) for one in _named(file)]):
            raise OntologyError(f"statements.rules: {path} has no sh:rule of a shape that is not deactivated.")
        else:
            rules += found
    rules += (_rule(*one, file.name) for file in ontologies for one in _named(file))
    names = [r.name for r in rules]
    for r in rules:
        if names.count(r.name) > 1:
            raise OntologyError(f"{r.path}: two rules are called {r.name!r}. A rule's name is its file's: rename one.")
    return rules


def _named(file: OntologyFile) -> Iterable[tuple[str, str, int]]:
    from kgbuild.statements.shacl.rules import shape_rules

    return shape_rules(file)


def strata(rules: Sequence[Rule], axioms: Axioms) -> list[list[Rule]]:
    """The rules in the order in which they may run, those of one stratum together.

    Raises ``OntologyError`` for a rule that denies what it makes itself, through others or axioms too, and for one
    that makes new terms out of what it has made.
    """
    made = [_reach(r.makes, axioms) for r in rules]
    needs = [[n for n in range(len(rules)) if _meet(r.needs, made[n])] for r in rules]
    denies = [[n for n in range(len(rules)) if _meet(r.denies, made[n])] for r in rules]
    level = [0] * len(rules)
    for _ in range(len(rules) + 1):
        for i in range(len(rules)):
            level[i] = max([level[i], *(level[n] for n in needs[i]), *(level[n] + 1 for n in denies[i])])
    for i, r in enumerate(rules):
        if level[i] > len(rules):
            raise OntologyError(
                f"{r.at(_DENIES)}: the rule asks that something is not there which it makes itself, or others "
                "make of what it makes: no order of the rules gives one answer. Take the NOT EXISTS, MINUS or "
                "aggregate out."
            )
        if r.mints and _comes_back(i, needs):
            raise OntologyError(
                f"{r.at('BIND|AS')}: the rule would not end: it makes new values (BIND) out of what it has made itself."
            )
    return [[r for r, at in zip(rules, level, strict=True) if at == n] for n in sorted(set(level))]


def _comes_back(start: int, needs: list[list[int]]) -> bool:
    seen, stack = set(), list(needs[start])
    while stack:
        n = stack.pop()
        if n == start:
            return True
        if n not in seen:
            seen.add(n)
            stack += needs[n]
    return False


def _meet(wanted: frozenset[str], made: set[str]) -> bool:
    return bool(wanted) and bool(made) and (ANY in wanted or ANY in made or bool(wanted & made))


def _reach(properties: Iterable[str], axioms: Axioms) -> set[str]:
    """Properties whose facts can follow, by axioms, from facts of these."""
    seen, stack = set(), list(properties)
    while stack:
        p = stack.pop()
        if p in seen:
            continue
        seen.add(p)
        stack += [*axioms.wider.get(p, ()), *axioms.inverse.get(p, ())]
        stack += [r for _, r in (*axioms.first.get(p, ()), *axioms.second.get(p, ()))]
        if axioms.domain.get(p) or axioms.range.get(p):
            stack.append(TYPE)
    return seen


def _at(path: str, text: str, line: int, word: str) -> str:
    found = re.search(rf"\b({word})\b", text, re.IGNORECASE)
    return f"{path}:{line + (text.count(chr(10), 0, found.start()) if found else 0)}"


def _read(path: str) -> Rule:
    try:
        text = Path(path).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as err:
        raise OntologyError(f"statements.rules: {path}: cannot be read: {err}.") from err
    if not text.strip():
        raise OntologyError(
            f"statements.rules: {path} is empty. A rule is one query CONSTRUCT {{ ... }} WHERE {{ ... }}."
        )
    return _rule(Path(path).stem, text, 1, path)


def _rule(name: str, text: str, line: int, path: str) -> Rule:
    import pyoxigraph as ox
    from rdflib.plugins.sparql.algebra import translateQuery
    from rdflib.plugins.sparql.parser import parseQuery

    select = _as_select(text)
    try:
        ox.Store().query(text)
        ox.Store().query(select or text)
    except (SyntaxError, ValueError) as err:
        at = re.match(r"error at (\d+):(\d+): ", str(err))
        where = f"{path}:{line - 1 + int(at[1])}" if at else f"{path}:{line}"
        raise OntologyError(f"{where}: {str(err).removeprefix(at[0] if at else '')}"[:400]) from err
    if not select:
        raise OntologyError(f"{path}:{line}: a rule is one query CONSTRUCT {{ ... }} WHERE {{ ... }}.")
    query = translateQuery(parseQuery(text)).algebra
    patterns = list(_walk(query.p, lambda word: _at(path, text, line, word)))
    needs = frozenset(p for kind, (_, p, _) in patterns if kind != "denied" for p in _properties(p))
    absent = ("denied", "optional") if _has(query.p, _ASKING) else ("denied",)
    denies = frozenset(p for kind, (_, p, _) in patterns if kind in absent for p in _properties(p))
    begins = f"{path}:{line}"
    head = tuple(tuple(_term(t, begins) for t in triple) for triple in query.template)
    body = tuple(
        tuple(_term(t, begins) for t in triple) for kind, triple in patterns
        if kind == "body" and len(list(_properties(triple[1]))) == 1 and not _is_path(triple[1])
    )  # fmt: skip
    known = {f"?{v.value}" for v in ox.Store().query(select).variables}  # type: ignore[union-attr]
    for loose in sorted({t for triple in head for t in triple if t.startswith("?")} - known):
        raise OntologyError(f"{_at(path, text, line, loose[1:])}: {loose} stands in the CONSTRUCT part, and nothing in "
                            "the WHERE part says what it is: no fact would come of it.")  # fmt: skip
    bound = {f"?{n}" for n in _extended(query.p)}
    return Rule(
        name, path, select, head, body, needs, denies,  # type: ignore[arg-type]
        frozenset(ANY if p.startswith("?") else p for _, p, _ in head),
        bool(bound & {t for triple in head for t in triple}), text, line,
    )  # fmt: skip


def _as_select(text: str) -> str:
    """The query with ``SELECT *`` in the place of its template, "" if it has none."""
    start = next((m for m in _HEAD.finditer(text) if m.group(2)), None)
    if start is None:
        return ""
    end = next((m for m in _CLOSE.finditer(text, start.end()) if m.group(2)), None)
    return f"{text[: start.start()]}SELECT *{text[end.end() :]}" if end else ""


def _walk(node: Any, at: Callable[[str], str], kind: str = "body") -> Iterator[tuple[str, tuple[Any, Any, Any]]]:
    """Triple patterns with the part that they play: ``body`` (always there), ``maybe``, ``optional``, ``denied``."""
    from rdflib.plugins.sparql.parserutils import CompValue

    if isinstance(node, list):
        for part in node:
            yield from _walk(part, at, kind)
    elif isinstance(node, CompValue):
        if node.name in _REFUSED:
            raise OntologyError(
                f"{at(_REFUSED[node.name])}: {_REFUSED[node.name]} may not stand in a rule: rules see the "
                "facts, nothing else."
            )
        kind = "denied" if node.name in (*_NEGATIVE, *_TURNING) else kind
        if node.name in ("BGP", "TriplesBlock"):
            for triple in node.triples:
                for n in range(0, len(triple), 3):
                    yield kind, tuple(triple[n : n + 3])
            return
        for name, part in node.items():
            if name == "expr" and node.name == "Extend":
                yield from _walk(part, at, "denied")
                continue
            other = name == "p2" and node.name in ("LeftJoin", "Union", "Minus")
            inner = (
                {"Minus": "denied", "LeftJoin": "optional", "Union": "maybe"}.get(node.name, kind) if other else kind
            )
            if name == "p1" and node.name == "Union" and kind == "body":
                inner = "maybe"
            yield from _walk(part, at, "denied" if kind == "denied" else inner)


def _has(node: Any, names: Sequence[str]) -> bool:
    """Whether a call of one of these names stands in a query."""
    from rdflib.plugins.sparql.parserutils import CompValue

    if isinstance(node, CompValue):
        return node.name in names or any(_has(part, names) for part in node.values())
    return isinstance(node, list) and any(_has(part, names) for part in node)


def _extended(node: Any) -> Iterator[str]:
    """Variables that an expression makes."""
    from rdflib.plugins.sparql.parserutils import CompValue

    if isinstance(node, CompValue):
        if node.name == "Extend" and not str(node.expr).startswith("__agg"):
            yield str(node.var)
        for part in node.values():
            yield from _extended(part)


def _is_path(p: Any) -> bool:
    from rdflib.paths import Path as PropertyPath

    return isinstance(p, PropertyPath)


def _properties(p: Any) -> Iterator[str]:
    """The properties of a predicate or property path; ``ANY`` for variables and negated sets."""
    from rdflib import URIRef, Variable
    from rdflib.paths import NegatedPath

    if isinstance(p, Variable | NegatedPath):
        yield ANY
    elif isinstance(p, URIRef):
        yield str(p)
    else:
        for part in [*getattr(p, "args", ()), *filter(None, [getattr(p, "arg", None), getattr(p, "path", None)])]:
            yield from _properties(part)


def _term(t: Any, path: str) -> str:
    from rdflib import BNode, Literal, Variable

    if isinstance(t, Variable):
        return f"?{t}"
    if isinstance(t, BNode):
        raise OntologyError(f"{path}: a rule may not make blank nodes: name the thing with an IRI.")
    return str(t.n3()) if isinstance(t, Literal) else str(t)
