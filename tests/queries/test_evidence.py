"""All evidence of the example resolves; damage of each kind is found."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kgbuild.config import Config
from kgbuild.errors import WorkspaceError
from kgbuild.queries.evidence import check_evidence, compare_with_corpus
from kgbuild.report import Report
from kgbuild.workspace import write_manifest

CORPUS = Path(__file__).parents[2] / "examples" / "corpus"


@pytest.fixture
def copy(example: tuple[Path, Report], tmp_path: Path) -> Path:
    out = tmp_path / "out"
    shutil.copytree(example[0], out, symlinks=True)
    shutil.rmtree(out / "store", ignore_errors=True)
    return out


def alter(path: Path, text: str) -> None:
    """Publish something wrong: with a manifest that agrees, else the checksum would find it first."""
    path.write_text(text, "utf-8")
    folder = path.resolve().parent
    write_manifest(folder.parent if folder.name == "texts" else folder)


def test_damage_is_told_before_anything_is_answered(copy: Path) -> None:
    with (copy / "current" / "graph.nq").open("r+b") as file:
        file.write(b"?")
    with pytest.raises(WorkspaceError, match=r"graph\.nq is damaged"):
        check_evidence(copy)


def test_everything_resolves(example: tuple[Path, Report]) -> None:
    check = check_evidence(example[0])
    assert check.failures == [] and check.share == 1.0
    assert check.statements == sum(
        example[1].counts[f"{kind} statements"] for kind in ("relation", "inferred", "quarantined")
    )
    assert {"text", "picture", "frame", "diagram", "cue"} <= set(check.checked)


def test_the_corpus_is_what_was_published(example: tuple[Path, Report]) -> None:
    assert compare_with_corpus(example[0], CORPUS, Config.load()) == []


def test_a_changed_text_is_found(copy: Path) -> None:
    (text,) = (copy / "current" / "texts").glob("data-path-md-*")
    alter(text, "x" + text.read_text("utf-8"))
    assert any("stands" in wrong for _, wrong in check_evidence(copy).failures)


def test_a_box_outside_is_found(copy: Path) -> None:
    path = copy / "current" / "graph.nq"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    wanted = ("ground-segment.png#xywh=pixel:", "&text=")
    n = next(i for i, line in enumerate(lines) if "#mention-" in line and all(w in line for w in wanted))
    numbers = lines[n].split("xywh=pixel:")[1].split("&")[0]
    lines[n] = lines[n].replace(numbers, "10,10,99999,9")
    alter(path, "".join(lines))
    assert any("outside" in wrong for _, wrong in check_evidence(copy).failures)


def test_a_place_that_nothing_supports_is_found(copy: Path) -> None:
    path = copy / "current" / "graph.nq"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    n = next(i for i, line in enumerate(lines) if "/kg/statement/" in line and "hasTarget" in line and "char=" in line)
    lines[n] = lines[n].replace("char=", "char=1")
    alter(path, "".join(lines))
    assert any("its places" in wrong for _, wrong in check_evidence(copy).failures)


def test_a_statement_without_its_fact_is_found(copy: Path) -> None:
    path = copy / "current" / "graph.nq"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    fact = next(n for n in lines if "core#connectsTo>" in n and "/graph/" not in n.rpartition("<")[2])
    alter(path, "".join(n for n in lines if n != fact))
    assert any("does not stand" in wrong for _, wrong in check_evidence(copy).failures)


def test_a_changed_file_is_found(example: tuple[Path, Report], tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    shutil.copytree(CORPUS, folder)
    first, second = sorted(p for p in folder.iterdir() if p.suffix == ".md")[:2]
    first.write_text("other", "utf-8")
    second.unlink()
    assert dict(compare_with_corpus(example[0], folder, Config.load())) == {
        first.name: "has changed since the build",
        second.name: "is not in the corpus any more",
    }
