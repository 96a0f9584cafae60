"""``kgbuild evaluate``: quality of a graph or of the models, measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Measure: evidence and shapes of a graph, the reading of text and of diagrams against annotated data."
)


@app.callback(invoke_without_command=True)
def evaluate(
    context: typer.Context,
    evidence: Annotated[Path | None, typer.Option(help="Workspace: does all evidence resolve?")] = None,
    shapes: Annotated[Path | None, typer.Option(help="Workspace: does the graph conform to the SHACL shapes?")] = None,
    corpus: Annotated[Path | None, typer.Option(help="With --evidence: read the files again and compare.")] = None,
) -> None:
    """Check a published graph. Exit code 1 if anything is wrong."""
    from kgbuild.errors import UsageError

    if context.invoked_subcommand:
        return
    if evidence is None and shapes is None:
        raise UsageError("nothing to evaluate: name --evidence OUT, --shapes OUT, or the command text.")
    wrong = 0
    if evidence is not None:
        wrong += _evidence(evidence, corpus)
    if shapes is not None:
        wrong += _shapes(shapes)
    raise typer.Exit(1 if wrong else 0)


def _evidence(out: Path, corpus: Path | None) -> int:
    from kgbuild.config import Config
    from kgbuild.queries.evidence import check_evidence, compare_with_corpus

    check = check_evidence(out)
    for iri, reason in check.failures[:20]:
        typer.echo(f"wrong: {iri}: {reason}")
    counts = ", ".join(f"{n} {m}" for m, n in check.checked.items())
    typer.echo(
        f"{check.statements} statements and {sum(check.checked.values())} mentions and relations checked ({counts})"
    )
    typer.echo(f"evidence that resolves: {check.share:.2%}")
    changed = compare_with_corpus(out, corpus, Config.load()) if corpus is not None else []
    for path, reason in changed[:20]:
        typer.echo(f"differs: {path}: {reason}")
    if corpus is not None:
        typer.echo(f"files that differ from what was published: {len(changed)}")
    return len(check.failures) + len(changed)


def _shapes(out: Path) -> int:
    from kgbuild.queries.store import generation
    from kgbuild.statements.shapes import validate

    violations = validate(generation(out) / "graph.nq")
    for line in violations[:20]:
        typer.echo(line)
    typer.echo(f"SHACL violations in the union of all graphs: {len(violations)}")
    return len(violations)


@app.command()
def text(
    file: Annotated[Path, typer.Argument(help="Annotated documents, .jsonl.gz as in shared/text.")],
    predictions: Annotated[Path, typer.Option(help="File to write, for score.py.")],
    split: Annotated[str, typer.Option(help="Only documents of this split.")] = "",
    gold: Annotated[bool, typer.Option("--gold", help="Relations from the annotated entities.")] = False,
    config: Annotated[Path | None, typer.Option(help="TOML file over the defaults.")] = None,
) -> None:
    """Run the text extractor over annotated documents and write its predictions."""
    from kgbuild.cli.console import Bars
    from kgbuild.config import Config
    from kgbuild.mentions.predict import predict_file

    with Bars() as bars:
        count = predict_file(
            file, predictions, config=Config.load(config), split=split or None, gold=gold, progress=bars
        )
    typer.echo(f"{count} documents: {predictions}")


@app.command()
def diagrams(
    folder: Annotated[Path, typer.Argument(help="Folder with png/<id>.png and gold/<id>.json.")],
    predictions: Annotated[
        Path | None, typer.Option(help="Folder to write the graphs read into, <id>.json each.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file over the defaults.")] = None,
) -> None:
    """Read the diagrams in pictures and compare with gold graphs: means over the diagrams."""
    import json
    import time

    from kgbuild.cli.console import Bars
    from kgbuild.config import Config
    from kgbuild.errors import UsageError
    from kgbuild.mentions.measure import measure, predict_folder

    gold = {p.stem: json.loads(p.read_text("utf-8")) for p in sorted((folder / "gold").glob("*.json"))}
    if not gold:
        raise UsageError(f"no gold/*.json in {folder}.")
    started = time.process_time()
    with Bars() as bars:
        found = dict(predict_folder(folder, config=Config.load(config), progress=bars))
    seconds = time.process_time() - started
    if predictions is not None:
        predictions.mkdir(parents=True, exist_ok=True)
        for name, graph in found.items():
            text = json.dumps({"id": name, **graph}, ensure_ascii=False, indent=1)
            (predictions / f"{name}.json").write_text(text + "\n", "utf-8")
    for name, value in measure(gold, found).items():
        typer.echo(f"{name:22} {value:.3f}")
    typer.echo(
        f"{len(gold)} diagrams, {seconds / max(1, len(found)):.2f} CPU seconds each with the reading of their text"
    )
