"""What a child process does with a query: Oxigraph over the read-only store, up to the limits of an answer."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

import numpy as np

from kgbuild.errors import QueryError
from kgbuild.queries.answer import Answer, Row, Term
from kgbuild.queries.functions.oxigraph import Functions, Vectors
from kgbuild.queries.functions.rewrite import Rewritten
from kgbuild.queries.store import open_store
from kgbuild.queries.tokens import place
from kgbuild.vocab import PREFIXES, XSD
from kgbuild.workers import Frames

_STACK = 1 << 29  # bytes of address space: the parser recurses over chains; 8 MiB hold fewer than a query may have


def request(query: Rewritten, bindings: Mapping[str, str], vectors: Vectors) -> bytes:
    """What is asked of a child that runs ``serve``."""
    packed = {constant: {kind: _packed(v) for kind, v in kinds.items()} for constant, kinds in vectors.items()}
    return json.dumps({"query": query.text, "bindings": dict(bindings), "vectors": packed}).encode()


def answer(frame: bytes, query: Rewritten, asked: str) -> Answer:
    """What such a child answered. Raises ``QueryError`` with the place in the query as it was asked."""
    found = json.loads(frame)
    if "error" in found:
        at = (found["line"], found["column"])
        if at[0]:
            at = place(asked, query.original(_offset(query.text, *at)))
        raise QueryError(found["error"], *at)
    rows: tuple[Row, ...] = tuple(tuple(Term(*t) if t else None for t in row) for row in found.pop("rows"))
    return Answer(**{**found, "variables": tuple(found["variables"]), "rows": rows})


class Executor:
    """Answers queries over a store with the functions of ours; at most ``rows`` rows, or triples, of an answer."""

    def __init__(self, out: str, *, rows: int) -> None:
        self._store, self._rows = open_store(out), rows
        self._functions = Functions(out)
        self._custom, self._aggregates = self._functions.custom(), self._functions.aggregates()

    def run(self, query: str, bindings: Mapping[str, str], vectors: Vectors) -> Answer:
        """The answer, cut off at the limit. Raises ``SyntaxError``, ``ValueError``, ``OSError``, ``QueryError``."""
        import pyoxigraph as ox

        self._functions.begin(vectors)
        bound: dict[ox.Variable, Any] = {ox.Variable(k): ox.NamedNode(v) for k, v in bindings.items()}
        found = self._store.query(
            query, prefixes=PREFIXES, substitutions=bound or None,
            custom_functions=self._custom, custom_aggregate_functions=self._aggregates,
        )  # fmt: skip
        made = self._answer(found)
        if self._functions.problem:
            raise QueryError(self._functions.problem)
        return made

    def _answer(self, found: Any) -> Answer:
        import pyoxigraph as ox

        if isinstance(found, ox.QueryBoolean):
            return Answer("ask", boolean=bool(found))
        items: list[Any] = []
        truncated = False
        for item in found:
            if truncated := len(items) == self._rows:
                break
            items.append(item)
        if isinstance(found, ox.QueryTriples):
            turtle = (ox.serialize(items, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES) or b"").decode()
            rows = tuple(tuple(term(t) for t in triple) for triple in items)
            return Answer("graph", ("s", "p", "o"), rows, turtle=turtle, truncated=truncated)
        names = found.variables
        rows = tuple(tuple(term(item[v]) for v in names) for item in items)
        return Answer("select", tuple(v.value for v in names), rows, truncated=truncated)


def serve(setup: bytes) -> Callable[[bytes], Frames]:
    """What the child does with each request."""
    given = json.loads(setup)
    executor = Executor(given["out"], rows=given["rows"])
    threading.stack_size(_STACK)
    thread = ThreadPoolExecutor(1)

    def run(asked: bytes) -> Frames:
        question = json.loads(asked)
        vectors = {c: {k: _unpacked(v) for k, v in kinds.items()} for c, kinds in question["vectors"].items()}
        try:
            found = executor.run(question["query"], question["bindings"], vectors)
        except SyntaxError as err:
            return [json.dumps(_syntax(str(err))).encode()]
        except (ValueError, OSError, RuntimeError, QueryError) as err:
            return [json.dumps({"error": f"{err}", "line": 0, "column": 0}).encode()]
        rows = [[[t.kind, t.value, t.datatype, t.language] if t else None for t in row] for row in found.rows]
        return [json.dumps(asdict(found) | {"rows": rows}).encode()]

    return lambda asked: thread.submit(run, asked).result()


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


def _syntax(message: str) -> dict[str, Any]:
    found = re.match(r"error at (\d+):(\d+): (.*)", message, re.DOTALL)
    if found is None:
        return {"error": message, "line": 0, "column": 0}
    wanted = found.group(3)
    if wanted.startswith("expected") and len(wanted) > 120:  # the parser lists every character it would take
        wanted = "the query is not complete or not well formed here"
    return {"error": wanted, "line": int(found.group(1)), "column": int(found.group(2))}


def _offset(text: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
    return start + column - 1


def _packed(vectors: np.ndarray) -> list[Any]:
    return [len(vectors), base64.b64encode(np.ascontiguousarray(vectors, np.float32).tobytes()).decode()]


def _unpacked(packed: list[Any]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(packed[1]), np.float32).reshape(packed[0], -1)
