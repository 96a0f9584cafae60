"""The README's commands run as written, its links lead somewhere, the settings that it names exist."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kgbuild.cli.app import run
from kgbuild.config import Config

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
MEASURED = (ROOT / "docs" / "measured.md").read_text("utf-8")
CARDS = sorted((ROOT / "kgbuild" / "weights").glob("*.md"))


def blocks(language: str, heading: str = "") -> list[str]:
    text = README.split(heading, 1)[1].split("\n## ")[0] if heading else README
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def commands(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if line.strip() and not line.startswith(("#", ". ")):
            yield line


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    return tmp_path


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_tour(place: Path) -> None:
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    (shell,) = blocks("sh", "## Five minutes")
    for command in commands(shell):
        done = subprocess.run(command, shell=True, cwd=place, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    (python,) = blocks("python", "## Five minutes")
    done = subprocess.run(
        [sys.executable, "-c", python], cwd=place, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "success" in done.stdout and "pixels" in done.stdout


PAGES = [p for p in sorted((ROOT / "docs").glob("*.md")) if "<!-- tested -->" in p.read_text("utf-8")]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_the_examples_of_a_page(page: Path, tmp_path: Path) -> None:
    for code in re.findall(r"<!-- tested -->\n```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=500, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip()


def test_the_files_that_the_readme_names_are_published(example: tuple[Path, object]) -> None:
    names = set(re.findall(r"`([\w]+\.(?:nq|ttl|graphml|faiss|json|html))`", README)) - {"pyproject.toml"}
    assert {"graph.nq", "facts.ttl", "report.html"} <= names
    for name in (
        *names,
        "texts",
        "pictures",
        "entities.parquet",
        "statements.parquet",
        "evidence.parquet",
        "mentions.parquet",
        "segments.parquet",
    ):
        assert (example[0] / name).exists(), name


def test_make_knows_the_two_commands() -> None:
    rules = (ROOT / "Makefile").read_text("utf-8")
    (shell,) = blocks("sh", "## Two commands")
    for command in commands(shell):
        assert re.search(rf"^{command.split()[1]}:", rules, re.MULTILINE)
    assert (ROOT / ".ci" / "run").read_text("utf-8").splitlines()[-1].strip() == "make test"


def test_links_lead_somewhere() -> None:
    for document in (ROOT / "README.md", *CARDS, *(ROOT / "docs").rglob("*.md")):
        for link in re.findall(r"\]\(([^)#:]+)\)", document.read_text("utf-8")):
            assert (document.parent / link).exists(), f"{document.name}: {link}"


def test_settings_exist() -> None:
    config = Config.load()
    for section, key in re.findall(r"`(graph|statements|align|ocr|sources|text|queries)\.(\w+)`", README):
        assert key in config[section] or key in ("nq", "graphml")


def test_the_figures_of_the_readme_are_those_measured() -> None:
    table = README.split("## How good it is", 1)[1].split("## ", 1)[0]
    rows = [" | ".join(line.split(" | ")[:2]) for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 10 and all(row in MEASURED for row in rows)


def test_every_command_of_the_figures_exists(capsys: pytest.CaptureFixture[str]) -> None:
    found = [shlex.split(c) for c in re.findall(r"`((?:kgbuild|python) [^`]+)`", README + MEASURED)]
    assert found
    for command in found:
        if command[0] == "kgbuild":
            words = [w for w in command[1:3] if re.fullmatch(r"[a-z]+", w)]
            while run([*words, "--help"]) != 0:
                words.pop()
                assert words, command
            shown = capsys.readouterr().out
            assert all(option.split("=")[0] in shown for option in command if option.startswith("--")), command
        elif not command[1].startswith("../shared"):  # development data, not there for everybody
            assert (ROOT / command[1]).is_file(), command
