"""The text extractor on sentences whose content is plain, and its exact characters."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgbuild.config import Config
from kgbuild.mentions.annotate import Annotator
from kgbuild.mentions.text import TextExtractor, extractor
from kgbuild.types import Extraction, Reading, Segment, Source, Target, TextPosition, TextQuote

SOURCE = Source("https://x.org/source/a.txt", "a.txt", "text/plain", "0", 1)


@pytest.fixture(scope="module")
def extract(config: Config) -> TextExtractor:
    return extractor(config)


def reading(*texts: str) -> Reading:
    segments, whole = [], ""
    for n, text in enumerate(texts):
        whole += "\n\n" if whole else ""
        place = Target(SOURCE.id, (TextPosition(len(whole), len(whole) + len(text)),))
        segments.append(Segment(f"{SOURCE.id}#segment-{n}", place, "text", text))
        whole += text
    return Reading(SOURCE, tuple(segments), whole)


def check(made: Extraction, given_: Reading) -> None:
    ids = {m.id for m in made.mentions}
    assert len(ids) == len(made.mentions)
    for m in made.mentions:
        span = m.target.find(TextPosition)
        assert span is not None and given_.text[span.start : span.end] == m.surface
        assert 0 <= m.score <= 1
    for r in made.relations:
        assert r.subject in ids and r.object in ids
        span = r.target.find(TextPosition)
        assert span is not None and given_.text[span.start : span.end] == r.surface


def test_plain_facts(extract: TextExtractor) -> None:
    text = (
        "Marie Curie was born in Warsaw, Poland, on 7 November 1867. Curie studied at the University of Paris. "
        "She was married to Pierre Curie."
    )
    given_ = reading(text)
    (made,) = extract([given_])
    check(made, given_)
    labels = {m.surface: m.label for m in made.mentions}
    assert labels["Marie Curie"] == "Person" and labels["Warsaw"] == "Place" and labels["Poland"] == "Place"
    assert labels["7 November 1867"] == "Time"
    cluster = {m.surface: m.cluster for m in made.mentions}
    assert cluster["Marie Curie"] == cluster["Curie"] != cluster["Warsaw"]
    surface = {m.id: m.surface for m in made.mentions}
    facts = {(surface[r.subject], r.predicate.rsplit("#")[-1], surface[r.object]) for r in made.relations}
    assert any(p == "country" and o == "Poland" and s == "Warsaw" for s, p, o in facts)
    assert any(p in ("dateOfBirth", "placeOfBirth") for _, p, _ in facts)


def test_layers_in_half_precision_find_the_same_names(config: Config) -> None:
    words = ["Marie", "Curie", "was", "born", "in", "Warsaw", ",", "Poland", ",", "on", "7", "November", "1867", "."]
    half, whole = (Annotator(c)([words]).mentions for c in (Config.load(overrides={"text.half": True}), config))
    assert [(m.start, m.end, m.type) for m in half] == [(m.start, m.end, m.type) for m in whole]
    assert [m.score for m in half] != [m.score for m in whole]
    assert [m.score for m in half] == pytest.approx([m.score for m in whole], abs=0.01)


def test_labels_of_pictures_are_quoted(extract: TextExtractor) -> None:
    place = Target(SOURCE.id, ())
    label = Segment(f"{SOURCE.id}#segment-1", place, "label", "Operated by NASA in Maryland")
    (made,) = extract([Reading(SOURCE, (label,), "")])
    assert made.mentions
    for m in made.mentions:
        quote = m.target.find(TextQuote)
        assert quote is not None and quote.exact == m.surface and m.surface in label.text


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=80), max_size=4))
def test_any_text_keeps_its_characters(extract: TextExtractor, texts: list[str]) -> None:
    given_ = reading(*texts)
    (made,) = extract([given_])
    check(made, given_)


def test_long_texts_are_cut_into_windows(extract: TextExtractor) -> None:
    text = "NASA launched the Hubble Space Telescope in 1990. " * 120
    given_ = reading(text)
    (made,) = extract([given_])
    check(made, given_)
    assert sum(m.surface == "NASA" for m in made.mentions) > 100


def test_weights_that_do_not_match_their_checksum_are_refused(tmp_path: Path) -> None:
    from importlib.resources import files

    from kgbuild.errors import ModelError
    from kgbuild.mentions.annotate import Annotator

    for name in ("text.json", "text.safetensors"):
        (tmp_path / name).write_bytes(files("kgbuild.weights").joinpath(name).read_bytes())
    data = bytearray((tmp_path / "text.safetensors").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "text.safetensors").write_bytes(data)
    with pytest.raises(ModelError, match=r"text\.safetensors"):
        Annotator(Config.load(overrides={"text.weights": str(tmp_path)}))


def test_texts_longer_than_memory_are_read_in_parts(extract: TextExtractor, monkeypatch: pytest.MonkeyPatch) -> None:
    from kgbuild.mentions import pieces as module

    sentence = "Marie Curie was born in Warsaw. Pierre Curie lived in Paris. "
    given_ = reading(sentence * 3, sentence, "x" * 500, sentence)
    (whole,) = extract([given_])
    monkeypatch.setattr(module, "AT_ONCE", 90)
    (made,) = extract([given_])
    check(made, given_)
    places = {m.target for m in made.mentions}
    assert len(places & {m.target for m in whole.mentions}) >= 0.8 * len(whole.mentions)
