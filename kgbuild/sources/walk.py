"""The files of a corpus: found without following links out, hashed, typed by content."""

from __future__ import annotations

import os
import stat
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from kgbuild.config import Config
from kgbuild.errors import UsageError
from kgbuild.identity import source_iri
from kgbuild.sources.sniff import media_type
from kgbuild.types import Issue, Source
from kgbuild.workspace import file_sha256

_JUNK = frozenset({"thumbs.db", "desktop.ini", "__pycache__", "node_modules"})


def discover(root: Path, config: Config) -> tuple[list[Source], list[Issue]]:
    """Sources in the order of their paths, and an issue for each file that is left out.

    Links, special files, hidden and excluded files are left out with severity ``info``;
    files that no reader takes with ``warning``; files that cannot be opened with ``error``.
    Workspaces of kgbuild below the corpus are passed over: they hold what was made from it.
    Raises ``UsageError`` if the corpus does not exist.
    """
    if not root.exists():
        raise UsageError(f"{root}: there is no such file or folder to build from.")
    if root.is_file():
        files, issues = [(root.name, root)], list[Issue]()
    else:
        files, issues = _walk(root, config)
    sources: list[Source] = []
    for path, file in sorted(files):
        made = _source(path, file, config)
        if isinstance(made, Source):
            sources.append(made)
        else:
            issues.append(made)
    return sources, sorted(issues, key=lambda i: (i.source, i.code))


def _walk(root: Path, config: Config) -> tuple[list[tuple[str, Path]], list[Issue]]:
    files: list[tuple[str, Path]] = []
    issues: list[Issue] = []

    def leave(path: str, code: str, message: str, severity: str = "info") -> None:
        issues.append(Issue("read", code, message, source_iri(config["graph"]["base"], path), severity=severity))

    stack = [(root, "")]
    while stack:
        folder, prefix = stack.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda e: e.name)
        except OSError as err:
            leave(
                prefix.rstrip("/") or ".",
                "unreadable",
                f"the folder cannot be listed: {err.strerror}",
                "error",
            )
            continue
        for entry in entries:
            path = prefix + entry.name
            if entry.name in _JUNK or (entry.name.startswith(".") and not config["sources"]["hidden"]):
                leave(path, "hidden", "hidden or system file")
            elif any(fnmatch(path, pattern) for pattern in config["sources"]["exclude"]):
                leave(path, "excluded", "excluded by sources.exclude")
            elif entry.is_symlink():
                leave(path, "link", "a symbolic link; what it points to is read in its own place only")
            elif entry.is_dir(follow_symlinks=False):
                if not _is_workspace(Path(entry.path)):
                    stack.append((Path(entry.path), path + "/"))
            elif not entry.is_file(follow_symlinks=False):
                leave(path, "special", "no regular file")
            else:
                files.append((path, Path(entry.path)))
    return files, issues


def _is_workspace(folder: Path) -> bool:
    """Whether a folder is what a build writes: a graph in the corpus must not be read into the next one."""
    return (folder / "workspace.json").is_file() and (folder / ".lock").is_file()


def _source(path: str, file: Path, config: Config) -> Source | Issue:
    iri = source_iri(config["graph"]["base"], path)
    limit = config["sources"]["max_bytes"]
    try:
        info = file.stat()
        if not stat.S_ISREG(info.st_mode):
            return Issue("read", "special", "no regular file", iri, severity="info")
        if info.st_size > limit:
            return Issue("read", "too-large", f"{info.st_size} bytes; sources.max_bytes is {limit}", iri)
        kind, reason = media_type(file)
        if not kind:
            return Issue("read", "unsupported", reason, iri, severity="warning")
        return Source(iri, path, kind, file_sha256(file), info.st_size, PurePosixPath(path).stem)
    except OSError as err:
        return Issue("read", "unreadable", f"cannot be opened: {err.strerror}", iri)
