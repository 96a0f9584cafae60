"""``kgbuild query``: SPARQL over a published graph."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kgbuild.cli.out import ONCE, Out


class Form(StrEnum):
    """Forms of an answer."""

    table = "table"
    csv = "csv"
    json = "json"
    turtle = "turtle"


def query(
    out: Out,
    sparql: Annotated[str, typer.Argument(help="The query. Prefixes core, gen, rdfs, skos, ... are known.")] = "",
    file: Annotated[Path | None, typer.Option("--file", "-f", help="Read the query from a file.")] = None,
    cookbook: Annotated[str, typer.Option(help="A query of the cookbook, by name; --list names them.")] = "",
    list_: Annotated[bool, typer.Option("--list", help="List the queries of the cookbook.")] = False,
    form: Annotated[Form, typer.Option("--format", help="Form of the answer.")] = Form.table,
    timeout: Annotated[float, typer.Option(help="Seconds; 0 = as configured.")] = 0,
) -> None:
    """Ask the graph in SPARQL 1.1; the default graph is the union of all sources."""
    from kgbuild.cli.console import print_answer, print_table
    from kgbuild.config import Config
    from kgbuild.errors import UsageError
    from kgbuild.queries.cookbook import recipe, recipes
    from kgbuild.queries.graph import open as open_graph

    if list_:
        print_table(("name", "what it asks"), [[r.name, r.title] for r in recipes()])
        return
    if bool(sparql) + (file is not None) + bool(cookbook) != 1:
        raise UsageError("give a query, --file with a query, or --cookbook with a name: one of the three.")
    if cookbook:
        sparql = recipe(cookbook).query
    if file is not None:
        try:
            sparql = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as err:
            raise UsageError(f"{file}: cannot read the query: {err}.") from err
    limits = {"queries.timeout_s": int(timeout) or 1} if timeout else {}
    with open_graph(out, config=Config.load(overrides=ONCE | limits)) as graph:
        answer = graph.sparql(sparql)
    if form is Form.turtle and answer.kind != "graph":
        raise UsageError("--format turtle is for CONSTRUCT and DESCRIBE; this query gives rows.")
    print_answer(answer, form.value)
    if answer.truncated:
        typer.secho("The answer is cut off at queries.max_rows; add a LIMIT or raise it.", fg="yellow", err=True)
