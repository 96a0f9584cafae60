"""What was refused and why: the quarantined statements of a published graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kgbuild.identity import source_path
from kgbuild.queries.rows import read
from kgbuild.queries.store import generation
from kgbuild.vocab import words

_COLUMNS = (
    "id", "subject", "relation", "object", "datatype", "confidence", "status", "reason", "rule", "sources",
)  # fmt: skip


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


class Quarantine:
    """The refused statements of one published folder, the surest first; columns, made into records when asked for."""

    def __init__(self, folder: Path) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        entities = read(folder / "entities.parquet", ("id", "label"))
        table = read(folder / "statements.parquet", _COLUMNS)
        table = table.filter(pc.equal(table["status"], "quarantined"))
        table = table.take(pc.sort_indices(table, [("confidence", "descending"), ("id", "ascending")]))

        def named(column: Any) -> Any:
            return pc.coalesce(entities["label"].take(pc.index_in(column, entities["id"])), column)

        bare = pc.equal(table["datatype"], "")
        object = _each(pc.if_else(bare, named(table["object"]), table["object"]), _worded)
        subject = _each(named(table["subject"]), _worded)
        text = pc.binary_join_element_wise(subject, table["relation"], object, " ")
        table = table.append_column("text", text)
        self._table = table.append_column("kind", _each(table["reason"], kind_of))
        self._read = pc.utf8_lower(pc.binary_join_element_wise(text, table["reason"].cast(pa.string()), " "))

    @cached_property
    def kinds(self) -> list[tuple[str, int]]:
        """How many there are of each kind, the commonest first."""
        return _ranked((row["values"], row["counts"]) for row in self._table["kind"].value_counts().to_pylist())

    def find(
        self, *, kind: str = "", text: str = "", start: int = 0, most: int | None = None
    ) -> tuple[list[Refused], int]:
        """Those of a kind of reason, and in whose words or reason a text stands; and how many there are.

        ``start`` and ``most`` cut a page out.
        """
        import pyarrow.compute as pc

        table = self._table
        if text:
            table = table.filter(pc.match_substring(self._read, text.lower()))
        if kind:
            table = table.filter(pc.equal(table["kind"], kind))
        found = [
            Refused(
                row["id"].rsplit("/", 1)[-1], row["text"], row["kind"], row["reason"], row["confidence"], row["rule"],
                tuple(map(source_path, row["sources"])),
            )
            for row in table.slice(start, most).to_pylist()
        ]  # fmt: skip
        return found, len(table)


def quarantine(out: str | Path, *, kind: str = "", text: str = "") -> list[Refused]:
    """The refused statements of a workspace, the surest first.

    ``kind`` keeps one kind of reason, ``text`` those in whose words or reason it stands. Raises ``WorkspaceError`` if
    there is no published graph.
    """
    return Quarantine(generation(out)).find(kind=kind, text=text)[0]


def kinds(refused: Sequence[Refused]) -> list[tuple[str, int]]:
    """How many there are of each kind, the commonest first."""
    return _ranked(Counter(r.kind for r in refused).items())


def _ranked(counts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(counts, key=lambda kv: (-kv[1], kv[0]))


def _worded(object: str) -> str:
    return source_path(object) or words(object) if "://" in object else object


def _each(column: Any, change: Any) -> Any:
    """A column of strings with each distinct value changed."""
    import pyarrow as pa

    coded = column.combine_chunks().dictionary_encode()
    changed = pa.array([change(value) for value in coded.dictionary.to_pylist()], pa.string())
    return changed.take(coded.indices)
