"""``kgbuild publish``: the graph as a copy at a URL, for readers on other machines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def publish(
    out: Annotated[Path, typer.Argument(help="Workspace of a build.")],
    url: Annotated[str, typer.Argument(help="fsspec URL or folder, for example s3://bucket/graph.")],
) -> None:
    """Copy the published graph to a URL; what is there already is not sent again.

    `kgbuild query URL` and all other commands that read a graph take the URL for OUT. With run.publish every build
    does this at its end.
    """
    from kgbuild.cli.console import console, escape
    from kgbuild.mirror import send
    from kgbuild.workspace import Workspace

    with Workspace(out).lock():
        sent = send(out, url)
    console.print(
        escape(f"{sent.url}: {sent.files} files, {sent.objects} of them new, {sent.size / 2**20:.1f} MiB sent")
    )
