"""A copy of the process works beside it; whatever becomes of the copy, the work is done and nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from kgbuild import forks
from kgbuild.forks import beside

forked = pytest.mark.skipif(sys.platform != "linux", reason="copies are made on Linux only")


@pytest.fixture(autouse=True)
def _two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "processors", lambda: 2)


def children() -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has just ended
            if int(stat.read_text("utf-8", "replace").rpartition(")")[2].split()[1]) == os.getpid():
                found.append(int(stat.parent.name))
    return sorted(found)


@forked
def test_the_work_is_done_by_another_process() -> None:
    before = children()
    with beside(lambda: b"%d " % os.getpid() + b"x" * 3_000_000) as wait:
        pid, text = wait().split()
    assert int(pid) != os.getpid() and len(text) == 3_000_000
    assert children() == before


@pytest.mark.parametrize(("what", "is_so"), [("processors", 1), ("room", False)])
def test_on_one_processor_or_without_room_it_is_done_here(
    monkeypatch: pytest.MonkeyPatch, what: str, is_so: int
) -> None:
    monkeypatch.setattr(forks, what, lambda: is_so)
    with beside(lambda: b"%d" % os.getpid()) as wait:
        assert int(wait()) == os.getpid()


@forked
def test_there_is_room_for_a_second_process_of_this_size() -> None:
    assert forks.room()


@forked
def test_the_work_of_a_copy_that_is_killed_is_done_here(tmp_path: Path) -> None:
    own = os.getpid()

    def work() -> bytes:
        if os.getpid() != own:
            (tmp_path / "pid").write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)
        return b"done"

    with beside(work) as wait:
        assert wait() == b"done"
    assert (tmp_path / "pid").exists()


def test_an_error_is_raised_where_the_result_is_wanted() -> None:
    def work() -> bytes:
        raise FileNotFoundError("no such folder")

    with beside(work) as wait, pytest.raises(FileNotFoundError, match="no such folder"):
        wait()


@forked
def test_leaving_early_ends_the_copy(tmp_path: Path) -> None:
    def work() -> bytes:
        (tmp_path / "began").write_text("")
        time.sleep(60)
        (tmp_path / "ended").write_text("")
        return b""

    before = children()
    with pytest.raises(KeyboardInterrupt), beside(work):
        while not (tmp_path / "began").exists():
            time.sleep(0.01)
        raise KeyboardInterrupt
    assert children() == before and not (tmp_path / "ended").exists()


@forked
def test_the_copy_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, time, pathlib, sys\n"
        "from kgbuild import forks\n"
        "forks.processors = lambda: 2\n"
        "home = pathlib.Path(sys.argv[1])\n"
        "def work():\n"
        "    (home / 'made').write_text(str(os.getpid())); (home / 'made').rename(home / 'pid'); time.sleep(60)\n"
        "with forks.beside(work):\n"
        "    time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)])
    try:
        for _ in range(3000):
            if (tmp_path / "pid").exists():
                break
            time.sleep(0.01)
        copy = int((tmp_path / "pid").read_text())
    finally:
        parent.kill()
        parent.wait()
    for _ in range(1000):
        stat = Path(f"/proc/{copy}/stat")
        if not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return
        time.sleep(0.01)
    pytest.fail("the copy outlived its parent")
