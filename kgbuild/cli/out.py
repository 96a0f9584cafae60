"""The argument OUT of every command that reads a graph: a workspace, or a URL that one was published to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def _at_hand(out: Path) -> Path:
    from kgbuild.mirror import at_hand

    return at_hand(out)


Out = Annotated[Path, typer.Argument(help="Workspace of a build, or a URL it was published to.", callback=_at_hand)]
