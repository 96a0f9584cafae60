"""Encoders per modality and the vector index (FAISS)."""

from __future__ import annotations

from typing import Any

from kgbuild.config import Config
from kgbuild.types import EmbeddingTable, Extraction, Mention, RelationMention

__all__ = ["BACKWARD", "LITERALS", "embed", "embed_relations", "is_open", "open_relations", "things"]

# Labels of mentions that become literals: they are no things and have no vector.
LITERALS = frozenset({"Time", "Quantity", "Text"})
BACKWARD = "~backward"  # ends the key of a relation's vector that is read from object to subject


def embed(extraction: Extraction, encoder: Any) -> EmbeddingTable:
    """One vector for each mention of a thing, in the order of the mentions."""
    found = things(extraction)
    return EmbeddingTable(encoder.space, tuple(m.id for m in found), encoder.mentions(found))


def things(extraction: Extraction) -> list[Mention]:
    """The mentions that are no literals, in order."""
    return [m for m in extraction.mentions if m.label not in LITERALS]


def is_open(predicate: str, base: str) -> bool:
    """Whether a predicate was made from the words of a source (``<base>relation/...``)."""
    return predicate.startswith(f"{base}relation/")


def open_relations(extraction: Extraction, base: str) -> list[RelationMention]:
    """Relation mentions whose predicate is no property of an ontology, in the order of the extraction."""
    return [r for r in extraction.relations if is_open(r.predicate, base)]


def embed_relations(extraction: Extraction, encoder: Any, config: Config) -> EmbeddingTable:
    """Two vectors for each open relation: under its id read forward, under id + ``BACKWARD`` read backward."""
    from kgbuild.embeddings.contexts import backward, contexts

    mentions = {m.id: m for m in extraction.mentions}
    found = contexts(open_relations(extraction, config["graph"]["base"]), mentions)
    matrix = encoder.relations([*found.values(), *map(backward, found.values())])
    return EmbeddingTable(encoder.space, (*found, *(id + BACKWARD for id in found)), matrix)
