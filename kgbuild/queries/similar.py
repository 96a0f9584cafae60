"""Nearest entities to a text, through the FAISS index of mention vectors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from kgbuild.errors import QueryError
from kgbuild.queries.functions.nearest import Nearest


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An entity near the text; ``mention`` is its nearest mention, ``surface`` what stands there."""

    entity: str
    label: str
    type: str
    score: float
    mention: str
    surface: str


class Similar:
    """Searches one published graph."""

    def __init__(self, nearest: Nearest) -> None:
        self._nearest = nearest

    def search(self, text: str, *, k: int = 10, type: str = "") -> list[Neighbour]:
        """The ``k`` nearest entities, best first; each stands with its nearest mention."""
        if not text.strip():
            raise QueryError("the text to compare with is empty.")
        among = frozenset(e for e, (_, kind) in self._entities.items() if kind == type) if type else None
        found = self._nearest.entities(text, k, among=among)
        return [Neighbour(e, *self._entities[e], score, m, self._surfaces[m]) for e, score, m in found]

    @cached_property
    def _entities(self) -> dict[str, tuple[str, str]]:
        """Label and class of each."""
        from pyarrow import parquet

        table = parquet.read_table(self._nearest.things.folder / "entities.parquet", columns=["id", "label", "type"])
        return {e["id"]: (e["label"], e["type"]) for e in table.to_pylist()}

    @cached_property
    def _surfaces(self) -> dict[str, str]:
        from pyarrow import parquet

        table = parquet.read_table(self._nearest.things.folder / "mentions.parquet", columns=["id", "surface"])
        return dict(zip(*table.to_pydict().values(), strict=True))
