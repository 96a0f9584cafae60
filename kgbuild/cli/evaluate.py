"""``kgbuild evaluate``: quality of a graph or of the models, measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgbuild.cli.out import at_hand

if TYPE_CHECKING:
    from kgbuild.config import Config
    from kgbuild.mentions.metrics import Score

app = typer.Typer(help="Measure: evidence and shapes of a graph; text, diagrams and identity against annotated data.")


@app.callback(invoke_without_command=True)
def evaluate(
    context: typer.Context,
    evidence: Annotated[
        Path | None, typer.Option(help="Workspace or URL: does all evidence resolve?", callback=at_hand)
    ] = None,
    shapes: Annotated[
        Path | None,
        typer.Option(help="Workspace or URL: does it conform to the SHACL shapes?", callback=at_hand),
    ] = None,
    corpus: Annotated[Path | None, typer.Option(help="With --evidence: read the files again and compare.")] = None,
    also: Annotated[
        list[str] | None, typer.Option("--with", help="With --shapes: files of shapes or ontologies of yours, too.")
    ] = None,
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
        wrong += _shapes(shapes, also or [])
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


def _shapes(out: Path, also: list[str]) -> int:
    from kgbuild.queries.store import generation
    from kgbuild.statements.shapes import validate

    violations = validate(generation(out) / "graph.nq", ("shapes", *also))
    for line in violations[:20]:
        typer.echo(line)
    typer.echo(f"SHACL violations in the union of all graphs: {len(violations)}")
    return len(violations)


@app.command()
def text(
    file: Annotated[Path, typer.Argument(help="Annotated documents, .jsonl.gz as in shared/text.")],
    predictions: Annotated[Path | None, typer.Option(help="Write what was found to this file.")] = None,
    split: Annotated[str, typer.Option(help="Only documents of this split.")] = "",
    gold: Annotated[bool, typer.Option("--gold", help="Relations from the annotated entities.")] = False,
    config: Annotated[Path | None, typer.Option(help="TOML file over the defaults.")] = None,
) -> None:
    """Run the text extractor over annotated documents and print precision, recall and F1."""
    from kgbuild.cli.console import Bars
    from kgbuild.config import Config
    from kgbuild.mentions.metrics import conll
    from kgbuild.mentions.predict import predict_file

    with Bars() as bars:
        found = predict_file(
            file, predictions, config=Config.load(config), split=split or None, gold=gold, progress=bars
        )
    typer.echo(f"{found.documents} documents, {found.words} words, {found.speed:.0f} words per second of CPU time")
    if not found.scores:
        return
    typer.echo(f"{'measure':<34} {'precision':>9} {'recall':>9} {'F1':>9}")
    for name, s in found.scores.items():
        typer.echo(f"{name:<34} {s.precision:9.3f} {s.recall:9.3f} {s.f1:9.3f}")
    typer.echo(f"{'coreference, CoNLL mean':<34} {'':9} {'':9} {conll(found.scores):9.3f}")
    for genre, scores in found.by_genre.items():
        figures = ", ".join(f"{name} {s.f1:.3f}" for name, s in scores.items() if "type" in name or "LAS" in name)
        typer.echo(f"{genre}: F1 of {figures}")


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


@app.command()
def align(
    folder: Annotated[
        Path, typer.Argument(help="Folder with records_a.jsonl and records_b.jsonl, or with mentions.jsonl.")
    ],
    predictions: Annotated[
        Path | None, typer.Option(help="Write what was found to this CSV: id_a,id_b,score or id,cluster.")
    ] = None,
    labels: Annotated[bool, typer.Option("--labels", help="Learn from the labelled pairs of train.csv.")] = False,
    threshold: Annotated[
        float | None,
        typer.Option(help="Chance from which two records are one thing; else align.min_score, with --labels 0.5."),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file over the defaults.")] = None,
) -> None:
    """Resolve two tables of records, or cluster mentions, and compare with gold where the folder holds it."""
    from kgbuild.config import Config
    from kgbuild.errors import UsageError

    if (folder / "mentions.jsonl").is_file():
        _align_mentions(folder, predictions, Config.load(config))
    elif (folder / "records_a.jsonl").is_file() and (folder / "records_b.jsonl").is_file():
        if threshold is None:
            threshold = 0.5 if labels else Config.load(config)["align"]["min_score"]
        _align_records(folder, predictions, labels, threshold)
    else:
        raise UsageError(f"{folder} holds neither records_a.jsonl and records_b.jsonl nor mentions.jsonl.")


def _align_records(folder: Path, predictions: Path | None, labels: bool, threshold: float) -> None:
    import time

    from kgbuild.entities.measure import read_pairs, read_table, score_pairs, write_pairs
    from kgbuild.entities.records import resolve
    from kgbuild.errors import UsageError

    left, right = (read_table(folder / f"records_{side}.jsonl") for side in "ab")
    train, valid = (read_pairs(folder / f"{split}.csv") for split in ("train", "valid"))
    if labels and not train:
        raise UsageError(f"--labels needs {folder / 'train.csv'}.")
    started = time.monotonic()
    found = resolve(left, right, labels=train if labels else None)
    seconds = time.monotonic() - started
    matches = [m for m in found if m.score >= threshold]
    typer.echo(f"{len(left.ids)} and {len(right.ids)} records, {len(matches)} matches, {seconds:.1f} s")
    if predictions is not None:
        write_pairs(predictions, matches)
    for name, gold in (("train", {} if labels else train), ("valid", valid)):
        if gold:
            _scores(f"{name}, {'with' if labels else 'without'} labels", score_pairs(gold, matches, threshold))


def _align_mentions(folder: Path, predictions: Path | None, config: Config) -> None:
    import time

    from kgbuild.embeddings.around import embed_in_context
    from kgbuild.embeddings.text import encoder
    from kgbuild.entities import align as align_mentions
    from kgbuild.entities.measure import read_mentions, read_rows, score_clusters, write_clusters
    from kgbuild.types import Extraction

    mentions = read_mentions(folder / "mentions.jsonl")
    started = time.monotonic()
    table, *states = embed_in_context(Extraction("evaluate", tuple(mentions)), encoder(config))
    embedded = time.monotonic()
    found = align_mentions(mentions, table, config=config, states=states[0] if states else None)
    typer.echo(
        f"{len(mentions)} mentions, {len(found.entities)} entities, {len(found.merges)} merges; "
        f"embedding {embedded - started:.1f} s, alignment {time.monotonic() - embedded:.1f} s"
    )
    clusters = {m: entity.id for entity in found.entities for m in entity.mentions}
    if predictions is not None:
        write_clusters(predictions, clusters)
    if (folder / "gold.csv").is_file():
        gold = {r["id"]: r["cluster"] for r in read_rows(folder / "gold.csv", ("id", "cluster"))}
        _scores("pairs of mentions", score_clusters(gold, clusters))


def _scores(name: str, score: Score) -> None:
    typer.echo(f"{name}: precision {score.precision:.4f}, recall {score.recall:.4f}, F1 {score.f1:.4f}")
