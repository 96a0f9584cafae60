"""SPARQL over the published graph, in a child process that can be killed.

The default graph is the union of all graphs; the prefixes of ``kgbuild.vocab`` are known.
SPARQL 1.1 query forms only. ``SERVICE`` and ``FROM`` are refused: nothing outside the
graph is read, whatever a query names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgbuild.errors import QueryError
from kgbuild.queries.answer import Answer, Row, Term
from kgbuild.queries.store import generation, open_store
from kgbuild.vocab import PREFIXES, XSD
from kgbuild.workers import Frames, Worker, WorkerDied

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_LENGTH = 100_000
MAX_DEPTH = 64  # 2,200 nested braces crash the parser
_REFUSED = frozenset({"service", "from"})
_UPDATES = frozenset({"insert", "delete", "load", "clear", "drop", "create", "copy", "move", "add"})
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})")
# What may hold any word without meaning it, then words, then brackets.
_TOKEN = re.compile(
    r"""(?P<skip>'''(?:[^\\]|\\.)*?'''|\"\"\"(?:[^\\]|\\.)*?\"\"\"|'(?:[^'\\\n\r]|\\.)*'|"(?:[^"\\\n\r]|\\.)*"
        |<[^<>"{}|^`\\\x00-\x20]*>|\#[^\n\r]*|[?$]\w+|@[A-Za-z][\w-]*|[\w.-]*:[\w.:%\\-]*)
      |(?P<word>[A-Za-z_]\w*)|(?P<open>[{(\[])|(?P<close>[})\]])""",
    re.VERBOSE | re.DOTALL,
)


def check(query: str) -> None:
    """Refuse what must not reach the parser. Raises ``QueryError`` with line and column where there is one."""
    if len(query) > MAX_LENGTH:
        raise QueryError(f"the query has {len(query)} characters; {MAX_LENGTH} are allowed.")
    _check_tokens(query)
    # By the grammar (SPARQL 1.1, 19.2) escapes of code points count as their characters everywhere.
    plain = _ESCAPE.sub(lambda m: _character(m.group(1) or m.group(2)), query)
    if plain != query:
        _check_tokens(plain)


def _check_tokens(plain: str) -> None:
    depth, first = 0, True
    for token in _TOKEN.finditer(plain):
        place = _place(plain, token.start())
        if token.lastgroup == "open":
            depth += 1
            if depth > MAX_DEPTH:
                raise QueryError(f"brackets are nested deeper than {MAX_DEPTH}.", *place)
        elif token.lastgroup == "close":
            depth -= 1
        elif token.lastgroup == "word":
            word = token.group().lower()
            if word in _REFUSED:
                raise QueryError(
                    f"{word.upper()} is not allowed: a query sees this graph. For one source: GRAPH <iri> {{ ... }}.",
                    *place,
                )
            if first and word in _UPDATES:
                raise QueryError(f"{word.upper()} would change the graph; only queries are answered.", *place)
            first = first and word in ("prefix", "base")


def _character(code: str) -> str:
    value = int(code, 16)
    return chr(value) if value <= 0x10FFFF else "\ufffd"


def _place(text: str, offset: int) -> tuple[int, int]:
    line = text.count("\n", 0, offset)
    return line + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


class Sparql:
    """Asks queries of one workspace in one child process, started at the first query."""

    def __init__(self, out: str | Path, *, timeout_s: float, max_rows: int, memory_mb: int) -> None:
        self._out, self._timeout, self._rows = Path(out), timeout_s, max_rows
        self._memory = memory_mb
        self._worker: Worker | None = None
        self._published: Path | None = None

    def ask(self, query: str, *, bindings: Mapping[str, str] | None = None) -> Answer:
        """The answer of a SELECT, ASK, CONSTRUCT or DESCRIBE query.

        ``bindings`` sets variables of the SELECT list to IRIs. Raises ``QueryError`` if the query is wrong,
        refused, or over the limits of time, memory or size.
        """
        check(query)
        published = generation(self._out)
        if self._worker is None or published != self._published:  # the graph was built anew
            self.close()
            open_store(self._out)  # made here, without the limits of a query
            setup = json.dumps({"out": str(self._out), "rows": self._rows}).encode()
            factory = "kgbuild.queries.sparql:serve"
            self._worker = Worker(factory, setup, timeout_s=self._timeout, memory_mb=self._memory)
            self._published = published
        request = json.dumps({"query": query, "bindings": dict(bindings or {})}).encode()
        try:
            (frame,) = self._worker.ask(request)
        except WorkerDied as death:
            raise QueryError(f"the query was stopped: {death}. Add a LIMIT or make it more selective.") from death
        found = json.loads(frame)
        if "error" in found:
            at = f"line {found['line']}, column {found['column']}: " if found["line"] else ""
            raise QueryError(f"{at}{found['error']}", found["line"], found["column"])
        rows: tuple[Row, ...] = tuple(tuple(Term(*t) if t else None for t in row) for row in found.pop("rows"))
        return Answer(
            found["kind"],
            tuple(found["variables"]),
            rows,
            found["boolean"],
            found["turtle"],
            found["truncated"],
        )

    def close(self) -> None:
        """End the child process."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None


def serve(setup: bytes) -> Callable[[bytes], Frames]:
    """What the child does with each request."""
    given = json.loads(setup)
    store = open_store(given["out"])

    def answer(request: bytes) -> Frames:
        asked = json.loads(request)
        try:
            found = _answer(store, asked["query"], asked["bindings"], given["rows"])
            return [json.dumps(asdict(found) | {"rows": [[_packed(t) for t in row] for row in found.rows]}).encode()]
        except SyntaxError as err:
            return [json.dumps(_syntax(str(err))).encode()]
        except (ValueError, OSError, RuntimeError) as err:
            return [json.dumps({"error": f"{err}", "line": 0, "column": 0}).encode()]

    return answer


def _packed(term: Term | None) -> list[str] | None:
    return [term.kind, term.value, term.datatype, term.language] if term else None


def _syntax(message: str) -> dict[str, Any]:
    place = re.match(r"error at (\d+):(\d+): (.*)", message, re.DOTALL)
    if place is None:
        return {"error": message, "line": 0, "column": 0}
    wanted = place.group(3)
    if wanted.startswith("expected") and len(wanted) > 120:  # the parser lists every character it would take
        wanted = "the query is not complete or not well formed here"
    return {"error": wanted, "line": int(place.group(1)), "column": int(place.group(2))}


def _answer(store: Any, query: str, bindings: Mapping[str, str], limit: int) -> Answer:
    import pyoxigraph as ox

    substitutions = {ox.Variable(k): ox.NamedNode(v) for k, v in bindings.items()}
    found = store.query(query, prefixes=PREFIXES, substitutions=substitutions or None)
    if isinstance(found, ox.QueryBoolean):
        return Answer("ask", boolean=bool(found))
    if isinstance(found, ox.QueryTriples):
        triples: list[ox.Triple] = []
        for triple in found:
            if len(triples) == limit:
                break
            triples.append(triple)
        turtle = (ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES) or b"").decode()
        rows = tuple(tuple(term(t) for t in triple) for triple in triples)
        return Answer("graph", ("s", "p", "o"), rows, turtle=turtle, truncated=len(triples) == limit)
    variables = tuple(v.value for v in found.variables)
    rows_found: list[Row] = []
    for solution in found:
        if len(rows_found) == limit:
            return Answer("select", variables, tuple(rows_found), truncated=True)
        rows_found.append(tuple(term(solution[v]) for v in found.variables))
    return Answer("select", variables, tuple(rows_found))


def term(value: Any) -> Term | None:
    """A term of Oxigraph as ours."""
    import pyoxigraph as ox

    if value is None:
        return None
    if isinstance(value, ox.NamedNode):
        return Term("uri", value.value)
    if isinstance(value, ox.Literal):
        datatype = "" if value.language or value.datatype.value == XSD + "string" else value.datatype.value
        return Term("literal", value.value, datatype, value.language or "")
    return Term("bnode" if isinstance(value, ox.BlankNode) else "triple", str(value))
