"""Vectors of a source's former version, for what stands in it as it did: one changed sentence leaves all others.

The vector of a mention hangs on its words and their context alone, that of a relation on its text and its two ends.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kgbuild.embeddings import BACKWARD, as_read, open_relations, things, vector_key
from kgbuild.embeddings.around import SPACE, Told, told
from kgbuild.embeddings.contexts import contexts
from kgbuild.embeddings.relation import Context
from kgbuild.types import EmbeddingTable, Extraction


def known_mentions(
    extraction: Extraction, tables: Mapping[str, EmbeddingTable], space: str
) -> dict[Told, tuple[np.ndarray, np.ndarray]]:
    """Rows of the two tables of ``embed_in_context`` by what they hang on; none if they are of another space."""
    plain, around, read = tables.get("mentions"), tables.get(SPACE), as_read(things(extraction))
    if plain is None or around is None or plain.space != space:
        return {}
    if not plain.ids == around.ids == tuple(m.id for m in read):
        return {}
    rows = zip(read, plain.matrix, around.matrix, strict=True)
    return {told(m): (own, beside) for m, own, beside in rows}


def known_relations(
    extraction: Extraction, tables: Mapping[str, EmbeddingTable], base: str
) -> dict[Context, tuple[np.ndarray, np.ndarray]]:
    """Rows of the table of ``embed_relations``, read forward and backward, by where relations stand; not the means of
    columns of records.
    """
    table = tables.get("relations")
    if table is None:
        return {}
    row = {key: n for n, key in enumerate(table.ids)}
    own = [r for r in open_relations(extraction, base) if vector_key(r) == r.id and r.id in row]
    found = contexts(own, {m.id: m for m in extraction.mentions})
    return {c: (table.matrix[row[id]], table.matrix[row[id + BACKWARD]]) for id, c in found.items()}
