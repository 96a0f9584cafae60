"""What extractors made is kept apart: another model, or one that has come, has only its own extractor work again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from test_photos import config, photo
from tiny import save_captioner, save_yolos

import kgbuild
from kgbuild.cache import Cache
from kgbuild.config import Config
from kgbuild.errors import ModelUnavailable
from kgbuild.mentions import extract_all
from kgbuild.mentions.parts import Parts
from kgbuild.types import Derived, Extraction, Reading, Segment, Source, Target

SOURCE = Source("https://x.org/s", "s.txt", "text/plain", "0" * 64, 10)


class Counted:
    """An extractor that derives or finds nothing, and counts the readings that it was given."""

    name, version, roles = "counted", "1", ()
    fails = False

    def __init__(self) -> None:
        self.derived, self.called = 0, 0

    def derive(self, readings: Sequence[Reading]) -> list[Derived]:
        self.derived += len(readings)
        if self.fails:
            raise ModelUnavailable("memory ends")
        return [Derived() for _ in readings]

    def __call__(self, readings: Sequence[Reading]) -> list[Extraction]:
        self.called += len(readings)
        return [Extraction(r.source.id) for r in readings]


class Captions(Counted):
    roles = ("captioner",)


class OfPictures(Counted):
    reads = frozenset({"picture"})


def run(store: Cache, settings: Config, *extractors: Any, text: str = "Ada.") -> Extraction:
    reading = Reading(SOURCE, (Segment("https://x.org/s#1", Target(SOURCE.id), "text", text, "reader"),), text)
    parts = Parts(store, "key")
    ((_, found),) = extract_all([reading], extractors, config=settings, parts=[parts])
    parts.save()
    return found


def test_only_what_hangs_on_a_change_works_again(tmp_path: Path) -> None:
    store, plain, captions, pictures = Cache(str(tmp_path)), Counted(), Captions(), OfPictures()
    before = Config.load()
    for _ in range(2):
        run(store, before, plain, captions, pictures)
    assert (plain.derived, plain.called, captions.derived, captions.called) == (1, 1, 1, 1)
    run(store, Config.load(overrides={"models.captioner": "an/other"}), plain, captions, pictures)
    assert (plain.derived, plain.called, captions.derived, captions.called) == (1, 1, 2, 2)
    run(store, Config.load(overrides={"text.open_relations": False}), plain, captions, pictures)
    assert (plain.called, captions.called, pictures.called) == (2, 3, 2)
    run(store, Config.load(overrides={"text.open_relations": False}), plain, captions, pictures, text="Ada was here.")
    assert (plain.called, pictures.called, pictures.derived) == (3, 2, 2)


def test_what_failed_for_a_passing_reason_is_tried_again(tmp_path: Path) -> None:
    store, plain, failing = Cache(str(tmp_path)), Counted(), Captions()
    failing.fails = True
    for _ in range(2):
        found = run(store, Config.load(), plain, failing)
        assert [i.code for i in found.issues] == ["model-unavailable"]
    assert (plain.derived, failing.derived, failing.called) == (1, 2, 1)
    failing.fails = False
    assert not run(store, Config.load(), plain, failing).issues


def test_damaged_parts_are_made_again(tmp_path: Path) -> None:
    store, plain = Cache(str(tmp_path)), Counted()
    run(store, Config.load(), plain)
    for file in (tmp_path / "parts").rglob("*"):
        if file.is_file():
            file.write_bytes(file.read_bytes()[:-2] + b"??")
    run(store, Config.load(), plain)
    assert plain.called == 2


def test_a_model_that_has_come_is_used_by_the_next_build(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    photo(tmp_path / "corpus" / "one.png", 1, (200, 60, 60))
    (tmp_path / "zoo.ttl").write_text("", "utf-8")
    save_captioner(tmp_path / "captioner", ["the", "keeper", "feeds", "a", "zebu"])
    settings = config(tmp_path, detector=tmp_path / "yolos", captioner=tmp_path / "captioner")
    first = kgbuild.build(tmp_path / "corpus", out=tmp_path / "out", config=settings)
    assert first.status == "partial" and "mentions" in first.counts
    save_yolos(tmp_path / "yolos", [("zebu", (0.25, 0.5, 0.3, 0.4))])
    second = kgbuild.build(tmp_path / "corpus", out=tmp_path / "out", config=settings)
    fresh = kgbuild.build(tmp_path / "corpus", out=tmp_path / "fresh", config=settings)
    assert second.status == fresh.status == "success"
    assert (tmp_path / "out/graph.nq").read_bytes() == (tmp_path / "fresh/graph.nq").read_bytes()


@pytest.mark.parametrize("kind", [Derived, Extraction])
def test_parts_survive_the_cache(tmp_path: Path, kind: type) -> None:
    made = Derived((Segment("s", Target("t"), "caption", "A dog.", "c"),)) if kind is Derived else Extraction("t")
    parts = Parts(Cache(str(tmp_path)), "key")
    parts.put("k", made)
    parts.save()
    assert Parts(Cache(str(tmp_path)), "key").get("k", kind) == made
