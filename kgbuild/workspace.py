"""The output folder: one lock, one pointer to the published generation, swapped by one rename.

``OUT/graph.nq`` and its siblings are links through ``OUT/current`` to a folder under
``OUT/.generations``; a reader who resolves ``current`` once sees one build, whole. Every
generation holds ``manifest.json`` with the digest of each of its files.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import IO

from kgbuild.crash import point
from kgbuild.errors import FULL, WorkspaceError, unwritable
from kgbuild.storage import as_url, is_url

FORMAT = 1
_ENDING_S = 5.0  # in which the copies of a killed build end (kgbuild.forks): they hold its lock as long as they live
MANIFEST = "manifest.json"
META = "workspace.json"
PUBLISHED = (
    "graph.nq", "facts.ttl", "graph.graphml", "entities.parquet", "statements.parquet", "evidence.parquet",
    "mentions.parquet", "events.parquet", "segments.parquet", "vectors.faiss", "vectors.json", "pictures.faiss",
    "pictures.json", "merges.json", "links.json", "report.html", "report.json", "runs.jsonl",
    "texts", "pictures",
)  # fmt: skip


class Workspace:
    """The folder ``out`` as a workspace of kgbuild; made if it is absent or empty.

    Raises ``WorkspaceError`` if the folder holds something else or another format.
    """

    def __init__(self, out: str | Path) -> None:
        if is_url(out):
            raise WorkspaceError(
                f"{as_url(out)} cannot be built into: a workspace needs a lock and renames, which such stores lack. "
                f"Build into a folder and let it be copied: --set run.publish={as_url(out)}"
            )
        self.out = Path(out)
        self._meta = self.out / META
        self._home = self.out / ".generations"
        if self._meta.is_file():
            check_format(self.out)
        elif self.out.exists() and (not self.out.is_dir() or not self._unborn()):
            raise WorkspaceError(f"{self.out} exists and is no workspace of kgbuild. Choose another --out.")

    def _unborn(self) -> bool:
        """Whether the folder holds at most what a build leaves that was killed at its very beginning."""
        return {p.name for p in self.out.iterdir()} <= {".lock", f"{META}.tmp"}

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
        older = [p for p in self._finished() if (now := self.current) and p.name < now.name]
        return older[-1] if older else None

    @contextlib.contextmanager
    def lock(self, *, patience_s: float = 0.0) -> Iterator[None]:
        """Keep every other build out, and remove what a killed one left.

        Raises ``WorkspaceError`` naming the owner if one is still at work after ``patience_s`` seconds (a killed one
        gets a few to end), or the path that cannot be written.
        """
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            handle = (self.out / ".lock").open("a+")
        except OSError as err:
            raise unwritable(self.out, err) from err
        with handle:
            begun = time.monotonic()
            while not _locked(handle):
                handle.seek(0)
                owner = handle.read().strip()
                if time.monotonic() < begun + max(patience_s, 0 if _lives(owner) else _ENDING_S):
                    time.sleep(0.05)
                    continue
                raise WorkspaceError(
                    f"{self.out} is locked by {owner or 'another build'}. Wait for it or build into another folder."
                )
            point("lock.taken")
            try:
                handle.truncate(0)
                handle.write(f"pid {os.getpid()} since {time.strftime('%Y-%m-%dT%H:%M:%S%z')}")
                handle.flush()
                point("lock.named")
                if not self._meta.exists():
                    write_durably(self._meta, json.dumps({"format": FORMAT}).encode())
                self._clean()
            except OSError as err:
                raise unwritable(self.out, err) from err
            yield

    def _clean(self) -> None:
        """Remove what builds left that were killed: half generations, whole ones without the pointer, half files."""
        now = self.current
        for path in self._home.iterdir() if self._home.is_dir() else ():
            if not path.name.isdigit() or now is None or path.name > now.name:
                shutil.rmtree(path, ignore_errors=True)
        shutil.rmtree(self.out / "cache" / ".aside", ignore_errors=True)
        for name in ("current.tmp", f"{META}.tmp"):
            (self.out / name).unlink(missing_ok=True)
        for path in (self.out / "store").glob("*.tmp"):
            maker = path.name.split(".")[-2]
            if not (maker.isdigit() and Path("/proc", maker).exists()):  # a query that runs may be making one
                shutil.rmtree(path, ignore_errors=True)

    def _finished(self) -> list[Path]:
        found = self._home.iterdir() if self._home.is_dir() else ()
        return sorted((p for p in found if p.name.isdigit()), key=lambda p: int(p.name))

    @contextlib.contextmanager
    def generation(self) -> Iterator[Path]:
        """A fresh folder to write into; published with one rename if the block ends well, else removed.

        Raises ``WorkspaceError`` if the disk is full or cannot be written: what was published stays.
        """
        done = self._finished()
        target = self._home / f"{(int(done[-1].name) if done else 0) + 1:06d}"
        aside = target.with_suffix(".tmp")
        try:
            aside.mkdir(parents=True)
            point("generation.made")
            yield aside
            write_manifest(aside)
            point("manifest.written")
            self._publish(aside, target)
        except OSError as err:
            shutil.rmtree(aside, ignore_errors=True)
            elsewhere = err.filename is not None and not Path(str(err.filename)).is_relative_to(self.out)
            if elsewhere and err.errno not in FULL:
                raise  # what was to go into the folder could not be read
            raise unwritable(aside, err, needed=_size(self.current)) from err
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
        for folder in done[:-1]:  # the last one stays for readers that still hold it
            shutil.rmtree(folder, ignore_errors=True)
        point("old.removed")

    def _publish(self, aside: Path, target: Path) -> None:
        """Files, then folders, then the rename, then the folder that holds it; the same for the pointer.

        A name must never reach the disk before what it names (Pillai et al. 2014).
        """
        paths = sorted(aside.rglob("*"), reverse=True)
        fresh = (p for p in paths if not p.is_dir() and p.stat().st_nlink == 1)  # others are of a published generation
        for path in (*fresh, *(p for p in paths if p.is_dir()), aside):
            _fsync(path)
        point("generation.synced")
        aside.rename(target)
        _fsync(self._home)
        point("generation.renamed")
        for name in PUBLISHED:
            link = self.out / name
            if not link.is_symlink():
                link.symlink_to(f"current/{name}")
        point("links.made")
        pointer = self.out / "current.tmp"
        pointer.symlink_to(f".generations/{target.name}")
        point("pointer.made")
        pointer.replace(self.out / "current")
        _fsync(self.out)
        point("pointer.renamed")


def check_format(out: Path) -> None:
    """Raise ``WorkspaceError`` if the workspace ``out`` is of another format, or does not say of which."""
    try:
        found = json.loads((out / META).read_text("utf-8"))["format"]
    except (OSError, ValueError, KeyError, TypeError) as err:
        raise WorkspaceError(f"{out / META} is damaged. Move {out} away and build again.") from err
    if type(found) is not int or found != FORMAT:
        raise WorkspaceError(
            f"{out} has workspace format {found}, this kgbuild knows {FORMAT}. Use the kgbuild that built it, or build "
            "into another folder."
        )


def _locked(handle: IO[str]) -> bool:
    """Whether the lock was free and is now held."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lives(owner: str) -> bool:
    """Whether the process that took the lock may still be at work: no if it is known to have ended."""
    named = re.match(r"pid (\d+) ", owner)
    if not named or not Path("/proc/self/stat").exists():
        return True
    try:
        return Path("/proc", named[1], "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


class Before:
    """The files of the published generation, by name with their SHA-256: what has not changed is not written again.

    Make it of a generation that was found whole (``damaged``), or of None.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        text = (folder / MANIFEST).read_text("utf-8") if folder else '{"files": {}}'
        self._known = {name: sha256 for name, (_, sha256) in json.loads(text)["files"].items()}

    def write(self, folder: Path, name: str, data: bytes) -> None:
        """Write a file of a new generation, or link to the published one if that holds the same."""
        if self._folder and self._known.get(name) == hashlib.sha256(data).hexdigest():
            with contextlib.suppress(OSError):  # the file system knows no links
                os.link(self._folder / name, folder / name)
                return
        with (folder / name).open("xb") as file:  # a new one: what is there may be a link to what is published
            file.write(data)


def write_manifest(folder: Path) -> None:
    """Write the size and SHA-256 of each file below a folder."""
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            files[str(path.relative_to(folder))] = [path.stat().st_size, file_sha256(path)]
    (folder / MANIFEST).write_text(json.dumps({"format": FORMAT, "files": files}, indent=0), "utf-8")


def damaged(folder: Path, *names: str) -> str:
    """The first of these files (of all, if none is named) that is not as the manifest has it; empty if all are."""
    try:
        manifest = folder / MANIFEST
        known = _files(manifest, manifest.stat().st_mtime_ns)
        for name in names or known:
            size, sha256 = known[name]
            path = folder / name
            if path.stat().st_size != size or file_sha256(path) != sha256:
                return name
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return MANIFEST
    return ""


@lru_cache(4)
def _files(manifest: Path, _: int) -> dict[str, tuple[int, str]]:
    """Size and SHA-256 of each file that a manifest names; read once as long as it does not change."""
    found: dict[str, tuple[int, str]] = json.loads(manifest.read_text("utf-8"))["files"]
    return found


def write_durably(path: Path, data: bytes) -> None:
    """Write aside, fsync, rename: the file is whole or absent."""
    aside = path.with_name(path.name + ".tmp")
    aside.write_bytes(data)
    _fsync(aside)
    point("durable.written")
    aside.replace(path)
    _fsync(path.parent)
    point("durable.renamed")


def file_sha256(path: Path) -> str:
    """Digest of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size(folder: Path | None) -> int:
    """Bytes of all files below a folder."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) if folder else 0


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
