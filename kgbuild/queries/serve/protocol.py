"""Requests of the SPARQL 1.1 Protocol, query operations alone (W3C Recommendation 21 March 2013, section 2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from kgbuild.queries.tokens import Dataset

FORM, DIRECT, UPDATE = "application/x-www-form-urlencoded", "application/sparql-query", "application/sparql-update"
_UPDATES = ("update", "using-graph-uri", "using-named-graph-uri")


class Refused(Exception):
    """A request that is not answered: status, short stable code, message; place in the query where there is one."""

    def __init__(self, status: int, code: str, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.status, self.code, self.line, self.column = status, code, line, column

    def as_dict(self) -> dict[str, object]:
        """The body of the answer, as JSON has it."""
        return {"code": self.code, "message": str(self), "line": self.line, "column": self.column}


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, and the graphs of the store that its dataset is to be; the union of all if none are named."""

    query: str
    over: Dataset = field(default_factory=Dataset)


def read(method: str, parameters: bytes, headers: Mapping[str, str], body: bytes) -> Asked | None:
    """The query of a request; None of a GET without any, which asks for a description.

    Raises ``Refused``.
    """
    url = _pairs(parameters)
    if method in ("GET", "HEAD"):
        return _asked(url) if "query" in url or any(u in url for u in _UPDATES) else None
    if method != "POST":
        raise Refused(405, "method", f"{method} is not understood here; a query comes by GET or POST.")
    kind, _, rest = headers.get("content-type", "").partition(";")
    kind = kind.strip().lower()
    if kind == FORM:
        own = _pairs(body)
        return _asked({n: [*own.get(n, ()), *url.get(n, ())] for n in {**own, **url}})
    if kind == DIRECT:
        charset = rest.strip().lower().removeprefix("charset=").strip('"')
        if charset not in ("", "utf-8", "utf8"):
            raise Refused(415, "charset", f"the query is said to be {charset}; only UTF-8 is read.")
        return _asked({**url, "query": [*url.get("query", ()), _decoded(body)]})
    if kind == UPDATE:
        raise Refused(403, "update", "the graph is read-only; only queries are answered.")
    raise Refused(415, "media-type", f"a query by POST is {FORM} or {DIRECT}, not {kind or 'of no type'}.")


def _asked(pairs: Mapping[str, list[str]]) -> Asked:
    if any(u in pairs for u in _UPDATES):
        raise Refused(403, "update", "the graph is read-only; only queries are answered.")
    queries = pairs.get("query", [])
    if len(queries) != 1:
        raise Refused(400, "query", f"there are {len(queries)} parameters `query`; one is to be given.")
    over = Dataset(tuple(pairs.get("default-graph-uri", ())), tuple(pairs.get("named-graph-uri", ())))
    return Asked(queries[0], over)


def _pairs(encoded: bytes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(encoded.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except UnicodeDecodeError as err:
        raise Refused(400, "encoding", "parameters are to be percent-encoded UTF-8.") from err
    except ValueError as err:
        raise Refused(400, "parameters", "there are more than 100 parameters.") from err
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as err:
        raise Refused(400, "encoding", "the query is not UTF-8.") from err
