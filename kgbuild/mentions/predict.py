"""Annotate a file of tokenised documents and measure: the layout of DocRED-like JSON lines."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kgbuild.config import Config
from kgbuild.errors import UsageError
from kgbuild.mentions.annotate import Annotation, Annotator, Span
from kgbuild.mentions.grammar import chains
from kgbuild.mentions.metrics import Score, score_documents
from kgbuild.progress import Progress, Silent


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a file of annotated documents says of the extractor; ``speed`` in words per second of CPU time.

    ``scores``: by measure; ``by_genre``: the same of the documents of each genre, where they have one.
    """

    documents: int
    words: int
    speed: float
    scores: dict[str, Score]
    by_genre: dict[str, dict[str, Score]]


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Documents of a JSON-lines file, gzipped or not. Raises ``UsageError`` naming file and line."""
    number = 0
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    document = json.loads(line)
                    if "id" not in document or "sents" not in document:
                        raise UsageError(f"{path}, line {number}: a document needs `id` and `sents`.")
                    yield document
    except (OSError, ValueError, EOFError) as err:
        raise UsageError(f"{path}, line {number + 1}: cannot be read: {err}.") from err


def predict_file(
    path: Path,
    out: Path | None = None,
    *,
    config: Config,
    split: str | None = None,
    gold: bool = False,
    progress: Progress | None = None,
) -> Evaluation:
    """Annotate each document and measure against its own annotation; with ``out``, write what was found.

    With ``gold``, the file's own mentions and clusters are kept and only relations are found. A
    file whose mentions have the classes of noun phrases (GUM) gets noun phrases of all forms.
    """
    annotator, progress = Annotator(config), progress or Silent()
    documents = [d for d in read_lines(path) if split is None or d.get("split") == split]
    classes = {m[3] for d in documents for m in d.get("mentions") or ()}
    as_phrases = bool(classes) and classes <= set(annotator.facts["kind_codes"]) and not gold
    progress.start("annotate", len(documents))
    rows, words, begun = {}, 0, time.process_time()
    for document in documents:
        note = _with_gold(annotator, document) if gold else annotator(document["sents"])
        rows[document["id"]] = _phrase_row(annotator, note) if as_phrases else row(annotator, note)
        words += sum(map(len, document["sents"]))
        progress.advance("annotate")
    progress.finish("annotate")
    seconds = time.process_time() - begun
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        with gzip.open(out, "wt", encoding="utf-8") if out.suffix == ".gz" else out.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps({"id": name, **row}) + "\n" for name, row in rows.items())
    judged = [d for d in documents if d.get("mentions")]
    genres = sorted({d["genre"] for d in judged if d.get("genre")})
    by_genre = {g: score_documents([d for d in judged if d.get("genre") == g], rows) for g in genres}
    return Evaluation(len(documents), words, words / max(seconds, 1e-9), score_documents(judged, rows), by_genre)


def row(annotator: Annotator, note: Annotation) -> dict[str, Any]:
    """Mentions, clusters and relations as they are written."""
    codes = annotator.facts["type_codes"]
    return {
        "mentions": [[m.sentence, m.start, m.end, codes[m.type]] for m in note.mentions],
        "clusters": note.clusters,
        "relations": [
            {
                "h": r.head, "t": r.tail, "p": annotator.properties[r.property]["id"], "score": round(r.score, 4),
                "evidence": list(r.evidence), "signs": [round(v, 4) for v in r.signs],
            }
            for r in note.relations
        ],
    }  # fmt: skip


def _phrase_row(annotator: Annotator, note: Annotation) -> dict[str, Any]:
    codes = annotator.facts["kind_codes"]
    return {
        "mentions": [[p.sentence, p.start, p.end, codes[p.kind]] for p in note.phrases],
        "mention_info": [[("named", "nominal", "pronoun")[min(p.form, 2)], p.head] for p in note.phrases],
        "clusters": chains(note.phrases),
        "relations": [],
        "upos": [p.tags for p in note.parses],
        "head": [[h + 1 for h in p.heads] for p in note.parses],
        "deprel": [p.labels for p in note.parses],
    }


def _with_gold(annotator: Annotator, document: dict[str, Any]) -> Annotation:
    note = annotator.encode(document["sents"])
    codes = annotator.facts["type_codes"]
    home = {word: n for n, w in enumerate(note.windows) for word in w.words}
    for s, start, end, kind in document["mentions"]:
        note.mentions.append(Span(s, start, end, codes.index(kind), 1.0))
        note.homes.append(home[s, start])
    note.clusters = [list(c) for c in document["clusters"]]
    annotator.find_relations(note)
    return note
