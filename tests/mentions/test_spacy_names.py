"""spaCy pipelines by name: small ones that the test makes and saves; their labels become classes of the ontologies."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import spacy
from spacy.training import Example

from kgbuild.config import Config
from kgbuild.errors import ModelUnavailable
from kgbuild.mentions import extract
from kgbuild.mentions.spacy_names import extractor
from kgbuild.models.catalog import fingerprints, named
from kgbuild.models.classes import classes
from kgbuild.models.labels import Labels
from kgbuild.types import Reading, Segment, Source, Target, TextPosition

BASE = "https://example.org/kg/source/a.txt"


def reading(*texts: tuple[str, str]) -> Reading:
    """Passages (text, language) of one source."""
    segments, at = [], 0
    for n, (text, language) in enumerate(texts, 1):
        place = Target(BASE, (TextPosition(at, at + len(text)),))
        segments.append(Segment(f"{BASE}#segment-{n}", place, "text", text, "text/1", language=language))
        at += len(text) + 2
    return Reading(Source(BASE, "a.txt", "text/plain", "", 0), tuple(segments), "\n\n".join(t for t, _ in texts))


def config(name: object, **more: object) -> Config:
    return Config.load(overrides={"models.spacy": str(name), "models.device": "cpu", **more})


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline of rules: labels that are usual, that are like a class's name, that mean nothing."""
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    named = {"Ada Lovelace": "PERSON", "Kestrel": "SOFTWARE_", "Brca1": "GENE", "Ouse": "RIVERS", "1843": "DATE"}
    ruler.add_patterns([{"label": label, "pattern": text} for text, label in named.items()])
    folder = tmp_path_factory.mktemp("spacy") / "ruled"
    nlp.to_disk(folder)
    return folder


def test_names_stand_where_they_are_said(ruled: Path) -> None:
    read = reading(
        ("In 1843 Ada Lovelace saw the Ouse.", "en"), ("Kestrel reads Brca1.", ""), ("Ada Lovelace kam.", "de")
    )
    (found,) = extractor(config(ruled))([read])
    assert [(m.surface, m.label) for m in found.mentions] == [
        ("1843", "Time"), ("Ada Lovelace", "Person"), ("Ouse", "River"), ("Kestrel", "Software"), ("Brca1", "Thing"),
    ]  # fmt: skip
    for m in found.mentions:
        place = m.target.selectors[0]
        assert isinstance(place, TextPosition) and read.text[place.start : place.end] == m.surface
        assert m.agent == "spacy/1 ruled" and 0 < m.score < 1 and m.segment
    (own,) = extractor(config(ruled, **{"models.spacy_labels": {"GENE": "concept", "DATE": "https://x.org/#When"}}))(
        [read]
    )
    assert {m.surface: m.label for m in own.mentions} | {} == {
        "1843": "https://x.org/#When", "Ada Lovelace": "Person", "Ouse": "River", "Kestrel": "Software", "Brca1": "Concept",
    }  # fmt: skip


def test_a_trained_recogniser_is_used_as_it_is(tmp_path: Path) -> None:
    nlp = spacy.blank("xx")  # of no language: it reads all
    nlp.add_pipe("ner").add_label("ORG")
    taught = [
        "Zorvex builds ships .",
        "We met Zorvex in May .",
        "Ask Zorvex again .",
        "Only Zorvex knows .",
        "See Zorvex there .",
    ]
    examples = [
        Example.from_dict(nlp.make_doc(t), {"entities": [(t.index("Zorvex"), t.index("Zorvex") + 6, "ORG")]})
        for t in taught
    ]
    spacy.util.fix_random_seed(0)
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(30):
        nlp.update(examples, sgd=optimizer)
    nlp.to_disk(tmp_path / "trained")
    (found,) = extractor(config(tmp_path / "trained"))([reading(("We met Zorvex in May .", "de"))])
    assert [(m.surface, m.label) for m in found.mentions] == [("Zorvex", "Organisation")]


def test_what_cannot_be_used_is_an_issue_of_the_source(tmp_path: Path, ruled: Path) -> None:
    spacy.blank("en").to_disk(tmp_path / "empty")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "meta.json").write_text("{", "utf-8")
    for name, told in (
        (tmp_path / "empty", "no component that finds names"),
        (tmp_path / "broken", "models.spacy"),
        ("no_such_pipeline", "no installed pipeline"),
    ):
        with pytest.raises(ModelUnavailable, match=told):
            extractor(config(name))([reading(("Ada Lovelace.", "en"))])
    _, found = extract(
        reading(("Ada Lovelace.", "en")), [extractor(config("no_such_pipeline")), extractor(config(ruled))]
    )
    assert [i.code for i in found.issues] == ["model-unusable"] and [m.surface for m in found.mentions] == [
        "Ada Lovelace"
    ]


def test_an_unnamed_pipeline_finds_nothing_and_another_is_another(ruled: Path, tmp_path: Path) -> None:
    (found,) = extractor(config(""))([reading(("Ada Lovelace.", "en"))])
    assert not found.mentions and not found.issues
    shutil.copytree(ruled, tmp_path / "ruled")
    settings = config(tmp_path / "ruled")
    before = fingerprints(settings)
    patterns = tmp_path / "ruled" / "entity_ruler" / "patterns.jsonl"
    assert before == fingerprints(settings)
    patterns.write_text(patterns.read_text("utf-8").replace("Kestrel", "Harrier"), "utf-8")  # of the same size
    assert before != fingerprints(settings)


def test_labels_by_table_name_and_likeness() -> None:
    meant = Labels(classes(Config.load()), {"X1": "politician"})
    assert [meant(label) for label in ("per", "GPE", "MONEY", "X1", "novelist", "Novelists", "WORK_OF_ART", "GENE")] == [
        "Person", "Place", "Quantity", "Politician", "Writer", "Writer", "Work", "Thing",
    ]  # fmt: skip


def test_an_installed_pipeline_by_its_package(ruled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "en_ruled_small"
    shutil.copytree(ruled, package / "en_ruled_small-1.0.0")
    meta = json.loads((ruled / "meta.json").read_text("utf-8")) | {"name": "ruled_small", "version": "1.0.0"}
    for folder in (package, package / "en_ruled_small-1.0.0"):
        (folder / "meta.json").write_text(json.dumps(meta), "utf-8")
    load = "from spacy.util import load_model_from_init_py\n\ndef load(**o):\n    return load_model_from_init_py(__file__, **o)\n"
    (package / "__init__.py").write_text(load, "utf-8")
    info = tmp_path / "en_ruled_small-1.0.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: en_ruled_small\nVersion: 1.0.0\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    settings = config("en_ruled_small")
    (found,) = extractor(settings)([reading(("Ada Lovelace saw the Ouse.", "en"))])
    assert [m.surface for m in found.mentions] == ["Ada Lovelace", "Ouse"]
    (listed,) = named(settings)
    assert listed.folder == str(package / "en_ruled_small-1.0.0") and fingerprints(settings)
