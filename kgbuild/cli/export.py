"""``kgbuild export``: the graph in another format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kgbuild.cli.out import Out


def export(
    out: Out,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File to write; for neo4j and parquet a folder that is not there.")
    ],
    format_: Annotated[
        str,
        typer.Option(
            "--format", "-f", help="nquads, trig, turtle, jsonld, graphml, node-link, neo4j, parquet, or a plug-in."
        ),
    ],
) -> None:
    """Write the published graph as RDF, as a property graph or as tables."""
    from kgbuild.cli.console import console, escape
    from kgbuild.queries.exports import export as write

    path = write(out, format_, output)
    console.print(escape(f"{path}: written"))
