"""Publishing is one rename; one builder at a time; other folders are left alone."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest

from kgbuild import workspace as module
from kgbuild.errors import WorkspaceError
from kgbuild.workspace import Workspace


def publish(workspace: Workspace, text: str) -> None:
    with workspace.lock(), workspace.generation() as folder:
        (folder / "graph.nq").write_text(text, "utf-8")


def test_published_files_are_swapped_whole(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "out")
    publish(workspace, "one")
    assert (workspace.out / "graph.nq").read_text("utf-8") == "one"
    held = workspace.current
    publish(workspace, "two")
    assert (workspace.out / "graph.nq").read_text("utf-8") == "two"
    assert held is not None and (held / "graph.nq").read_text("utf-8") == "one"  # a reader that holds it


def test_a_build_that_breaks_changes_nothing(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "out")
    publish(workspace, "one")
    with pytest.raises(RuntimeError), workspace.lock(), workspace.generation() as folder:
        (folder / "graph.nq").write_text("half", "utf-8")
        raise RuntimeError
    assert (workspace.out / "graph.nq").read_text("utf-8") == "one"
    publish(workspace, "two")
    assert not list((workspace.out / ".generations").glob("*.tmp"))


def test_old_generations_go(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "out")
    for n in range(5):
        publish(workspace, str(n))
    assert len(list((workspace.out / ".generations").iterdir())) == 2


def test_one_builder_at_a_time(tmp_path: Path) -> None:
    second = Workspace(tmp_path / "out")
    with Workspace(tmp_path / "out").lock(), pytest.raises(WorkspaceError, match="locked by pid"), second.lock():
        pass


_KILLED = """
import os, sys, time
from kgbuild.workspace import Workspace
with Workspace(sys.argv[1]).lock():
    if not os.fork():
        time.sleep(float(sys.argv[2]))
        os._exit(0)
    os._exit(9)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="copies are made on Linux only")
@pytest.mark.parametrize(("ends_after", "is_free"), [(1, True), (20, False)])
def test_the_copies_of_a_killed_build_get_time_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends_after: int, is_free: bool
) -> None:
    monkeypatch.setattr(module, "_ENDING_S", 15 if is_free else 0.2)
    workspace = Workspace(tmp_path / "out")
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(workspace.out), str(ends_after)], check=False)
    assert killed.returncode == 9
    if is_free:
        publish(workspace, "one")
    else:
        with pytest.raises(WorkspaceError, match="locked by pid"):
            publish(workspace, "one")
    assert (workspace.current is not None) == is_free


def test_only_what_cannot_be_written_is_called_so(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "out")
    with pytest.raises(FileNotFoundError), workspace.lock(), workspace.generation():
        (tmp_path / "weights.bin").read_bytes()
    with (
        pytest.raises(WorkspaceError, match="choose another place"),
        workspace.lock(),
        workspace.generation() as folder,
    ):
        (folder / "texts" / "a.txt").write_text("no such folder", "utf-8")
    with pytest.raises(WorkspaceError, match="make room"), workspace.lock(), workspace.generation():
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "elsewhere"))
    assert workspace.current is None


def test_foreign_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", "utf-8")
    with pytest.raises(WorkspaceError, match="no workspace"):
        Workspace(tmp_path)
    assert (tmp_path / "thesis.txt").read_text("utf-8") == "mine"


_OTHERS = [*(json.dumps({"format": n}) for n in (99, 0, True, 1.0)), "not json", "{}"]


@pytest.mark.parametrize("content", _OTHERS)
def test_other_formats_are_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "workspace.json").write_text(content, "utf-8")
    with pytest.raises(WorkspaceError, match=r"format|damaged"):
        Workspace(tmp_path)
