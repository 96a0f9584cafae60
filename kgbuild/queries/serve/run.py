"""Runs the web application on a socket until it is told to stop."""

from __future__ import annotations

import contextlib
import resource
import socket
from collections.abc import Sequence
from pathlib import Path

from kgbuild.config import Config
from kgbuild.errors import UsageError, WorkspaceError
from kgbuild.queries.store import generation

_GRACE = 3  # seconds that answers in progress have when the server stops


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises ``UsageError`` if the address cannot be had."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        made = socket.socket(family)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(1024)
    except OSError as err:
        raise UsageError(f"{host}:{port} cannot be listened on ({err}). Choose another with --host or --port.") from err
    return made


def run(
    out: str | Path,
    config: Config,
    at: socket.socket,
    *,
    hosts: Sequence[str] = (),
    cors: Sequence[str] = (),
    corpus: str | Path = "",
) -> None:
    """Serve until SIGINT or SIGTERM. Raises ``WorkspaceError`` if there is no graph."""
    import uvicorn

    from kgbuild.queries.serve.app import make
    from kgbuild.queries.serve.guard import protocol

    generation(out)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)  # a descriptor for each connection
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 65536), hard), hard))
    settings = uvicorn.Config(
        make(out, config, hosts=hosts, cors=cors, corpus=corpus), http=protocol(config["serve"]["client_s"]), ws="none",
        log_level="warning", lifespan="on", server_header=False, date_header=False, access_log=False,
        timeout_keep_alive=30, timeout_graceful_shutdown=_GRACE,
    )  # fmt: skip
    server = uvicorn.Server(settings)
    server.run(sockets=[at])
    if not server.started:
        raise WorkspaceError(f"{out} cannot be served; what stands above says why.")
