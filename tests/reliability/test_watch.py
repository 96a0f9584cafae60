"""Watching builds when the corpus has changed and come to rest, and says what changed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import rig

import kgbuild.errors
from kgbuild.config import Config
from kgbuild.report import Report
from kgbuild.watch import look, watch
from kgbuild.workspace import Workspace

FILES = dict(rig.document(n) for n in (1, 3))


def test_it_builds_when_a_change_has_come_to_rest(
    corpus: Callable[[Mapping[str, str | bytes]], Path], tmp_path: Path
) -> None:
    (tmp_path / "lean.toml").write_text(rig.CONFIG, "utf-8")
    settings = Config.load(tmp_path / "lean.toml", overrides={"run.workers": 1})
    folder, looks = corpus(FILES), 0
    lock = Workspace(folder / "out").lock()

    def sleep(seconds: float) -> None:
        """The world goes on between two looks."""
        nonlocal looks
        looks += 1
        if looks in (3, 4, 5):  # a file that is still being copied
            (folder / "new.dot").write_text('digraph { a [label="Alpha"] ; b [label="Beta"] ; a -> b }' + " " * looks)
        if looks == 8:
            lock.__enter__()
            (folder / "new.dot").unlink()
        if looks == 11:
            lock.__exit__(None, None, None)
        if looks == 14:
            for name in FILES:
                (folder / name).unlink()

    seen = watch(folder, out=folder / "out", config=settings, every_s=1, sleep=sleep)
    first, second = next(seen), next(seen)
    assert isinstance(first, Report) and isinstance(second, Report)
    assert first.changes == {"new": 2} and second.changes == {"new": 1, "unchanged": 2} and looks == 6
    assert isinstance(next(seen), kgbuild.errors.WorkspaceError)
    while isinstance(found := next(seen), kgbuild.errors.WorkspaceError):
        pass
    assert isinstance(found, Report) and found.changes == {"deleted": 1, "unchanged": 2} and looks >= 11
    assert isinstance(next(seen), kgbuild.errors.EmptyGraphError)


def test_a_look_sees_names_sizes_and_times_and_not_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_text("a", "utf-8")
    before = look(tmp_path, tmp_path / "out")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "graph.nq").write_text("x", "utf-8")
    assert look(tmp_path, tmp_path / "out") == before and len(before) == 1
    os.utime(tmp_path / "sub" / "a.txt", (1, 1))
    assert look(tmp_path, tmp_path / "out") != before
    assert len(look(tmp_path / "sub" / "a.txt", tmp_path / "out")) == 1


def test_the_command_prints_what_changed(corpus: Callable[[Mapping[str, str | bytes]], Path], tmp_path: Path) -> None:
    (tmp_path / "lean.toml").write_text(rig.CONFIG, "utf-8")
    folder = corpus(FILES)
    arguments = ["watch", str(folder), "--out", str(tmp_path / "out"), "--every", "0.2", "--workers", "1"]
    process = subprocess.Popen(
        [sys.executable, "-c", "from kgbuild.cli import main; main()", *arguments, "--config", str(tmp_path / "lean.toml")],
        env={**os.environ, "PYTHONPATH": str(Path(rig.__file__).parent)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line.strip())
            if "Waiting" in line:
                if len([s for s in said if "Waiting" in s]) == 2:
                    process.send_signal(signal.SIGTERM)
                (folder / "new.dot").write_text('digraph { a [label="Alpha"]; b [label="Beta"]; a -> b }', "utf-8")
    assert process.wait() == 128 + signal.SIGTERM
    assert "+ new.dot" in said and any("Alpha connects to Beta" in line for line in said)
