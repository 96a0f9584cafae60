"""All functions as Oxigraph takes them: over its terms, None (an error in SPARQL) where there is no answer."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from kgbuild.errors import QueryError, WorkspaceError
from kgbuild.queries.functions import boxes, fragments, intervals
from kgbuild.queries.functions.things import Things, closest
from kgbuild.vocab import KGF, XSD

Vectors = Mapping[str, Mapping[str, np.ndarray]]
_REMEMBERED = 65_536  # vectors of things
_IRIS = frozenset({"source", "extent"})  # whose answers are IRIs, where they have a source


class Functions:
    """The functions over one published graph. ``vectors`` of the constants of a query are set before it runs."""

    def __init__(self, out: str | Path) -> None:
        self._out = out
        self._vectors: Vectors = {}
        self._things: Things | None = None
        self._found = lru_cache(_REMEMBERED)(self._look)
        self.problem = ""  # of the last query: functions cannot raise through Oxigraph

    def load(self) -> None:
        """Read all vectors now, if the graph has any."""
        with contextlib.suppress(WorkspaceError, OSError):
            self._all().vectors("")

    def begin(self, vectors: Vectors) -> None:
        """Before each query."""
        self._vectors, self.problem = vectors, ""

    def custom(self) -> dict[Any, Callable[..., Any]]:
        """By IRI, for ``Store.query(custom_functions=...)``."""
        import pyoxigraph as ox

        plain = fragments.functions() | boxes.functions() | intervals.functions()
        made = {ox.NamedNode(KGF + name): _over_terms(name, function) for name, function in plain.items()}
        made[ox.NamedNode(KGF + "similarity")] = self._similarity
        return made

    @staticmethod
    def aggregates() -> dict[Any, Callable[[], Any]]:
        """By IRI, for ``Store.query(custom_aggregate_functions=...)``."""
        import pyoxigraph as ox

        class Extent(fragments.Extent):
            def accumulate(self, term: Any) -> None:
                self.add(term.value)

            def finish(self) -> Any:
                return _term("extent", super().finish())

        return {ox.NamedNode(KGF + "extent"): Extent}

    def _similarity(self, *terms: Any) -> Any:
        import pyoxigraph as ox

        if len(terms) != 2:
            self.problem = "kgf:similarity compares two: entities, mentions, pictures, places, texts."
            return None
        try:
            a, b = (self._of(t) for t in terms)
            if not a or not b:
                return None
            kind = next((k for k in a if k in b), None)
            if kind is None and self._all().comparable:
                score = closest(next(iter(a.values())), next(iter(b.values())))
            elif kind is None:
                self.problem = "pictures and words of this graph do not lie in one space."
                return None
            else:
                score = closest(a[kind], b[kind])
        except QueryError as err:
            self.problem = str(err)
            return None
        return ox.Literal(f"{score:.4f}", datatype=ox.NamedNode(XSD + "decimal"))

    def _of(self, term: Any) -> Mapping[str, np.ndarray] | None:
        if (given := self._vectors.get(term.value)) is not None:
            return given
        if not hasattr(term, "datatype"):
            return self._found(term.value)
        self.problem = (
            "kgf:similarity compares with texts that stand in the query itself, in quotes; "
            f"for {term.value[:60]!r} compare the thing whose text it is."
        )
        return None

    def _look(self, iri: str) -> Mapping[str, np.ndarray] | None:
        found = self._all().vectors(iri)
        return {found[1]: found[0]} if found else None

    def _all(self) -> Things:
        if self._things is None:
            self._things = Things(self._out)
        return self._things


def _over_terms(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def of(*terms: Any) -> Any:
        return _term(name, function(*(t.value for t in terms)))

    return of


def _term(name: str, value: Any) -> Any:
    import pyoxigraph as ox

    if isinstance(value, float):  # whole numbers without a point
        text = f"{value:.4f}".rstrip("0").rstrip(".")
        kind = "decimal" if "." in text else "integer"
        return ox.Literal(text, datatype=ox.NamedNode(XSD + kind))
    if isinstance(value, str) and name in _IRIS and "://" in value:
        return ox.NamedNode(value)
    return None if value is None else ox.Literal(value)
