"""Encoders per modality and the vector index (FAISS)."""

from __future__ import annotations

from typing import Any

from kgbuild.types import EmbeddingTable, Extraction

__all__ = ["LITERALS", "embed"]

# Labels of mentions that become literals: they are no things and have no vector.
LITERALS = frozenset({"Time", "Quantity"})


def embed(extraction: Extraction, encoder: Any) -> EmbeddingTable:
    """One vector for each mention of a thing, in the order of the mentions."""
    things = [m for m in extraction.mentions if m.label not in LITERALS]
    return EmbeddingTable(encoder.space, tuple(m.id for m in things), encoder.mentions(things))
