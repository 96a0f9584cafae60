"""Videos: one key frame per slide at the right times, equal slides once, subtitle tracks, forced containers."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from test_readers import read

from kgbuild.types import TimeSpan


def slide(text: str, colour: str) -> np.ndarray:
    picture = Image.new("RGB", (320, 180), colour)
    ImageDraw.Draw(picture).text((40, 70), text, "black", ImageFont.load_default(40))
    return np.asarray(picture)


def write_video(
    path: Path, slides: list[tuple[np.ndarray, int]], *, rate: int = 10, container: str = "mp4",
    codec: str = "libx264", subtitles: Path | None = None,
) -> None:  # fmt: skip
    """Slides with their numbers of frames, and a subtitle file as a track."""
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        if subtitles is not None:
            with av.open(str(subtitles)) as given:
                track = out.add_stream_from_template(given.streams.subtitles[0])
                packets = [packet for packet in given.demux() if packet.dts is not None]
        for picture, count in slides:
            for _ in range(count):
                out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode())
        if subtitles is not None:
            for packet in packets:
                packet.stream = track
                out.mux(packet)


A, B = slide("Alpha", "white"), slide("Beta", "lightblue")


@pytest.mark.parametrize(("name", "container"), [("a.mp4", "mp4"), ("a.mkv", "matroska"), ("wrong.txt", "mp4")])
def test_slides_and_times(corpus, name: str, container: str) -> None:
    folder = corpus({"x.txt": "x"})
    write_video(folder / name, [(A, 20), (B, 30), (A, 10)], container=container)
    frames = [s for s in read(folder)[name].segments if s.modality == "frame"]
    times = [s.target.find(TimeSpan) for s in frames]
    assert [x for t in times if t for x in (t.start, t.end)] == pytest.approx([0, 2, 2, 5, 5, 6], abs=0.21)
    assert frames[0].blob == frames[2].blob != frames[1].blob


@pytest.mark.parametrize(
    ("container", "codec", "subtitles"),
    [
        ("matroska", "libx264", "1\n00:00:00,500 --> 00:00:01,500\nAlpha talks to Beta.\n"),
        ("webm", "libvpx-vp9", "WEBVTT\n\n00:00.500 --> 00:01.500\nAlpha talks to Beta.\n"),
    ],
)
def test_subtitle_tracks_are_cues(corpus, tmp_path: Path, container: str, codec: str, subtitles: str) -> None:
    folder = corpus({"x.txt": "x"})
    track = tmp_path / ("track.vtt" if subtitles.startswith("WEBVTT") else "track.srt")
    track.write_text(subtitles, "utf-8")
    write_video(folder / "a.video", [(A, 20)], container=container, codec=codec, subtitles=track)
    segments = read(folder)["a.video"].segments
    (cue,) = [s for s in segments if s.modality == "cue"]
    assert (cue.text, cue.target.find(TimeSpan)) == ("Alpha talks to Beta.", TimeSpan(0.5, 1.5))
    assert any(s.modality == "frame" for s in segments)


def test_a_text_that_calls_itself_video_opens_no_other_file(corpus) -> None:
    folder = corpus({"x.txt": "x"})
    write_video(folder / "real.mp4", [(A, 20)])
    (folder / "fake.mp4").write_text("ffconcat version 1.0\nfile real.mp4\n", "utf-8")
    found = read(folder)
    assert "fake.mp4" not in found or not found["fake.mp4"].blobs
    assert found["real.mp4"].blobs


def test_cut_videos_say_so(corpus) -> None:
    folder = corpus({"x.txt": "x"})
    write_video(folder / "a.mp4", [(A, 30)])
    data = (folder / "a.mp4").read_bytes()
    (folder / "a.mp4").write_bytes(data[: len(data) // 3])
    reading = read(folder)["a.mp4"]
    assert reading.outcome == "rejected" and reading.issues[0].code == "broken-video"


def test_a_codec_that_nobody_knows_is_a_reason(corpus) -> None:
    folder = corpus({"x.txt": "x"})
    write_video(folder / "a.mp4", [(A, 5)])
    data = (folder / "a.mp4").read_bytes()
    (folder / "a.mp4").write_bytes(data.replace(b"avc1", b"zz\x01z"))
    reading = read(folder)["a.mp4"]
    assert reading.outcome == "rejected" and "no decoder" in reading.issues[0].message
