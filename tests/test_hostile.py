"""Hostile and broken files of the shared generator: each is reported, none stops the run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import kgbuild
from kgbuild.config import Config


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_hostile_corpus(shared: Path, tmp_path: Path) -> None:
    script = shared / "hostile" / "hostile_corpus.py"
    subprocess.run([sys.executable, str(script), str(tmp_path / "made"), "--no-big"], check=True, capture_output=True)
    config = Config.load(overrides={"sources.timeout_s": 30})
    report = kgbuild.build(tmp_path / "made" / "corpus", out=tmp_path / "out", config=config)
    assert report.status == "partial"
    lines = [{"path": r["path"], "status": r["outcome"], "reason": r["reason"]} for r in report.sources]
    path = tmp_path / "report.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    scored = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "made"), "--score", str(path)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert scored.returncode == 0, scored.stdout + scored.stderr
