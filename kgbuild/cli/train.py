"""``kgbuild train``: make the shipped weights again."""

from __future__ import annotations

import logging
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Train the weights that kgbuild ships.", no_args_is_help=True)


class Device(StrEnum):
    """Where a network is trained."""

    cpu = "cpu"
    cuda = "cuda"


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
    teacher: Annotated[Path | None, typer.Option(help="Folder of all-mpnet-base-v2, for the third phase.")] = None,
    device: Annotated[Device, typer.Option(help="Where the third phase runs.")] = Device.cpu,
) -> None:
    """Mentions, coreference and relations (see the card kgbuild/weights/text.md)."""
    from kgbuild.config import Config
    from kgbuild.training.taught import load_teacher
    from kgbuild.training.text import Recipe, train

    logging.getLogger("kgbuild").setLevel(logging.INFO)
    logging.getLogger().handlers[0].setLevel(logging.INFO)
    recipe = Recipe().but(set_ or [])
    network = partial(load_teacher, teacher) if teacher else None
    train(
        data, out, config=Config.load(), recipe=recipe, checkpoints=checkpoints, limit=limit, teacher=network,
        device=device.value,
    )  # fmt: skip
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


@app.command()
def judge(
    data: Annotated[Path, typer.Option(help="Folder with redocred_train.jsonl.gz.")],
    out: Annotated[Path, typer.Option(help="Folder for judge.json.")],
    checkpoints: Annotated[Path, typer.Option(help="Folder for the network that reads what it has not learned.")],
    set_: Annotated[list[str] | None, typer.Option("--set", help="A number of the recipe: --set epochs=4")] = None,
) -> None:
    """How sure a fact is in the light of the others of its source (see the card kgbuild/weights/judge.md)."""
    from kgbuild.config import Config
    from kgbuild.training.judge import Recipe, train

    logging.getLogger("kgbuild").setLevel(logging.INFO)
    logging.getLogger().handlers[0].setLevel(logging.INFO)
    recipe = Recipe().but(set_ or [])
    for name, value in train(data, out, config=Config.load(), recipe=recipe, checkpoints=checkpoints).items():
        typer.echo(f"{name}: {value:g}")
    typer.echo(f"weights: {out / 'judge.json'}")


@app.command()
def diagrams(
    out: Annotated[Path, typer.Option(help="Folder for diagrams.safetensors and diagrams.json.")],
    data: Annotated[
        Path | None, typer.Option(help="Folder with png/ and gold/, as ../shared/diagrams: measured on, never learned.")
    ] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="A number of the recipe: --set diagrams=40")] = None,
) -> None:
    """Scores of nodes and lines read from pixels, and kinds of pictures (see the card kgbuild/weights/diagrams.md)."""
    from kgbuild.cli.console import Bars
    from kgbuild.config import Config
    from kgbuild.training.diagrams import Recipe, measure_folder, train

    with Bars() as bars:
        measures = train(out, recipe=Recipe().but(set_ or []), progress=bars)
        if data is not None:
            measures |= measure_folder(data, out, config=Config.load(), progress=bars)
    for name, value in measures.items():
        typer.echo(f"{name}: {value:g}")
    typer.echo(f"weights: {out / 'diagrams.safetensors'}")


@app.command()
def vision(
    out: Annotated[Path, typer.Option(help="Folder for vision.safetensors and vision.json.")],
    checkpoints: Annotated[Path, typer.Option(help="Folder for the drawn pictures and the state of the run.")],
    set_: Annotated[list[str] | None, typer.Option("--set", help="A number of the recipe: --set steps=40")] = None,
) -> None:
    """Pictures in the space of texts, copies of one picture together (see the card kgbuild/weights/vision.md)."""
    from kgbuild.cli.console import Bars
    from kgbuild.config import Config
    from kgbuild.training.vision import Recipe, train

    with Bars() as bars:
        train(out, config=Config.load(), recipe=Recipe().but(set_ or []), checkpoints=checkpoints, progress=bars)
    typer.echo(f"weights: {out / 'vision.safetensors'}")


@app.command()
def fusion(
    out: Annotated[Path, typer.Option(help="Folder for fusion.safetensors and fusion.json.")],
    checkpoints: Annotated[Path, typer.Option(help="Folder for the states of the frozen encoders, to be used again.")],
    data: Annotated[
        Path | None, typer.Option(help="Folder with text/docred_extra.jsonl.gz and its neighbours, as ../shared.")
    ] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="A number of the recipe: --set epochs=4")] = None,
    device: Annotated[str, typer.Option(help="cpu, or cuda: the encoders and the networks run there.")] = "cpu",
    vision: Annotated[str, typer.Option(help="Model of pictures, named as in embeddings.vision.")] = "tower",
    corpus: Annotated[
        Path | None, typer.Option(help="Workspace of a build: its pictures and the words about them are learned from.")
    ] = None,
) -> None:
    """One vector from words, picture, place and neighbours (see the card kgbuild/weights/fusion.md)."""
    from kgbuild.config import Config
    from kgbuild.training.fusion import Recipe, train

    logging.getLogger("kgbuild").setLevel(logging.INFO)
    logging.getLogger().handlers[0].setLevel(logging.INFO)
    recipe = Recipe().but(set_ or [])
    config = Config.load(overrides={"embeddings.vision": vision})
    measures = train(data, out, config=config, recipe=recipe, checkpoints=checkpoints, device=device, own=corpus)
    for mode, found in measures.items():
        for name, value in found.items():
            typer.echo(f"{mode}, {name}: {value:g}")
    typer.echo(f"weights: {out / 'fusion.safetensors'}")


@app.command()
def align(
    out: Annotated[Path, typer.Option(help="Folder for align.json and its safetensors.")],
    data: Annotated[Path | None, typer.Option(help="Folder with align/mentions/qid_dev and text.")] = None,
    own: Annotated[
        list[Path] | None, typer.Option(help="Your own mentions.jsonl and gold.csv in a folder; may be repeated.")
    ] = None,
    vectors: Annotated[Path | None, typer.Option(help="Folder that keeps the vectors for the next run.")] = None,
    predictions: Annotated[Path | None, typer.Option(help="CSV for clusters scored out of fold.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="A number of the recipe: --set trees=40")] = None,
) -> None:
    """The score that two mentions are one thing (see the card kgbuild/weights/align.md)."""
    from kgbuild.config import Config
    from kgbuild.training.align import Recipe, train

    logging.getLogger("kgbuild").setLevel(logging.INFO)
    logging.getLogger().handlers[0].setLevel(logging.INFO)
    measures = train(
        data, out, config=Config.load(), recipe=Recipe().but(set_ or []), own=own or (), vectors=vectors,
        predictions=predictions,
    )  # fmt: skip
    for name, value in measures.items():
        typer.echo(f"{name}: {value:g}")
    typer.echo(f"weights: {out / 'align.json'}")
