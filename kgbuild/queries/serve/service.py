"""The published graph behind the endpoint: its pool, the rewriting of its queries, and the change to a newer one."""

from __future__ import annotations

import asyncio
import json
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kgbuild.config import Config
from kgbuild.errors import KgbuildError, QueryError, UpdateError
from kgbuild.queries.execute import as_asked, packed
from kgbuild.queries.functions.binding import Binding
from kgbuild.queries.functions.nearest import Nearest
from kgbuild.queries.functions.rewrite import Rewritten
from kgbuild.queries.serve.pool import Pool, Stopped
from kgbuild.queries.serve.protocol import Asked, Refused
from kgbuild.queries.store import fits, generation, open_store
from kgbuild.queries.tokens import Dataset, check, dataset
from kgbuild.vocab import KGF

log = logging.getLogger(__name__)

FACTORY = "kgbuild.queries.serve.child:load"
_STATUS = {"timeout": 503, "busy": 503, "crashed": 503, "gone": 499}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it goes to the client, of one generation of the graph."""

    body: bytes
    media_type: str
    truncated: bool
    generation: str


class Published:
    """One generation: nothing of it changes."""

    def __init__(self, out: Path, config: Config, folder: Path) -> None:
        limits, places = config["queries"], config["serve"]
        self.folder, self.name = folder, folder.name
        setup = {
            "out": str(out),
            "rows": limits["max_rows"],
            "size": places["max_bytes"],
            "memory": limits["in_memory"],
        }
        self.pool = Pool(
            FACTORY, json.dumps(setup).encode(), quick=places["quick"], slow=places["slow"], queue=places["queue"],
            timeout_s=limits["timeout_s"], memory_mb=limits["memory_mb"],
        )  # fmt: skip
        self.binding = Binding(out, config, files=False)

    @cached_property
    def films(self) -> dict[str, tuple[str, int]]:
        """Media type and size of each video that was read, by its path."""
        report = json.loads((self.folder / "report.json").read_text("utf-8"))
        read = (s for s in report["sources"] if s["outcome"] == "processed" and s["media_type"].startswith("video/"))
        return {s["path"]: (s["media_type"], s["size"]) for s in read}


class Aside:
    """One thread for models and indexes, one question at a time; the process may end in the middle of one."""

    def __init__(self) -> None:
        self._asked: queue.SimpleQueue[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]]] = queue.SimpleQueue()
        threading.Thread(target=self._work, daemon=True).start()

    async def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What the function returns or raises."""
        future: Future[Any] = Future()
        self._asked.put((future, function, arguments))
        return await asyncio.wrap_future(future)

    def _work(self) -> None:
        while True:
            future, function, arguments = self._asked.get()
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(function(*arguments))
                except BaseException as err:
                    future.set_exception(err)


class Service:
    """Answers from the graph that is published now; a newer one takes over when its store and processes are there."""

    def __init__(self, out: str | Path, config: Config) -> None:
        self.out, self._config = Path(out), config
        self.now: Published | None = None
        self._coming: asyncio.Task[None] | None = None
        self._failed: Path | None = None  # a generation that cannot be served
        self._aside = Aside()

    async def start(self) -> None:
        """Raises ``WorkspaceError`` if there is no graph, ``Stopped`` if no process comes up."""
        self.now = await self._open(generation(self.out))

    async def _open(self, folder: Path) -> Published:
        made = Published(self.out, self._config, folder)
        if not fits(self.out, self._config["queries"]["in_memory"]):
            await asyncio.get_running_loop().run_in_executor(None, open_store, self.out)  # made before a limit counts
        await made.pool.start()
        return made

    def current(self) -> Published:
        """The generation that answers; looks whether another has been published."""
        assert self.now is not None
        try:
            folder = generation(self.out)
        except (KgbuildError, OSError):  # in the middle of a change: what is there goes on
            return self.now
        if folder not in (self.now.folder, self._failed) and (self._coming is None or self._coming.done()):
            self._coming = asyncio.ensure_future(self._change(folder))
        return self.now

    async def _change(self, folder: Path) -> None:
        try:
            before, self.now = self.now, await self._open(folder)
        except (KgbuildError, Stopped, OSError) as err:
            self._failed = folder
            log.error("%s cannot be served, the graph before goes on: %s", folder, err)
            return
        if before is not None:
            await before.pool.close()

    async def query(self, asked: Asked, forms: dict[str, str], gone: asyncio.Future[None]) -> Reply:
        """The answer in one of the forms (by ``rows`` and ``graphs``). Raises ``Refused``."""
        published = self.current()
        try:
            check(asked.query)
            plain, own = dataset(asked.query)
            rewritten, vectors = await self._rewrite(published, plain)
        except QueryError as err:
            status, code = (403, "update") if isinstance(err, UpdateError) else (400, "query")
            raise Refused(status, code, err.plain, err.line, err.column) from err
        over = asked.over if asked.over != Dataset() else own  # the protocol's before the query's (2.1.4)
        request = {"query": rewritten.text, "vectors": packed(vectors), "forms": forms, "over": asdict(over)}
        head, *body = await self.ask(published, request, gone)
        found = json.loads(head)
        if "error" in found:
            place = as_asked(rewritten, asked.query, found["line"], found["column"])
            raise Refused(400, "query", found["error"], *place)
        if "unacceptable" in found:
            raise Refused(406, "accept", f"the answer can be had as {', '.join(found['unacceptable'])}.")
        return Reply(body[0], found["type"], found["truncated"], published.name)

    async def ask(self, published: Published, request: dict[str, Any], gone: asyncio.Future[None]) -> list[bytes]:
        """What a process answers. Raises ``Refused``."""
        try:
            return await published.pool.ask(json.dumps(request).encode(), gone)
        except Stopped as stop:
            raise Refused(_STATUS[stop.code], stop.code, str(stop)) from stop

    async def _rewrite(self, published: Published, query: str) -> tuple[Rewritten, dict[str, Any]]:
        if KGF not in query and "kgf:" not in query:
            return Rewritten(query), {}
        made: tuple[Rewritten, dict[str, Any]] = await self._aside.run(published.binding.rewrite, query)
        return made

    async def nearest(self, question: Callable[[Nearest], Any]) -> Any:
        """What a question finds by likeness. Raises ``QueryError`` or another ``KgbuildError``."""
        published = self.current()
        return await self._aside.run(lambda: question(published.binding.nearest))

    async def warm(self) -> None:
        """Load models and indexes now, so that the first question by likeness does not wait for them."""
        try:
            published = self.current()
            await self._aside.run(lambda: published.binding.nearest.warm())
        except KgbuildError as err:
            log.info("likeness is not there: %s", err)

    async def close(self) -> None:
        """End all processes."""
        if self._coming is not None:
            self._coming.cancel()
        if self.now is not None:
            self.now.pool.kill()
