"""What the pages know of a published graph as a whole: read once, before the processes that answer are forked."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from kgbuild.queries.crops import Pictured
from kgbuild.queries.explorer.names import Names
from kgbuild.queries.explorer.statistics import counts, statistics
from kgbuild.queries.places import Provenance
from kgbuild.queries.quarantine import Quarantine
from kgbuild.queries.rows import read
from kgbuild.queries.shares import Decided
from kgbuild.types import Target


class Known:
    """One generation."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self) -> None:
        """Read everything now; the tables of evidence too, which are kept where they are asked."""
        _ = self.names, self.counts, self.statistics, self.quarantine.kinds, self.paths
        Provenance(None, self.folder).evidence(statement="none", relation="none")
        Pictured(self.folder).path(Target("none"))
        Decided(self.folder).of("none")

    @cached_property
    def names(self) -> Names:
        return Names(self.folder)

    @cached_property
    def counts(self) -> dict[str, Any]:
        return counts(self.folder)

    @cached_property
    def statistics(self) -> dict[str, Any]:
        return statistics(self.folder, (n.type for n in self.names.all))

    @cached_property
    def paths(self) -> list[tuple[str, str]]:
        """Path and IRI of each file that was read, by path."""
        table = (
            read(self.folder / "segments.parquet", ("path", "source"))
            .group_by(["path", "source"], use_threads=False)
            .aggregate([])
        )
        return sorted((row["path"], row["source"]) for row in table.to_pylist())

    @cached_property
    def quarantine(self) -> Quarantine:
        return Quarantine(self.folder)
