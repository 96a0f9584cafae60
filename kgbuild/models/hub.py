"""Names of models: a folder, a file, or an id of the model hub (``OWNER/NAME``, ``OWNER/NAME@REVISION``).

The hub is asked in this file only, and only by ``download``: with short timeouts, never hanging.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import threading
from functools import lru_cache
from pathlib import Path

from kgbuild.errors import ModelUnavailable
from kgbuild.models.devices import first_line

_PREFIXES = ("open_clip:", "transformers:", "whisper:")  # libraries, not parts of a name
_WANTED = ["*.json", "*.txt", "*.safetensors", "*.model", "README.md", "LICENSE*", "*.jinja"]  # no pickles
_SAMPLE = 1 << 18  # bytes of each end of a file that tell it from others: training changes all numbers
_ANSWER_S = 10.0  # in which the hub has to answer
CODE = ".py"  # code that comes with a model is never run


def bare(name: str) -> str:
    """The name without that of its library: a folder or an id."""
    return next((name[len(p) :] for p in _PREFIXES if name.startswith(p)), name)


def called(name: str) -> str:
    """What a graph calls a model: its id; of a folder or file the last part of the path, which tells nothing of the
    machine.
    """
    path = Path(bare(name))
    return path.name if path.exists() else bare(name)


def location(name: str) -> Path | None:
    """The folder (or file) of a named model: a local one, a package of spaCy, or what the hub's cache holds.

    The hub is not asked.
    """
    if (path := Path(bare(name))).exists():
        return path
    if (packed := _installed(name)) is not None:
        return packed
    id, revision = _id(name)
    if not _can_be_id(id):
        return None
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(id, revision=revision, local_files_only=True))
    except (OSError, ValueError):  # not in the cache; no name of a model
        return None


def _installed(name: str) -> Path | None:
    """The folder in which an installed pipeline of spaCy has its files; the package is not imported."""
    spec = importlib.util.find_spec(name) if name.isidentifier() else None
    home = Path(spec.origin).parent if spec is not None and spec.origin else None
    return next((f.parent for f in sorted(home.glob(f"{name}-*/meta.json"))), None) if home is not None else None


def download(name: str) -> Path:
    """The folder of a model of the hub, fetched into the hub's cache: safetensors, configuration and words only.

    Raises ``ModelUnavailable`` if the hub cannot be reached within seconds, has no such model, or it is gated.
    """
    id, revision = _id(name)
    if not _can_be_id(id):
        raise ModelUnavailable(f"{name!r} is no folder here, and no id of the model hub (OWNER/NAME).")
    from huggingface_hub import HfApi, snapshot_download

    reached: list[object] = []

    def ask() -> None:
        try:
            reached.append(HfApi().model_info(id, revision=revision, timeout=_ANSWER_S))
        except Exception as err:
            reached.append(err)

    # Looking up a host's name knows no timeout: a thread can be left behind.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(2 * _ANSWER_S)
    if not reached or isinstance(reached[0], Exception):
        raise ModelUnavailable(f"{id}: {_said(reached[0] if reached else TimeoutError('no answer'))}") from (
            reached[0] if reached and isinstance(reached[0], Exception) else None
        )
    try:
        return Path(snapshot_download(id, revision=revision, allow_patterns=_WANTED, etag_timeout=_ANSWER_S))
    except Exception as err:  # the border to the network
        raise ModelUnavailable(f"{id}: {_said(err)}") from err


def fingerprint(name: str) -> str:
    """What tells one local model from another under the same name: names, sizes, beginnings and ends of its files.

    The empty string if it is not on this machine. The hub is not asked.
    """
    path = location(name) if name else None
    if path is None:  # open_clip's ARCH/FILE
        path = Path(bare(name).partition("/")[2])
        path = path if path.is_file() else None
    if path is None:
        return ""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    parts = [f"{'' if f == path else f.relative_to(path)} {_sample(f, *_state(f))}" for f in files if f.is_file()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _state(file: Path) -> tuple[int, int]:
    info = file.stat()
    return info.st_size, info.st_mtime_ns


@lru_cache(10_000)
def _sample(file: Path, size: int, changed: int) -> str:
    """Digest of a file's size, beginning and end; read once as long as the file does not change."""
    with file.open("rb") as stream:
        head = stream.read(_SAMPLE)
        stream.seek(max(len(head), size - _SAMPLE))
        return hashlib.sha256(b"%d" % size + head + stream.read(_SAMPLE)).hexdigest()[:16]


def _id(name: str) -> tuple[str, str | None]:
    id, _, revision = bare(name).partition("@")
    return id, revision or None


def _can_be_id(id: str) -> bool:
    return re.fullmatch(r"(?:[A-Za-z0-9][\w.-]*/)?[A-Za-z0-9][\w.-]*", id, re.ASCII) is not None


def _said(err: object) -> str:
    """Why the hub did not give a model, in words."""
    kinds = {kind.__name__ for kind in type(err).__mro__}
    if "GatedRepoError" in kinds:
        return "its owner gives it to those who accepted its terms: log in to the hub and accept them"
    if "RepositoryNotFoundError" in kinds:
        return "the hub has no such model, or it is private: check the id"
    if "RevisionNotFoundError" in kinds:
        return "the model has no such revision"
    return f"the model hub cannot be reached ({first_line(err)})" if isinstance(err, BaseException) else str(err)
