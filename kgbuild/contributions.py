"""What each source gives to the graph by itself, and making it ahead of its turn.

While files are read and extracted a processor waits for the children: what assembly makes of a source for itself is
made then, of the sources whose extraction is known.
"""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module

from kgbuild import registry
from kgbuild.cache import Cache
from kgbuild.collector import paused
from kgbuild.config import Config
from kgbuild.embeddings import LITERALS
from kgbuild.embeddings.tables import embedded, unpack
from kgbuild.entities.forest import load_forest
from kgbuild.entities.group import Group, group
from kgbuild.entities.grouped import pack
from kgbuild.entities.grouped import unpack as unpack_groups
from kgbuild.entities.head import load_head
from kgbuild.entities.score import PAIR_FEATURES
from kgbuild.entities.surroundings import Around
from kgbuild.stages import Job, extracted, grouped, load_extraction, load_tables, store_groups, unpacked
from kgbuild.statements import load_ontology
from kgbuild.statements.judge import shipped
from kgbuild.statements.values import literal
from kgbuild.types import EmbeddingTable, Extraction, Reading, Source

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Contribution:
    """A source's reading, extraction and vectors by name; its groups of mentions, and the words around them by id if
    they were made ahead: of a million groups they would fill the memory; base forms of the words of its relations.
    """

    reading: Reading
    extraction: Extraction
    tables: Mapping[str, EmbeddingTable]
    groups: tuple[Group, ...]
    around: Mapping[str, Around]
    forms: Mapping[str, str]


def contribution(job: Job, source: Source) -> Contribution:
    """What a source gives, from the cache."""
    cache = job.store()
    if (found := extracted(job, cache, source)) is None:  # it failed, for a reason that may pass
        reading, extraction, tables = *load_extraction(job, source), load_tables(job, source)
        return Contribution(reading, extraction, tables, tuple(group(extraction.mentions, embedded(tables))), {}, {})
    return _made(job, cache, source, *found, words=False)


def _made(job: Job, cache: Cache, source: Source, kept: bytes, vectors: bytes, *, words: bool) -> Contribution:
    """What a source gives by its extraction and vectors, if ``words`` with those around the groups."""
    (reading, extraction), tables = unpacked(kept), unpack(vectors)
    if (packed := grouped(job, cache, source)) is None:  # an earlier version of kgbuild has extracted it
        packed = pack(extraction, embedded(tables))
        store_groups(job, cache, source, packed)
    return Contribution(reading, extraction, tables, *unpack_groups(packed, extraction.mentions, words=words))


def _read_literals(extraction: Extraction) -> None:
    """Look at dates and numbers early: ``literal`` keeps their meaning."""
    for m in extraction.mentions:
        if m.label in LITERALS:
            literal(m.label, m.surface)


class Contributions:
    """What the sources of a build give, each made once."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._made: dict[str, Contribution] = {}
        self._stop = threading.Event()

    def of(self, sources: Sequence[Source]) -> list[Contribution]:
        """What each of these gives, in their order; nothing of it is kept here."""
        made, self._made = self._made, {}
        gc.unfreeze()
        return list(self._job.store().each(lambda s: made.get(s.id) or contribution(self._job, s), sources))

    @contextmanager
    def ahead(self, sources: Sequence[Source]) -> Iterator[None]:
        """While the block runs, make what these give of which all is known, beside it; then wait for the rest of it."""
        thread = threading.Thread(target=self._make, args=(sources,), daemon=True)
        thread.start()
        try:
            yield
        except BaseException:
            self._stop.set()
            gc.unfreeze()
            raise
        thread.join()

    def _make(self, sources: Sequence[Source]) -> None:
        cache = self._job.store()
        try:
            ready(self._job.config)
            with paused():
                for source in sources:
                    if self._stop.is_set():
                        return
                    if (found := extracted(self._job, cache, source)) is not None:
                        made = self._made[source.id] = _made(self._job, cache, source, *found, words=True)
                        _read_literals(made.extraction)
                gc.freeze()  # or the collector would walk all of it as soon as it works again
        except Exception:  # what cannot be made now is made, or told of, in its turn
            log.debug("nothing more is made ahead", exc_info=True)


def ready(config: Config) -> None:
    """Load what every assembly needs: ontologies, weights and libraries."""
    for name in ("faiss", "jinja2", "pyarrow.parquet"):
        import_module(name)
    load_ontology(config["statements"]["ontologies"])
    load_forest(PAIR_FEATURES, "states", config["align"]["weights"])
    load_head(config["align"]["weights"])
    if config["statements"]["judge"]:
        shipped()
    for name in registry.available("exporters"):
        registry.load("exporters", name)
