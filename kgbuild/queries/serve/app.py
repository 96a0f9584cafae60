"""The web application: ``/sparql`` speaks the SPARQL 1.1 Protocol, everything else is the explorer."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgbuild.config import Config
from kgbuild.queries.explorer.web import Explorer
from kgbuild.queries.serve import forms
from kgbuild.queries.serve.description import describe_service
from kgbuild.queries.serve.guard import SECURE, Hosts, check_origin
from kgbuild.queries.serve.protocol import Asked, Refused, read
from kgbuild.queries.serve.service import Service

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

_RETRY = {"busy": 1, "crashed": 1}
_DRAINED = 1 << 24  # bytes that are read of a request which is too large
_EXPOSED = "Kgbuild-Generation, Kgbuild-Truncated"


def make(
    out: str | Path, config: Config, *, hosts: Sequence[str] = (), cors: Sequence[str] = (), corpus: str | Path = ""
) -> Starlette:
    """The application over one workspace. ``hosts``: names beside addresses; ``cors``: origins, ``*`` for all.

    ``corpus``: the folder that the graph was built from, so that films can be shown.
    """
    from starlette.applications import Starlette
    from starlette.routing import Route

    service = Service(out, config)
    endpoint = Endpoint(service, config, hosts, cors)

    @contextlib.asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        await service.start()
        warming = asyncio.ensure_future(service.warm())
        yield
        warming.cancel()
        await service.close()

    methods = ["GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH"]
    pages = Explorer(service, Hosts(hosts), corpus).routes()
    return Starlette(routes=[Route("/sparql", endpoint.sparql, methods=methods), *pages], lifespan=life)


class Endpoint:
    """Requests to ``/sparql``."""

    def __init__(self, service: Service, config: Config, hosts: Sequence[str], cors: Sequence[str]) -> None:
        self._service, self._limits = service, config["serve"]
        self._timeout = config["queries"]["timeout_s"]
        self._hosts, self._cors = Hosts(hosts), tuple(cors)

    async def sparql(self, request: Request) -> Response:
        """Answer a query, or say what is wrong with it, as JSON."""
        from starlette.responses import Response

        headers: dict[str, str] = {}
        try:
            self._hosts.check(request.headers.get("host", ""))
            origin = request.headers.get("origin", "")
            check_origin(origin, request.headers.get("host", ""), self._cors)
            if origin in self._cors or (origin and "*" in self._cors):
                headers |= {"access-control-allow-origin": origin, "access-control-expose-headers": _EXPOSED}
            if request.method == "OPTIONS":
                return self._preflight(headers)
            return await self._answer(request, headers)
        except Refused as why:
            headers |= {"allow": "GET, POST"} if why.status == 405 else {}
            headers |= {"retry-after": str(_RETRY.get(why.code, self._timeout))} if why.status == 503 else {}
            return Response(
                json.dumps(why.as_dict()), why.status if why.status != 499 else 503, headers={**SECURE, **headers},
                media_type="application/json",
            )  # fmt: skip

    def _preflight(self, headers: dict[str, str]) -> Response:
        from starlette.responses import Response

        if "access-control-allow-origin" not in headers:
            raise Refused(405, "method", "a query comes by GET or POST.")
        allow = {"access-control-allow-methods": "GET, POST", "access-control-allow-headers": "content-type, accept"}
        return Response(status_code=204, headers={**SECURE, **headers, **allow, "vary": "Origin"})

    async def _answer(self, request: Request, headers: dict[str, str]) -> Response:
        from starlette.responses import Response

        body = await self._body(request)
        asked = read(request.method, request.scope["query_string"], request.headers, body)
        accept = request.headers.get("accept", "*/*")
        if asked is None:
            form = forms.wanted(accept, forms.GRAPHS) or "turtle"
            found = describe_service(str(request.url), form)
            return Response(found, headers={**SECURE, **headers, "vary": "Accept"}, media_type=forms.media_type(form))
        reply = await self._ask(request, asked, accept)
        headers |= {"kgbuild-generation": reply.generation, "vary": "Accept, Origin", "cache-control": "no-cache"}
        if reply.truncated:
            headers["kgbuild-truncated"] = "true"
        return Response(reply.body, headers={**SECURE, **headers}, media_type=reply.media_type)

    async def _ask(self, request: Request, asked: Asked, accept: str) -> Any:
        gone = asyncio.ensure_future(_gone(request))
        wanted = {"rows": forms.wanted(accept, forms.ROWS), "graphs": forms.wanted(accept, forms.GRAPHS)}
        if not any(wanted.values()):
            kinds = ", ".join((*forms.ROWS.values(), *forms.GRAPHS.values()))
            raise Refused(406, "accept", f"answers can be had as {kinds}.")
        try:
            return await self._service.query(asked, wanted, gone)
        finally:
            gone.cancel()

    async def _body(self, request: Request) -> bytes:
        """The body of a request within the limits of size and time. Raises ``Refused``."""
        most = self._limits["max_request"]
        length = request.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > most:
            await self._drain(request)
            raise Refused(413, "size", f"a request may have {most} bytes.")
        parts, size = [], 0
        try:
            async with asyncio.timeout(self._limits["client_s"]):
                async for part in request.stream():
                    size += len(part)
                    if size > most:
                        raise Refused(413, "size", f"a request may have {most} bytes.")
                    parts.append(part)
        except TimeoutError as err:
            raise Refused(408, "slow", "the request did not come in time.") from err
        return b"".join(parts)

    async def _drain(self, request: Request) -> None:
        """Read past a body that is too large, up to a point: who still sends would not see the answer."""
        size = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits["client_s"]):
                async for part in request.stream():
                    size += len(part)
                    if size > _DRAINED:
                        return


async def _gone(request: Request) -> None:
    """Done when the client has left; the body has been read before."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
