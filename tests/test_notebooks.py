"""The notebooks run from top to bottom, and are kept without outputs."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PICTURES = {
    "01_first_graph.ipynb": 2, "02_queries.ipynb": 1, "03_evidence.ipynb": 3, "04_ask_and_similar.ipynb": 1, "05_own_ontology.ipynb": 0,
}  # fmt: skip


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_outputs_are_stripped(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    assert all(not c.get("outputs") and not c.get("execution_count") for c in cells)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like the project's, the same for all: the graph that one notebook builds is there for the next."""
    home = tmp_path_factory.mktemp("project")
    (home / "notebooks").mkdir()
    shutil.copytree(ROOT / "examples", home / "examples")
    return home


@pytest.mark.notebook
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore")  # Jupyter's client warns of its own parts
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_it_runs(path: Path, home: Path) -> None:
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(home / "notebooks")}}).execute()
    pictures = [o for c in notebook.cells for o in c.get("outputs", []) if "image/png" in o.get("data", {})]
    assert len(pictures) == PICTURES[path.name]
