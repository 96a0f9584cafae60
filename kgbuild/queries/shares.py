"""How much words, picture, place and neighbours decided of a mention's fused vector, as published."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from kgbuild.embeddings.spaces import MODALITIES
from kgbuild.queries.rows import Rows, read, rows

Shares = tuple[tuple[str, float], ...]
_COLUMNS = tuple(f"by_{m}" for m in MODALITIES)


class Decided:
    """Reads the shares from the published table of mentions, once and only when asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _rows(self) -> Rows | None:
        """None if nothing was fused, or the graph was built by an earlier release."""
        path, first = self._folder / "mentions.parquet", _COLUMNS[0]
        told = read(path, [first]) if path.is_file() else None
        if told is None or told.num_columns == 0 or told[first].null_count == len(told):
            return None
        return rows(path, "id", "id", *_COLUMNS)

    def _told(self, mention: str) -> dict[str, float]:
        found = self._rows.of(mention) if self._rows is not None else []
        return {m: row[c] for row in found[:1] for m, c in zip(MODALITIES, _COLUMNS, strict=True) if row[c] is not None}

    def of(self, mention: str) -> Shares:
        """The shares of a mention by its IRI, largest first, none below a hundredth; empty if nothing was fused."""
        return _ordered(self._told(mention))

    def mean(self, mentions: Iterable[str]) -> Shares:
        """The same for several mentions together."""
        told = [shares for m in mentions if (shares := self._told(m))]
        return _ordered({m: sum(shares[m] for shares in told) / len(told) for m in MODALITIES} if told else {})


def _ordered(shares: dict[str, float]) -> Shares:
    kept = [(m, round(v, 4)) for m, v in shares.items() if v >= 0.01]
    return tuple(sorted(kept, key=lambda pair: (-pair[1], pair[0])))


def told(shares: Shares) -> str:
    """The shares for people: "text 62 %, picture 38 %"."""
    return ", ".join(f"{m} {100 * v:.0f} %" for m, v in shares)
