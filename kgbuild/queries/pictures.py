"""Nearest pictures and frames to a picture or a text, through the FAISS index of picture vectors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kgbuild.errors import QueryError
from kgbuild.queries.functions.nearest import Nearest
from kgbuild.queries.functions.things import Iri, Shown
from kgbuild.queries.places import describe, parse_fragment
from kgbuild.types import Target


@dataclass(frozen=True, slots=True)
class NearPicture:
    """A picture, page or frame near the question: its source's path, its place in words, its file in the workspace."""

    path: str
    place: str
    score: float
    segment: str
    source: str
    picture: str


class SimilarPictures:
    """Searches one published graph."""

    def __init__(self, nearest: Nearest) -> None:
        self._nearest = nearest

    def text(self, text: str, *, k: int = 10) -> list[NearPicture]:
        """The ``k`` pictures nearest to a text, best first."""
        if not text.strip():
            raise QueryError("the text to compare with is empty.")
        return [self._described(shown, score) for shown, score in self._nearest.pictures(text, k)]

    def picture(self, file: str | Path, *, k: int = 10) -> list[NearPicture]:
        """The ``k`` pictures nearest to that in a file, best first. Raises ``QueryError`` if it cannot be read."""
        found = self._nearest.pictures(Iri(Path(file).absolute().as_uri()), k)
        return [self._described(shown, score) for shown, score in found]

    def _described(self, shown: Shown, score: float) -> NearPicture:
        target = Target(shown.source, tuple(parse_fragment(f) for f in shown.fragment.split("&")))
        return NearPicture(
            self._paths[shown.source], describe(target), score, shown.segment, shown.source,
            f"pictures/{shown.picture}.png",
        )  # fmt: skip

    @cached_property
    def _paths(self) -> dict[str, str]:
        from pyarrow import parquet

        table = parquet.read_table(self._nearest.things.folder / "segments.parquet", columns=["source", "path"])
        return dict(zip(*table.to_pydict().values(), strict=True))
