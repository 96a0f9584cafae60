"""The pages of the explorer: what a browser asks, as HTML. All data come from processes of the pool."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from kgbuild.errors import KgbuildError
from kgbuild.queries.cookbook import recipes
from kgbuild.queries.functions.nearest import Nearest
from kgbuild.queries.serve.guard import SECURE, Hosts
from kgbuild.queries.serve.protocol import Asked, Refused
from kgbuild.queries.serve.service import Service
from kgbuild.vocab import shorten, words

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

_HOME = Path(__file__).parent
_NEAR = 20  # things found by meaning
_PATIENCE = 5.0  # seconds that a page waits for the models
_SHOWN = 500  # rows of an answer on a page
_FILE = re.compile(r"pictures/[0-9a-f]{16,64}\.png")
_FIRST = "SELECT ?name ?type {\n  ?e rdfs:label ?name ; a ?type .\n} LIMIT 20"
_PLAIN = ("entity", "files", "source", "event", "evidence", "quarantine", "statistics")
_STATIC = {"style.css": "text/css", "player.js": "text/javascript"}


class Explorer:
    """Pages over a service. ``corpus``: the folder that the graph was built from, for films, or ""."""

    def __init__(self, service: Service, hosts: Hosts, corpus: str | Path = "") -> None:
        import jinja2

        self._service, self._hosts = service, hosts
        self._corpus = Path(corpus).resolve() if corpus else None
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_HOME / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
        self._templates.filters |= {
            "q": lambda text: quote(str(text), safe=""),
            "shorten": shorten,
            "page": page,
            "words": words,
        }

    def routes(self) -> list[BaseRoute]:
        """For the application."""
        from starlette.routing import Route

        answers = {
            "/": self._plain("home"), "/search": self._search, "/query": self._query, "/file/{name:path}": self._file,
            "/source/{path:path}": self._source, "/static/{name}": self._static,
        }  # fmt: skip
        answers |= {f"/{name}": self._plain(name) for name in _PLAIN}
        return [Route(path, self._guarded(answer)) for path, answer in answers.items()]

    def _guarded(self, answer: Callable[[Request], Any]) -> Callable[[Request], Any]:
        """Check the host, say errors as a page, add the headers that keep a browser safe."""

        async def guarded(request: Request) -> Response:
            try:
                self._hosts.check(request.headers.get("host", ""))
                made: Response = await answer(request)
            except Refused as why:
                made = self._render("error.html", status=why.status if why.status != 499 else 503, message=str(why))
            made.headers.update(SECURE)
            return made

        return guarded

    def _plain(self, name: str) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            given = dict(request.query_params)
            return self._render(
                f"{name}.html", data=await self._data(name, given), given=given, films=bool(self._corpus)
            )

        return answer

    def _render(self, template: str, *, status: int = 200, **data: Any) -> Response:
        from starlette.responses import HTMLResponse

        here = template.removesuffix(".html")
        return HTMLResponse(self._templates.get_template(template).render(here=here, **data), status)

    async def _data(self, page: str, given: dict[str, str]) -> Any:
        """What a process of the pool knows for a page. Raises ``Refused``."""
        never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (frame,) = await self._service.ask(self._service.current(), {"page": page, "given": given}, never)
        found = json.loads(frame)
        if "error" in found:
            raise Refused(404, "unknown", found["error"])
        return found

    async def _search(self, request: Request) -> Response:
        text = request.query_params.get("q", "")[:500].strip()
        by_name = await self._data("search", {"q": text})
        near: list[dict[str, Any]] = []
        why = ""
        if text:
            try:
                found = await asyncio.wait_for(self._service.nearest(lambda nearest: _near(nearest, text)), _PATIENCE)
                things = await self._data("labels", {"ids": "\n".join(e for e, _ in found)})
                score = dict(found)
                near = [{**thing, "score": score[thing["id"]]} for thing in things["things"]]
            except KgbuildError as err:
                why = str(err)
            except TimeoutError:
                why = "The models are still being loaded; search again in a moment."
        return self._render("search.html", q=text, by_name=by_name, near=near, why=why)

    async def _query(self, request: Request) -> Response:
        query = request.query_params.get("query", "")
        shown: dict[str, Any] = {"query": query or _FIRST, "answer": None, "wrong": None, "recipes": recipes()}
        if query:
            never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            try:
                reply = await self._service.query(Asked(query), {"rows": "json", "graphs": "turtle"}, never)
                plain = "json" in reply.media_type
                answer: dict[str, Any] = json.loads(reply.body) if plain else {"turtle": reply.body.decode()}
                rows = answer.get("results", {}).get("bindings", [])
                shown |= {"answer": answer, "rows": rows[:_SHOWN], "cut": reply.truncated or len(rows) > _SHOWN}
            except Refused as why:
                shown["wrong"] = why
        return self._render("query.html", **shown)

    async def _file(self, request: Request) -> Response:
        """A published picture or frame, and nothing else."""
        from starlette.responses import FileResponse

        name = request.path_params["name"]
        path = self._service.current().folder / name
        if not _FILE.fullmatch(name) or not path.is_file():
            raise Refused(404, "unknown", "there is no such picture.")
        return FileResponse(path, media_type="image/png")

    async def _source(self, request: Request) -> Response:
        """A film of the corpus that the build has read, as it was then."""
        from starlette.responses import FileResponse

        name = request.path_params["path"]
        films = self._service.current().films
        if self._corpus and name in films:
            path = (self._corpus / name).resolve()
            if self._corpus in path.parents and path.is_file() and path.stat().st_size == films[name][1]:
                return FileResponse(path, media_type=films[name][0])
        raise Refused(404, "unknown", "there is no such film.")

    async def _static(self, request: Request) -> Response:
        from starlette.responses import FileResponse

        name = request.path_params["name"]
        if name not in _STATIC:
            raise Refused(404, "unknown", "there is no such file.")
        return FileResponse(_HOME / name, media_type=_STATIC[name])


def page(iri: str) -> str:
    """The page that shows what an IRI of a graph names, "" if none does."""
    kind = "event" if "#event-" in iri else "source" if "/source/" in iri and "#" not in iri else ""
    kind = kind or next((k for k in ("entity", "statement") if f"/{k}/" in iri and "#" not in iri), "")
    where = {"statement": "/evidence?id="}.get(kind, f"/{kind}?iri=")
    return where + quote(iri, safe="") if kind else ""


def _near(nearest: Nearest, text: str) -> list[tuple[str, float]]:
    return [(entity, score) for entity, score, _ in nearest.entities(text, _NEAR)]
