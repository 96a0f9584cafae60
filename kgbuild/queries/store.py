"""The published quads in an Oxigraph store: built at the first question, read-only afterwards.

The store's default graph holds the union of all named graphs, each triple once: Oxigraph's
own union answers a triple once for each graph that holds it, which is not what RDF means.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from kgbuild.errors import WorkspaceError
from kgbuild.workspace import META, check_format, damaged

if TYPE_CHECKING:
    import pyoxigraph

# Answers come from them.
TABLES = tuple(f"{name}.parquet" for name in ("entities", "statements", "evidence", "mentions", "segments"))
FORMAT = 1  # of the store: another number makes it again

log = logging.getLogger(__name__)


def generation(out: str | Path) -> Path:
    """Folder of the published build.

    Raises ``WorkspaceError`` if ``out`` holds none, is of another format, or if its tables are damaged.
    """
    if Path(out, META).is_file():
        check_format(Path(out))
    pointer = Path(out) / "current"
    if not (pointer / "graph.nq").is_file():
        raise WorkspaceError(f"{out} holds no graph. Build one first: kgbuild build FOLDER --out {out}")
    folder = pointer.resolve()
    check(folder, *TABLES)
    return folder


@lru_cache
def check(folder: Path, *names: str) -> None:
    """Raise ``WorkspaceError`` if one of a generation's files is not as its manifest has it. Looked at once."""
    if name := damaged(folder, *names):
        raise WorkspaceError(f"{folder / name} is damaged: it does not match its checksum. Build again.")


def open_store(out: str | Path) -> pyoxigraph.Store:
    """The store of the published graph, opened read-only.

    It lies under ``OUT/store``, named by the digest of ``graph.nq``, and is made aside and
    moved into place; where nothing may be written the graph is loaded into memory.
    """
    import pyoxigraph

    quads = generation(out) / "graph.nq"
    check(quads.parent, quads.name)
    home = Path(out).resolve() / "store"
    place = home / _digest(quads)
    if not place.is_dir():
        try:
            _make(quads, place)
        except OSError as err:
            log.info("%s cannot be written (%s): the graph is loaded into memory", home, err)
            store = pyoxigraph.Store()
            _load(store, quads)
            return store
    try:
        return pyoxigraph.Store.read_only(str(place))
    except OSError:  # damaged: made again from the quads
        shutil.rmtree(place, ignore_errors=True)
        _make(quads, place)
        return pyoxigraph.Store.read_only(str(place))


def fits(out: str | Path, most: int) -> bool:
    """Whether ``graph.nq`` has no more than ``most`` bytes."""
    return (generation(out) / "graph.nq").stat().st_size <= most


def hold_store(out: str | Path, most: int) -> pyoxigraph.Store | None:
    """The store of the published graph in memory, which finds a term about three times as fast as the one on disk.

    None if the graph does not fit; in memory it takes five to six times the size of ``graph.nq``. No thread is left
    behind: the process may be forked, and its children share the store.
    """
    import pyoxigraph

    if not fits(out, most):
        return None
    quads = generation(out) / "graph.nq"
    check(quads.parent, quads.name)
    store = pyoxigraph.Store()
    _load(store, quads)
    return store


def _make(quads: Path, place: Path) -> None:
    import pyoxigraph

    place.parent.mkdir(exist_ok=True)
    aside = place.with_name(f"{place.name}.{os.getpid()}.tmp")
    shutil.rmtree(aside, ignore_errors=True)
    store = pyoxigraph.Store(str(aside))
    _load(store, quads)
    store.optimize()
    store.flush()
    del store
    try:
        aside.rename(place)
    except OSError:
        shutil.rmtree(aside, ignore_errors=True)
        if not place.is_dir():  # else another process was quicker with the same store
            raise
    for other in place.parent.iterdir():
        if other != place and not other.name.endswith(".tmp"):
            shutil.rmtree(other, ignore_errors=True)


def _load(store: pyoxigraph.Store, quads: Path) -> None:
    """All quads, and their triples in the default graph."""
    import pyoxigraph

    store.bulk_load(path=quads, format=pyoxigraph.RdfFormat.N_QUADS)
    with quads.open("rb") as lines:
        # Our own N-Quads: the graph is the last IRI of a line.
        triples = b"".join(line.rpartition(b" <")[0] + b" .\n" for line in lines)
    store.bulk_load(input=triples, format=pyoxigraph.RdfFormat.N_TRIPLES)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return f"{FORMAT}-{hashlib.file_digest(file, 'sha256').hexdigest()[:24]}"
