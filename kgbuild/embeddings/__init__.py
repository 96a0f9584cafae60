"""Encoders per modality and the vector index (FAISS)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from kgbuild.config import Config
from kgbuild.types import EmbeddingTable, Extraction, Mention, RelationMention

if TYPE_CHECKING:
    from kgbuild.embeddings.relation import Context

__all__ = [
    "BACKWARD", "LITERALS", "as_read", "embed", "embed_relations", "is_open", "open_relations", "things", "vector_key",
]  # fmt: skip

# Labels of mentions that become literals: they are no things and have no vector.
LITERALS = frozenset({"Time", "Quantity", "Text"})
BACKWARD = "~backward"  # ends the key of a relation's vector that is read from object to subject
_RECORDS = "records/"  # agents of this name read tables of records
_CELLS = 8  # of a column of records whose vectors stand for all of it, fewer of each where there are many columns
_COLUMNS = 2000  # of records that are read so: further ones keep their own names
_ROWS = 2000  # of a table of records whose cells are read within their row: the sentences take most of the time


def embed(extraction: Extraction, encoder: Any) -> EmbeddingTable:
    """One vector for each mention of a thing, in the order of the mentions."""
    found = things(extraction)
    return EmbeddingTable(encoder.space, tuple(m.id for m in found), encoder.mentions(as_read(found)))


def things(extraction: Extraction) -> list[Mention]:
    """The mentions that are no literals, in order."""
    return [m for m in extraction.mentions if m.label not in LITERALS]


def as_read(mentions: list[Mention]) -> list[Mention]:
    """The mentions as an encoder reads them: rows after the first ``_ROWS`` of a table by their names alone."""
    rows = dict.fromkeys(m.segment for m in mentions if m.agent.startswith(_RECORDS))
    if len(rows) <= _ROWS:
        return mentions
    further = set(list(rows)[_ROWS:])
    return [replace(m, context="") if m.segment in further else m for m in mentions]


def is_open(predicate: str, base: str) -> bool:
    """Whether a predicate was made from the words of a source (``<base>relation/...``)."""
    return predicate.startswith(f"{base}relation/")


def open_relations(extraction: Extraction, base: str) -> list[RelationMention]:
    """Relation mentions whose predicate is no property of an ontology, in the order of the extraction."""
    return [r for r in extraction.relations if is_open(r.predicate, base)]


def vector_key(relation: RelationMention) -> str:
    """Under what a relation's vector stands: its id; cells of one column of records say one thing and share theirs."""
    return relation.predicate if relation.agent.startswith(_RECORDS) else relation.id


def embed_relations(
    extraction: Extraction, encoder: Any, config: Config,
    known: Mapping[Context, tuple[np.ndarray, np.ndarray]] = MappingProxyType({}),
) -> EmbeddingTable:  # fmt: skip
    """Two vectors for each ``vector_key`` of the open relations: under it read forward, under it + ``BACKWARD`` read
    backward. A column of records has the mean of its first cells; columns after the first ``_COLUMNS`` have none.

    ``known``: both vectors of relations that need not be made, as ``known_relations`` has them.
    """
    from kgbuild.embeddings.contexts import backward, contexts
    from kgbuild.models.arrays import unit

    told: dict[str, list[RelationMention]] = {}
    for r in open_relations(extraction, config["graph"]["base"]):
        same = told.setdefault(vector_key(r), [])
        if len(same) < _CELLS:
            same.append(r)
    columns = [key for key, same in told.items() if same[0].agent.startswith(_RECORDS)]
    cells = max(1, min(_CELLS, _COLUMNS // max(1, len(columns))))
    told |= {key: told[key][:cells] for key in columns[:_COLUMNS]} | {key: [] for key in columns[_COLUMNS:]}
    mentions = {m.id: m for m in extraction.mentions}
    found = contexts([r for same in told.values() for r in same], mentions)
    new = {c: n for n, c in enumerate(c for c in dict.fromkeys(found.values()) if c not in known)}
    made = encoder.relations([*new, *map(backward, new)]).reshape(2, len(new), encoder.dim)
    rows = {key: [found[r.id] for r in same if r.id in found] for key, same in told.items()}
    rows = {key: own for key, own in rows.items() if own}
    matrix = np.empty((2 * len(rows), encoder.dim), np.float32)
    for n, own in enumerate(rows.values()):
        both = np.array([made[:, new[c]] if c in new else known[c] for c in own])
        matrix[[n, n + len(rows)]] = both[0] if len(own) == 1 else unit(both.mean(0))
    return EmbeddingTable(encoder.space, (*rows, *(key + BACKWARD for key in rows)), matrix)
