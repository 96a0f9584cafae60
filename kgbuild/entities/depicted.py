"""The same picture in two sources: candidates by vectors or hashes, decided by pixels (see ``copies``)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import combinations, pairwise

from kgbuild.cache import Cache, code_version
from kgbuild.embeddings.index import VectorIndex
from kgbuild.entities.copies import VERSION, Copy, Look, compare
from kgbuild.identity import depiction_iri
from kgbuild.serialise import from_json, to_json
from kgbuild.types import Box, Depiction, EmbeddingTable, Segment, Target

AGENT = f"copies/{VERSION}"
NEIGHBOURS = 8  # of each picture and of each part that are laid over it
_EACH = 12  # sources with the same pixels of which each is joined with each; of more, the rest in a chain
Comparison = Callable[[str, str], Copy | None]


def depictions(
    pictures: Sequence[Segment], tables: Sequence[EmbeddingTable], compared: Comparison, *, base: str,
    near: Iterable[tuple[str, str]] = (),
) -> tuple[Depiction, ...]:  # fmt: skip
    """Pairs of places of different sources that show the same picture, sorted by id.

    ``pictures``: whole pictures, frames and drawings; of several in a source with the same pixels the first counts.
    ``tables``: vectors under some of their ids, of whole pictures and then of parts of them. ``compared`` lays one
    picture over another, given their hashes; ``near``: further pairs of hashes to lay over each other.
    """
    places: dict[str, dict[str, Segment]] = {}  # by picture: by source
    for segment in sorted(pictures, key=lambda s: (s.target.source, _number(s.id))):
        places.setdefault(segment.blob, {}).setdefault(segment.target.source, segment)
    found = []
    for sources in places.values():
        found += [_depiction(base, left, right, 1.0) for left, right in _pairs(list(sources.values()))]
    proposed = {p for p in near if len(places[p[0]].keys() | places[p[1]].keys()) > 1}
    for a, b in sorted({*candidates(pictures, tables, places), *proposed}):
        copy = compared(a, b)
        if copy is not None:
            for source, left in list(places[a].items())[:_EACH]:
                for other, right in list(places[b].items())[:_EACH]:
                    if other != source:
                        found.append(_depiction(base, left, right, copy.score, copy))
    return tuple(sorted({d.id: d for d in found}.values(), key=lambda d: d.id))


def candidates(
    pictures: Iterable[Segment], tables: Sequence[EmbeddingTable], places: dict[str, dict[str, Segment]]
) -> list[tuple[str, str]]:
    """Pairs of different pictures, by hash: whole ones that are among the nearest of another or of a part of it."""
    blob_of = {s.id: s.blob for s in pictures}
    whole, *queries = (_by_blob(table, blob_of) for table in tables)
    if len(whole.ids) < 2:
        return []
    index = VectorIndex.build(whole)
    pairs: set[tuple[str, str]] = set()
    for asked in (whole, *queries):
        if asked.ids:
            _, near = index.search(asked.matrix, NEIGHBOURS + 1)
            for a, found in zip(asked.ids, near.tolist(), strict=True):
                pairs.update((min(a, b), max(a, b)) for b in (whole.ids[n] for n in found if n >= 0) if b != a)
    return [(a, b) for a, b in sorted(pairs) if len(places[a].keys() | places[b].keys()) > 1]


def _by_blob(table: EmbeddingTable, blob_of: dict[str, str]) -> EmbeddingTable:
    """A table under the hashes of the pictures, each once, in their order."""
    rows: dict[str, int] = {}
    for row, id in enumerate(table.ids):
        if id in blob_of:
            rows.setdefault(blob_of[id], row)
    blobs = tuple(sorted(rows))
    return EmbeddingTable(table.space, blobs, table.matrix[[rows[b] for b in blobs]] if blobs else table.matrix[:0])


def _pairs(segments: Sequence[Segment]) -> list[tuple[Segment, Segment]]:
    return [*combinations(segments[:_EACH], 2), *pairwise(segments[_EACH - 1 :])]


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
