"""Audio files: type by their bytes, length, tags; samples only where a model is to hear them; broken ones rejected."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from test_video import A

from kgbuild.config import Config
from kgbuild.mentions.metadata import extractor as tags_extractor
from kgbuild.mentions.speech import samples
from kgbuild.sources import ReaderPool, discover
from kgbuild.types import Field, Reading, TimeSpan
from kgbuild.vocab import CORE

TAGS = {"title": "A tone", "artist": "Ada Example", "album": "Tones", "date": "2024-05-01", "language": "eng"}
FORMATS = {
    "a.wav": ("wav", "pcm_s16le", "audio/wav"), "a.mp3": ("mp3", "libmp3lame", "audio/mpeg"),
    "a.flac": ("flac", "flac", "audio/flac"), "a.opus": ("ogg", "libopus", "audio/ogg"),
    "a.m4a": ("ipod", "aac", "audio/mp4"), "a.aac": ("adts", "aac", "audio/aac"),
    "a.mka": ("matroska", "libopus", "video/x-matroska"), "misnamed.txt": ("mp3", "libmp3lame", "audio/mpeg"),
}  # fmt: skip


def tone(seconds: float) -> np.ndarray:
    return (8000 * np.sin(np.arange(round(seconds * 48000)) * 0.06)).astype(np.int16)


def write_audio(path: Path, container: str, codec: str, sound: np.ndarray, tags: dict[str, str] | None = None) -> None:
    """Samples int16 at 48 kHz as a file."""
    with av.open(str(path), "w", format=container) as out:
        out.metadata.update(tags or {})
        stream = out.add_stream(codec, rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(sound[None], format="s16", layout="mono")
        frame.rate = 48000
        resampler = av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=48000, frame_size=960)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            part.pts = None
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))


def readings(folder: Path, **settings: object) -> dict[str, Reading]:
    config = Config.load(overrides={k.replace("__", "."): v for k, v in settings.items()})
    with ReaderPool(folder, config, 1) as pool:
        return {s.path: pool.read(s) for s in discover(folder, config)[0]}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audio")
    for name, (container, codec, _) in FORMATS.items():
        write_audio(folder / name, container, codec, tone(1.5), TAGS)
    return folder


@pytest.fixture(scope="module")
def found(written: Path) -> dict[str, Reading]:
    return readings(written)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_its_length_and_tags(found: dict[str, Reading], name: str) -> None:
    reading = found[name]
    assert (reading.outcome, reading.source.media_type) == ("processed", FORMATS[name][2])
    (sound,) = [s for s in reading.segments if s.modality == "sound"]
    span = sound.target.find(TimeSpan)
    assert span is not None and span.end - span.start == pytest.approx(1.5, abs=0.12)
    assert not reading.blobs, "nobody listens"
    ((code, severity, message),) = [(i.code, i.severity, i.message) for i in reading.issues]
    assert (code, severity) == ("speech", "info") and "models.speech" in message
    if name not in ("a.wav", "a.aac"):  # neither holds all of them
        assert reading.source.title == "A tone"
        fields = {f.name: s.text for s in reading.segments if (f := s.target.find(Field)) is not None}
        assert fields == {"tag:artist": "Ada Example", "tag:album": "Tones", "tag:date": "2024-05-01"}
    if name in ("a.flac", "a.mka"):
        assert reading.source.language == "en"


def test_tags_are_facts_about_the_file(found: dict[str, Reading], config: Config) -> None:
    reading = found["a.flac"]
    (extraction,) = tags_extractor(config)([reading])
    surfaces = {m.id: (m.surface, m.label) for m in extraction.mentions}
    facts = {(r.predicate, *surfaces[r.object]) for r in extraction.relations if r.subject == reading.source.id}
    assert facts == {
        (CORE + "creator", "Ada Example", "Thing"), (CORE + "album", "Tones", "Thing"),
        (CORE + "created", "2024-05-01", "Time"),
    }  # fmt: skip


def test_samples_for_who_listens(written: Path) -> None:
    heard = readings(written, models__speech="pocketsphinx")
    for name, reading in heard.items():
        (flac,) = reading.blobs.values()
        sound = samples(flac)
        assert len(sound) == pytest.approx(1.5 * 16000, abs=2000), name
        assert 4000 < np.abs(sound[4000:20000]).max() < 12000, name
        assert not reading.issues
    again = readings(written, models__speech="whisper:any")
    assert {n: r.blobs for n, r in again.items()} == {n: r.blobs for n, r in heard.items()}


def test_a_long_recording_is_cut_off_and_says_so(tmp_path: Path) -> None:
    write_audio(tmp_path / "long.flac", "flac", "flac", tone(3))
    reading = readings(tmp_path, models__speech="pocketsphinx", audio__max_seconds=1)["long.flac"]
    assert [i.code for i in reading.issues] == ["too-long"]
    assert len(samples(*reading.blobs.values())) < 1.2 * 16000


def test_broken_files_are_rejected_with_the_reason(written: Path, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, 100_000, np.uint8).tobytes()
    for name in ("a.wav", "a.flac", "a.opus", "a.m4a", "a.aac"):
        data = (written / name).read_bytes()
        (tmp_path / name).write_bytes(data[:20] if name == "a.wav" else data[:40] + noise[40 : len(data)])
    found = readings(tmp_path, models__speech="pocketsphinx")
    assert len(found) >= 4  # noise can take away what a type is known by
    for reading in found.values():
        assert reading.outcome == "rejected" and reading.issues[0].code in ("broken-audio", "no-content"), reading
        assert "Errno" not in reading.issues[0].message and str(tmp_path) not in reading.issues[0].message


def test_tags_that_are_no_text_cost_themselves_only(tmp_path: Path) -> None:
    write_audio(tmp_path / "a.mp3", "mp3", "libmp3lame", tone(1), {"title": "Good title"})
    data = (tmp_path / "a.mp3").read_bytes()
    (tmp_path / "a.mp3").write_bytes(data.replace(b"Good", b"\xff\xfe\xff\xfe"))
    assert readings(tmp_path)["a.mp3"].outcome == "processed"


def test_a_file_cut_short_gives_what_is_left(written: Path, tmp_path: Path) -> None:
    data = (written / "a.mp3").read_bytes()
    (tmp_path / "a.mp3").write_bytes(data[: 2 * len(data) // 3])
    reading = readings(tmp_path, models__speech="pocketsphinx")["a.mp3"]
    assert reading.outcome == "processed"
    assert 0.5 * 16000 < len(samples(*reading.blobs.values())) < 1.4 * 16000


def test_videos_sound_where_nobody_wrote_it_down(tmp_path: Path) -> None:
    for name in ("plain.mkv", "written.mkv"):
        with av.open(str(tmp_path / name), "w", format="matroska") as out:
            video, sound = out.add_stream("libx264", rate=10), out.add_stream("pcm_s16le", rate=48000, layout="mono")
            video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
            for _ in range(10):
                out.mux(video.encode(av.VideoFrame.from_ndarray(A, format="rgb24")))
            frame = av.AudioFrame.from_ndarray(tone(1)[None], format="s16", layout="mono")
            frame.rate, frame.pts = 48000, 0
            out.mux([*video.encode(), *sound.encode(frame)])
    (tmp_path / "written.srt").write_text("1\n00:00:00,100 --> 00:00:00,900\nA tone is heard.\n", "utf-8")
    found, silent = readings(tmp_path, models__speech="pocketsphinx"), readings(tmp_path)
    kinds = {name: [s.modality for s in r.segments] for name, r in found.items()}
    assert kinds["plain.mkv"] == ["frame", "sound"] and kinds["written.mkv"] == ["frame"]
    assert [i.code for i in silent["plain.mkv"].issues] == ["speech"]
    assert not silent["written.mkv"].issues
