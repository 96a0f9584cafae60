"""Reading in killable children: every file ends in a reading, good or with the reason why not."""

from __future__ import annotations

import errno
import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from kgbuild import registry
from kgbuild.config import Config
from kgbuild.errors import FULL, KgbuildError, SourceError, WorkspaceError, unwritable
from kgbuild.serialise import from_json, to_json
from kgbuild.sources.language import with_languages
from kgbuild.sources.reader import Limits, Reader, whole
from kgbuild.types import Issue, Reading, Source, Target, TextPosition
from kgbuild.workers import Bounds, Frames, WorkerDied, WorkerPool
from kgbuild.workspace import file_sha256

log = logging.getLogger(__name__)

_NO_ROOM = b"unwritable"  # begins the answer of a child whose disk is full
_KEYS = {"timeout": " (sources.timeout_s)", "memory": " (sources.memory_mb)"}  # the limits that were met


class ReaderPool:
    """``size`` children that read files below ``root``. A context manager; ``read`` may be called from threads."""

    def __init__(self, root: Path, config: Config, size: int) -> None:
        limits = Limits.of(config)
        setup = json.dumps({"root": str(root), "config": config.as_dict()}).encode()
        bounds = Bounds(timeout_s=limits.timeout_s, memory_mb=limits.memory_mb, again=True)
        self._pool = WorkerPool("kgbuild.sources.pool:serve_reader", setup, size, bounds)

    def read(self, source: Source) -> Reading:
        """The reading of one file. Never raises for what the file does: the outcome says it.

        Raises ``WorkspaceError`` if a disk is full that libraries write temporary files to.
        """
        try:
            frames = self._pool.ask(to_json(source).encode())
        except WorkerDied as death:
            return rejected(source, death.code, f"{death}{_KEYS.get(death.code, '')}")
        if frames[0] == _NO_ROOM:
            raise WorkspaceError(frames[1].decode())
        reading = from_json(Reading, frames[0].decode("utf-8", "surrogatepass"))
        return replace(reading, blobs={hashlib.sha256(b).hexdigest(): b for b in frames[1:]})

    @property
    def peak_mb(self) -> float:
        """The most memory in MiB that any of the children had."""
        return self._pool.peak_mb

    def kill(self) -> None:
        """End the children now."""
        self._pool.kill()

    def __enter__(self) -> ReaderPool:
        return self

    def __exit__(self, *error: Any) -> None:
        self._pool.__exit__(*error)


def rejected(source: Source, code: str, message: str) -> Reading:
    """A reading that says why there is none."""
    return Reading(source, issues=(Issue("read", code, message, source.id),), outcome="rejected")


def serve_reader(setup: bytes) -> Callable[[bytes], Frames]:
    """What the child does with each request: find the reader, read, answer with JSON and pictures."""
    given = json.loads(setup)
    root = Path(given["root"])
    limits = Limits.of(Config.of(given["config"]), beside=root.is_dir())

    def answer(request: bytes) -> Frames:
        source = from_json(Source, request.decode())
        try:
            reading = read_file(root if root.is_file() else root / source.path, source, limits)
        except OSError as err:
            return [_NO_ROOM, str(unwritable(gettempdir(), err)).encode("utf-8", "replace")]
        text = to_json(replace(reading, blobs={}))
        return [text.encode("utf-8", "surrogatepass"), *(b for _, b in sorted(reading.blobs.items()))]

    return answer


def read_file(path: Path, source: Source, limits: Limits) -> Reading:
    """Read one file in this process. The border where a reader's exception becomes an issue.

    Raises ``OSError`` for a full disk (``FULL``), ``MemoryError`` for memory.
    """
    try:
        reading = reader_for(source.media_type)(path, source, limits)
        if file_sha256(path) != source.sha256:
            return rejected(source, "changed", "the file changed while it was read; build again")
        if len(reading.text) > limits.max_characters:
            message = f"{len(reading.text)} characters of text; sources.max_characters is {limits.max_characters}"
            return rejected(source, "too-large", message)
        return with_languages(_with_lost_characters(_with_whole_characters(reading)))
    except SourceError as err:
        return rejected(source, err.code, str(err))
    except MemoryError:
        raise
    except KgbuildError as err:
        return rejected(source, "reader", str(err))
    except OSError as err:
        if err.errno == errno.ENOMEM:
            raise MemoryError from err
        if err.errno in FULL:  # a library's temporary file: no fault of this one
            raise
        return rejected(source, "io", f"cannot be read: {err.strerror or err}")
    except RecursionError:
        return rejected(source, "too-deep", "its structure is nested too deeply")
    except Exception as err:  # a reader's own bug or its library's: this file's issue, no one else's
        log.debug("reader failed on %s", source.path, exc_info=True)
        return rejected(source, "reader-failed", f"{type(err).__name__}: {err}"[:300])


def _with_whole_characters(reading: Reading) -> Reading:
    """The reading without halves of characters in anything that encoders will see. Every place stays as it was."""
    segments = tuple(
        replace(s, text=whole(s.text), context=tuple((name, whole(value)) for name, value in s.context))
        for s in reading.segments
    )
    source = replace(reading.source, title=whole(reading.source.title))
    return replace(reading, source=source, segments=segments, text=whole(reading.text))


def _with_lost_characters(reading: Reading) -> Reading:
    """The reading, with a warning if characters of it could not be read."""
    if not (lost := reading.text.count("\ufffd")):
        return reading
    message = f"{lost} characters could not be decoded and stand as U+FFFD: is the file damaged?"
    place = Target(reading.source.id, (TextPosition(first := reading.text.index("\ufffd"), first + 1),))
    issue = Issue("read", "encoding", message, reading.source.id, place, "warning")
    return replace(reading, issues=(*reading.issues, issue))


@lru_cache
def reader_for(media_type: str) -> Reader:
    """The reader that takes this media type. Raises ``SourceError`` ("unsupported") if none does."""
    for name in registry.available("readers"):
        reader: Reader = registry.load("readers", name)
        if media_type in reader.media_types:
            return reader
    raise SourceError(f"no reader for {media_type}", "unsupported")
