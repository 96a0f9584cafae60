"""How much words, picture, place and neighbours decided of a mention's fused vector, as published."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from kgbuild.embeddings.spaces import MODALITIES

Shares = tuple[tuple[str, float], ...]


class Decided:
    """Reads the shares from the published table of mentions, once and only when asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _rows(self) -> dict[str, Shares]:
        from pyarrow import parquet

        path, columns = self._folder / "mentions.parquet", [f"by_{m}" for m in MODALITIES]
        if not path.is_file() or not set(columns) <= set(parquet.read_schema(path).names):
            return {}  # built by an earlier release
        rows = parquet.read_table(path, columns=["id", *columns]).to_pylist()
        return {
            row["id"]: tuple((m, row[c]) for m, c in zip(MODALITIES, columns, strict=True))
            for row in rows if row[columns[0]] is not None
        }  # fmt: skip

    def of(self, mention: str) -> Shares:
        """The shares of a mention by its IRI, largest first, none below a hundredth; empty if nothing was fused."""
        return _ordered(dict(self._rows.get(mention, ())))

    def mean(self, mentions: Iterable[str]) -> Shares:
        """The same for several mentions together."""
        rows = [self._rows[m] for m in mentions if m in self._rows]
        return _ordered({m: sum(dict(r)[m] for r in rows) / len(rows) for m in MODALITIES} if rows else {})


def _ordered(shares: dict[str, float]) -> Shares:
    kept = [(m, round(v, 4)) for m, v in shares.items() if v >= 0.01]
    return tuple(sorted(kept, key=lambda pair: (-pair[1], pair[0])))


def told(shares: Shares) -> str:
    """The shares for people: "text 62 %, picture 38 %"."""
    return ", ".join(f"{m} {100 * v:.0f} %" for m, v in shares)
