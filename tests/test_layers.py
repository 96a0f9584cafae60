"""Data flows to the right and nothing imports to its right; heavy libraries load late; files stay small."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "kgbuild"
ROOMS = ("models", "sources", "mentions", "embeddings", "entities", "statements", "graphs", "queries")
BASE = {
    "backbone", "bert", "cache", "collector", "config", "crash", "errors", "forks", "history", "identity", "mirror", "ontology_files", "operators", "progress", "registry", "serialise", "storage", "threads", "types", "vocab", "workers", "workspace",
}  # fmt: skip
TOP = {
    "stages",
    "report",
    "contributions",
    "extracting",
    "linking",
    "publish",
    "pipeline",
    "plan",
    "watch",
    "cli",
    "training",
}
HEAVY = (
    "torch",
    "spacy",
    "transformers",
    "open_clip",
    "faiss",
    "prefect",
    "rdflib",
    "pyoxigraph",
    "networkx",
    "av",
    "onnxruntime",
)
FILES = sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Second parts of all ``kgbuild.x`` imports of a file, wherever they stand."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module] if node.module != "kgbuild" else [f"kgbuild.{a.name}" for a in node.names]
        elif isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        else:
            continue
        found.update(n.split(".")[1] for n in names if n.startswith("kgbuild."))
    return found


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_nothing_imports_to_its_right(path: Path) -> None:
    here, seen = room(path), imported(path)
    if here in ROOMS:
        right = {*ROOMS[ROOMS.index(here) + 1 :], *TOP}
        assert not seen & right, f"{here} imports {sorted(seen & right)}"
    elif here in BASE:
        assert not seen & {*ROOMS, *TOP}


def test_every_room_is_known() -> None:
    rooms = {room(p) for p in FILES} - {"__init__"}
    assert rooms <= {*ROOMS, *BASE, *TOP, "weights"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_files_are_small(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 500


def test_import_is_light() -> None:
    code = (
        "import sys, kgbuild, kgbuild.cli, kgbuild.cli.app; "
        f"print([m for m in {HEAVY!r} if m in sys.modules]); print(kgbuild.__version__)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[0] == "[]"


def test_no_code_comes_from_data() -> None:
    forbidden = {"pickle", "marshal", "shelve", "dill", "joblib"}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                assert not forbidden & {a.name.split(".")[0] for a in node.names}, path
            if isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] not in forbidden, path
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in {"eval", "exec", "torch.load", "yaml.load"}, path
                allow = [k for k in node.keywords if k.arg == "allow_pickle"]
                assert not allow, path


def test_kgbuild_never_imports_prefect() -> None:
    for path in FILES:
        assert "prefect" not in {
            n.split(".")[0]
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            for n in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
        }, path
