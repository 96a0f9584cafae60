"""``kgbuild train``: make the shipped weights again."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Train the weights that kgbuild ships.", no_args_is_help=True)


@app.callback()
def train() -> None:
    """Train the weights that kgbuild ships."""


@app.command()
def text(
    data: Annotated[Path, typer.Option(help="Folder with redocred_train.jsonl.gz and its neighbours.")],
    out: Annotated[Path, typer.Option(help="Folder for text.safetensors and text.json.")],
    checkpoints: Annotated[Path, typer.Option(help="Folder for the state after each epoch.")],
    set_: Annotated[list[str] | None, typer.Option("--set", help="A number of the recipe: --set epochs=4")] = None,
    limit: Annotated[int, typer.Option(help="Documents of each set, for a trial; 0 = all.")] = 0,
) -> None:
    """Mentions, coreference and relations (see the card kgbuild/weights/text.md)."""
    from kgbuild.config import Config
    from kgbuild.training.text import Recipe, train

    logging.getLogger("kgbuild").setLevel(logging.INFO)
    logging.getLogger().handlers[0].setLevel(logging.INFO)
    recipe = Recipe().but(set_ or [])
    train(data, out, config=Config.load(), recipe=recipe, checkpoints=checkpoints, limit=limit)
    typer.echo(f"weights: {out / 'text.safetensors'}")


@app.command()
def relation(
    data: Annotated[Path, typer.Option(help="Folder with fewrel.jsonl.gz and its neighbours.")],
    out: Annotated[Path, typer.Option(help="Folder for relation.safetensors and relation.json.")],
    set_: Annotated[list[str] | None, typer.Option("--set", help="A number of the recipe: --set steps=40")] = None,
) -> None:
    """Zero-shot typing of relations (see the card kgbuild/weights/relation.md)."""
    from kgbuild.config import Config
    from kgbuild.training.relation import Recipe, train

    logging.getLogger("kgbuild").setLevel(logging.INFO)
    logging.getLogger().handlers[0].setLevel(logging.INFO)
    measures = train(data, out, config=Config.load(), recipe=Recipe().but(set_ or []))
    for name, value in measures.items():
        typer.echo(f"{name}: {value:g}")
    typer.echo(f"weights: {out / 'relation.safetensors'}")
