"""Nearest entities to a text, through the FAISS index of mention vectors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kgbuild import registry
from kgbuild.config import Config
from kgbuild.embeddings.index import VectorIndex
from kgbuild.errors import QueryError
from kgbuild.queries.store import generation


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
    """Searches one published graph. The encoder is loaded once, at the first search."""

    def __init__(self, out: str | Path, config: Config) -> None:
        from pyarrow import parquet

        folder = generation(out)
        self._encoder = registry.load("encoders", config["embeddings"]["encoder"])(config)
        self._index = VectorIndex.load(folder / "vectors.faiss")
        if self._index.space != self._encoder.space:
            raise QueryError(
                f"the graph's vectors are of space {self._index.space!r}, the encoder's of {self._encoder.space!r}. "
                "Ask with the configuration that the graph was built with."
            )
        entities = parquet.read_table(folder / "entities.parquet", columns=["id", "label", "type"]).to_pylist()
        mentions = parquet.read_table(folder / "mentions.parquet", columns=["id", "surface", "entity"]).to_pylist()
        self._entities = {e["id"]: e for e in entities}
        self._mentions = {m["id"]: m for m in mentions}

    def search(self, text: str, *, k: int = 10, type: str = "") -> list[Neighbour]:
        """The ``k`` nearest entities, best first; each stands with its nearest mention."""
        if not text.strip():
            raise QueryError("the text to compare with is empty.")
        vector = self._encoder.encode([text])
        found: dict[str, Neighbour] = {}
        depth, total = 8 * k, len(self._index.ids)
        while True:
            scores, rows = self._index.search(vector, min(depth, total))
            for score, row in zip(scores[0].tolist(), rows[0].tolist(), strict=True):
                mention = self._mentions.get(self._index.ids[row]) if row >= 0 else None
                entity = self._entities.get(mention["entity"]) if mention else None
                if mention is None or entity is None or (type and entity["type"] != type):
                    continue
                near = Neighbour(
                    entity["id"],
                    entity["label"],
                    entity["type"],
                    round(score, 4),
                    mention["id"],
                    mention["surface"],
                )
                found.setdefault(entity["id"], near)
            if len(found) >= k or depth >= total:
                return list(found.values())[:k]
            depth *= 4
