"""``plan`` says what the next build does, and why, before it is done, and writes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import rig

import kgbuild
from kgbuild.cli.app import run
from kgbuild.config import Config
from kgbuild.errors import WorkspaceError
from kgbuild.history import PastRun, read_runs
from kgbuild.plan import estimate, plan
from kgbuild.queries.diff import since_last
from kgbuild.types import Source

FILES = dict(rig.document(n) for n in range(4))


@pytest.fixture
def lean(tmp_path: Path) -> Config:
    """The configuration without models."""
    path = tmp_path / "lean.toml"
    path.write_text(rig.CONFIG, "utf-8")
    return Config.load(path, overrides={"run.workers": 1})


def tree(folder: Path) -> dict[str, int]:
    return {str(p): p.lstat().st_mtime_ns for p in folder.rglob("*")}


def test_a_plan_is_what_the_build_does(
    corpus: Callable[[Mapping[str, str | bytes]], Path],
    tmp_path: Path,
    lean: Config,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder, out = corpus({**FILES, ".hidden": "x"}), tmp_path / "out"
    first = plan(folder, out=out, config=lean)
    assert not out.exists() and first.why == ("nothing was published yet",) and first.seconds == {}
    assert first.work == {"read": 4, "extract": 4, "assemble": 4, "write": 4} and first.counts["left out"] == 1
    kgbuild.build(folder, out=out, config=lean)
    with pytest.raises(WorkspaceError, match="one graph only"):
        since_last(out)
    before = tree(out)
    assert (still := plan(folder, out=out, config=lean)).why == () and not any(still.work.values())
    names = sorted(FILES)
    (folder / names[0]).write_text("flowchart LR\n A[North Gateway] --> B[Beta]\n", "utf-8")
    (folder / names[1]).rename(folder / "moved.md")
    (folder / names[2]).unlink()
    (folder / "fresh.dot").write_text('digraph { a [label="Alpha"] }', "utf-8")
    made = plan(folder, out=out, config=lean)
    assert tree(out) == before
    change = {f.path: (f.change, f.stages) for f in made.files if f.change not in ("unchanged", "left out")}
    both = ("read", "extract")
    assert change == {
        names[0]: ("changed", both), "moved.md": ("renamed", both), names[2]: ("deleted", ()), "fresh.dot": ("new", both),
    }  # fmt: skip
    assert made.why == ("files: 1 new, 1 changed, 1 renamed, 1 deleted",) and made.runs == 1
    assert set(made.seconds) == {"read", "extract", "assemble", "write"} and sum(made.seconds.values()) > 0
    report = kgbuild.build(folder, out=out, config=lean)
    assert report.changes == {k: n for k, n in made.counts.items() if k != "left out"}
    assert {(c.sign, c.text) for c in since_last(out) if c.kind == "source"} == {
        ("~", names[0]), ("-", names[1]), ("+", "moved.md"), ("-", names[2]), ("+", "fresh.dot"),
    }  # fmt: skip
    runs = read_runs(out / "current")
    assert [len(r.work["extract"]) > 0 for r in runs] == [True, True] and runs[-1].changes == report.changes
    assert sum(row[0] for row in runs[-1].work["extract"].values()) == made.work["extract"]
    page = (out / "report.html").read_text("utf-8")
    assert runs[0].started in page and "1 renamed" in page
    arguments = [str(folder), "--out", str(out), "--config", str(tmp_path / "lean.toml")]
    capsys.readouterr()
    assert run(["plan", *arguments, "--set", "align.min_score=0.6", "--json"]) == 0
    asked = json.loads(capsys.readouterr().out)
    assert asked["why"] == ["configuration: align.min_score"] and asked["work"]["extract"] == 0
    lines = tmp_path / "report.jsonl"
    assert run(["build", *arguments, "--report-jsonl", str(lines), "--json"]) == 0
    told = {row["path"]: row["status"] for row in map(json.loads, lines.read_text("utf-8").splitlines())}
    assert told.pop(".hidden") == "skipped" and set(told.values()) == {"processed"} and "moved.md" in told


def test_a_damaged_graph_is_a_reason(
    corpus: Callable[[Mapping[str, str | bytes]], Path], tmp_path: Path, lean: Config
) -> None:
    folder, out = corpus(FILES), tmp_path / "out"
    kgbuild.build(folder, out=out, config=lean)
    (out / "facts.ttl").write_text("{", "utf-8")
    found = plan(folder, out=out, config=lean)
    assert found.why == ("what was published is damaged: facts.ttl",)
    assert found.counts["unchanged"] == len([f for f in found.files if f.change != "left out"]) > 0
    (out / "report.json").write_text("{", "utf-8")
    found = plan(folder, out=out, config=lean)
    assert found.why[0].startswith("what was published is damaged") and found.counts["new"] > 0
    assert not kgbuild.build(folder, out=out, config=lean).unchanged


def test_time_is_told_from_what_the_same_types_took() -> None:
    work = {"extract": {"text/html": [2.0, 2000.0, 4.0], "video/mp4": [1.0, 100.0, 50.0]}}
    past = PastRun(
        "", "", "", 1, {"assemble": 3.0, "write": 1.0}, {"sources processed": 10}, {}, work, {"extract": 7.0}, 0
    )
    todo = {"read": [], "extract": [Source("a", "a", "text/html", "", 500), Source("b", "b", "video/mp4", "", 20)]}
    found = estimate([past], todo, 20, workers=2)
    assert found == {"read": 0.0, "extract": 7.0 + (1.0 + 10.0) / 2, "assemble": 6.0, "write": 2.0}
    assert estimate([], todo, 20, 1) == {}
