"""What was refused and why: the quarantined statements of a published graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kgbuild.queries.store import generation
from kgbuild.vocab import words


@dataclass(frozen=True, slots=True)
class Refused:
    """One refused statement. ``kind``: the first words of the reason; ``sources``: paths of the files that state it.

    ``id`` is what a decision file takes: ``accept ID`` lets the statement in at the next build.
    """

    id: str
    text: str
    kind: str
    reason: str
    confidence: float
    rule: str
    sources: tuple[str, ...]


def kind_of(reason: str) -> str:
    """The kind of a reason: what stands before its particulars ("domain", "confidence", "negated")."""
    return reason.split(":")[0] if ":" in reason else reason.split(" is below")[0].split(" 0.")[0]


def quarantine(out: str | Path, *, kind: str = "", text: str = "") -> list[Refused]:
    """The refused statements of a workspace, the surest first.

    ``kind`` keeps one kind of reason, ``text`` those in whose words or reason it stands. Raises ``WorkspaceError`` if
    there is no published graph.
    """
    from pyarrow import parquet

    folder = generation(out)
    names = parquet.read_table(folder / "entities.parquet", columns=["id", "label"]).to_pylist()
    label = {e["id"]: e["label"] for e in names}
    table = parquet.read_table(folder / "statements.parquet", filters=[("status", "=", "quarantined")])
    found = []
    for row in table.to_pylist():
        object = row["object"] if row["datatype"] or row["object"] not in label else label[row["object"]]
        subject, object = label.get(row["subject"], row["subject"]), words(object) if "://" in object else object
        said = f"{subject} {row['relation']} {object}"
        paths = tuple(s.partition("/source/")[2] for s in row["sources"])
        found.append(
            Refused(
                row["id"].rsplit("/", 1)[-1], said, kind_of(row["reason"]), row["reason"], row["confidence"],
                row["rule"], paths,
            )
        )  # fmt: skip
    wanted = text.casefold()
    kept = [r for r in found if (not kind or r.kind == kind) and wanted in f"{r.text} {r.reason}".casefold()]
    return sorted(kept, key=lambda r: (-r.confidence, r.id))


def kinds(refused: Sequence[Refused]) -> list[tuple[str, int]]:
    """How many there are of each kind, the commonest first."""
    return sorted(Counter(r.kind for r in refused).items(), key=lambda kv: (-kv[1], kv[0]))
