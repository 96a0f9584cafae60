"""The functions that bind, answered: terms for a ``VALUES`` block, and the vectors that a query is compared with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from kgbuild.config import Config
from kgbuild.errors import QueryError
from kgbuild.graphs.rdf import iri
from kgbuild.queries.functions.nearest import Nearest
from kgbuild.queries.functions.rewrite import Rewritten, Rows, rewrite
from kgbuild.queries.functions.things import PICTURES, WORDS, Iri
from kgbuild.statements.ontology import class_iri

MOST = 1000  # that one triple may ask for
_TEN = 10


class Binding:
    """Rewrites the queries to one published graph; models and indexes are loaded at the first that needs them."""

    def __init__(self, out: str | Path, config: Config, *, files: bool) -> None:
        self._out, self._config, self._files = out, config, files

    @cached_property
    def nearest(self) -> Nearest:
        return Nearest(self._out, self._config, files=self._files)

    def rewrite(self, query: str) -> tuple[Rewritten, dict[str, dict[str, np.ndarray]]]:
        """The query to run, and by constant the vectors of each kind that ``kgf:similarity`` needs of it.

        Raises ``QueryError`` with line and column.
        """
        made = rewrite(query, self._find)
        return made, {c: v for c in made.constants if (v := self._vectors(c))}

    def _vectors(self, given: str) -> dict[str, np.ndarray]:
        """Vectors of a text, or of a picture in ``data:`` or a file; none of what the graph itself knows."""
        nearest = self.nearest
        if isinstance(given, Iri):
            return {PICTURES: nearest.vectors(given, PICTURES)} if given.startswith(("data:", "file:")) else {}
        both = nearest.things.pictures is not None and not nearest.things.comparable
        return {kind: nearest.vectors(given, kind) for kind in ((WORDS, PICTURES) if both else (WORDS,))}

    def _find(self, name: str, arguments: Sequence[str], columns: int) -> Rows:
        given, *rest = arguments
        if len(rest) > (2 if name == "nearest" else 1):
            raise QueryError(f"kgf:{name} takes a text or IRI, how many{', a class' if name == 'nearest' else ''}.")
        k = _count(rest[0]) if rest else _TEN
        if name == "nearest":
            found: Iterable[tuple[str, ...]] = (
                (iri(e), f"{score:.4f}", iri(mention))
                for e, score, mention in self.nearest.entities(given, k, among=self._of_class(rest[1:]))
            )
        elif name == "nearestMention":
            found = ((iri(m), f"{score:.4f}", "UNDEF") for m, score in self.nearest.mentions(given, k))
        else:
            found = ((iri(s.source), f"{score:.4f}", iri(s.place)) for s, score in self.nearest.pictures(given, k))
        return [row[:columns] for row in found]

    def _of_class(self, classes: Sequence[str]) -> frozenset[str] | None:
        return self._members.get(classes[0], frozenset()) if classes else None

    @cached_property
    def _members(self) -> dict[str, frozenset[str]]:
        from pyarrow import parquet

        found: dict[str, set[str]] = {}
        table = parquet.read_table(self.nearest.things.folder / "entities.parquet", columns=["id", "type"])
        for entity in table.to_pylist():
            found.setdefault(class_iri(entity["type"]), set()).add(entity["id"])
        return {kind: frozenset(entities) for kind, entities in found.items()}


def _count(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= MOST:
        raise QueryError(f"how many must be a whole number from 1 to {MOST}, not {text}.")
    return int(text)
