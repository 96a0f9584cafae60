"""A published graph as a copy at an ``fsspec`` URL, and such a copy as a local folder.

    URL/objects/<sha256[:2]>/<sha256>    each file once, named by its bytes
    URL/manifest.json                    which names they have; put last, as one object

Object stores know no lock and no rename of folders, but put one object whole: who reads the manifest sees one graph,
whole. What only the manifest before named stays until the next one, for readers who hold it still. One workspace
publishes to one URL.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kgbuild.errors import WorkspaceError
from kgbuild.storage import as_url, is_url, open_storage, reaching
from kgbuild.workspace import MANIFEST, Workspace, file_sha256, write_durably

log = logging.getLogger(__name__)

KEY = "run.publish"
FORMAT = 1
_AT_ONCE, _TRIES, _PATIENCE_S = 8, 3, 600.0


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands at a URL: size and SHA-256 of each file by name; ``retired``: objects only the one before names."""

    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    retired: tuple[str, ...] = ()

    @property
    def objects(self) -> dict[str, int]:
        """Sizes by SHA-256."""
        return {sha256: size for size, sha256 in self.files.values()}

    def to_json(self) -> bytes:
        said = {"files": {name: list(self.files[name]) for name in sorted(self.files)}, "retired": sorted(self.retired)}
        return json.dumps({"format": FORMAT, "sha256": _digest(said), **said}, indent=0).encode()

    @classmethod
    def of(cls, data: bytes, url: str) -> Manifest:
        """Raises ``WorkspaceError`` if it is damaged or of another format."""
        try:
            given = json.loads(data)
            if given.pop("format") != FORMAT or given.pop("sha256") != _digest(given):
                raise ValueError
            return cls({name: (size, sha256) for name, (size, sha256) in given["files"].items()}, (*given["retired"],))
        except (ValueError, KeyError, TypeError, AttributeError) as err:
            raise WorkspaceError(
                f"{url}/{MANIFEST} is damaged or of another format. Publish again: kgbuild publish OUT {url}"
            ) from err


class _Gone(Exception):
    """An object that a manifest names is not there."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent to a URL: number of files of the graph, and how many objects and bytes were new there."""

    url: str
    files: int
    objects: int
    size: int


def send(out: str | Path, url: str) -> Sent:
    """Copy the published graph of a workspace to a URL: what is not there yet, then the manifest.

    Raises ``WorkspaceError`` if nothing is published, ``StorageError`` if the URL does not answer, ``ConfigError`` if
    it cannot be opened.
    """
    url, folder = url.rstrip("/"), Workspace(out).current
    if folder is None:
        raise WorkspaceError(f"{out} holds no graph. Build one first: kgbuild build FOLDER --out {out}")
    fs, root, local = open_storage(url, KEY)
    listed = json.loads((folder / MANIFEST).read_text("utf-8"))["files"]
    files = {name: (size, sha256) for name, (size, sha256) in listed.items()}
    try:
        with reaching(url, f"publishing {out} ({KEY})"):
            before, there = _known(fs, root, url), _sizes(fs, root)
            new = Manifest(files, tuple({*before.objects} - {sha256 for _, sha256 in files.values()}))
            paths = {sha256: folder / name for name, (_, sha256) in files.items()}
            missing = [sha256 for sha256, size in new.objects.items() if there.get(sha256) != size]
            _side_by_side(lambda sha256: _put(fs, paths[sha256], _object(root, sha256), local), missing)
            if new.files != before.files:
                _put_manifest(fs, root, new.to_json(), local)
                gone = {*before.retired} & {*there} - {*new.objects} - {*before.objects}
                _side_by_side(lambda sha256: fs.rm_file(_object(root, sha256)), gone)
    except FileNotFoundError as err:
        raise WorkspaceError(f"{url} cannot be written: {err}. Make its bucket or folder, then publish again.") from err
    sent = Sent(url, len(files), len(missing), sum(new.objects[sha256] for sha256 in missing))
    log.info("copied to %s: %d of %d files were new", url, sent.objects, sent.files, extra={"stage": "copy"})
    return sent


def at_hand(out: str | Path) -> Path:
    """The workspace itself, or a local mirror of the URL or folder it was copied to, brought up to date."""
    if is_url(out):
        return fetch(as_url(out))
    folder = Path("/" + str(out).removeprefix("file:").lstrip("/") if str(out).startswith("file:/") else out)
    is_copy = (folder / MANIFEST).is_file() and (folder / "objects").is_dir()
    return fetch(str(folder.resolve())) if is_copy else folder


def fetch(url: str) -> Path:
    """A local workspace with the graph that stands at a URL; only what changed is fetched, all is checked.

    It lies under ``KGBUILD_MIRRORS`` (else ``~/.cache/kgbuild/mirrors``). Raises ``WorkspaceError`` if the URL holds no
    graph or a damaged one, ``StorageError`` if it does not answer.
    """
    url = url.rstrip("/")
    base = os.environ.get("KGBUILD_MIRRORS") or Path("~/.cache/kgbuild/mirrors").expanduser()
    home = Path(base, hashlib.sha256(url.encode()).hexdigest()[:24])
    fs, root, _ = open_storage(url, "OUT")
    mirror = Workspace(home)
    for left in range(_TRIES - 1, -1, -1):
        with reaching(url, f"reading its graph (the copy of last time lies in {home})"):
            wanted = _read(fs, root, url)
        if _holds(mirror, wanted):
            return home
        try:
            with mirror.lock(patience_s=_PATIENCE_S):
                if not _holds(mirror, wanted):  # who held the lock may have fetched it
                    _fill(mirror, wanted, fs, root, url)
            return home
        except _Gone as err:  # published twice meanwhile: read the manifest again
            if not left:
                raise WorkspaceError(
                    f"{url} lacks a file of its graph: {err}. Publish again: kgbuild publish OUT {url}"
                ) from err
    raise AssertionError


def _fill(mirror: Workspace, wanted: Manifest, fs: Any, root: str, url: str) -> None:
    """Publish the graph of a manifest in the mirror: what the mirror has is linked, the rest fetched and checked."""
    old = mirror.current
    known = {}
    if old is not None:
        held = json.loads((old / MANIFEST).read_text("utf-8"))["files"]
        known = {sha256: old / name for name, (_, sha256) in held.items()}
    with mirror.generation() as folder:

        def bring(name: str) -> None:
            _, sha256 = wanted.files[name]
            target = folder / name
            if folder not in target.resolve().parents:
                raise WorkspaceError(
                    f"{url}/{MANIFEST} names {name!r}, which lies outside of its folder. Do not trust it."
                )
            target.parent.mkdir(parents=True, exist_ok=True)
            if sha256 in known and file_sha256(known[sha256]) == sha256:
                os.link(known[sha256], target)
                return
            try:
                with reaching(url, f"fetching {name} into {target.parent}"):
                    fs.get_file(_object(root, sha256), str(target))
            except FileNotFoundError as err:
                raise _Gone(name) from err
            if file_sha256(target) != sha256:
                raise WorkspaceError(
                    f"{url}/objects/{sha256[:2]}/{sha256} ({name}) is damaged: it does not match its checksum. "
                    f"Remove that object and publish again: kgbuild publish OUT {url}"
                )

        _side_by_side(bring, wanted.files)


def _holds(mirror: Workspace, wanted: Manifest) -> bool:
    if (folder := mirror.current) is None:
        return False
    held = json.loads((folder / MANIFEST).read_text("utf-8"))["files"]
    return {name: tuple(row) for name, row in held.items()} == wanted.files


def _read(fs: Any, root: str, url: str) -> Manifest:
    fs.invalidate_cache()
    try:
        return Manifest.of(fs.cat_file(f"{root}/{MANIFEST}"), url)
    except FileNotFoundError as err:
        raise WorkspaceError(f"{url} holds no graph. Publish one first: kgbuild publish OUT {url}") from err


def _known(fs: Any, root: str, url: str) -> Manifest:
    """What was published before; nothing if it is absent or damaged."""
    fs.invalidate_cache()
    try:
        return Manifest.of(fs.cat_file(f"{root}/{MANIFEST}"), url)
    except FileNotFoundError:
        return Manifest()
    except WorkspaceError as err:
        log.warning("%s It is put anew.", err)
        return Manifest()


def _sizes(fs: Any, root: str) -> dict[str, int]:
    """Sizes of the objects that are there, by SHA-256."""
    try:
        found = fs.find(f"{root}/objects", detail=True)
    except FileNotFoundError:
        return {}
    return {path.rpartition("/")[2]: info["size"] for path, info in found.items()}


def _put(fs: Any, source: Path, target: str, local: bool) -> None:
    if local:  # a shared folder
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        aside = Path(f"{target}.{os.getpid()}.tmp")
        shutil.copyfile(source, aside)
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        aside.replace(target)
    else:
        fs.put_file(str(source), target)


def _put_manifest(fs: Any, root: str, data: bytes, local: bool) -> None:
    if local:
        write_durably(Path(root, MANIFEST), data)
    else:
        fs.pipe_file(f"{root}/{MANIFEST}", data)


def _side_by_side(work: Callable[[str], None], items: Iterable[str]) -> None:
    """Round trips take longer than bytes."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for _ in threads.map(work, items):
            pass


def _object(root: str, sha256: str) -> str:
    return f"{root}/objects/{sha256[:2]}/{sha256}"


def _digest(said: object) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
