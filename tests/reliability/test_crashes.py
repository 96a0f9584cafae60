"""A build that is killed, refused or out of room leaves the old graph whole, and the next one finishes the work."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir

import pytest
import rig
from rig import Rig

from kgbuild.cache import Cache
from kgbuild.crash import POINTS
from kgbuild.errors import WorkspaceError
from kgbuild.workspace import Workspace, damaged

HERE = Path(__file__).parents[2] / "benchmarks" / "reliability"
FILES = 6


@pytest.fixture(scope="module")
def bench() -> Iterator[tuple[Path, Path, Rig]]:
    """A corpus, a workspace of it that nobody changes, and the rig."""
    with Rig() as made:
        corpus = rig.write_corpus(made.home / "corpus", FILES)
        assert command(made, corpus, made.home / "out")[0] == 0
        yield corpus, made.home / "out", made


def command(bench: Rig, corpus: Path, out: Path, limit: int = 0, stop: int = 0) -> tuple[int, str]:
    """``kgbuild build`` in a session of its own: its exit code and what it says. ``stop``: a signal while it works."""

    def confine() -> None:
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    log = bench.home / "said.txt"
    process = bench.start(corpus, out, before=confine, log=log)
    while stop:
        if f"pid {process} " in (out / ".lock").read_text("utf-8"):  # at work
            time.sleep(0.3)
            os.kill(process, stop)
            break
        time.sleep(0.02)
    code = rig.ended(process)
    deadline = time.monotonic() + 5
    while rig.members(process) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not rig.members(process)
    return code, log.read_text("utf-8")


@pytest.mark.parametrize("sweep", ["crash.py --points 1 --timed 1 --signals 0 --files 3"])
def test_kills(sweep: str) -> None:
    """The sweep's own short form; its null control must find what is written in place torn."""
    name, *options = sweep.split()
    done = subprocess.run([sys.executable, str(HERE / name), *options], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_points_are_many_and_named_once() -> None:
    assert len(POINTS) == len(set(POINTS)) >= 15
    code = "\n".join(p.read_text("utf-8") for p in Path(rig.kgbuild_folder()).rglob("*.py"))
    assert [name for name in POINTS if f'point("{name}")' not in code] == []


@pytest.mark.parametrize(
    ("limit", "known"),
    [(800, ""), (2_000, ""), (2_000, "readings"), (5_000, "*")],
    ids=["a reading", "a temporary file of a reader", "an extraction, which a child writes", "the graph"],
)
def test_a_full_disk_is_said_and_loses_nothing(
    bench: tuple[Path, Path, Rig], tmp_path: Path, limit: int, known: str
) -> None:
    """``limit``: bytes that a file may have. ``known``: what of the other corpus is in the cache already."""
    _, out, home = bench
    work, scratch = tmp_path / "out", tmp_path / "scratch"
    rig.copy(out, work)
    other = rig.write_corpus(tmp_path / "other", FILES, seed=9)
    assert command(home, other, scratch)[0] == 0
    for kind in (scratch / "cache").glob(known) if known else ():
        shutil.copytree(kind, work / "cache" / kind.name, dirs_exist_ok=True)
    before = rig.digest(work)
    code, said = command(home, other, work, limit=limit)
    assert code == 2 and "Traceback" not in said and "make room" in said
    if (limit, known) == (2_000, ""):
        assert f"{gettempdir()} cannot be written" in said
    else:
        assert "cannot be written" in said and str(tmp_path) in said and "bytes are needed" in said
    assert rig.digest(work) == before and rig.leftovers(work) == []
    assert command(home, other, work)[0] == 0
    assert rig.digest(work) == rig.digest(scratch)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(WorkspaceError, match="cannot be written"), Workspace(tmp_path / "file" / "out").lock():
        pass
    with pytest.raises(WorkspaceError, match=r"cannot be written: Not a directory.*choose another place") as told:
        Cache(str(tmp_path / "file" / "cache")).put("x", "abcd", b"some bytes here")
    assert "bytes are needed" not in str(told.value)  # more room would not help


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_leaves_no_orphans(bench: tuple[Path, Path, Rig], tmp_path: Path, number: int) -> None:
    _, out, home = bench
    work = tmp_path / "out"
    rig.copy(out, work)
    other = rig.write_corpus(tmp_path / "other", 60, seed=9)
    code, said = command(home, other, work, stop=number)
    assert code == 128 + number and "Traceback" not in said and "Stopped" in said
    assert rig.digest(work) == rig.digest(out) and rig.leftovers(work) == []
    assert command(home, other, work)[0] == 0
    assert rig.leftovers(work) == []


def test_a_flipped_byte_is_found(bench: tuple[Path, Path, Rig], tmp_path: Path) -> None:
    """In any file of the workspace: the next build makes it again, or says what is damaged; never another graph."""
    corpus, out, home = bench
    work = tmp_path / "out"
    rig.copy(out, work)
    good = rig.digest(work)
    folder = (work / "current").resolve()
    assert damaged(folder) == ""
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.stat().st_size):
        raw = bytearray(path.read_bytes())
        raw[len(raw) // 2] ^= 1
        path.write_bytes(raw)
        assert damaged(folder) != "", path
        raw[len(raw) // 2] ^= 1
        path.write_bytes(raw)
    for path in (p for p in [*(work / "cache").rglob("*"), folder / "graph.nq", folder / "report.json"] if p.is_file()):
        raw = bytearray(path.read_bytes())
        raw[len(raw) // 2] ^= 1
        path.write_bytes(raw)
    assert command(home, corpus, work)[0] == 0
    assert rig.digest(work) == good and damaged((work / "current").resolve()) == ""
    (work / "workspace.json").write_text('{"fosmat": 1}', "utf-8")
    code, said = command(home, corpus, work)
    assert code == 2 and "damaged" in said


def test_a_damaged_extraction_is_made_again(bench: tuple[Path, Path, Rig], tmp_path: Path) -> None:
    """Though the vectors of the same file are whole."""
    corpus, out, home = bench
    more, work = rig.copy(corpus, tmp_path / "more"), rig.copy(out, tmp_path / "out")
    (more / "more.dot").write_text('digraph { a [label="Hill Cache"]; b [label="New Thing"]; a -> b }', "utf-8")
    path = next(p for p in sorted((work / "cache" / "extractions").rglob("*")) if p.is_file())
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert command(home, more, work)[0] == 0 and command(home, more, tmp_path / "scratch")[0] == 0
    assert rig.digest(work) == rig.digest(tmp_path / "scratch")


def test_files_reach_the_disk_before_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """fsync of each file, then of the folders, then the rename, then the folder that holds the name."""
    done: list[tuple[str, str]] = []
    sync, rename, replace = os.fsync, Path.rename, Path.replace

    def synced(handle: int) -> None:
        done.append(("sync", Path(f"/proc/self/fd/{handle}").readlink().name))
        sync(handle)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", lambda a, b: (done.append(("name", Path(b).name)), rename(a, b))[1])
    monkeypatch.setattr(Path, "replace", lambda a, b: (done.append(("name", Path(b).name)), replace(a, b))[1])
    workspace = Workspace(tmp_path / "out")
    with workspace.lock(), workspace.generation() as folder:
        (folder / "texts").mkdir()
        (folder / "texts" / "a.txt").write_text("a", "utf-8")
        (folder / "graph.nq").write_text("b", "utf-8")
    steps = done[done.index(("name", "workspace.json")) + 2 :]
    files = {("sync", n) for n in ("a.txt", "graph.nq", "manifest.json")}
    assert set(steps[:3]) == files
    assert steps[3:] == [
        ("sync", "texts"), ("sync", "000001.tmp"), ("name", "000001"), ("sync", ".generations"),
        ("name", "current"), ("sync", "out"),
    ]  # fmt: skip


def test_an_unpublished_generation_is_removed(bench: tuple[Path, Path, Rig], tmp_path: Path) -> None:
    """Of a build that was killed between the two renames; nor does one count as the generation before."""
    work = tmp_path / "out"
    rig.copy(bench[1], work)
    workspace, now = Workspace(work), (work / "current").resolve()
    rig.copy(now, now.parent / "000002")
    (work / "cache" / ".aside").mkdir(exist_ok=True)
    (work / "cache" / ".aside" / "half").write_text("x", "utf-8")
    (work / "store").mkdir(exist_ok=True)
    (work / "store" / "1-abc.999999999.tmp").mkdir()
    (work / "store" / f"1-abc.{os.getpid()}.tmp").mkdir()
    with workspace.lock():
        pass
    assert workspace.current == now and workspace.previous is None
    assert [p.name for p in now.parent.iterdir()] == [now.name] and not (work / "cache" / ".aside").exists()
    assert [p.name for p in (work / "store").glob("*.tmp")] == [f"1-abc.{os.getpid()}.tmp"]
