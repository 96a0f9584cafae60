"""The commands as a person types them: exit codes, messages, forms."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from kgbuild import __version__
from kgbuild.cli import COMMANDS
from kgbuild.cli.app import run
from kgbuild.report import Report

Output = pytest.CaptureFixture[str]


def test_version_and_help(capsys: Output) -> None:
    assert run(["--version"]) == 0
    assert __version__ in capsys.readouterr().out
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: Output) -> None:
    assert run([name, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


def test_build(tmp_path: Path, capsys: Output) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "a.md").write_text("The **Toll Station** is in Copenhagen.", "utf-8")
    assert run(["build", str(corpus), "--out", str(tmp_path / "out")]) == 0
    shown = capsys.readouterr()
    assert "success" in shown.out and "report.html" in shown.out and "extract" in shown.err
    assert run(["build", str(corpus), "--out", str(tmp_path / "out"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unchanged"] is True
    (corpus / "bad.pdf").write_bytes(b"%PDF-1.7")
    assert run(["build", str(corpus), "--out", str(tmp_path / "out")]) == 1
    shown = capsys.readouterr()
    assert "partial" in shown.out and "failed bad.pdf" in shown.out


def test_an_empty_corpus_is_exit_code_3(tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "corpus").mkdir()
    assert run(["build", str(tmp_path / "corpus"), "--out", str(tmp_path / "out")]) == 3
    assert "nothing was extracted" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["build", "nowhere", "--out", "x"], "nowhere"),
        (["build", ".", "--out", "x", "--set", "align.min_scor=1"], "min_score"),
        (["build", ".", "--out", "x", "--set", "align"], "section.key=value"),
        (["build", ".", "--out", "x", "--set", "align.min_score=7"], "between 0 and 1"),
        (["build", ".", "--out", "x", "--set", "sources.timeout_s=0"], "above 0"),
        (["build", ".", "--out", "x", "--config", "none.toml"], "none.toml"),
        (["build"], "Missing"),
        (["bild"], "bild"),
        (["query", "x"], "query"),
        (["evaluate"], "--evidence"),
    ],
)
def test_wrong_usage_is_exit_code_2(
    arguments: list[str], hint: str, capsys: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    assert hint in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("setting", "hint"),
    [
        ('mentions.extractors=["ocr", "nothing"]', "no extractor named 'nothing'"),
        ('embeddings.encoder="nothing"', "no encoder named 'nothing'"),
        ('statements.ontologies=["nothing.ttl"]', "nothing.ttl"),
        ('statements.decisions="nothing.txt"', "nothing.txt"),
    ],
)
def test_what_nobody_finds_is_said_before_any_work(setting: str, hint: str, capsys: Output, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Ada Lovelace was born in London.", "utf-8")
    assert run(["build", str(tmp_path / "a.txt"), "--out", str(tmp_path / "out"), "--set", setting]) == 2
    shown = capsys.readouterr().err
    assert hint in shown and "to do" not in shown


def test_query_forms(example: tuple[Path, Report], capsys: Output, tmp_path: Path) -> None:
    out, select = str(example[0]), 'SELECT ?e ?l { ?e rdfs:label ?l FILTER(STR(?l) = "Deep Space Network") }'
    assert run(["query", out, select]) == 0
    assert "1 row" in capsys.readouterr().out
    assert run(["query", out, select, "--format", "csv"]) == 0
    assert list(csv.reader(io.StringIO(capsys.readouterr().out)))[1][1] == "Deep Space Network"
    assert run(["query", out, select, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["results"]["bindings"][0]["l"]["value"] == "Deep Space Network"
    file = tmp_path / "q.rq"
    file.write_text("CONSTRUCT { ?s core:connectsTo ?o } WHERE { ?s core:connectsTo ?o }", "utf-8")
    assert run(["query", out, "--file", str(file), "--format", "turtle"]) == 0
    assert "core:connectsTo" in capsys.readouterr().out
    assert run(["query", out, "ASK { ?s ?p ?o }"]) == 0
    assert capsys.readouterr().out.strip() == "yes"
    assert run(["query", out, "SELECT * { ?s ?p }"]) == 2
    assert "line 1" in capsys.readouterr().err
    assert run(["query", out, "SELECT * { SERVICE <http://x.org/> { ?s ?p ?o } }"]) == 2


def test_why_and_similar(example: tuple[Path, Report], capsys: Output) -> None:
    out = str(example[0])
    assert run(["similar", out, "antenna", "-k", "3", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)[0]
    assert run(["why", out, first["entity"]]) == 0
    assert first["label"] in capsys.readouterr().out
    assert run(["why", out, first["entity"], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["evidence"]
    assert run(["why", out, "nothing"]) == 2


def test_evaluate(example: tuple[Path, Report], capsys: Output) -> None:
    out = str(example[0])
    assert run(["evaluate", "--evidence", out, "--shapes", out]) == 0
    shown = capsys.readouterr().out
    assert "evidence that resolves: 100.00%" in shown and "SHACL violations in the union of all graphs: 0" in shown


def test_doctor(capsys: Output) -> None:
    assert run(["doctor"]) == 0
    shown = capsys.readouterr().out
    assert "extraction of two sentences" in shown and "All that a build needs is here." in shown


def test_no_workspace(tmp_path: Path, capsys: Output) -> None:
    assert run(["query", str(tmp_path), "ASK { ?s ?p ?o }"]) == 2
    assert "kgbuild build" in capsys.readouterr().err
