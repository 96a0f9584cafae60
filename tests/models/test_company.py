"""What a model sees in a picture does not hang on the pictures that stand beside it in a batch, nor on the batch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_photos import config, photo
from tiny import save_captioner, save_clip, save_yolos

import kgbuild
from kgbuild.config import Config
from kgbuild.models.devices import batches, each
from kgbuild.models.towers import load_tower
from kgbuild.types import Extraction, Reading


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    seen = [("zebu", (0.25, 0.5, 0.3, 0.4)), ("gizmo", (0.7, 0.6, 0.5, 0.5))]
    return {
        "detector": save_yolos(folder / "yolos", seen),
        "zero_shot": save_clip(folder / "clip", ["zebu", "pond", "nothing"]),
        "captioner": save_captioner(folder / "captioner", ["the", "keeper", "feeds", "a", "zebu"]),
    }


def test_a_graph_is_the_same_whatever_the_batch(models: dict[str, Path], tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for n in range(5):
        photo(corpus / f"{n}.png", n, (60 + 30 * n, 90, 200 - 30 * n))
    (corpus / "note.txt").write_text("Ada Lovelace met Charles Babbage in London.", "utf-8")
    (tmp_path / "zoo.ttl").write_text("", "utf-8")
    graphs = set()
    for batch in (1, 3):
        settings = config(tmp_path, **models).as_dict()
        settings["models"]["batch"] = batch
        settings["photos"]["class_score"] = 0.1
        report = kgbuild.build(corpus, out=tmp_path / f"out{batch}", config=Config.of(settings))
        assert report.status == "success"
        graphs.add((tmp_path / f"out{batch}" / "graph.nq").read_bytes())
    assert len(graphs) == 1


class Greedy:
    """A plug-in that one picture makes grow without end."""

    name, version = "greedy", "1"

    def __call__(self, readings: Sequence[Reading]) -> list[Extraction]:
        kept = []
        while any(reading.source.path == "1.png" for reading in readings):
            kept.append(b"x" * (64 << 20))
        return [Extraction(reading.source.id) for reading in readings]


def greedy(config: Config) -> Greedy:
    """The factory that the configuration names."""
    return Greedy()


def test_a_picture_that_takes_all_memory_costs_its_batch_nothing(models: dict[str, Path], tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for n in range(4):
        photo(corpus / f"{n}.png", n, (60 + 30 * n, 90, 200 - 30 * n))
    (tmp_path / "zoo.ttl").write_text("", "utf-8")
    settings = config(tmp_path, detector=models["detector"]).as_dict()
    settings["mentions"]["extractors"] = ["objects", f"{__name__}:greedy"]
    settings["embeddings"] |= {"encoder": "rig:encoder", "vision": "none"}
    settings["run"]["extract_mb"] = 1200
    report = kgbuild.build(corpus, out=tmp_path / "out", config=Config.of(settings))
    assert [(i["source"], i["code"]) for i in report.issues if i["severity"] == "error"] == [("1.png", "memory")]
    assert {r["path"]: r["outcome"] for r in report.sources} == {
        "0.png": "processed", "1.png": "rejected", "2.png": "processed", "3.png": "processed"
    }  # fmt: skip
    assert all(r["mentions"] for r in report.sources if r["outcome"] == "processed")


def test_vectors_are_the_same_in_any_company(models: dict[str, Path]) -> None:
    random = np.random.default_rng(3)
    pictures = [random.integers(0, 255, (40 + n, 60, 3), dtype=np.uint8) for n in range(7)]
    tower = load_tower(Config.load(overrides={"models.zero_shot": str(models["zero_shot"])}), "zero_shot")
    together = tower.encode(pictures)
    assert np.array_equal(together, np.concatenate([tower.encode([p]) for p in pictures]))
    assert np.array_equal(together[::-1], tower.encode(pictures[::-1]))


def test_batches_of_one_shape_are_filled_up(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[list[Any]] = []

    def run(items: Any) -> list[int]:
        given.append(list(items))
        return [i * i for i in items]

    settings = Config.load(overrides={"models.batch": 3})
    assert batches([1, 2, 3, 4], settings, run, fill=True) == [1, 4, 9, 16]
    assert given == [[1, 2, 3], [4, 4, 4]]
    given.clear()
    assert each([1, 2, 3], settings, run, role="zero_shot") == [1, 4, 9]
    assert given == [[1], [2], [3]]  # on a processor
    given.clear()
    monkeypatch.setattr("kgbuild.models.devices.device", lambda config, role: "cuda:0")
    assert each([1, 2, 3, 5], settings, run, role="zero_shot", shape=lambda i: i % 2) == [1, 4, 9, 25]
    assert given == [[1, 3, 5], [2, 2, 2]]
