"""The same picture in two sources: candidates by vectors, then decided by pixels (see ``copies``)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

from kgbuild.cache import Cache, code_version
from kgbuild.embeddings.index import VectorIndex
from kgbuild.entities.copies import VERSION, Copy, Look, compare
from kgbuild.identity import depiction_iri
from kgbuild.serialise import from_json, to_json
from kgbuild.types import Box, Depiction, EmbeddingTable, Segment, Target

AGENT = f"copies/{VERSION}"
NEIGHBOURS = 12  # of each picture that are compared with it, besides those with the same pixels
Comparison = Callable[[str, str], Copy | None]


def depictions(
    pictures: Sequence[Segment], table: EmbeddingTable, compared: Comparison, *, base: str
) -> tuple[Depiction, ...]:
    """Pairs of places of different sources that show the same picture, sorted by id.

    ``pictures``: whole pictures, frames and drawings; of several in a source with the same pixels the first counts.
    ``table``: vectors under some of their ids. ``compared`` lays one picture over another, given their hashes.
    """
    places: dict[str, dict[str, Segment]] = {}  # by picture: by source
    for segment in sorted(pictures, key=lambda s: (s.target.source, _number(s.id))):
        places.setdefault(segment.blob, {}).setdefault(segment.target.source, segment)
    found = []
    for sources in places.values():  # the same pixels: a chain joins them all
        for left, right in pairwise(sources.values()):
            found.append(_depiction(base, left, right, 1.0))
    for a, b in candidates(pictures, table, places):
        copy = compared(a, b)
        if copy is not None:
            left, right = _two(places[a], places[b])
            if left is not None and right is not None:
                found.append(_depiction(base, left, right, copy.score, copy))
    return tuple(sorted({d.id: d for d in found}.values(), key=lambda d: d.id))


def candidates(
    pictures: Iterable[Segment], table: EmbeddingTable, places: dict[str, dict[str, Segment]]
) -> list[tuple[str, str]]:
    """Pairs of different pictures, by hash, of which one is among the nearest of the other in some other source."""
    blob_of = {s.id: s.blob for s in pictures}
    rows: dict[str, int] = {}
    for row, id in enumerate(table.ids):
        if id in blob_of:
            rows.setdefault(blob_of[id], row)
    blobs = sorted(rows)
    if len(blobs) < 2:
        return []
    matrix = table.matrix[[rows[b] for b in blobs]]
    _, near = VectorIndex.build(EmbeddingTable(table.space, tuple(blobs), matrix)).search(matrix, NEIGHBOURS + 1)
    pairs = {
        (min(a, blobs[n]), max(a, blobs[n]))
        for a, found in zip(blobs, near.tolist(), strict=True)
        for n in found
        if n >= 0 and blobs[n] != a
    }
    return [(a, b) for a, b in sorted(pairs) if len(places[a].keys() | places[b].keys()) > 1]


def _two(left: dict[str, Segment], right: dict[str, Segment]) -> tuple[Segment | None, Segment | None]:
    """A place of each picture, in different sources."""
    for source, segment in left.items():
        for other, found in right.items():
            if other != source:
                return segment, found
    return None, None


def _depiction(base: str, left: Segment, right: Segment, score: float, copy: Copy | None = None) -> Depiction:
    places = [_within(left.target, copy.left if copy else None), _within(right.target, copy.right if copy else None)]
    ends = sorted(zip(places, (left.id, right.id), strict=True), key=lambda e: (e[0].source, _number(e[1])))
    (one, first), (other, second) = ends
    return Depiction(depiction_iri(base, one, other), (first, second), one, other, score, AGENT)


def _within(whole: Target, part: Box | None) -> Target:
    return whole if part is None else Target(whole.source, (*whole.selectors[:-1], part))


def _number(id: str) -> tuple[str, int]:
    head, _, number = id.rpartition("-")
    return (head, int(number)) if number.isdigit() else (id, 0)


class Comparer:
    """Lays pictures over each other, given their hashes; what was found out stays in the cache.

    ``read`` makes a picture ready; the last ``keep`` are remembered.
    """

    def __init__(self, read: Callable[[str], Look | None], *, cache: Cache, keep: int = 64) -> None:
        self._look, self._cache = lru_cache(keep)(read), cache

    def __call__(self, a: str, b: str) -> Copy | None:
        key = Cache.key(VERSION, code_version("entities"), a, b)
        known = self._cache.get("copies", key)
        if known is not None:
            return from_json(Copy, known.decode()) if known else None
        left, right = self._look(a), self._look(b)
        if left is None or right is None:
            return None
        found = compare(left, right)
        self._cache.put("copies", key, to_json(found).encode() if found is not None else b"")
        return found
