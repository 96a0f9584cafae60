"""Annotate a file of tokenised documents, for scorers: the layout of DocRED-like JSON lines."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kgbuild.config import Config
from kgbuild.errors import UsageError
from kgbuild.mentions.annotate import Annotation, Annotator, Span
from kgbuild.progress import Progress, Silent


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
    out: Path,
    *,
    config: Config,
    split: str | None = None,
    gold: bool = False,
    progress: Progress | None = None,
) -> int:
    """Write mentions, clusters and relations of each document to ``out``; returns how many documents.

    With ``gold``, the file's own mentions and clusters are kept and only relations are predicted.
    """
    annotator, progress = Annotator(config), progress or Silent()
    codes = annotator.facts["type_codes"]
    documents = [d for d in read_lines(path) if split is None or d.get("split") == split]
    progress.start("annotate", len(documents))
    out.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(out, "wt", encoding="utf-8") if out.suffix == ".gz" else out.open("w", encoding="utf-8") as file:
        for document in documents:
            note = _with_gold(annotator, document) if gold else annotator(document["sents"])
            row = {
                "id": document["id"],
                "mentions": [[m.sentence, m.start, m.end, codes[m.type]] for m in note.mentions],
                "clusters": note.clusters,
                "relations": [
                    {
                        "h": r.head,
                        "t": r.tail,
                        "p": annotator.properties[r.property]["id"],
                        "score": round(r.score, 4),
                    }
                    for r in note.relations
                ],
            }
            file.write(json.dumps(row) + "\n")
            progress.advance("annotate")
    progress.finish("annotate")
    return len(documents)


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
