"""The argument OUT of every command that reads a graph: a workspace, or a URL that one was published to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def at_hand(out: Path | None) -> Path | None:
    """The workspace, or the mirror of the URL."""
    from kgbuild import mirror

    return out and mirror.at_hand(out)


ONCE = {"queries.in_memory": 0}  # for one question the graph is read from disk: to load it would take longer
Out = Annotated[Path, typer.Argument(help="Workspace of a build, or a URL it was published to.", callback=at_hand)]
