"""The linter finds what a gate could never use, with file and line, and nothing in what ships."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kgbuild.cli.app import run
from kgbuild.ontology_files import built_in
from kgbuild.statements.lint import lint

HEAD = """@prefix : <https://example.org/farm#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix gen: <https://w3id.org/kgbuild/general#> .
"""
WRONG = {
    ("error", "circle", 7): ":Cow a owl:Class ; rdfs:subClassOf :Calf .\n:Calf a owl:Class ; rdfs:subClassOf :Cow .",
    ("error", "disjoint", 7): ":Robot a owl:Class ; rdfs:subClassOf gen:Person, gen:Product .",
    ("error", "range", 7): ":weight a owl:ObjectProperty ; rdfs:range xsd:decimal .",
    ("error", "range", 8): "\n:eats a owl:DatatypeProperty ; rdfs:range gen:Product .",
    (
        "error",
        "symmetric",
        7,
    ): ":owns a owl:SymmetricProperty, owl:ObjectProperty ; rdfs:domain gen:Person ; rdfs:range gen:Place .",
    ("error", "inverse", 7): ":owns a owl:ObjectProperty ; rdfs:domain gen:Person ; owl:inverseOf :ownedBy .\n"
    ":ownedBy a owl:ObjectProperty ; rdfs:range gen:Place .",
    ("error", "above", 8): ":eats a owl:ObjectProperty ; rdfs:domain gen:Person .\n"
    ":grazes a owl:ObjectProperty ; rdfs:subPropertyOf :eats ; rdfs:domain gen:Place .",
    ("error", "shape", 8): ":Cow a owl:Class .\n:Shape a sh:NodeShape ; sh:targetClass :Cw .",
    ("warning", "domain", 7): ":milks a owl:ObjectProperty ; rdfs:domain :Farmer .",
    ("warning", "functional", 7): ":above a owl:ObjectProperty, owl:FunctionalProperty, owl:TransitiveProperty .",
    ("warning", "label", 7): ":Cow a owl:Class .",
    ("error", "load", 0): ":Cow a owl:Class ; .. .",
}


@pytest.mark.parametrize("wanted", WRONG, ids=[f"{c}-{n}" for n, (_, c, _) in enumerate(WRONG)])
def test_finds(wanted: tuple[str, str, int], tmp_path: Path) -> None:
    path = tmp_path / "farm.ttl"
    path.write_text(HEAD + WRONG[wanted] + "\n", "utf-8")
    assert wanted in {(f.severity, f.code, f.line) for f in lint(str(path))}


@pytest.mark.parametrize("name", [*built_in(), "ontologies/shapes.ttl"])
def test_what_ships_is_clean(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    assert not [f for f in lint(name) if f.severity != "info"]


def test_the_command_says_what_is_wrong_and_exits_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "farm.ttl"
    path.write_text(HEAD + WRONG["error", "shape", 8] + "\n", "utf-8")
    assert run(["ontology", "lint", str(path), "--json"]) == 1
    (finding,) = [f for f in json.loads(capsys.readouterr().out) if f["severity"] == "error"]
    assert finding["line"] == 8 and "Did you mean" in finding["message"]
    assert run(["ontology", "lint", "software"]) == 0
    assert "software: 0 errors, 0 warnings" in capsys.readouterr().out


def test_a_file_that_says_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "e.ttl").write_text("# nothing yet\n", "utf-8")
    assert [f.code for f in lint(str(tmp_path / "e.ttl"))] == ["empty"]
