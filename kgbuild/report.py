"""The report of a build, and the one of what is published: light, for all that only look at it."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kgbuild.errors import UsageError
from kgbuild.history import changes, contents
from kgbuild.types import TRANSIENT, Source
from kgbuild.workspace import Workspace, damaged

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Report:
    """What a build did. ``status``: ``success`` | ``partial``; ``unchanged`` if nothing had to be done.

    ``sources``: one row per file with path, media type, outcome, reason and counts; ``changes``: files by kind of
    change since the graph published before; ``seconds`` and ``memory_mb`` by stage: the most MiB that the process had
    up to its end, and the most of any one child in it; ``advice``: which models by name would add more.
    """

    status: str
    out: str
    counts: dict[str, int | float]
    sources: list[dict[str, Any]]
    issues: list[dict[str, str]]
    seconds: dict[str, float]
    build_key: str
    config: dict[str, Any] = field(default_factory=dict)
    started: str = ""
    unchanged: bool = False
    changes: dict[str, int] = field(default_factory=dict)
    memory_mb: dict[str, list[float]] = field(default_factory=dict)
    advice: list[str] = field(default_factory=list)

    def write_lines(self, path: Path) -> None:
        """A line of JSON for each file: ``path``, ``status`` (processed, rejected, skipped), ``reason``, ``code``."""
        rows = [
            {"path": r["path"], "status": r["outcome"], "reason": r["reason"], "code": r["code"]} for r in self.sources
        ]
        try:
            path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        except OSError as err:
            raise UsageError(f"{path} cannot be written: {err.strerror}. The graph itself is published.") from err

    def holds(self, key: str) -> bool:
        """Whether the graph was made from the input of this key, and no file failed for a passing reason."""
        return self.build_key == key and not any(issue["code"] in TRANSIENT for issue in self.issues)

    def former(self, sources: Sequence[Source]) -> dict[str, Source]:
        """Those of these files that had other contents, or another path, when this graph was made: as they were, by the
        path that they have now.
        """
        rows = {row["path"]: row for row in self.sources}
        moved = changes(contents(self.sources), {s.path: s.sha256 for s in sources})
        was = {c.path: rows[c.was or c.path] for c in moved if c.kind in ("changed", "renamed")}
        return {
            path: Source(row["id"], row["path"], row["media_type"], row["sha256"], row["size"])
            for path, row in was.items()
        }

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def load(cls, path: Path) -> Report:
        """The report that ``report.json`` of an earlier build holds."""
        known = cls.__dataclass_fields__
        given = json.loads(path.read_text("utf-8"))
        return cls(**{k: v for k, v in given.items() if k in known})


def published_report(workspace: Workspace) -> tuple[Report | None, str]:
    """The report of the published graph, or None and, if something is published, what is wrong with it."""
    folder = workspace.current
    if folder is None:
        return None, ""
    if name := damaged(folder):
        log.warning("%s is not as its manifest has it; the graph is built again", folder / name)
        return None, f"what was published is damaged: {name}"
    return Report.load(folder / "report.json"), ""
