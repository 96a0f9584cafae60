"""How well things are told apart: folders of labelled pairs of records or of clustered mentions, and their scores.

Layouts: ``records_a.jsonl`` and ``records_b.jsonl`` with ``train.csv`` and ``valid.csv`` (id_a, id_b, label), or
``mentions.jsonl`` with ``gold.csv`` (id, cluster). The labels may be missing: then there are predictions only.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kgbuild.entities.records import RecordTable
from kgbuild.errors import UsageError
from kgbuild.mentions.metrics import Score
from kgbuild.types import Match, Mention, Target, TextPosition

Pair = tuple[str, str]


def read_rows(path: Path, needed: Sequence[str]) -> list[dict[str, Any]]:
    """Objects of a JSONL or rows of a CSV file. Raises ``UsageError`` naming file and line."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as err:
        raise UsageError(f"{path}: cannot be read: {err}.") from err
    rows: list[dict[str, Any]] = []
    if path.suffix == ".csv":
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
    else:
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                try:
                    rows.append(json.loads(line))
                except ValueError as err:
                    raise UsageError(f"{path}, line {number}: no JSON: {err}.") from err
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict) or any(row.get(name) is None for name in needed):
            raise UsageError(f"{path}, row {number}: it must hold {', '.join(needed)}.")
    return rows


def read_table(path: Path) -> RecordTable:
    """A table of records with the column ``id``."""
    return RecordTable.of(read_rows(path, ("id",)))


def read_pairs(path: Path) -> dict[Pair, bool]:
    """Labelled pairs; no file, no pairs."""
    if not path.is_file():
        return {}
    rows = read_rows(path, ("id_a", "id_b", "label"))
    return {(r["id_a"], r["id_b"]): r["label"].strip() == "1" for r in rows}


def read_mentions(path: Path) -> list[Mention]:
    """Mentions whose sentences are sources of their own; their types are unknown."""
    found = []
    for row in read_rows(path, ("id", "doc", "text", "start", "end", "sentence")):
        target = Target(row["doc"], (TextPosition(row["start"], row["end"]),))
        found.append(Mention(row["id"], target, row["text"], "Thing", 1.0, "gold/1", context=row["sentence"]))
    return found


def score_pairs(gold: Mapping[Pair, bool], matches: Iterable[Match], threshold: float) -> Score:
    """Precision, recall and F1 over the labelled pairs; what was not predicted is no match."""
    said = {(m.left, m.right) for m in matches if m.score >= threshold}
    right = sum(same and pair in said for pair, same in gold.items())
    return Score(right, sum(pair in said for pair in gold), right, sum(gold.values()))


def score_clusters(gold: Mapping[str, str], clusters: Mapping[str, str]) -> Score:
    """Precision, recall and F1 over pairs of mentions; a mention without a cluster stands alone."""
    joint = Counter((gold[m], clusters.get(m, f"alone {m}")) for m in gold)
    ours: Counter[str] = Counter()
    for (_, cluster), n in joint.items():
        ours[cluster] += n

    def pairs(counts: Iterable[int]) -> int:
        return sum(n * (n - 1) // 2 for n in counts)

    right = pairs(joint.values())
    return Score(right, pairs(ours.values()), right, pairs(Counter(gold.values()).values()))


def write_pairs(path: Path, matches: Iterable[Match]) -> None:
    """``id_a,id_b,score`` of each match."""
    _write(path, ("id_a", "id_b", "score"), ((m.left, m.right, f"{m.score:.4f}") for m in matches))


def write_clusters(path: Path, clusters: Mapping[str, str]) -> None:
    """``id,cluster`` of each mention."""
    _write(path, ("id", "cluster"), sorted(clusters.items()))


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
