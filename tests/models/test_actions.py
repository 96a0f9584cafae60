"""Actions: clips where something moves, and what a model calls what is done in them, as events."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from tiny import save_videomae

from kgbuild.config import Config
from kgbuild.errors import ModelUnavailable
from kgbuild.mentions.actions import extractor
from kgbuild.models.actions import classifier
from kgbuild.models.arrays import pixels
from kgbuild.sources import discover
from kgbuild.sources.clips import FRAMES, unstacked
from kgbuild.sources.pool import read_file
from kgbuild.sources.reader import Limits
from kgbuild.types import Box, Reading, TimeSpan


def config(name: str | Path) -> Config:
    return Config.load(overrides={"models.actions": str(name)})


def film(path: Path) -> None:
    """Eight seconds in which a square goes to the right, then five in which nothing moves; 320 x 180, 10 a second."""
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for n in range(130):
            picture = np.full((180, 320, 3), 255, np.uint8)
            x = min(n, 80) * 3
            picture[60:120, x : x + 60] = (200, 0, 0)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode())


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("film") / "film.mp4"
    film(made)
    return made


def read(path: Path, settings: Config) -> Reading:
    ((source,), _) = discover(path, settings)
    return read_file(path, source, Limits.of(settings, beside=False))


@pytest.fixture(scope="module")
def reading(path: Path) -> Reading:
    return read(path, config("any"))


def test_clips_are_of_what_moves(reading: Reading) -> None:
    clips = [s for s in reading.segments if s.modality == "clip"]
    assert [s.target.selectors for s in clips] == [
        (TimeSpan(0, 4), Box(0, 0, 398, 224)), (TimeSpan(4, 8), Box(0, 0, 398, 224)),
    ]  # fmt: skip
    frames = unstacked(pixels(reading.blobs[clips[0].blob]), 224)
    assert frames.shape == (FRAMES, 224, 398, 3)
    starts = [int(np.argmax(f[112, :, 1] < 100)) for f in frames]
    assert starts == sorted(starts) and starts[-1] - starts[0] > 100, "frames in the order of time"


def test_who_names_no_model_has_no_clips(path: Path) -> None:
    reading = read(path, Config.load())
    assert {s.modality for s in reading.segments} == {"frame"}
    assert extractor(Config.load())([reading])[0].events == ()


def test_one_action_over_clips_is_one_event(reading: Reading, tmp_path: Path) -> None:
    model = save_videomae(tmp_path, ["falling", "pushing_something", "waving"], "pushing_something")
    (event,) = extractor(config(model))([reading])[0].events
    assert (event.kind, event.label, event.target.selectors) == ("Action", "pushing something", (TimeSpan(0, 8),))
    assert event.score == pytest.approx(np.exp(3) / (np.exp(3) + 2), abs=1e-3)
    assert event.agent == f"actions/1 {model}"


def test_what_the_model_does_not_know_is_no_event(reading: Reading, tmp_path: Path) -> None:
    model = save_videomae(tmp_path, ["a", "b", "c"], "none of them")
    assert extractor(config(model))([reading])[0].events == ()
    with pytest.raises(ModelUnavailable, match="models fetch actions"):
        extractor(config("no/such"))([reading])


def test_the_model_sees_the_middle_of_frames_in_order(tmp_path: Path) -> None:
    seen = classifier(config(save_videomae(tmp_path, ["a", "b"], "a")))._input(
        np.stack([np.full((40, 80, 3), n, np.uint8) for n in range(16)])
    )
    assert seen.shape == (4, 3, 32, 32)
    assert np.allclose(seen[:, 0, 0, 0], (np.array([0, 5, 10, 15]) / 255 - 0.5) / 0.5, atol=1e-5)
