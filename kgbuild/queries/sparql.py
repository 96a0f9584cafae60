"""SPARQL over the published graph, in a child process that can be killed.

The default graph is the union of all graphs; the prefixes of ``kgbuild.vocab`` are known, and the functions of
``kgbuild.queries.functions``. SPARQL 1.1 query forms only. ``SERVICE`` is refused, ``FROM`` names graphs of the
store alone: nothing outside is read, whatever a query names.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from kgbuild.errors import QueryError
from kgbuild.queries.answer import Answer
from kgbuild.queries.execute import answer, request
from kgbuild.queries.functions.binding import Binding
from kgbuild.queries.functions.nearest import Nearest
from kgbuild.queries.store import fits, generation, open_store
from kgbuild.queries.tokens import check, dataset
from kgbuild.workers import Bounds, Worker, WorkerDied

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kgbuild.config import Config

FACTORY = "kgbuild.queries.execute:serve"


class Sparql:
    """Asks queries of one workspace in one child process, started at the first query."""

    def __init__(self, out: str | Path, config: Config) -> None:
        self._out, self._config = Path(out), config
        self._worker: Worker | None = None
        self._published: Path | None = None
        self._binding: Binding | None = None

    def ask(self, query: str, *, bindings: Mapping[str, str] | None = None) -> Answer:
        """The answer of a SELECT, ASK, CONSTRUCT or DESCRIBE query.

        ``bindings`` sets variables of the SELECT list to IRIs. Raises ``QueryError`` if the query is wrong,
        refused, or over the limits of time, memory or size.
        """
        check(query)
        plain, over = dataset(query)
        rewritten, vectors = self._bound().rewrite(plain)
        if self._worker is None:
            limits = self._config["queries"]
            if not fits(self._out, limits["in_memory"]):
                open_store(self._out)  # made here, without the limits of a query
            held = {"rows": limits["max_rows"], "memory": limits["in_memory"]}
            setup = json.dumps({"out": str(self._out), **held}).encode()
            self._worker = Worker(FACTORY, setup, Bounds(limits["timeout_s"], limits["memory_mb"]))
        try:
            (frame,) = self._worker.ask(request(rewritten, bindings or {}, vectors, over))
        except WorkerDied as death:
            raise QueryError(f"the query was stopped: {death}. Add a LIMIT or make it more selective.") from death
        return answer(frame, rewritten, query)

    def nearest(self) -> Nearest:
        """Likeness in the graph as it is published now."""
        return self._bound().nearest

    def _bound(self) -> Binding:
        published = generation(self._out)
        if self._binding is None or published != self._published:  # the first question, or the graph was built anew
            self.close()
            self._binding, self._published = Binding(self._out, self._config, files=True), published
        return self._binding

    def close(self) -> None:
        """End the child process."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None
