"""Structured logs and profiles tell stage, source and cost."""

from __future__ import annotations

import json
import logging
import pstats
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import rig

from kgbuild.cli.app import run


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """The root logger as it was."""
    root, own = logging.getLogger(), logging.getLogger("kgbuild")
    before, level = list(root.handlers), own.level
    yield
    for handler in set(root.handlers) - set(before):
        root.removeHandler(handler)
        handler.close()
    own.setLevel(level)


def test_logs_and_a_profile_of_a_build(
    corpus: Callable[[Mapping[str, str | bytes]], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, text = rig.document(1)
    folder = corpus({path: text, "bad.pdf": b"%PDF-1.7"})
    (tmp_path / "lean.toml").write_text(rig.CONFIG, "utf-8")
    log, profile = tmp_path / "log.jsonl", tmp_path / "build.pstats"
    arguments = ["build", str(folder), "--out", str(tmp_path / "out"), "--config", str(tmp_path / "lean.toml")]
    assert run(["--log-json", str(log), *arguments, "--workers", "1", "--profile", str(profile)]) == 1
    rows = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    sources = {(r["stage"], r["source"]): r for r in rows if "source" in r}
    bad = sources["read", "bad.pdf"]
    assert (
        (bad["level"], bad["outcome"]) == ("WARNING", "rejected") and bad["code"] and bad["message"].startswith("read")
    )
    assert sources["extract", path]["outcome"] == "processed" and sources["extract", path]["seconds"] >= 0
    ended = [r["stage"] for r in rows if "ended" in r["message"]]
    assert ended == ["read", "extract", "assemble", "write"] and rows[-1]["outcome"] == "partial"
    said = capsys.readouterr().out
    assert "seconds in children" in said and "pipeline.py" in said and "s of processor time in" in said
    assert any("assemble_graph" in name for _, _, name in pstats.Stats(str(profile)).stats)  # type: ignore[attr-defined]


def test_a_log_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--log-json", str(tmp_path / "no" / "log"), "doctor"]) == 2
    assert "cannot be written" in capsys.readouterr().err
