"""A picture that a question comes with: found in the graph as the same file, as a like picture, or by what it shows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kgbuild.config import Config
from kgbuild.errors import QueryError
from kgbuild.identity import normalise
from kgbuild.queries.ask.facts import Facts
from kgbuild.types import Reading

if TYPE_CHECKING:
    from kgbuild.queries.graph import Graph

ALIKE = 0.9  # cosine from which two pictures are taken for one, where their labels agree too
AGREE = 0.5  # share of the picture's labels that the other source must have


@dataclass(frozen=True, slots=True)
class Pictured:
    """``sources``: those that show the picture; ``things``: what it shows, as far as the graph knows it."""

    sources: frozenset[str]
    things: tuple[str, ...]
    how: str


def match(graph: Graph, facts: Facts, image: str | Path) -> Pictured:
    """What the graph knows of a picture file. Raises ``QueryError`` if it cannot be read or shows nothing known."""
    try:
        data = Path(image).read_bytes()
    except OSError as err:
        raise QueryError(f"{image}: the picture cannot be read ({err.strerror}).") from err
    digest = hashlib.sha256(data).hexdigest()
    same = graph.sparql(f'SELECT ?s {{ ?s core:sha256 "{digest}" }}')
    sources = frozenset(str(row["s"]) for row in same)
    if sources:
        shown = (s.entity for s in facts.sightings if s.source in sources)
        return Pictured(sources, tuple(dict.fromkeys(shown)), "the same file")
    labels = _extracted(graph, Path(image))
    things = tuple(dict.fromkeys(i for label in labels for i in facts.names.get(normalise(label), ())[:1]))
    near = [p for p in graph.similar_pictures(Path(image), k=5) if p.score >= ALIKE]
    for picture in near:
        there = {normalise(s.surface) for s in facts.sightings if s.source == picture.source}
        known = [label for label in labels if normalise(label) in there]
        if labels and len(known) >= AGREE * len(labels):
            return Pictured(frozenset((picture.source,)), things, f"the same picture as {picture.path}")
    if not things:
        raise QueryError(f"{image}: nothing that this picture shows is in the graph.")
    return Pictured(frozenset(), things, "by the names that it shows")


def _extracted(graph: Graph, image: Path) -> list[str]:
    """The surfaces that kgbuild's own extraction finds in a picture."""
    from kgbuild.mentions import extract, load

    _, found = extract(read(graph.config, image), load(graph.config))
    return list(dict.fromkeys(m.surface for m in found.mentions))


def read(config: Config, image: Path) -> Reading:
    """A picture file, read in a child process as a source is. Raises ``QueryError`` if it cannot be."""
    from kgbuild.sources import ReaderPool, discover

    file = image.resolve()
    sources, _ = discover(file, config)
    if not sources:
        raise QueryError(f"{image}: this is no picture that kgbuild reads.")
    with ReaderPool(file.parent, config, 1) as pool:
        reading = pool.read(sources[0])
    if reading.outcome != "processed":
        raise QueryError(
            f"{image}: no picture that can be read ({reading.issues[0].message if reading.issues else ''})."
        )
    return reading
