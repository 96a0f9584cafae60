"""The history of runs: bounded, read in spite of damaged lines, and what became of each file."""

from __future__ import annotations

from pathlib import Path

from kgbuild.history import KEPT, NAME, PastRun, StageRun, changes, read_runs, work_of, write_runs


def run(n: int) -> PastRun:
    return PastRun(str(n), "success", "1", 1, {"read": 1.0}, {"entities": n}, {"new": 1}, {}, {}, 1.0)


def test_a_history_keeps_the_last_runs(tmp_path: Path) -> None:
    write_runs([run(n) for n in range(KEPT + 5)], tmp_path)
    found = read_runs(tmp_path)
    assert len(found) == KEPT and found[-1] == run(KEPT + 4) and found[0] == run(5)


def test_damaged_lines_are_left_out(tmp_path: Path) -> None:
    write_runs([run(0), run(1), run(2)], tmp_path)
    lines = (tmp_path / NAME).read_bytes().splitlines(keepends=True)
    (tmp_path / NAME).write_bytes(lines[0] + lines[1][:9] + b"\xff\n" + lines[2] + b"[1]\n{}\n")
    assert read_runs(tmp_path) == (run(0), run(2))


def test_without_a_generation_there_is_no_history(tmp_path: Path) -> None:
    assert read_runs(None) == read_runs(tmp_path) == ()


def test_what_became_of_each_file() -> None:
    before = {"same": "1", "edited": "2", "gone": "3", "old/a": "4", "old/b": "4"}
    now = {"same": "1", "edited": "9", "fresh": "5", "new/a": "4", "copy of same": "1"}
    found = {(c.path, c.kind, c.was) for c in changes(before, now)}
    assert found == {
        ("same", "unchanged", ""), ("edited", "changed", ""), ("gone", "deleted", ""), ("fresh", "new", ""),
        ("new/a", "renamed", "old/a"), ("old/b", "deleted", ""), ("copy of same", "new", ""),
    }  # fmt: skip


def test_what_a_stage_did_is_told_by_media_type() -> None:
    stage = StageRun(10.0, {"a": 2.0, "b": 4.0, "c": 2.0})
    made, start = work_of(stage, {"a": ("text/plain", 100), "b": ("text/plain", 50), "c": ("video/mp4", 7)}, workers=2)
    assert made == {"text/plain": [2, 150, 6.0], "video/mp4": [1, 7, 2.0]}
    assert start == 6.0  # 8 seconds of work by two workers take 4
