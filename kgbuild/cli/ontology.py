"""``kgbuild ontology``: look at ontologies before a build uses them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

app = typer.Typer(help="Ontologies: what is built in, and what is wrong with one of yours.", no_args_is_help=True)


@app.callback()
def ontology() -> None:
    """Ontologies: what is built in, and what is wrong with one of yours."""


@app.command()
def lint(
    file: Annotated[str, typer.Argument(help="Name of a built-in ontology, or a file (Turtle, RDF/XML, JSON-LD ...).")],
    beside: Annotated[list[str] | None, typer.Option(help="Ontologies that it is used with; general if none.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Findings as JSON.")] = False,
) -> None:
    """Check an ontology or a file of SHACL shapes. Exit code 1 if there is an error."""
    import json

    from kgbuild.statements.lint import lint as check

    found = check(file, beside=tuple(beside) if beside else ("general",))
    errors = sum(f.severity == "error" for f in found)
    if as_json:
        typer.echo(json.dumps([asdict(f) for f in found], indent=1))
    else:
        for finding in found:
            typer.echo(str(finding))
        typer.echo(f"{file}: {errors} errors, {sum(f.severity == 'warning' for f in found)} warnings")
    raise typer.Exit(1 if errors else 0)


@app.command("list")
def list_() -> None:
    """The built-in ontologies with their sizes."""
    from kgbuild.ontology_files import built_in
    from kgbuild.statements.ontology import load_ontology

    for name in built_in():
        loaded = load_ontology([name])
        own = f"https://w3id.org/kgbuild/{name}#"
        classes = sum(c.startswith(own) for c in loaded.classes)
        properties = sum(p.startswith(own) for p in loaded.properties)
        typer.echo(f"{name:12} {classes:4} classes, {properties:4} properties")
