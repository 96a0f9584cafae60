"""Vectors of what a graph names and shows, found by IRI: entities, mentions, pictures, frames, places."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from kgbuild.embeddings.index import VectorIndex
from kgbuild.embeddings.pictures import SHOWN
from kgbuild.errors import QueryError
from kgbuild.queries.functions.fragments import Where, where
from kgbuild.queries.store import check, generation

MOST = 64  # vectors of one thing that are compared; the rest of a thing of a thousand mentions adds nothing
WORDS, PICTURES = "words", "pictures"


class Iri(str):
    """The IRI of a thing or of a picture; a string that is none is text."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture, page or frame as a whole: where it is, and the name of its file among the published ones."""

    segment: str
    source: str
    fragment: str
    picture: str

    @property
    def place(self) -> str:
        return f"{self.source}#{self.fragment}"


class Things:
    """The vectors of one published graph; files are read when they are first needed."""

    def __init__(self, out: str | Path) -> None:
        self.folder = generation(out)

    @cached_property
    def words(self) -> VectorIndex:
        """Vectors of mentions."""
        return self._index("vectors")

    @cached_property
    def pictures(self) -> VectorIndex | None:
        """Vectors of distinct pictures and frames; None if the graph has none."""
        return self._index("pictures") if (self.folder / "pictures.faiss").is_file() else None

    def _index(self, name: str) -> VectorIndex:
        check(self.folder, f"{name}.json")  # the names of the rows; the vectors have a checksum beside them
        return VectorIndex.load(self.folder / f"{name}.faiss")

    @cached_property
    def comparable(self) -> bool:
        """Whether words and pictures lie in one space."""
        return self.pictures is not None and (self.words.space, self.pictures.space) == ("minilm-mention", "minilm")

    @cached_property
    def entities(self) -> list[str]:
        """IRIs of entities that have a vector, by number."""
        return [e for e in self._named[0] if e]

    @cached_property
    def owner(self) -> np.ndarray:
        """Number of the entity of each row of ``words``, -1 if it is none's."""
        return self._named[1]

    @cached_property
    def _named(self) -> tuple[list[str], np.ndarray]:
        from pyarrow import parquet

        table = parquet.read_table(self.folder / "mentions.parquet", columns=["id", "entity"]).to_pydict()
        entity = dict(zip(table["id"], table["entity"], strict=True))
        number: dict[str, int] = {}
        owner = [number.setdefault(e, len(number)) if (e := entity.get(i)) else -1 for i in self.words.ids]
        return list(number), np.array(owner, np.int64)

    @cached_property
    def _rows(self) -> tuple[dict[str, int], dict[str, int], np.ndarray, np.ndarray]:
        """Row of each mention, number of each entity, rows by entity, where each entity's begin."""
        order = np.argsort(self.owner, kind="stable")
        starts = np.searchsorted(self.owner[order], np.arange(len(self.entities) + 1))
        rows = {i: row for row, i in enumerate(self.words.ids)}
        return rows, {e: n for n, e in enumerate(self.entities)}, order, starts

    @cached_property
    def shown(self) -> list[list[Shown]]:
        """All that shows each row of ``pictures``: equal pictures have one vector."""
        return self._shown[0]

    @cached_property
    def _shown(self) -> tuple[list[list[Shown]], dict[str, list[tuple[Where, int]]]]:
        from pyarrow import parquet

        columns = ["id", "source", "place", "picture", "modality"]
        table = parquet.read_table(self.folder / "segments.parquet", columns=columns).to_pylist()
        whole = [
            Shown(s["id"], s["source"], s["place"].replace(";", "&"), s["picture"])
            for s in table
            if s["picture"] and s["modality"] in SHOWN
        ]
        ids = self.pictures.ids if self.pictures is not None else ()
        blob = {s.segment: s.picture for s in whole}
        row = {blob[i]: n for n, i in enumerate(ids) if i in blob}
        shown: list[list[Shown]] = [[] for _ in ids]
        by_source: dict[str, list[tuple[Where, int]]] = {}
        for s in whole:
            if (n := row.get(s.picture, -1)) >= 0:
                shown[n].append(s)
                by_source.setdefault(s.source, []).append((where(s.place), n))
        return shown, by_source

    def vectors(self, iri: str) -> tuple[np.ndarray, str] | None:
        """At most ``MOST`` vectors (n, d) of an entity, mention, picture, frame or place, and of which kind they are.

        None if there are none.
        """
        if len(words := self.word_rows(iri)):
            return self.words.matrix[words[:MOST]], WORDS
        rows = self.picture_rows(iri)
        return (self.pictures.matrix[rows[:MOST]], PICTURES) if rows and self.pictures is not None else None

    def word_rows(self, iri: str) -> list[int]:
        """Rows of an entity or a mention."""
        mention, entity, order, starts = self._rows
        if iri in entity:
            return order[starts[n := entity[iri]] : starts[n + 1]].tolist()
        return [mention[iri]] if iri in mention else []

    def picture_rows(self, iri: str) -> list[int]:
        """Rows of the pictures and frames of a source, or of those in which a place of it lies."""
        place = where(iri)
        found = self._shown[1].get(place.source or iri, ())
        return sorted({row for w, row in found if "#" not in iri or _holds(w, place)})


def _holds(picture: Where, place: Where) -> bool:
    """Whether a place lies in a picture or frame: its page and part, and a second that the frame is shown."""
    if picture.within != place.within[: len(picture.within)]:
        return False
    a, b = picture.time, place.time
    return a is None or b is None or a == b or (a[0] < b[1] and b[0] < a[1])


def closest(a: np.ndarray, b: np.ndarray) -> float:
    """The highest cosine between a vector of one and a vector of the other."""
    if a.shape[1] != b.shape[1]:
        raise QueryError("vectors of unlike spaces cannot be compared.")
    return round(float((a.astype(np.float64) @ b.astype(np.float64).T).max()), 4)
