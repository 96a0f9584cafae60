"""A published graph as a copy at a URL: only what changed travels, readers see one graph, whole, and damage is told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import fsspec
import pytest
import rig
from conftest import ObjectStore

import kgbuild
from kgbuild.cli.app import run
from kgbuild.config import Config
from kgbuild.errors import StorageError, WorkspaceError
from kgbuild.mirror import MANIFEST, at_hand, fetch, send
from kgbuild.storage import open_storage
from kgbuild.workspace import Workspace, damaged

QUERY = "SELECT (STR(?l) AS ?label) { ?e rdfs:label ?l ; a ?type } ORDER BY ?label"


def published(out: Path, **files: str) -> Path:
    """Publish files with these contents in a workspace; underlines of names are slashes."""
    workspace = Workspace(out)
    with workspace.lock(), workspace.generation() as folder:
        for name, text in files.items():
            path = folder / name.replace("_", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    return out


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """URL to publish to; mirrors lie in the test's folder."""
    monkeypatch.setenv("KGBUILD_MIRRORS", str(tmp_path / "mirrors"))
    if request.param == "folder":
        return (tmp_path / "copy").as_uri()
    return f"{request.getfixturevalue('s3').url}/{tmp_path.name}"


def texts(folder: Path) -> dict[str, str]:
    home = folder / "current"
    return {
        str(p.relative_to(home)): p.read_text("utf-8") for p in home.rglob("*") if p.is_file() if p.name != MANIFEST
    }


def objects(url: str) -> set[str]:
    fs, root, _ = open_storage(url, "test")
    fs.invalidate_cache()
    return {path.rpartition("/")[2] for path in fs.find(f"{root}/objects")}


def test_only_what_changed_travels_and_what_nobody_names_goes(place: str, tmp_path: Path) -> None:
    out = published(tmp_path / "out", graph="one", texts_a="same", texts_b="same")
    assert (first := send(out, place)).objects == 2 and first.files == 3
    assert texts(fetch(place)) == {"graph": "one", "texts/a": "same", "texts/b": "same"}
    assert send(out, place).objects == 0
    one = objects(place)
    published(out, graph="two", texts_a="same")
    assert send(out, place).objects == 1 and objects(place) > one  # for readers of the graph before
    mirror = at_hand(Path(place))  # as the command line has it
    assert texts(mirror) == {"graph": "two", "texts/a": "same"} and not damaged((mirror / "current").resolve())
    assert at_hand(out) == out
    published(out, graph="three", texts_a="same")
    send(out, place)
    assert len(objects(place)) == 3 and not one <= objects(place)
    assert texts(fetch(place))["graph"] == "three"


def test_damage_is_told_and_mended(place: str, tmp_path: Path) -> None:
    out = published(tmp_path / "out", graph="one", other="two")
    send(out, place)
    fs, root, _ = open_storage(place, "test")
    name = json.loads(fs.cat_file(f"{root}/{MANIFEST}"))["files"]["graph"][1]
    path = f"{root}/objects/{name[:2]}/{name}"
    fs.pipe_file(path, b"eno")
    with pytest.raises(WorkspaceError, match=rf"{name} \(graph\) is damaged.*Remove that object and publish again"):
        fetch(place)
    fs.rm_file(path)
    with pytest.raises(WorkspaceError, match=r"lacks a file of its graph: graph\. Publish again"):
        fetch(place)
    assert send(out, place).objects == 1 and texts(fetch(place)) == {"graph": "one", "other": "two"}
    manifest = fs.cat_file(f"{root}/{MANIFEST}")
    fs.pipe_file(f"{root}/{MANIFEST}", manifest.replace(b'"other"', b'"../up"'))
    with pytest.raises(WorkspaceError, match=r"manifest\.json is damaged"):
        fetch(place)
    send(out, place)
    assert texts(fetch(place)) == {"graph": "one", "other": "two"}


def test_a_place_without_a_graph_or_a_bucket(s3: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match=r"holds no graph\. Publish one first"):
        fetch(f"{s3.url}/empty")
    out = published(tmp_path / "out", graph="one")
    with pytest.raises(WorkspaceError, match=r"s3://nowhere/kg cannot be written: .*Make its bucket"):
        send(out, "s3://nowhere/kg")
    with pytest.raises(WorkspaceError, match=r"s3://graphs/kg cannot be built into.*run\.publish=s3://graphs/kg"):
        Workspace(Path("s3://graphs/kg"))


def test_a_build_leaves_its_copy_and_the_commands_read_it(
    s3: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KGBUILD_MIRRORS", str(tmp_path / "mirrors"))
    corpus, url = rig.write_corpus(tmp_path / "corpus", 2), f"{s3.url}/built"
    (tmp_path / "lean.toml").write_text(rig.CONFIG, "utf-8")
    config = Config.load(tmp_path / "lean.toml", overrides={"run.publish": url, "run.workers": 1})
    away = {**fsspec.config.conf["s3"], "endpoint_url": "http://127.0.0.1:9"}
    with monkeypatch.context() as patch:
        patch.setitem(fsspec.config.conf, "s3", away)
        with pytest.raises(StorageError, match=r"s3://graphs/built does not answer.*run\.publish.*Nothing is lost"):
            kgbuild.build(corpus, out=tmp_path / "out", config=config)
    assert (tmp_path / "out" / "graph.nq").exists()  # published here all the same
    assert kgbuild.build(corpus, out=tmp_path / "out", config=config).unchanged
    with kgbuild.open(url) as graph:
        found = [row["label"] for row in graph.sparql(QUERY)]
    shutil.rmtree(tmp_path / "out")
    assert found and run(["query", url, QUERY]) == 0
    assert found[0] in capsys.readouterr().out
