"""Few texts go to one worker at once, which does half of them in a copy of itself: the same bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from PIL import Image

from kgbuild import registry
from kgbuild.config import Config
from kgbuild.stages import Job, extract_sources, list_sources, load_reading, read_sources, texts_only
from kgbuild.types import Source
from kgbuild.workspace import Workspace

TEXTS = {
    f"{n}.txt": f"{name} lives in {place}. {name} was born in {place} and works for the Harbour Company.\n"
    for n, (name, place) in enumerate(
        [
            ("Elena Keller", "Oslo"),
            ("Tom Berg", "Lyon"),
            ("Ada Moss", "Graz"),
            ("Ida Falk", "Turin"),
            ("Jo Rand", "Bern"),
        ]
    )
}
Corpus = Callable[[Mapping[str, str | bytes]], Path]


def read(folder: Path, out: Path, **settings: object) -> tuple[Job, list[Source]]:
    job = Job.of(folder, Workspace(out), Config.load(None, overrides={"run.workers": 2, **settings}))
    sources, _ = list_sources(job)
    read_sources(job, sources)
    return job, sources


def stored(job: Job, sources: list[Source]) -> dict[str, tuple[bytes | None, bytes | None]]:
    cache = job.store()
    return {
        s.path: (cache.get("extractions", job.extraction_key(s)), cache.get("vectors", job.vectors_key(s)))
        for s in sources
    }


def test_several_texts_at_once_give_the_bytes_of_each_alone(corpus: Corpus, tmp_path: Path) -> None:
    folder = corpus(TEXTS)
    job, sources = read(folder, tmp_path / "together")
    run = extract_sources(job, sources)
    assert run.worked.keys() == set(TEXTS) and all(seconds > 0 for seconds in run.worked.values())
    together = stored(job, sources)
    alone, same = read(folder, tmp_path / "alone")
    for source in same:
        extract_sources(alone, [source])
    assert None not in {value for pair in together.values() for value in pair}
    assert together == stored(alone, same)


def test_what_keeps_threads_is_no_mere_text(corpus: Corpus, tmp_path: Path) -> None:
    drawn = io.BytesIO()
    Image.new("RGB", (64, 64), "white").save(drawn, "PNG")
    folder = corpus({"a.txt": "A text.", "b.png": drawn.getvalue()})
    job, (text, picture) = read(folder, tmp_path / "out")
    assert texts_only(job, [load_reading(job, text)])
    assert not texts_only(job, [load_reading(job, text), load_reading(job, picture)])
    for settings in (
        {"embeddings.encoder": "rig:encoder"}, {"mentions.extractors": ["text", "rig:extractor"]},
        {"llm.endpoint": "http://localhost:9"},
    ):  # fmt: skip
        other = Job(job.root, job.cache, Config.load(None, overrides=settings))
        assert not texts_only(other, [load_reading(job, text)])


@pytest.mark.parametrize(("kind", "name", "own"), [
    ("encoders", "text", True), ("encoders", "rig:encoder", False), ("extractors", "none", False),
])  # fmt: skip
def test_own_plugins_are_known(kind: str, name: str, own: bool) -> None:
    name = next(iter(registry.available(kind))) if own else name
    assert registry.own(kind, name) is own
