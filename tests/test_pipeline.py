"""From a folder to a published graph: exact rebuilds, exact deletion, honest status."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import kgbuild
import kgbuild.errors
from kgbuild import forks
from kgbuild.config import Config
from kgbuild.errors import EmptyGraphError, WorkspaceError
from kgbuild.progress import Silent
from kgbuild.report import Report
from kgbuild.workspace import Workspace

Corpus = Callable[[Mapping[str, str | bytes]], Path]
FILES: dict[str, str | bytes] = {
    "a.md": "# Bridge\n\nThe **Toll Station** belongs to Copenhagen.\n\n```mermaid\nflowchart LR\n A[Toll Station] --> B[Data Centre]\n```\n",
    "b/b.dot": 'digraph { x [label="Data Centre"]; y [label="Archive"]; x -> y }',
    "c.txt": "Ada Lovelace was born in London in 1815. The Data Centre stands in Malmö.",
}
PRODUCTS = ("graph.nq", "facts.ttl", "graph.graphml", "merges.json")


def build(folder: Path, out: Path, *, workers: int = 1, progress: Counting | None = None) -> Report:
    """One worker: loading the models costs more than these files."""
    return kgbuild.build(folder, out=out, config=Config.load(overrides={"run.workers": workers}), progress=progress)


def products(out: Path) -> dict[str, str]:
    return {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in PRODUCTS}


class Counting(Silent):
    """Counts what was extracted anew."""

    def __init__(self) -> None:
        self.extracted: list[str] = []
        self._stage = ""

    def start(self, stage: str, total: int) -> None:
        self._stage = stage

    def advance(self, stage: str, by: int = 1, note: str = "") -> None:
        if stage == "extract" and note:
            self.extracted.append(note)


def test_a_second_build_does_nothing_again(corpus: Corpus, tmp_path: Path) -> None:
    folder, out = corpus(FILES), tmp_path / "out"
    first = build(folder, out)
    before, generation = products(out), (out / "current").resolve()
    progress = Counting()
    second = build(folder, out, progress=progress)
    assert second.unchanged and not first.unchanged and progress.extracted == []
    assert products(out) == before and (out / "current").resolve() == generation


def test_a_changed_ontology_or_decision_is_a_change(corpus: Corpus, tmp_path: Path) -> None:
    folder, ontology, decisions = (
        corpus({"a.mmd": "graph LR\n A[Alpha] --> B[Beta]\n"}),
        tmp_path / "o.ttl",
        tmp_path / "d",
    )
    ontology.write_text("<https://x.org/p> a <http://www.w3.org/2002/07/owl#ObjectProperty> .", "utf-8")
    decisions.write_text("", "utf-8")
    settings = {
        "run.workers": 1,
        "statements.ontologies": ["core", str(ontology)],
        "statements.decisions": str(decisions),
    }

    def unchanged() -> bool:
        return kgbuild.build(folder, out=tmp_path / "out", config=Config.load(overrides=settings)).unchanged

    assert [unchanged(), unchanged()] == [False, True]
    ontology.write_text("<https://x.org/q> a <http://www.w3.org/2002/07/owl#ObjectProperty> .", "utf-8")
    assert [unchanged(), unchanged()] == [False, True]
    decisions.write_text("different Alpha | Beta\n", "utf-8")
    assert [unchanged(), unchanged()] == [False, True]


def test_changes_give_what_a_build_from_scratch_gives(corpus: Corpus, tmp_path: Path) -> None:
    out = tmp_path / "out"
    folder = corpus(FILES)
    build(folder, out)
    first = products(out)
    (folder / "c.txt").write_text("Charles Babbage lived in London. The Archive is open.", "utf-8")
    (folder / "d.md").write_text("The **Archive** keeps everything.", "utf-8")
    (folder / "b/b.dot").unlink()
    progress = Counting()
    build(folder, out, progress=progress)
    assert sorted(progress.extracted) == ["c.txt", "d.md"]
    build(folder, tmp_path / "scratch")
    assert products(out) == products(tmp_path / "scratch") != first


def test_removing_a_source_removes_exactly_what_only_it_said(corpus: Corpus, tmp_path: Path) -> None:
    folder, out = corpus(FILES), tmp_path / "out"
    build(folder, out)
    with kgbuild.open(out) as graph:
        assert graph.sparql('ASK { ?e rdfs:label "Archive" }')
    (folder / "b/b.dot").unlink()
    build(folder, out)
    with kgbuild.open(out) as graph:
        assert not graph.sparql('ASK { ?e rdfs:label "Archive" }')
        assert graph.sparql('ASK { ?e rdfs:label "Data Centre" }')  # other files name it
        assert not graph.sparql("ASK { GRAPH ?g { ?s ?p ?o } FILTER(CONTAINS(STR(?g), 'b.dot')) }")
    assert "b.dot" not in (out / "graph.nq").read_text("utf-8")
    (folder / "b/b.dot").write_bytes(str(FILES["b/b.dot"]).encode())
    build(folder, out)
    build(folder, tmp_path / "scratch")
    assert products(out) == products(tmp_path / "scratch")


def test_elsewhere_the_same_bytes(corpus: Corpus, tmp_path: Path) -> None:
    """Another folder, another number of workers, another hash seed, another process."""
    folder = corpus(FILES)
    build(folder, tmp_path / "out")
    other = tmp_path / "other" / "place"
    other.parent.mkdir()
    folder.rename(other)
    code = (
        "import kgbuild; from kgbuild.config import Config;"
        f"kgbuild.build({str(other)!r}, out={str(tmp_path / 'out2')!r}, config=Config.load(overrides={{'run.workers': 3}}))"
    )
    env = {**os.environ, "PYTHONHASHSEED": "123"}
    subprocess.run([sys.executable, "-c", code], env=env, check=True, cwd=tmp_path)
    assert products(tmp_path / "out2") == products(tmp_path / "out")


def test_a_bad_file_is_reported_and_nothing_else_is_lost(corpus: Corpus, tmp_path: Path) -> None:
    bad = {"bad.pdf": b"%PDF-1.7 no pages here", "bad.png": b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "odd.bin": b"\0\1\2\3"}
    report = build(corpus({**FILES, **bad}), tmp_path / "out")
    outcome = {r["path"]: (r["outcome"], bool(r["reason"])) for r in report.sources}
    assert report.status == "partial"
    assert outcome["bad.pdf"] == outcome["bad.png"] == ("rejected", True)
    assert outcome["odd.bin"] == ("skipped", True) and outcome["a.md"] == ("processed", False)
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "bad.pdf" in page and "bad.png" in page
    good = tmp_path / "clean"
    for name, content in FILES.items():
        (good / name).parent.mkdir(parents=True, exist_ok=True)
        (good / name).write_bytes(str(content).encode())
    build(good, tmp_path / "out3")
    assert products(tmp_path / "out3") == products(tmp_path / "out")


@pytest.mark.parametrize("files", [{}, {"x.bin": b"\0\1"}, {"a.txt": "   \n"}, {"bad.pdf": b"%PDF-1.7"}])
def test_nothing_extracted_is_no_success(corpus: Corpus, tmp_path: Path, files: dict[str, str | bytes]) -> None:
    folder = corpus(files)
    folder.mkdir(exist_ok=True)
    with pytest.raises(EmptyGraphError) as caught:
        build(folder, tmp_path / "out")
    assert caught.value.exit_code == 3 and not (tmp_path / "out" / "current").exists()


def test_what_was_published_survives_an_empty_build(corpus: Corpus, tmp_path: Path) -> None:
    folder, out = corpus(FILES), tmp_path / "out"
    build(folder, out)
    before = products(out)
    for name in FILES:
        (folder / name).unlink()
    with pytest.raises(EmptyGraphError):
        build(folder, out)
    assert products(out) == before


def test_one_file_is_a_corpus(corpus: Corpus, tmp_path: Path) -> None:
    report = build(corpus(FILES) / "a.md", tmp_path / "out")
    assert [r["path"] for r in report.sources] == ["a.md"]


def test_no_such_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(kgbuild.errors.KgbuildError, match="nowhere") as caught:
        kgbuild.build(tmp_path / "nowhere", out=tmp_path / "out")
    assert caught.value.exit_code == 2


def test_a_locked_workspace_is_left_alone(corpus: Corpus, tmp_path: Path) -> None:
    folder, out = corpus(FILES), tmp_path / "out"
    with Workspace(out).lock(), pytest.raises(WorkspaceError, match="locked"):
        build(folder, out)


def test_a_damaged_cache_is_made_again(corpus: Corpus, tmp_path: Path) -> None:
    folder, out = corpus(FILES), tmp_path / "out"
    build(folder, out)
    before = products(out)
    for path in sorted((out / "cache").rglob("*")):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-3] + b"xyz")
    (folder / "e.md").write_text("The **Archive** again.", "utf-8")
    build(folder, out)
    (folder / "e.md").unlink()
    build(folder, out)
    assert products(out) == before


def test_the_graph_is_the_same_whatever_becomes_of_the_copies(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = corpus(FILES)
    config = Config.load(overrides={"run.workers": 1, "run.cache": str(tmp_path / "cache")})

    def made(name: str) -> tuple[dict[str, str], list[str]]:
        kgbuild.build(folder, out=tmp_path / name, config=config)
        return products(tmp_path / name), sorted(p.name for p in (tmp_path / name / "current").iterdir())

    monkeypatch.setattr(forks, "processors", lambda: 2)
    helped = made("helped")
    monkeypatch.setattr(forks, "end_with", lambda life: os._exit(1))
    assert made("dead") == helped
    monkeypatch.setattr(forks, "processors", lambda: 1)
    assert made("alone") == helped


def test_no_published_text_or_picture_is_written_again(corpus: Corpus, tmp_path: Path) -> None:
    png = (Path(__file__).parents[1] / "examples/corpus/pictures/ground-segment.png").read_bytes()
    folder, out = corpus({**FILES, "one.png": png, "other.png": png}), tmp_path / "out"
    build(folder, out)

    def written(home: Path) -> dict[str, tuple[int, int, bytes]]:
        files = sorted(p for name in ("texts", "pictures") for p in (home / name).iterdir())
        return {p.name: (p.stat().st_ino, p.stat().st_mtime_ns, p.read_bytes()) for p in files}

    old = (out / "current").resolve()
    before = written(old)
    (folder / "c.txt").write_text("Something new about London.", "utf-8")
    build(folder, out)
    now = written((out / "current").resolve())
    assert (out / "current").resolve() != old and written(old) == before
    assert len({n for n, file in now.items() if before.get(n) != file}) == 1 and any(n.endswith(".png") for n in now)


def test_the_tables_of_lemmas_are_not_loaded_for_new_words(corpus: Corpus, tmp_path: Path) -> None:
    folder, out = corpus(FILES), tmp_path / "out"
    build(folder, out)
    (folder / "c.txt").write_text("Ada Lovelace mesmerised Charles Babbage in London.", "utf-8")
    code = (
        "import sys, kgbuild\n"
        "from kgbuild.config import Config\n"
        f"kgbuild.build({str(folder)!r}, out={str(out)!r}, config=Config.load(overrides={{'run.workers': 1}}))\n"
        "print(sorted({'lemminflect', 'spacy', 'kgbuild.statements.typing'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "['kgbuild.statements.typing']"
    assert "mesmerise" in (out / "graph.nq").read_text("utf-8")


@pytest.mark.timeout(600)
def test_a_killed_build_loses_nothing(corpus: Corpus, tmp_path: Path) -> None:
    folder, out = corpus(FILES), tmp_path / "out"
    build(folder, out)
    before = products(out)
    (folder / "c.txt").write_text("Something new about London.", "utf-8")
    code = (
        "import os, kgbuild, kgbuild.publish as p\n"
        "from kgbuild.config import Config\n"
        "real = p.write_graph\n"
        "def cut(*a, **k):\n    with real(*a, **k):\n        pass\n    os._exit(9)\n"
        "p.write_graph = cut\n"
        f"kgbuild.build({str(folder)!r}, out={str(out)!r}, config=Config.load(overrides={{'run.workers': 1}}))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    assert products(out) == before  # still the old graph, whole
    build(folder, out)
    build(folder, tmp_path / "scratch")
    assert products(out) == products(tmp_path / "scratch")
