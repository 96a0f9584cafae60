"""What of a graph is nearest to a text, a picture or a thing of it, through the FAISS index."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from kgbuild.config import Config
from kgbuild.embeddings.index import VectorIndex
from kgbuild.errors import QueryError
from kgbuild.queries.functions.encode import Encoders, picture_data
from kgbuild.queries.functions.things import PICTURES, WORDS, Iri, Shown, Things

_PAYS = 32  # questions after which codes are made; before, each is answered from all vectors


class Nearest:
    """Answers for one published graph. ``files``: whether ``file:`` IRIs are read."""

    def __init__(self, out: str | Path, config: Config, *, files: bool) -> None:
        self.things, self._files = Things(out), files
        self.encoders = Encoders(self.things, config)
        self._asked = 0

    def warm(self) -> None:
        """Load and index everything now, so that no question waits for it."""
        self._asked = _PAYS
        self.entities("a", 1)
        if self.things.pictures is not None:
            self.pictures("a", 1)

    def vectors(self, given: str, kind: str) -> np.ndarray:
        """Vectors (n, d) to compare with those of a kind: of a text, or of a thing or picture by its ``Iri``.

        Raises ``QueryError`` if the graph does not know the IRI, or they cannot be compared.
        """
        if not isinstance(given, Iri):
            return self.encoders.text(given, kind)
        if (data := picture_data(given, files=self._files)) is not None:
            if kind == WORDS and not self.things.comparable:
                raise QueryError("pictures and words of this graph do not lie in one space.")
            return self.encoders.picture(data, given[:80])
        if (found := self.things.vectors(given)) is None:
            raise QueryError(f"the graph has no vectors of <{given}>.")
        if found[1] != kind and not self.things.comparable:
            raise QueryError("pictures and words of this graph do not lie in one space.")
        return found[0]

    def mentions(self, given: str, k: int) -> list[tuple[str, float]]:
        """(mention, cosine), best first; not those of the thing that is asked for."""
        index, own = self.things.words, set(self.things.word_rows(given)) if isinstance(given, Iri) else set()
        rows = self._search(index, self.vectors(given, WORDS), k + len(own))
        return [(index.ids[row], score) for row, score in rows if row not in own][:k]

    def entities(self, given: str, k: int, *, among: frozenset[str] | None = None) -> list[tuple[str, float, str]]:
        """(entity, cosine, its nearest mention), best first; a thing that is asked for is not its own neighbour.

        ``among``: the entities that count, all if None.
        """
        things, vectors = self.things, self.vectors(given, WORDS)
        depth, total = 8 * k, len(things.words.ids)
        while True:
            found: dict[str, tuple[str, float, str]] = {}
            for row, score in self._search(things.words, vectors, min(depth, total)):
                n = int(things.owner[row])
                entity = things.entities[n] if n >= 0 else ""
                if entity and entity != given and (among is None or entity in among):
                    found.setdefault(entity, (entity, score, things.words.ids[row]))
            if len(found) >= k or depth >= total:
                return list(found.values())[:k]
            depth *= 4

    def pictures(self, given: str, k: int) -> list[tuple[Shown, float]]:
        """With their cosine, pictures and frames, best first; equal pictures stand together."""
        vectors = self.vectors(given, PICTURES)
        if (index := self.things.pictures) is None:
            raise QueryError("the graph has no vectors of pictures: none were found, or embeddings.vision was none.")
        own = set(self.things.picture_rows(given)) if isinstance(given, Iri) else set()
        rows = [(row, score) for row, score in self._search(index, vectors, k + len(own)) if row not in own]
        return [(shown, score) for row, score in rows for shown in self.things.shown[row]][:k]

    def _search(self, index: VectorIndex, vectors: np.ndarray, k: int) -> Iterator[tuple[int, float]]:
        """Rows with their highest score, best first."""
        self._asked += 1
        scores, rows = index.search(vectors, k, quick=self._asked > _PAYS)
        best: dict[int, float] = {}
        order = np.argsort(-scores, axis=None, kind="stable")
        for row, score in zip(rows.ravel()[order].tolist(), scores.ravel()[order].tolist(), strict=True):
            if row >= 0:
                best.setdefault(row, round(score, 4))
        yield from best.items()
