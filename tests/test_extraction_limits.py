"""A file whose extraction takes more memory than allowed, or kills its process, is rejected with the reason; the others lose nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import rig

import kgbuild
from kgbuild.config import Config
from kgbuild.report import Report
from kgbuild.types import Extraction, Reading

GOOD = dict(rig.document(n) for n in range(4))


class Greedy:
    """A plug-in as a user may write one: what it is told in a file, it does."""

    name, version = "greedy", "1"

    def __call__(self, readings: Sequence[Reading]) -> list[Extraction]:
        for reading in readings:
            if "grow without end" in reading.text:
                kept = []
                while True:
                    kept.append(b"x" * (16 << 20))
            if "take the process down" in reading.text:
                os._exit(1)
        return [Extraction(reading.source.id) for reading in readings]


def greedy(config: Config) -> Greedy:
    """The factory that the configuration names."""
    return Greedy()


def build(folder: Path, out: Path, **settings: Any) -> Report:
    (out.parent / "lean.toml").write_text(rig.CONFIG, "utf-8")
    found = {"mentions.extractors": ["labels", "diagrams", f"{__name__}:greedy"], "run.workers": 1, **settings}
    return kgbuild.build(folder, out=out, config=Config.load(out.parent / "lean.toml", overrides=found))


def test_what_takes_too_much_is_rejected_and_the_others_are_not(
    corpus: Callable[[Mapping[str, str | bytes]], Path], tmp_path: Path
) -> None:
    folder = corpus({**GOOD, "a.txt": "They grow without end.", "b.txt": "It will take the process down."})
    report = build(folder, tmp_path / "out", **{"run.extract_mb": 700})
    rows = {r["path"]: (r["outcome"], r["code"], r["reason"]) for r in report.sources if r["outcome"] != "processed"}
    assert rows == {
        "a.txt": ("rejected", "memory", "extraction: needs more than the 700 MiB of memory allowed (run.extract_mb)"),
        "b.txt": ("rejected", "crashed", "extraction: its process ended with status 1"),
    }
    assert report.status == "partial" and [i["code"] for i in report.issues] == ["memory", "crashed"]
    build(corpus(GOOD), tmp_path / "alone")
    alone = (tmp_path / "alone" / "facts.ttl").read_text("utf-8")
    beside = (tmp_path / "out" / "facts.ttl").read_text("utf-8")
    assert beside == alone
    (folder / "a.txt").write_text("They stay small.", "utf-8")
    (folder / "b.txt").unlink()
    assert build(folder, tmp_path / "out").status == "success"
