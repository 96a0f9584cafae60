"""The runs of a workspace: one line of JSON each, published with the graph that the run made.

Each generation holds the lines of the runs before it and its own, so that a graph and its
history change in one rename; the number of lines is bounded.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kgbuild.workers import peak_mb

log = logging.getLogger(__name__)

NAME = "runs.jsonl"
KEPT = 200


@dataclass(frozen=True, slots=True)
class StageRun:
    """What one stage of a run cost. ``seconds``: wall clock; ``worked``: seconds for each source done anew, by path.

    Memory in MiB: the most that this process had up to the end of the stage, and the most of any one child in it.
    """

    seconds: float
    worked: dict[str, float] = field(default_factory=dict)
    memory_mb: float = 0.0
    children_mb: float = 0.0

    @classmethod
    def since(cls, begun: float, worked: Mapping[str, float] | None = None, children_mb: float = 0.0) -> StageRun:
        """The record of a stage that ends now; ``begun`` is of ``time.monotonic``."""
        return cls(round(time.monotonic() - begun, 2), dict(worked or {}), peak_mb(), children_mb)

    @classmethod
    def joined(cls, begun: float, parts: Sequence[StageRun]) -> StageRun:
        """The record of a stage whose batches ran side by side and that ends now."""
        worked = {path: seconds for part in parts for path, seconds in part.worked.items()}
        return cls.since(begun, worked, max((part.children_mb for part in parts), default=0.0))


@dataclass(frozen=True, slots=True)
class PastRun:
    """One line of the history.

    ``work``: by stage and media type the number of files done anew, their bytes and their seconds, and what the stage
    took besides (``start``: processes and models); ``changes``: files by kind of change; ``seconds``: by stage.
    """

    started: str
    status: str
    version: str
    workers: int
    seconds: dict[str, float]
    counts: dict[str, float]
    changes: dict[str, int]
    work: dict[str, dict[str, list[float]]]
    start: dict[str, float]
    memory_mb: float


def read_runs(folder: Path | None) -> tuple[PastRun, ...]:
    """The runs that a generation knows, oldest first; lines that are damaged are left out."""
    path = folder / NAME if folder else None
    if path is None or not path.is_file():
        return ()
    found = []
    for line in path.read_text("utf-8", errors="replace").splitlines():
        try:
            given = json.loads(line)
            found.append(PastRun(**{name: given[name] for name in PastRun.__dataclass_fields__}))
        except (ValueError, KeyError, TypeError):
            log.warning("a line of %s is damaged; it is left out", path)
    return tuple(found)


def write_runs(runs: Sequence[PastRun], folder: Path) -> None:
    """Write the last runs as lines of JSON into a generation."""
    lines = [json.dumps(asdict(run), sort_keys=True) + "\n" for run in runs[-KEPT:]]
    (folder / NAME).write_text("".join(lines), "utf-8")


def work_of(
    stage: StageRun, files: Mapping[str, tuple[str, int]], workers: int
) -> tuple[dict[str, list[float]], float]:
    """What a stage did by media type, [files, bytes, seconds], and the seconds that it took besides.

    ``files``: media type and bytes by path.
    """
    made: dict[str, list[float]] = {}
    for path, seconds in sorted(stage.worked.items()):
        media_type, size = files.get(path, ("", 0))
        row = made.setdefault(media_type, [0, 0, 0.0])
        row[0], row[1], row[2] = row[0] + 1, row[1] + size, round(row[2] + seconds, 4)
    at_once = max(1, min(workers, len(stage.worked)))
    return made, round(max(0.0, stage.seconds - sum(stage.worked.values()) / at_once), 2)


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file and what became of it since an earlier run.

    ``kind``: ``new`` | ``changed`` | ``renamed`` | ``deleted`` | ``unchanged``; ``was``: the earlier path if renamed.
    """

    path: str
    kind: str
    was: str = ""


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[FileChange, ...]:
    """Files by path from one run to another; both map paths to digests of their contents.

    A new path with the contents of one that is gone is a renamed file; each old path is used once.
    """
    gone: dict[str, list[str]] = {}
    for path in sorted(before.keys() - now.keys()):
        gone.setdefault(before[path], []).append(path)
    found = []
    for path, content in sorted(now.items()):
        if path in before:
            found.append(FileChange(path, "unchanged" if before[path] == content else "changed"))
        elif gone.get(content):
            found.append(FileChange(path, "renamed", gone[content].pop(0)))
        else:
            found.append(FileChange(path, "new"))
    found += [FileChange(path, "deleted") for paths in gone.values() for path in paths]
    return tuple(sorted(found, key=lambda c: (c.path, c.kind)))


def contents(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Digest of each file that a report's rows know, by path."""
    return {row["path"]: row["sha256"] for row in rows if row.get("sha256")}
