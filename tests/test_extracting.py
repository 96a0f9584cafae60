"""Extraction workers: halves of a group, and vectors of former versions, give the bytes of each source alone."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import kgbuild
from kgbuild import registry
from kgbuild.config import Config
from kgbuild.embeddings.tables import pack
from kgbuild.report import Report
from kgbuild.stages import (
    Job,
    extract_sources,
    list_sources,
    load_extraction,
    load_reading,
    load_tables,
    read_sources,
    texts_only,
)
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
    return job, again(job)


def again(job: Job) -> list[Source]:
    sources, _ = list_sources(job)
    read_sources(job, sources)
    return sources


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


TABLE = "name,built in,maker\n" + "".join(f"Pump {n},{1990 + n},Harbour Company\n" for n in range(12))
DRAWN = "A pump feeds a tank.\n\n```mermaid\nflowchart LR\n  P[Pump] -->|feeds| T[Tank]\n```\n"


@pytest.mark.parametrize("settings", [{}, {"embeddings.fusion": "attention"}])
def test_what_stood_in_the_former_version_has_the_bytes_of_one_made_anew(
    corpus: Corpus, tmp_path: Path, settings: dict[str, str]
) -> None:
    files = {**TEXTS, "pumps.csv": TABLE, "drawn.md": DRAWN, "same.txt": "Ada Moss sold a boat in Graz."}
    folder = corpus(files)
    job, sources = read(folder, tmp_path / "out", **settings)
    extract_sources(job, sources)
    rows = [
        {"path": s.path, "id": s.id, "media_type": s.media_type, "sha256": s.sha256, "size": s.size} for s in sources
    ]
    known = Report("success", "", {}, rows, [], {}, "")
    corpus({
        "0.txt": f"{TEXTS['0.txt']}She sold a boat in Graz.\n", "1.txt": f"Since 1912 Lyon has a harbour. {TEXTS['1.txt']}",
        "2.txt": "No.", "3.txt": TEXTS["4.txt"], "pumps.csv": f"{TABLE}Valve 1,2001,Keller Works\n",
        "drawn.md": DRAWN.replace("T[Tank]", "T[Tank] -->|fills| B[Boat]"),
    })  # fmt: skip
    (folder / "same.txt").rename(folder / "other.txt")
    sources = again(job)
    former = known.former(sources)
    assert {p: s.path for p, s in former.items()} == {
        **{p: p for p in ("0.txt", "1.txt", "2.txt", "3.txt", "pumps.csv", "drawn.md")}, "other.txt": "same.txt",
    }  # fmt: skip
    extract_sources(job, sources, former=former)
    anew, same = read(folder, tmp_path / "anew", **settings)
    extract_sources(anew, same)
    assert stored(job, sources) == stored(anew, same)


@pytest.mark.parametrize("lost", ["vectors", "extractions"])
def test_a_former_version_that_the_cache_has_lost_is_done_without(corpus: Corpus, tmp_path: Path, lost: str) -> None:
    folder = corpus({"a.txt": TEXTS["0.txt"]})
    job, (old,) = read(folder, tmp_path / "out")
    extract_sources(job, [old])
    key = job.vectors_key(old) if lost == "vectors" else job.extraction_key(old)
    path = Path(job.cache, lost, key[:2], key)
    path.write_bytes(path.read_bytes()[:-1])
    corpus({"a.txt": f"{TEXTS['0.txt']}She sold a boat in Graz.\n"})
    (new,) = again(job)
    extract_sources(job, [new], former={"a.txt": old})
    anew, same = read(folder, tmp_path / "anew")
    extract_sources(anew, same)
    assert stored(job, [new]) == stored(anew, same)


def know_former_versions(build: Callable[[Path, Path], object], corpus: Corpus, out: Path) -> None:
    """Asserts that builds, by the default configuration, keep vectors of what has not changed within files."""
    folder = corpus({"a.txt": TEXTS["0.txt"], "old.txt": TEXTS["1.txt"]})
    build(folder, out)
    job = Job.of(folder, Workspace(out), Config.load(None))
    for source in list_sources(job)[0]:
        marked = {n: replace(t, matrix=np.full_like(t.matrix, 0.05)) for n, t in load_tables(job, source).items()}
        job.store().put("vectors", job.vectors_key(source), pack(marked))
    corpus({"a.txt": f"{TEXTS['0.txt']}She sold a boat in Graz.\n"})
    (folder / "old.txt").rename(folder / "new.txt")
    build(folder, out)
    edited, renamed = (load_tables(job, s)["mentions"].matrix == np.float32(0.05) for s in list_sources(job)[0])
    assert renamed.all() and edited.all(1).any() and not edited.all()


def test_a_build_knows_the_former_versions(corpus: Corpus, tmp_path: Path) -> None:
    know_former_versions(lambda folder, out: kgbuild.build(folder, out=out), corpus, tmp_path / "out")


def test_only_what_is_new_in_a_text_is_embedded(corpus: Corpus, tmp_path: Path) -> None:
    folder = corpus({"a.txt": TEXTS["0.txt"]})
    job, (old,) = read(folder, tmp_path / "out")
    extract_sources(job, [old])
    marked = {name: replace(t, matrix=np.full_like(t.matrix, 0.25)) for name, t in load_tables(job, old).items()}
    job.store().put("vectors", job.vectors_key(old), pack(marked))
    corpus({"a.txt": f"{TEXTS['0.txt']}She sold a boat in Graz.\n"})
    (new,) = again(job)
    extract_sources(job, [new], former={"a.txt": old})
    made, (_, found) = load_tables(job, new), load_extraction(job, new)
    context = {m.id: m.context for m in found.mentions}
    for name in ("mentions", "minilm-around"):
        kept = {context[id] for id, row in zip(made[name].ids, made[name].matrix, strict=True) if (row == 0.25).all()}
        rest = {context[id] for id, row in zip(made[name].ids, made[name].matrix, strict=True) if (row != 0.25).any()}
        assert kept and rest == {"She sold a boat in Graz."}
    assert (made["relations"].matrix == 0.25).all(1).any() and (made["relations"].matrix != 0.25).all(1).any()


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
