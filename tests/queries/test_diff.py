"""Two graphs are compared by their sources, entities and statements."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import kgbuild
from kgbuild.cli.app import run
from kgbuild.queries.diff import diff


@pytest.fixture(scope="module")
def outs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same folder before and after one line of a drawing changed and a drawing came in."""
    folder = tmp_path_factory.mktemp("diff")
    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / "plan.dot").write_text('digraph { "Alpha" -> "Beta"; "Beta" -> "Gamma" }', "utf-8")
    kgbuild.build(corpus, out=folder / "before")
    (corpus / "plan.dot").write_text('digraph { "Alpha" -> "Beta"; "Beta" -> "Delta" }', "utf-8")
    (corpus / "other.dot").write_text('digraph { "Alpha" -> "Beta" }', "utf-8")
    kgbuild.build(corpus, out=folder / "after")
    return folder / "before", folder / "after"


def test_what_differs(outs: tuple[Path, Path]) -> None:
    found = {(c.kind, c.sign, c.text) for c in diff(*outs)}
    assert ("source", "+", "other.dot") in found and ("source", "~", "plan.dot") in found
    assert {t for k, s, t in found if (k, s) == ("entity", "-")} == {"Gamma (Thing)"}
    assert {t for k, s, t in found if (k, s) == ("entity", "+")} == {"Delta (Thing)"}
    assert ("statement", "-", "Beta connects to Gamma") in found and (
        "statement",
        "+",
        "Beta connects to Delta",
    ) in found
    (changed,) = [c for c in diff(*outs) if (c.kind, c.sign, c.text) == ("statement", "~", "Alpha connects to Beta")]
    assert "sources: plan.dot -> other.dot | plan.dot" in changed.what


def test_the_command_is_like_diff(outs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", str(outs[0]), str(outs[0])]) == 0
    assert "statements: 0 added, 0 removed, 0 changed" in capsys.readouterr().out
    assert run(["diff", *map(str, outs), "--json"]) == 1
    assert {c["sign"] for c in json.loads(capsys.readouterr().out)} == {"+", "-", "~"}
