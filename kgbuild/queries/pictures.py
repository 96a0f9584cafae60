"""Nearest pictures and frames to a picture or a text, through the FAISS index of picture vectors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kgbuild.config import Config
from kgbuild.embeddings.index import VectorIndex
from kgbuild.embeddings.pictures import load_encoder, pixels
from kgbuild.errors import QueryError, SourceError
from kgbuild.queries.places import describe, parse_fragment
from kgbuild.queries.store import generation
from kgbuild.sources.image import picture_png
from kgbuild.sources.reader import Limits
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
    """Searches one published graph. The encoder is loaded once, at the first search."""

    def __init__(self, out: str | Path, config: Config) -> None:
        from pyarrow import parquet

        folder = generation(out)
        if not (folder / "pictures.faiss").is_file():
            raise QueryError("the graph has no vectors of pictures: none were found, or embeddings.vision was none.")
        self._config, self._encoder = config, load_encoder(config)
        self._index = VectorIndex.load(folder / "pictures.faiss")
        if self._encoder is None or self._index.space != self._encoder.space:
            have = self._encoder.space if self._encoder is not None else "none"
            raise QueryError(
                f"the graph's pictures are of space {self._index.space!r}, the encoder's of {have!r}. "
                "Ask with the configuration that the graph was built with."
            )
        rows = parquet.read_table(folder / "segments.parquet", columns=["id", "source", "path", "place", "picture"])
        self._segments = {r["id"]: r for r in rows.to_pylist() if r["picture"]}

    def text(self, text: str, *, k: int = 10) -> list[NearPicture]:
        """The ``k`` pictures nearest to a text, best first."""
        if not text.strip():
            raise QueryError("the text to compare with is empty.")
        return self._nearest(self._encoder.texts([text]), k)

    def picture(self, file: str | Path, *, k: int = 10) -> list[NearPicture]:
        """The ``k`` pictures nearest to that in a file, best first. Raises ``QueryError`` if it cannot be read."""
        try:
            png, _, _ = picture_png(Path(file).read_bytes(), Limits.of(self._config))
        except (OSError, SourceError) as err:
            raise QueryError(f"{file}: no picture that can be read ({err}).") from err
        return self._nearest(self._encoder.encode([pixels(png)]), k)

    def _nearest(self, vector: np.ndarray, k: int) -> list[NearPicture]:
        scores, rows = self._index.search(vector, k)
        found = []
        for score, row in zip(scores[0].tolist(), rows[0].tolist(), strict=True):
            segment = self._segments.get(self._index.ids[row]) if row >= 0 else None
            if segment is not None:
                target = Target(segment["source"], tuple(parse_fragment(f) for f in segment["place"].split(";")))
                found.append(
                    NearPicture(
                        segment["path"], describe(target), round(score, 4), segment["id"], segment["source"],
                        f"pictures/{segment['picture']}.png",
                    )
                )  # fmt: skip
        return found
