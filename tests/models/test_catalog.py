"""``kgbuild models``: what is named, where it lies, what would add more; fetching says why it cannot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny import save_clip

from kgbuild.cli.app import run
from kgbuild.config import Config
from kgbuild.errors import ConfigError
from kgbuild.models.advice import advice
from kgbuild.models.catalog import fingerprints
from kgbuild.models.classes import by_word, visual_classes
from kgbuild.models.hub import called
from kgbuild.types import Box, Reading, Segment, Source, Target


def test_what_is_named_is_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = save_clip(tmp_path / "clip", ("a", "b"))
    (folder / "README.md").write_text("---\nlanguage: en\nlicense: mit\n---\n# A model\n", "utf-8")
    given = ["--set", f"models.zero_shot={folder}", "--set", "models.detector=nobody/of-that-name"]
    assert run(["models", "--json", *given]) == 0
    told = {n["key"]: n for n in json.loads(capsys.readouterr().out)["named"]}
    clip = told["models.zero_shot"]
    assert (clip["folder"], clip["licence"]) == (str(folder), "mit")
    assert clip["bytes"] == (folder / "model.safetensors").stat().st_size
    assert told["models.detector"]["folder"] == ""
    assert run(["models", *given]) == 0
    shown = capsys.readouterr().out
    assert "not on this machine" in shown and "kgbuild models fetch" in shown and "models.captioner" in shown
    assert run(["models", "fetch", "zero_shot", *given]) == 0
    assert str(folder) in capsys.readouterr().out.replace("\n", "")
    assert run(["models", "fetch", "captioner", *given]) == 2


def test_a_name_that_is_no_model_is_not_fetched(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "fetch", "--set", "models.detector=../no such/model"]) == 1
    assert "no folder here, and no id of the model hub" in capsys.readouterr().err


def test_extractions_depend_on_the_files_and_classes_of_models(tmp_path: Path) -> None:
    folder = save_clip(tmp_path / "clip", ("a", "b"))
    config = Config.load(overrides={"models.zero_shot": str(folder)})
    before = fingerprints(config)
    assert fingerprints(Config.load()) == "" != before == fingerprints(config)
    wider = Config.load(
        overrides={"models.zero_shot": str(folder), "statements.ontologies": ["core", "general", "software"]}
    )
    assert fingerprints(wider) != before
    (folder / "model.safetensors").unlink()
    assert fingerprints(config) != before
    assert called(str(folder)) == "clip" and called("transformers:a/b") == "a/b"


def test_classes_that_photos_show() -> None:
    visual = visual_classes(Config.load())
    names = {c.mentioned for c in visual}
    assert {"Person", "Building", "Vehicle"} <= names and not {"Genre", "Law", "Thing"} & names
    assert by_word(visual)["car"].mentioned == "Vehicle"
    more = visual_classes(Config.load(overrides={"photos.classes": ["Award"]}))
    assert {c.mentioned for c in more} - names == {"Award"}
    with pytest.raises(ConfigError, match=r"is called 'awrd'. Did you mean award"):
        visual_classes(Config.load(overrides={"photos.classes": ["awrd"]}))


def test_what_would_add_more() -> None:
    source = Source("https://x.org/s/a.mp4", "a.mp4", "video/mp4", "0", 1)
    box = Target(source.id, (Box(0, 0, 100, 80),))
    photo = Segment("https://x.org/1", box, "picture", blob="p")
    drawn = Segment("https://x.org/2", box, "picture", blob="d")
    label = Segment("https://x.org/3", box, "label", "A", context=(("picture", "diagram"),), blob="d")
    photos, speech = advice(Config.load(), [Reading(source, (photo, drawn, label))])
    assert photos.startswith("1 photos") and "models.captioner" in photos and "models.speech" in speech
    every = {f"models.{role}": "x" for role in ("detector", "captioner", "zero_shot", "speech")}
    assert advice(Config.load(overrides=every), [Reading(source, (photo,))]) == []
