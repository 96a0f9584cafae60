"""The errors of kgbuild. Each message says what, where, and what to do next."""

from __future__ import annotations

import errno


class KgbuildError(Exception):
    """Root of all errors that kgbuild raises on purpose.

    ``exit_code`` is never 1: a scheduler reads that as a graph that was published with some files missing.
    """

    exit_code = 2


class ConfigError(KgbuildError):
    """A configuration file or option is wrong: names the file, the key and the closest known key."""


class UsageError(KgbuildError):
    """A command or function was called with something it cannot work on."""


class SourceError(KgbuildError):
    """A file cannot be read. ``code`` is a short stable name of the reason."""

    def __init__(self, message: str, code: str = "unreadable") -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> tuple[type, tuple[str, str]]:  # survives the way between processes
        return (type(self), (str(self), self.code))


class ModelError(KgbuildError):
    """A model or its weights are missing, damaged or of the wrong version."""


class ModelUnavailable(ModelError):
    """A model that the configuration names cannot be used: the build goes on without it and is ``partial``.

    The message says role, name, reason and remedy. ``lasting``: it stays so until the files under the model's name, the
    library that it needs or the configuration change; else it may be tried again as it is. Any other ``ModelError``
    stops a build.
    """

    def __init__(self, message: str, *, lasting: bool = False) -> None:
        super().__init__(message)
        self.lasting = lasting


class OntologyError(KgbuildError):
    """An ontology cannot be loaded: names the file and the term."""


class WorkspaceError(KgbuildError):
    """The output folder is locked, damaged, of another format, or not a workspace."""


class StorageError(WorkspaceError):
    """A store on another machine does not answer: it may when it is asked again."""


FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # numbers of the errors of a full disk


def unwritable(path: object, err: OSError, *, needed: int = 0) -> WorkspaceError:
    """The error of a disk that is full or may not be written. ``needed``: bytes that would do, if known."""
    full = err.errno in FULL
    room = f" About {needed} bytes are needed." if needed and full else ""
    remedy = "make room" if full else "change its permissions or choose another place"
    return WorkspaceError(
        f"{err.filename or path} cannot be written: {err.strerror or err}.{room} What was published before stays; "
        f"{remedy}, and the same command goes on from here."
    )


class QueryError(KgbuildError):
    """A query is wrong, refused or over its limits. ``line`` and ``column`` count from 1, 0 if unknown.

    ``plain`` is the message without them.
    """

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(f"line {line}, column {column}: {message}" if line else message)
        self.plain, self.line, self.column = message, line, column


class UpdateError(QueryError):
    """A query would change the graph."""


class EmptyGraphError(KgbuildError):
    """Nothing was extracted: an empty graph is never called a success."""

    exit_code = 3
