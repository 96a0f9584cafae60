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
from dataclasses import dataclass, replace
from importlib import import_module

from kgbuild import registry
from kgbuild.collector import paused
from kgbuild.config import Config
from kgbuild.embeddings import LITERALS
from kgbuild.embeddings.tables import unpack
from kgbuild.entities.forest import load_forest
from kgbuild.entities.group import Group, group
from kgbuild.entities.head import load_head
from kgbuild.entities.score import PAIR_FEATURES
from kgbuild.entities.surroundings import Around, around
from kgbuild.stages import Job, extracted, load_extraction, load_tables, unpacked
from kgbuild.statements import load_ontology
from kgbuild.statements.judge import shipped
from kgbuild.statements.values import literal
from kgbuild.types import EmbeddingTable, Extraction, Reading, Source

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Contribution:
    """A source's reading, extraction and vectors by name; its groups of mentions, and the words around them by id if
    they were made ahead: of a million groups they would fill the memory.
    """

    reading: Reading
    extraction: Extraction
    tables: Mapping[str, EmbeddingTable]
    groups: tuple[Group, ...]
    around: Mapping[str, Around]


def contribution(job: Job, source: Source) -> Contribution:
    """What a source gives, from the cache."""
    return _made(*load_extraction(job, source), load_tables(job, source))


def _made(reading: Reading, extraction: Extraction, tables: Mapping[str, EmbeddingTable]) -> Contribution:
    known = frozenset(tables["mentions"].ids) if "mentions" in tables else frozenset()
    return Contribution(reading, extraction, tables, tuple(group(extraction.mentions, known)), {})


def _ahead(made: Contribution) -> Contribution:
    """With what is worth knowing early: words around the groups; dates and numbers, whose meaning ``literal`` keeps."""
    for m in made.extraction.mentions:
        if m.label in LITERALS:
            literal(m.label, m.surface)
    return replace(made, around={g.id: around(g) for g in made.groups})


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
                        self._made[source.id] = _ahead(_made(*unpacked(found[0]), unpack(found[1])))
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
