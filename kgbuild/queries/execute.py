"""What a child process does with a query: Oxigraph over the read-only store, up to the limits of an answer."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from kgbuild.errors import QueryError
from kgbuild.queries.answer import Answer, Row, Term
from kgbuild.queries.confine import no_network
from kgbuild.queries.functions.oxigraph import Functions, Vectors
from kgbuild.queries.functions.rewrite import Rewritten
from kgbuild.queries.store import hold_store, open_store
from kgbuild.queries.tokens import Dataset, place
from kgbuild.vocab import PREFIXES, XSD
from kgbuild.workers import Frames

_STACK = 1 << 29  # bytes of address space: the parser recurses over chains; 8 MiB hold fewer than a query may have


def request(query: Rewritten, bindings: Mapping[str, str], vectors: Vectors, over: Dataset) -> bytes:
    """What is asked of a child that runs ``serve``."""
    return json.dumps(
        {"query": query.text, "bindings": dict(bindings), "vectors": packed(vectors), "over": asdict(over)}
    ).encode()


def answer(frame: bytes, query: Rewritten, asked: str) -> Answer:
    """What such a child answered. Raises ``QueryError`` with the place in the query as it was asked."""
    found = json.loads(frame)
    if "error" in found:
        at = (found["line"], found["column"])
        raise QueryError(found["error"], *as_asked(query, asked, *at))
    rows: tuple[Row, ...] = tuple(tuple(Term(*t) if t else None for t in row) for row in found.pop("rows"))
    return Answer(**{**found, "variables": tuple(found.pop("variables", ())), "rows": rows})


def as_asked(query: Rewritten, asked: str, line: int, column: int) -> tuple[int, int]:
    """A place in the rewritten query as one in the query as it was asked."""
    return place(asked, query.original(_offset(query.text, line, column))) if line else (0, 0)


@dataclass(frozen=True, slots=True)
class Found:
    """What a query found: a yes or no, or solutions or triples of Oxigraph, cut off or not."""

    boolean: bool | None = None
    variables: tuple[Any, ...] | None = None
    items: tuple[Any, ...] = ()
    truncated: bool = False

    def answer(self) -> Answer:
        """The same in our own terms, triples without their Turtle."""
        if self.boolean is not None:
            return Answer("ask", boolean=self.boolean)
        if self.variables is None:
            rows = tuple(tuple(term(t) for t in triple) for triple in self.items)
            return Answer("graph", ("s", "p", "o"), rows, truncated=self.truncated)
        rows = tuple(tuple(term(item[v]) for v in self.variables) for item in self.items)
        return Answer("select", tuple(v.value for v in self.variables), rows, truncated=self.truncated)


class Executor:
    """Answers queries over a store with the functions of ours.

    At most ``rows`` rows, or triples, of an answer, and no more once its terms have ``size`` characters; 0: no limit.
    """

    def __init__(self, store: Any, functions: Functions, *, rows: int, size: int = 0) -> None:
        self.store, self._functions, self._rows, self._size = store, functions, rows, size
        self._custom, self._aggregates = functions.custom(), functions.aggregates()

    def run(
        self, query: str, bindings: Mapping[str, str], vectors: Vectors, *,
        default: Sequence[str] = (), named: Sequence[str] = (),
    ) -> Found:  # fmt: skip
        """What the query finds, cut off at the limits.

        ``default`` and ``named``: graphs of the store that make the dataset, if any are given. Raises ``SyntaxError``,
        ``ValueError``, ``OSError``, ``QueryError``.
        """
        import pyoxigraph as ox

        self._functions.begin(vectors)
        bound: dict[ox.Variable, Any] = {ox.Variable(k): ox.NamedNode(v) for k, v in bindings.items()}
        graphs: dict[str, Any] = {}
        for graph in (*default, *named):
            if not self.store.contains_named_graph(ox.NamedNode(graph)):
                raise QueryError(f"there is no graph <{graph[:200]}> here, and nothing else is read.")
        if default or named:
            graphs["default_graph"] = [ox.NamedNode(g) for g in default]
            graphs["named_graphs"] = [ox.NamedNode(g) for g in named]
        solutions = self.store.query(
            query, prefixes=PREFIXES, substitutions=bound or None, **graphs,
            custom_functions=self._custom, custom_aggregate_functions=self._aggregates,
        )  # fmt: skip
        found = self._found(solutions)
        if self._functions.problem:
            raise QueryError(self._functions.problem)
        return found

    def _found(self, solutions: Any) -> Found:
        import pyoxigraph as ox

        if isinstance(solutions, ox.QueryBoolean):
            return Found(bool(solutions))
        items: list[Any] = []
        size, truncated = 0, False
        for item in solutions:
            if self._size:
                size += sum(len(t.value) + 16 if hasattr(t, "value") else 64 for t in item if t is not None)
            if truncated := len(items) == self._rows or size > self._size > 0:
                break
            items.append(item)
        variables = None if isinstance(solutions, ox.QueryTriples) else tuple(solutions.variables)
        return Found(None, variables, tuple(items), truncated)


def serve(setup: bytes) -> Callable[[bytes], Frames]:
    """What the child does with each request."""
    import faiss  # noqa: F401  (loaded under the limit of memory, which is set after this, it crashes now and then)
    import pyarrow.parquet  # noqa: F401
    import pyoxigraph as ox

    given = json.loads(setup)
    no_network()
    store = hold_store(given["out"], given["memory"]) or open_store(given["out"])
    executor = Executor(store, Functions(given["out"]), rows=given["rows"])
    threading.stack_size(_STACK)
    thread = ThreadPoolExecutor(1)

    def run(asked: bytes) -> Frames:
        question = json.loads(asked)
        try:
            found = executor.run(
                question["query"], question["bindings"], unpacked(question["vectors"]), **question["over"]
            )
        except ERRORS as err:
            return [json.dumps(problem(err)).encode()]
        answer: dict[str, Any] = {"truncated": found.truncated}
        if found.boolean is not None:
            answer |= {"kind": "ask", "boolean": found.boolean, "rows": ()}
        elif found.variables is None:
            turtle = ox.serialize(found.items, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES) or b""
            answer |= {"kind": "graph", "variables": ("s", "p", "o"), "turtle": turtle.decode()}
            answer["rows"] = [[parts(t) for t in triple] for triple in found.items]
        else:
            answer |= {"kind": "select", "variables": [v.value for v in found.variables]}
            answer["rows"] = [[parts(t) for t in row] for row in found.items]
        return [json.dumps(answer).encode()]

    return lambda asked: thread.submit(run, asked).result()


def parts(value: Any) -> tuple[str, ...] | None:
    """What ``Term`` is made of, of a term of Oxigraph."""
    import pyoxigraph as ox

    if value is None:
        return None
    if isinstance(value, ox.NamedNode):
        return ("uri", value.value)
    if isinstance(value, ox.Literal):
        if language := value.language:
            return ("literal", value.value, "", language)
        datatype = value.datatype.value
        return ("literal", value.value) if datatype == XSD + "string" else ("literal", value.value, datatype)
    return ("bnode" if isinstance(value, ox.BlankNode) else "triple", str(value))


def term(value: Any) -> Term | None:
    """A term of Oxigraph as ours."""
    made = parts(value)
    return Term(*made) if made else None


ERRORS = (SyntaxError, ValueError, OSError, RuntimeError, QueryError)  # of a query


def problem(err: BaseException) -> dict[str, Any]:
    """An error of a query as a child tells it: message, line and column, 0 if unknown."""
    if not isinstance(err, SyntaxError):
        return {"error": str(err), "line": 0, "column": 0}
    message = str(err)
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


def packed(vectors: Vectors) -> dict[str, dict[str, list[Any]]]:
    """Vectors as JSON has them."""

    def one(matrix: np.ndarray) -> list[Any]:
        return [len(matrix), base64.b64encode(np.ascontiguousarray(matrix, np.float32).tobytes()).decode()]

    return {constant: {kind: one(v) for kind, v in kinds.items()} for constant, kinds in vectors.items()}


def unpacked(sent: Mapping[str, Mapping[str, list[Any]]]) -> Vectors:
    """What ``packed`` made, as vectors again."""

    def one(count: int, data: str) -> np.ndarray:
        return np.frombuffer(base64.b64decode(data), np.float32).reshape(count, -1)

    return {constant: {kind: one(*v) for kind, v in kinds.items()} for constant, kinds in sent.items()}
