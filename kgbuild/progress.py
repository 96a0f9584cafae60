"""Progress as an interface: stages count, the command line draws, the library stays silent."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """What a stage tells while it works."""

    def start(self, stage: str, total: int) -> None: ...

    def advance(self, stage: str, by: int = 1, note: str = "") -> None: ...

    def finish(self, stage: str) -> None: ...


class Silent:
    """Progress that nobody watches: the default of the library."""

    def start(self, stage: str, total: int) -> None:
        pass

    def advance(self, stage: str, by: int = 1, note: str = "") -> None:
        pass

    def finish(self, stage: str) -> None:
        pass
