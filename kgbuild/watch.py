"""Keep a graph fresh: look at the corpus again and again, build when it changed and has come to rest."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from kgbuild.config import Config
from kgbuild.errors import EmptyGraphError, WorkspaceError
from kgbuild.pipeline import build
from kgbuild.progress import Progress
from kgbuild.report import Report

Signature = frozenset[tuple[str, int, int, int]]


def watch(
    corpus: str | Path,
    *,
    out: str | Path,
    config: Config,
    every_s: float = 5.0,
    progress: Progress | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Report | WorkspaceError | EmptyGraphError]:
    """The report of each build, the first at once; it ends only when it is left.

    The corpus is looked at every ``every_s`` seconds by names, sizes and times of its files, which reads none of
    them; a build starts when two looks after a change are alike, so that a copy at work is waited for. What a build
    refuses (another build holds the lock, nothing is left to extract) is handed on in its place, and tried again
    after the next change; a lock, at the next look.
    """
    built: Signature | None = None
    before = look(Path(corpus), Path(out))
    while True:
        now = look(Path(corpus), Path(out))
        if now == before and now != built:
            built = now
            try:
                yield build(corpus, out=out, config=config, progress=progress)
            except EmptyGraphError as err:
                yield err
            except WorkspaceError as err:
                built = None
                yield err
        before = now
        sleep(every_s)


def look(root: Path, out: Path) -> Signature:
    """Path, size, time and number of each file below a folder, but for the workspace if it lies there."""
    found, stack, left_out = set(), [str(root)], os.path.realpath(out)
    while stack:
        try:
            entries = list(os.scandir(stack.pop()))
        except NotADirectoryError:
            info = root.stat()
            return frozenset({(root.name, info.st_size, info.st_mtime_ns, info.st_ino)})
        except OSError:
            continue  # gone since, or not to be read: the build says so
        for entry in entries:
            try:
                if entry.is_dir(follow_symlinks=False):
                    stack += [entry.path] if os.path.realpath(entry.path) != left_out else []
                else:
                    info = entry.stat(follow_symlinks=False)
                    found.add((entry.path, info.st_size, info.st_mtime_ns, info.st_ino))
            except OSError:
                continue
    return frozenset(found)
