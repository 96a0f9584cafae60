"""Texts and pictures that have not changed are linked from the published generation, not written again."""

from __future__ import annotations

import shutil
from pathlib import Path

from kgbuild.workspace import Before, Workspace, damaged


def publish(workspace: Workspace, texts: dict[str, str], *, before: Before) -> Path:
    with workspace.lock(), workspace.generation() as folder:
        (folder / "texts").mkdir()
        for name, text in texts.items():
            before.write(folder, f"texts/{name}", text.encode())
    assert workspace.current
    return workspace.current


def test_what_is_the_same_is_linked_and_outlives_the_old_generation(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "out")
    first = publish(workspace, {"a": "same", "b": "old"}, before=Before(None))
    second = publish(workspace, {"a": "same", "b": "new"}, before=Before(first))
    assert (first / "texts/a").samefile(second / "texts/a")
    assert (first / "texts/b").read_text() == "old" and (second / "texts/b").read_text() == "new"
    shutil.rmtree(first)
    assert damaged(second) == "" and (second / "texts/a").read_text() == "same"


def test_without_links_of_the_file_system_it_is_written(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "out")
    before = Before(publish(workspace, {"a": "same"}, before=Before(None)))
    shutil.rmtree(workspace.current / "texts")  # type: ignore[operator]
    assert (publish(workspace, {"a": "same"}, before=before) / "texts/a").read_text() == "same"
