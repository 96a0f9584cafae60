"""The output folder: one lock, one pointer to the published generation, swapped by one rename.

``OUT/graph.nq`` and its siblings are links through ``OUT/current`` to a folder under
``OUT/.generations``; a reader who resolves ``current`` once sees one build, whole.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from kgbuild.errors import WorkspaceError

FORMAT = 1
PUBLISHED = (
    "graph.nq", "facts.ttl", "graph.graphml", "entities.parquet", "statements.parquet", "mentions.parquet",
    "segments.parquet", "vectors.faiss", "vectors.json", "pictures.faiss", "pictures.json",
    "merges.json", "links.json", "report.html", "report.json", "runs.jsonl",
    "texts", "pictures",
)  # fmt: skip


class Workspace:
    """The folder ``out`` as a workspace of kgbuild; made if it is absent or empty.

    Raises ``WorkspaceError`` if the folder holds something else or another format.
    """

    def __init__(self, out: str | Path) -> None:
        self.out = Path(out)
        self._meta = self.out / "workspace.json"
        if self._meta.is_file():
            try:
                found = json.loads(self._meta.read_text("utf-8"))["format"]
            except (ValueError, KeyError, TypeError) as err:
                raise WorkspaceError(f"{self._meta} is damaged. Move {self.out} away and build again.") from err
            if found != FORMAT:
                raise WorkspaceError(
                    f"{self.out} has workspace format {found}, this kgbuild writes {FORMAT}. Build into another folder."
                )
        elif self.out.exists() and (not self.out.is_dir() or any(self.out.iterdir())):
            raise WorkspaceError(f"{self.out} exists and is no workspace of kgbuild. Choose another --out.")

    @property
    def cache_url(self) -> str:
        return str(self.out.resolve() / "cache")

    @property
    def current(self) -> Path | None:
        """The folder of the published generation, or None before the first build."""
        pointer = self.out / "current"
        return pointer.resolve() if pointer.exists() else None

    @property
    def previous(self) -> Path | None:
        """The folder of the generation before the published one, or None."""
        folder = self.current
        older = [p for p in folder.parent.iterdir() if p.name.isdigit() and p.name < folder.name] if folder else []
        return max(older, key=lambda p: int(p.name), default=None)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Keep every other build out. Raises ``WorkspaceError`` naming the owner if one is at work."""
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            handle = (self.out / ".lock").open("a+")
        except OSError as err:
            raise WorkspaceError(f"{self.out} cannot be written: {err.strerror}.") from err
        with handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as err:
                handle.seek(0)
                raise WorkspaceError(
                    f"{self.out} is locked by {handle.read().strip() or 'another build'}. "
                    "Wait for it or build into another folder."
                ) from err
            handle.truncate(0)
            handle.write(f"pid {os.getpid()} since {time.strftime('%Y-%m-%dT%H:%M:%S%z')}")
            handle.flush()
            if not self._meta.exists():
                write_durably(self._meta, json.dumps({"format": FORMAT}).encode())
            yield

    @contextlib.contextmanager
    def generation(self) -> Iterator[Path]:
        """A fresh folder to write into; published with one rename if the block ends well."""
        home = self.out / ".generations"
        home.mkdir(exist_ok=True)
        done = sorted(int(p.name) for p in home.iterdir() if p.name.isdigit())
        for leftover in home.glob("*.tmp"):  # of a build that was killed
            shutil.rmtree(leftover, ignore_errors=True)
        target = home / f"{(done[-1] if done else 0) + 1:06d}"
        aside = target.with_suffix(".tmp")
        aside.mkdir()
        yield aside
        for path in sorted(aside.rglob("*")):
            _fsync(path)
        _fsync(aside)
        aside.rename(target)
        _fsync(home)
        for name in PUBLISHED:
            link = self.out / name
            if not link.is_symlink():
                link.symlink_to(f"current/{name}")
        pointer = self.out / "current.tmp"
        pointer.unlink(missing_ok=True)
        pointer.symlink_to(f".generations/{target.name}")
        pointer.replace(self.out / "current")
        _fsync(self.out)
        for number in done[:-1]:  # the last one stays for readers that still hold it
            shutil.rmtree(home / f"{number:06d}", ignore_errors=True)


def write_durably(path: Path, data: bytes) -> None:
    """Write aside, fsync, rename: the file is whole or absent."""
    aside = path.with_name(path.name + ".tmp")
    aside.write_bytes(data)
    _fsync(aside)
    aside.replace(path)
    _fsync(path.parent)


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
