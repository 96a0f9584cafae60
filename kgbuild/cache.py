"""Stage results by content: a checksummed key-value store on any ``fsspec`` file system.

A value's key is made from everything that the value depends on (``Cache.key``), so a
found value is a right value, whichever process or machine wrote it. A damaged value is
treated as absent and made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

from kgbuild.crash import point
from kgbuild.errors import unwritable
from kgbuild.identity import digest
from kgbuild.storage import open_storage, reaching

log = logging.getLogger(__name__)

Item = TypeVar("Item")
Made = TypeVar("Made")
_AT_ONCE, _AHEAD = 16, 512  # requests to another machine, and answers kept of those that came early

# What a stage's results depend on besides its own code.
LIBRARIES = {
    "sources": ("av", "lxml", "markdown-it-py", "pillow", "py3langid", "pypdfium2", "python-docx", "svgelements"),
    "mentions": (
        "onnxruntime", "opencv-python-headless", "py3langid", "rapidocr", "rjieba", "spacy", "torch", "transformers",
    ),
    "embeddings": ("opencv-python-headless", "torch", "transformers"),
    "entities": ("opencv-python-headless", "rapidfuzz"),
}  # fmt: skip


@lru_cache
def code_version(room: str) -> str:
    """Version of a stage: digest of its code, of shared code, weights and library versions.

    A digest cannot be forgotten when the code changes, as a number can.
    """
    names = [room] + (["models", "weights"] if room in ("mentions", "embeddings") else [])
    parts: list[str] = []
    for folder in names:
        for name, entry in _inside(files(f"kgbuild.{folder}")):
            parts += [name, hashlib.sha256(entry.read_bytes()).hexdigest()]
    for shared in ("types.py", "identity.py", "serialise.py", "backbone.py", "vocab.py"):
        parts.append(hashlib.sha256(files("kgbuild").joinpath(shared).read_bytes()).hexdigest())
    for name in LIBRARIES.get(room, ()):
        try:
            parts.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            parts.append(f"{name} absent")
    return digest(*parts, length=32)


def _inside(folder: Traversable, path: str = "") -> Iterator[tuple[str, Traversable]]:
    """Code and data of a room, also of the rooms in it, by their paths in their order."""
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.is_dir():
            yield from _inside(entry, f"{path}{entry.name}/")
        elif entry.name.endswith((".py", ".json", ".ttl")):
            yield path + entry.name, entry


class Cache:
    """``get`` and ``put`` bytes under ``<url>/<stage>/<key>``; ``url`` is a path or fsspec URL."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.fs, self.root, self._local = open_storage(url, "run.cache")

    @staticmethod
    def key(*parts: object) -> str:
        """Key of a value that depends on exactly these parts."""
        return digest(*parts, length=40)

    def get(self, stage: str, key: str) -> bytes | None:
        """The value, or None if it is absent or damaged. Raises ``StorageError`` if another machine does not answer."""
        path = self._path(stage, key)
        try:
            if self._local:
                raw: bytes = self.fs.cat_file(path)
            else:  # no answer is no absence: all would be made again
                with reaching(self.url, f"reading {stage}/{key} (run.cache)"):
                    raw = self.fs.cat_file(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as err:  # the disk gives it no more, or it may not be read
            log.warning("cache entry %s/%s cannot be read; it is made again: %s", stage, key, err)
            return None
        head, value = raw[:64], raw[64:]
        if head.decode("ascii", "replace") != hashlib.sha256(value).hexdigest():
            log.warning("cache entry %s/%s is damaged; it is made again", stage, key)
            return None
        return value

    def has(self, stage: str, key: str) -> bool:
        """Whether a whole value stands there."""
        return self.get(stage, key) is not None

    def each(self, work: Callable[[Item], Made], items: Sequence[Item]) -> Iterator[Made]:
        """``work`` of each item, in their order; side by side where answers come over a network."""
        if self._local:
            yield from map(work, items)
            return
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            for begin in range(0, len(items), _AHEAD):
                yield from threads.map(work, items[begin : begin + _AHEAD])

    def drop(self, stage: str, key: str) -> None:
        """Forget a value, so that it is made again."""
        with contextlib.suppress(FileNotFoundError), reaching(self.url, f"removing {stage}/{key} (run.cache)"):
            self.fs.rm_file(self._path(stage, key))

    def put(self, stage: str, key: str, value: bytes) -> None:
        """Store a value; readers see the whole value or none. Two that write the same key write the same value.

        Raises ``WorkspaceError`` if it cannot be written, ``StorageError`` if another machine does not answer.
        """
        path = self._path(stage, key)
        data = hashlib.sha256(value).hexdigest().encode() + value
        try:
            if self._local:
                self._put_durably(Path(path), data)
            else:
                with reaching(self.url, f"writing {stage}/{key} (run.cache)"):
                    self.fs.pipe_file(path, data)  # object stores publish an object whole
        except FileNotFoundError as err:
            raise unwritable(path, err) from err  # no such bucket
        except OSError as err:
            raise unwritable(path, err, needed=len(data)) from err

    def _put_durably(self, path: Path, data: bytes) -> None:
        """Write aside, in one folder that the next build can empty; fsync; rename."""
        aside = Path(self.root, ".aside", f"{path.name}.{uuid.uuid4().hex}")  # other machines have the same pids
        for folder in (path.parent, aside.parent):
            folder.mkdir(parents=True, exist_ok=True)
        try:
            with aside.open("wb") as file:
                point("cache.opened")
                file.write(data)
                file.flush()
                point("cache.written")
                os.fsync(file.fileno())
            point("cache.synced")
            aside.replace(path)
        except OSError:
            aside.unlink(missing_ok=True)
            raise
        point("cache.renamed")

    def _path(self, stage: str, key: str) -> str:
        return f"{self.root}/{stage}/{key[:2]}/{key}"

    def __reduce__(self) -> tuple[Any, ...]:
        return (Cache, (self.url,))
