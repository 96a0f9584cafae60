"""Tables of vectors as bytes of the cache: each under its name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np

from kgbuild.errors import UsageError
from kgbuild.types import EmbeddingTable


def pack(tables: Mapping[str, EmbeddingTable]) -> bytes:
    """A line of JSON that names the tables, then their numbers."""
    header = [{"name": n, "space": t.space, "ids": t.ids, "dim": t.matrix.shape[1]} for n, t in tables.items()]
    body = b"".join(np.ascontiguousarray(t.matrix, dtype="<f4").tobytes() for t in tables.values())
    return json.dumps(header).encode() + b"\n" + body


def unpack(value: bytes) -> dict[str, EmbeddingTable]:
    """What ``pack`` packed, by name."""
    head, _, body = value.partition(b"\n")
    tables, at = {}, 0
    for given in json.loads(head):
        size = len(given["ids"]) * given["dim"]
        matrix = np.frombuffer(body, dtype="<f4", count=size, offset=at).reshape(len(given["ids"]), given["dim"])
        tables[given["name"]] = EmbeddingTable(given["space"], tuple(given["ids"]), matrix)
        at += 4 * size
    return tables


def embedded(tables: Mapping[str, EmbeddingTable]) -> frozenset[str]:
    """The mentions of a source that have a vector."""
    return frozenset(tables["mentions"].ids) if "mentions" in tables else frozenset()


def stack(tables: Sequence[EmbeddingTable]) -> EmbeddingTable:
    """The rows of all tables of one space as one, in the order given; without any, an empty table of no space.

    Raises ``UsageError`` if their spaces or dimensions differ: an encoder changed, and kept its name.
    """
    kinds = sorted({(t.space, t.matrix.shape[1]) for t in tables if t.ids})
    if len(kinds) > 1:
        told = " and ".join(f"{space!r} with {dim} dimensions" for space, dim in kinds)
        raise UsageError(
            f"vectors of {told} cannot be compared: an encoder that [embeddings] names changed. Remove the folder "
            "`vectors` of the cache, or name the new one otherwise."
        )
    tables = [t for t in tables if t.ids] or tables[:1]
    ids = tuple(id for t in tables for id in t.ids)
    matrix = np.concatenate([t.matrix for t in tables]) if tables else np.zeros((0, 0), dtype="<f4")
    return EmbeddingTable(tables[0].space if tables else "", ids, matrix)
