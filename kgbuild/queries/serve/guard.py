"""What stands before every request: hosts, origins, headers, and clients that send nothing or slowly."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from kgbuild.queries.serve.protocol import Refused

SECURE = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; media-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
_OWN = frozenset({"localhost", "localhost.localdomain"})


class Hosts:
    """Which names a request may be for. Addresses and ``localhost`` always: a rebound name (DNS) is neither."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self._allowed = _OWN | {h.lower() for h in allowed}

    def check(self, host: str) -> None:
        """Raises ``Refused`` if the request is for another host."""
        if not self.own(host):
            raise Refused(421, "host", "this server does not answer for that host; allow it with --allow-host.")

    def own(self, host: str) -> bool:
        """Whether a ``Host`` header names this server."""
        name = _name(host)
        if name in self._allowed:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def _name(host: str) -> str:
    """The name or address of a ``Host`` header, without its port."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
        return (parts.hostname or "").rstrip(".") if not (parts.path or parts.query or parts.username) else ""
    except ValueError:
        return ""


def check_origin(origin: str, host: str, allowed: Sequence[str]) -> None:
    """Raises ``Refused`` for a request that a page of another origin makes, unless that origin is allowed."""
    if origin and origin not in allowed and "*" not in allowed and urlsplit(origin).netloc.lower() != host.lower():
        raise Refused(403, "origin", "pages of other origins are not answered; allow one with --cors.")


def protocol(seconds: float) -> type:
    """uvicorn's HTTP protocol that closes connections on which no whole request head comes in time."""
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Impatient(H11Protocol):
        _timer: Any = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._timer = asyncio.get_running_loop().call_later(seconds, self._late)

        def connection_lost(self, exc: Exception | None) -> None:
            self._timer.cancel()
            super().connection_lost(exc)

        def _late(self) -> None:
            """Nobody has asked anything on this connection yet."""
            if self.cycle is None:
                self.transport.close()

    return Impatient
