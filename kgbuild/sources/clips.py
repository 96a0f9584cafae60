"""Clips of a video for models of actions: a few seconds each, as sixteen small frames in one picture."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise
from typing import Any

import numpy as np

from kgbuild.sources.reader import Composer
from kgbuild.types import Box, TimeSpan

FRAMES = 16  # of a clip: what VideoMAE and most of its kin look at
SECONDS = 4.0  # of a clip
MODALITY = "clip"
_SIDE = 224  # pixels of the shorter side
_MOST = 100  # clips of a video; of a long one they are spread evenly
_MOVES = 4.0  # grey levels by which frames must differ on average: where nothing moves nothing is done


def add_clips(composer: Composer, container: Any) -> None:
    """Segments of the clips of a container's first video track, each with its pixels."""
    from PIL import Image

    for start, end, frames in _clips(container):
        stacked = np.concatenate(frames)
        data = BytesIO()
        Image.fromarray(stacked).save(data, "PNG", compress_level=1)
        sha = hashlib.sha256(data.getvalue()).hexdigest()
        composer.blobs[sha] = data.getvalue()
        height, width = frames[0].shape[:2]
        composer.add(MODALITY, (TimeSpan(round(start, 3), round(end, 3)), Box(0, 0, width, height)), blob=sha)


def _clips(container: Any) -> Iterator[tuple[float, float, list[np.ndarray]]]:
    """Start, end and frames, uint8 RGB (h, w, 3), of each clip in which something moves."""
    import av

    stream = container.streams.video[0]
    stream.thread_type = "NONE"  # same frames on every machine
    seconds = float(container.duration or 0) / av.time_base
    every = max(SECONDS, seconds / _MOST)
    step, first = SECONDS / FRAMES, None
    frames: list[np.ndarray] = []
    start = due = 0.0
    count = 0
    try:
        for frame in container.decode(stream):
            if frame.time is None:
                continue
            first = frame.time if first is None else first
            time = frame.time - first
            if time + 1e-6 < due:
                continue
            frames.append(_small(frame))
            due = start + len(frames) * step
            if len(frames) == FRAMES:
                if _moves(frames):
                    yield start, start + SECONDS, frames
                    count += 1
                start += every
                due, frames = start, []
            if count == _MOST:
                return
    except av.error.FFmpegError:
        return  # the key frames' reader says so


def _small(frame: Any) -> np.ndarray:
    scale = _SIDE / min(frame.width, frame.height)
    width, height = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
    small: np.ndarray = frame.reformat(width=width, height=height, format="rgb24").to_ndarray()
    return small


def _moves(frames: list[np.ndarray]) -> bool:
    differences = [np.abs(a.astype(np.int16) - b).mean() for a, b in pairwise(frames)]
    return float(max(differences)) > _MOVES or float(np.abs(frames[0].astype(np.int16) - frames[-1]).mean()) > _MOVES


def unstacked(picture: np.ndarray, height: int) -> np.ndarray:
    """The frames uint8 RGB (n, height, w, 3) of a clip's picture."""
    return picture.reshape(-1, height, *picture.shape[1:])
