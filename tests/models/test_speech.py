"""Speech: pauses, Whisper and PocketSphinx; what is heard becomes cues, read as subtitles are, with word times."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from tiny import save_whisper

import kgbuild
from kgbuild.config import Config
from kgbuild.errors import ModelUnavailable
from kgbuild.mentions import extract, load
from kgbuild.mentions.speech import samples, sentences
from kgbuild.models.pauses import LONGEST, stretches
from kgbuild.models.speech import Heard, Word, recogniser
from kgbuild.report import Report
from kgbuild.sources import discover
from kgbuild.sources.pool import read_file
from kgbuild.sources.reader import Limits
from kgbuild.types import TextPosition

SAID = Path(__file__).parents[1] / "data" / "speech" / "antenna.opus"
TEXT = " The Deep Space Network is operated by NASA. It listens."


def noise(seconds: float, loud: float = 0.1) -> np.ndarray:
    made: np.ndarray = (np.random.default_rng(0).normal(0, loud * 32768, round(seconds * 16000))).astype(np.int16)
    return made


def config(name: str | Path, **settings: object) -> Config:
    return Config.load(overrides={"models.speech": str(name)} | {k.replace("__", "."): v for k, v in settings.items()})


@pytest.fixture(scope="module")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_whisper(tmp_path_factory.mktemp("whisper"), TEXT)


@pytest.fixture(scope="module")
def sound() -> np.ndarray:
    """The samples of the recorded sentences, through the reader."""
    ((source,), _) = discover(SAID, config("x"))
    (flac,) = read_file(SAID, source, Limits.of(config("x"))).blobs.values()
    return samples(flac)


# -- pauses --


def test_where_nobody_speaks_there_is_nothing_to_hear() -> None:
    assert list(stretches(np.zeros(160_000, np.int16))) == []
    assert list(stretches(noise(10, 0.0005))) == []
    assert list(stretches(np.zeros(0, np.int16))) == []


def test_stretches_lie_between_pauses() -> None:
    silence = np.zeros(5 * 16000, np.int16)
    found = list(stretches(np.concatenate([silence, noise(2), silence, noise(3), silence])))
    assert np.allclose(found, [(5, 7), (12, 15)], atol=0.2)
    short = list(stretches(np.concatenate([noise(2), silence[: 16000 * 1], noise(2)])))
    assert len(short) == 1, "words need words around them"


def test_no_stretch_is_too_long() -> None:
    sound = noise(100)
    sound[16000 * 25 : 16000 * 25 + 4000] //= 50  # where it is quietest it is cut
    found = list(stretches(sound))
    assert all(b - a <= LONGEST + 1e-6 for a, b in found)
    assert found[0][0] == 0 and found[-1][1] == pytest.approx(100, abs=0.1)
    assert [a for a, _ in found[1:]] == [b for _, b in found[:-1]]
    assert 25 <= found[0][1] <= 25.3


# -- models --


def test_whisper_says_its_words_in_order_with_times(whisper: Path, sound: np.ndarray) -> None:
    heard = recogniser(config(whisper))(sound)
    assert " ".join(w.text for w in heard.words) == TEXT.strip()
    assert (heard.language, heard.punctuated, heard.dropped) == ("en", True, 0)
    assert all(0.9 < w.score <= 1 and 0 <= w.start < w.end <= len(sound) / 16000 for w in heard.words)
    starts = [w.start for w in heard.words]
    assert starts == sorted(starts) and heard.words[-1].end > 1


def test_batches_and_stretches_change_nothing(whisper: Path, sound: np.ndarray) -> None:
    twice = np.concatenate([sound, np.zeros(16000 * 4, np.int16), sound])
    one, many = (recogniser(config(whisper, models__batch=size))(twice) for size in (1, 16))
    assert [w.text for w in one.words] == [w.text for w in many.words] == 2 * TEXT.split()
    assert np.allclose([w.start for w in one.words], [w.start for w in many.words], atol=0.1)
    assert many.words[len(many.words) // 2].start > len(sound) / 16000


def test_whisper_without_alignment_shares_the_time(tmp_path: Path, sound: np.ndarray) -> None:
    heard = recogniser(config(save_whisper(tmp_path, TEXT, timed=False)))(sound)
    assert [w.text for w in heard.words] == TEXT.split()
    lengths = {w.text: w.end - w.start for w in heard.words}
    assert lengths["Network"] > lengths["is"] > 0


def test_what_goes_in_circles_is_dropped(tmp_path: Path, sound: np.ndarray) -> None:
    heard = recogniser(config(save_whisper(tmp_path, " thanks for watching" * 15)))(sound)
    assert not heard.words and heard.dropped == 45


def test_silence_gives_no_words(whisper: Path) -> None:
    assert not recogniser(config(whisper))(np.zeros(160_000, np.int16)).words


def test_a_model_that_is_not_there_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"models.speech = 'whisper:no/such'.*models fetch speech"):
        recogniser(config("whisper:no/such"))
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    monkeypatch.setattr("kgbuild.models.loading._made", {})
    with pytest.raises(ModelUnavailable, match=r"kgbuild\[speech\]"):
        recogniser(config("pocketsphinx"))


def test_pocketsphinx_hears_clear_english_and_always_the_same(sound: np.ndarray) -> None:
    pytest.importorskip("pocketsphinx")
    hear = recogniser(config("pocketsphinx"))
    heard = hear(sound)
    said = " ".join(w.text for w in heard.words)
    assert said.startswith("the antenna was built in california by the united states scientists in california")
    antenna, scientists = heard.words[1], heard.words[10]
    assert 0.1 < antenna.start < 0.3 and 0.5 < antenna.end < 0.8 and 5.8 < scientists.start < 6.3
    assert not heard.punctuated and heard.language == "en"
    assert hear(sound) == heard, "nothing depends on what was heard before"


# -- cues --


def words(text: str, pauses: dict[int, float]) -> tuple[Word, ...]:
    made, at = [], 0.0
    for n, word in enumerate(text.split()):
        made.append(Word(word, at, at + 0.3, 1.0))
        at += 0.3 + pauses.get(n, 0.05)
    return tuple(made)


def texts(heard: Heard) -> list[str]:
    return [" ".join(w.text for w in part) for part in sentences(heard)]


def test_cues_end_with_sentences_or_else_at_pauses() -> None:
    text = "It listens. Then it sends data"
    assert texts(Heard(words(text, {3: 0.5}), "en", True)) == ["It listens.", "Then it sends data"]
    assert texts(Heard(words(text, {3: 0.5}), "en", False)) == ["It listens. Then it", "sends data"]


def test_long_cues_are_cut_at_their_longest_pause() -> None:
    found = texts(Heard(words(" ".join(f"w{n}" for n in range(40)), {17: 0.2}), "en", False))
    assert [len(t.split()) for t in found] == [18, 22]


# -- a build --


@pytest.fixture(scope="module")
def built(whisper: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    folder = tmp_path_factory.mktemp("speech")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "talk.opus").write_bytes(SAID.read_bytes())
    named = config(whisper, run__workers=1, mentions__extractors=["text", "metadata", "speech"])
    return folder / "out", kgbuild.build(folder / "corpus", out=folder / "out", config=named)


def test_what_is_said_is_in_the_graph_with_its_second(built: tuple[Path, Report]) -> None:
    out, report = built
    assert report.status == "success"
    with kgbuild.open(out) as graph:
        rows = graph.sparql(
            'SELECT ?place ?by { ?m oa:hasBody/rdfs:label "NASA"@en ; oa:hasTarget ?place . '
            "?m prov:wasGeneratedBy/core:modality ?by }"
        )
        found = [dict(r) for r in rows]
        assert found and all(r["by"] == "cue" for r in found)
        assert "talk.opus#t=npt:" in str(found[0]["place"]) and "&char=" in str(found[0]["place"])
        (times,) = graph.sparql(
            'SELECT ?a ?b { ?m oa:hasBody/rdfs:label "Deep Space Network"@en ; oa:hasTarget ?p . '
            "BIND(kgf:start(?p) AS ?a) BIND(kgf:end(?p) AS ?b) } LIMIT 1"
        )
        assert 0 <= times["a"] < times["b"] < 9.3
        (kinds,) = graph.sparql(
            "SELECT ?title ?who { ?s a core:Audio ; dcterms:title ?title ; core:creator/rdfs:label ?who }"
        )
        assert "Ada Example" in str(kinds["who"])


def test_its_evidence_resolves(built: tuple[Path, Report]) -> None:
    from kgbuild.queries.evidence import check_evidence

    check = check_evidence(built[0])
    assert check.checked["cue"] > 1 and not check.failures


def test_without_the_model_the_source_says_so_and_has_its_tags() -> None:
    named = config("whisper:no/such", mentions__extractors=["metadata", "speech"])
    ((source,), _) = discover(SAID, named)
    reading, found = extract(read_file(SAID, source, Limits.of(named)), load(named))
    assert [(i.code, i.severity) for i in found.issues] == [("model-unusable", "error")]
    assert len(found.relations) == 3 and not [s for s in reading.segments if s.modality == "cue"]


def test_transcripts_stand_at_the_end_of_the_rendition(whisper: Path) -> None:
    named = config(whisper, mentions__extractors=["metadata", "speech"])
    ((source,), _) = discover(SAID, named)
    reading, found = extract(read_file(SAID, source, Limits.of(named)), load(named))
    cues = [s for s in reading.segments if s.modality == "cue"]
    places = [p for s in cues if (p := s.target.find(TextPosition)) is not None]
    assert [reading.text[p.start : p.end] for p in places] == [s.text for s in cues] != []
    assert reading.text.startswith("Ada Example\n\nTalks\n\n") and not found.issues
    assert {s.language for s in cues} == {"en"} and all(s.times for s in cues)
