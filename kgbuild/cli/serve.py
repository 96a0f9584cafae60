"""``kgbuild serve``: a SPARQL endpoint and an explorer over a published graph."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from kgbuild.cli.out import Out


def serve(
    out: Out,
    host: Annotated[str, typer.Option(help="Address to listen on; others than your own machine can reach others.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.", min=0, max=65535)] = 8000,
    timeout: Annotated[int, typer.Option(help="Seconds of a query; 0 = as configured.", min=0)] = 0,
    cors: Annotated[list[str] | None, typer.Option(help="An origin whose pages may ask; * for all.")] = None,
    allow_host: Annotated[list[str] | None, typer.Option(help="A name under which the server is reached.")] = None,
    corpus: Annotated[Path | None, typer.Option(help="Folder that was built from, to play its films.")] = None,
    config: Annotated[Path | None, typer.Option(help="Configuration that the graph was built with.")] = None,
) -> None:
    """Serve SPARQL (query only) at /sparql and pages to explore the graph at /, read-only, until you stop it."""
    from kgbuild.config import Config
    from kgbuild.queries.serve.run import listen, run

    overrides = {"queries.timeout_s": timeout} if timeout else {}
    socket = listen(host, port)
    bound = socket.getsockname()
    shown = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
    typer.echo(f"http://{shown}:{bound[1]}/ shows the graph, /sparql answers queries. Stop with Ctrl-C.")
    settings = Config.load(config, overrides=overrides)
    run(out, settings, socket, hosts=[*(allow_host or []), host], cors=cors or [], corpus=corpus or "")
    sys.stdout.flush()
    os._exit(0)  # all is closed; what models hold would take seconds to be cleared away
