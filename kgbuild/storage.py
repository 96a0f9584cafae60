"""Folders and object stores by path or ``fsspec`` URL: one way to open them, one error where they do not answer."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kgbuild.errors import ConfigError, KgbuildError, StorageError


def is_url(place: object) -> bool:
    """Whether it names something on another machine, and not a path of this one. ``Path`` makes ``s3:/`` of ``s3://``."""
    scheme, colon, rest = str(place).partition(":")
    return bool(colon) and rest.startswith("/") and len(scheme) > 1 and scheme != "file" and "/" not in scheme


def as_url(place: object) -> str:
    """The URL again that went through a ``Path``."""
    scheme, _, rest = str(place).partition(":")
    return f"{scheme}://{rest.lstrip('/')}"


def absolute(place: str) -> str:
    """The same place for a process with another working folder."""
    return place if ":/" in place else str(Path(place).expanduser().resolve())


def open_storage(place: str, key: str) -> tuple[Any, str, bool]:
    """File system, root on it, and whether that is a disk of this machine. ``key`` names what asked for it.

    Raises ``ConfigError`` for a protocol that nobody knows or whose package is not installed.
    """
    import fsspec

    try:
        fs, root = fsspec.core.url_to_fs(place)
    except ImportError as err:
        extra = " (pip install 'kgbuild[s3]')" if place.startswith("s3") else ""
        raise ConfigError(f"{key}: {place} needs a package that is not installed{extra}: {err}.") from err
    except ValueError as err:
        raise ConfigError(f"{key}: {place} is no folder and no URL that fsspec knows: {err}.") from err
    return fs, root, "file" in (fs.protocol if isinstance(fs.protocol, tuple) else (fs.protocol,))


@contextlib.contextmanager
def reaching(place: str, doing: str) -> Iterator[None]:
    """What goes wrong in the block becomes ``StorageError``; ``FileNotFoundError`` stays: it is an answer.

    The border to the clients of object stores, whose errors share no class.
    """
    try:
        yield
    except (FileNotFoundError, KgbuildError):
        raise
    except Exception as err:
        if isinstance(err, OSError) and err.errno in (errno.ENOSPC, errno.EROFS, errno.EDQUOT):
            raise  # it is this machine's disk
        said = str(err).rstrip(".") or type(err).__name__
        raise StorageError(
            f"{place} does not answer, {doing}: {said}. Nothing is lost: what was published stays, and what was stored "
            "is found again. Check the address, the network and the credentials (docs/scaling.md); the same command "
            "goes on from here."
        ) from err
