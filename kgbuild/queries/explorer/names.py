"""Entities by name: all their names in memory, searched in their order of use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Named:
    """An entity in a list."""

    id: str
    label: str
    type: str
    mentions: int
    names: str  # case-folded, one a line, the label first


class Names:
    """The entities of one generation, the most mentioned first."""

    def __init__(self, folder: Path) -> None:
        from pyarrow import parquet

        path = folder / "entities.parquet"
        columns = ["id", "label", "alt_labels", "type", "mentions"]
        rows: list[dict[str, Any]] = parquet.read_table(path, columns=columns).to_pylist() if path.is_file() else []
        rows.sort(key=lambda r: (-r["mentions"], r["label"]))
        self.all = [
            Named(r["id"], r["label"], r["type"], r["mentions"], "\n".join((r["label"], *r["alt_labels"])).casefold())
            for r in rows
        ]
        self.by_id = {n.id: n for n in self.all}

    def search(self, text: str, limit: int) -> tuple[list[Named], int]:
        """Names that are the text, that begin with it, that hold it, in this order; and how many there are."""
        wanted = " ".join(text.casefold().split())
        if not wanted:
            return [], 0
        ranks: tuple[list[Named], list[Named], list[Named]] = ([], [], [])
        for named in self.all:
            if wanted in named.names:
                lines = named.names.split("\n")
                ranks[0 if wanted in lines else 1 if any(n.startswith(wanted) for n in lines) else 2].append(named)
        found = [named for rank in ranks for named in rank]
        return found[:limit], len(found)
