"""Videos through PyAV: one key frame per shot or slide, the subtitle tracks inside, or else the sound.

The container format is forced from the sniffed type and only the ``file`` protocol is
open: a text file that calls itself .mp4 must not make a decoder read another file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from kgbuild.errors import SourceError
from kgbuild.sources.audio import read_audio
from kgbuild.sources.clips import add_clips
from kgbuild.sources.reader import Composer, Limits, Passage
from kgbuild.sources.sound import LOCAL, add_sound, subtitled, undecodable
from kgbuild.types import Box, Issue, Reading, Source, TimeSpan

_CONTAINERS = {
    "video/mp4": "mp4",
    "video/x-matroska": "matroska",
    "video/webm": "matroska",
    "video/x-msvideo": "avi",
}
_THUMB = (96, 54)
_CHANGED = 20  # grey levels from which a thumbnail's pixel counts as changed
_SHARE = 0.012  # share of changed pixels that begins a new shot
_EQUAL = 0.004  # share below which two shots show the same picture


@dataclass(slots=True)
class Shot:
    """A stretch of one picture: seconds, the last picture (RGB) and its grey thumbnail."""

    start: float
    end: float
    picture: np.ndarray
    thumb: np.ndarray


class VideoReader:
    """``.mp4``, ``.mkv``, ``.webm``, ``.avi``."""

    name = "video"
    version = "1"
    media_types = frozenset(_CONTAINERS)

    def __call__(self, path: Path, source: Source, limits: Limits) -> Reading:
        import av

        composer = Composer(source, f"{self.name}/{self.version}")
        issues: list[Issue] = []
        kind = _CONTAINERS[source.media_type]
        try:
            with av.open(str(path), format=kind, options=LOCAL, metadata_errors="replace") as container:
                if not container.streams.video:
                    return read_audio(path, source, limits, container=kind)
                size = container.streams.video[0].codec_context
                if size is None:  # nothing here decodes what the container says it holds
                    raise SourceError("its video is in a format that no decoder here knows", "broken-video")
                if size.width * size.height > limits.max_pixels:
                    raise SourceError(
                        f"{size.width} x {size.height} pixels; sources.max_pixels is {limits.max_pixels}",
                        "too-many-pixels",
                    )
                title = container.metadata.get("title", "").strip()
                _compose(composer, list(_shots(container, limits, issues, source)), limits, issues)
            with av.open(str(path), format=kind, options=LOCAL, metadata_errors="replace") as container:
                _subtitles(composer, container)
                silent = not container.streams.audio or any(s.modality == "cue" for s in composer.segments)
            if limits.actions:
                with av.open(str(path), format=kind, options=LOCAL, metadata_errors="replace") as container:
                    add_clips(composer, container)
            if not silent and not (limits.beside and subtitled(path)):
                with av.open(str(path), format=kind, options=LOCAL, metadata_errors="replace") as container:
                    _sound(composer, container, limits, issues)
        except (av.error.FFmpegError, EOFError, ValueError) as err:
            raise undecodable(err, "broken-video") from err
        if not composer.segments:
            raise SourceError("no frame could be decoded", "broken-video")
        if not any(s.modality == "frame" for s in composer.segments):
            issues.append(Issue("read", "broken-video", "no frame could be decoded", source.id, severity="warning"))
        reading = composer.reading(replace(source, title=title or source.title))
        return replace(reading, issues=tuple(issues))


def _frames(container: Any, limits: Limits) -> Iterator[tuple[float, Any]]:
    """Time in seconds and frame, thinned to ``samples_per_s``; times begin at the stream's start."""
    stream = container.streams.video[0]
    stream.thread_type = "NONE"  # same frames on every machine
    step, due = 1 / limits.samples_per_s, 0.0
    first = None
    for frame in container.decode(stream):
        if frame.time is None:
            continue
        first = frame.time if first is None else first
        time = frame.time - first
        if time + 1e-6 >= due:
            due = time + step
            yield time, frame


def _shots(container: Any, limits: Limits, issues: list[Issue], source: Source) -> Iterator[Shot]:
    import av

    shot: Shot | None = None
    last = 0.0
    frames = _frames(container, limits)
    while True:
        try:
            time, frame = next(frames)
        except StopIteration:
            break
        except av.error.FFmpegError as err:
            if shot is None:
                raise
            message = f"decoding stops at {last:.1f} s: {err.strerror}"
            issues.append(Issue("read", "broken-video", message, source.id, severity="warning"))
            break
        last = time
        thumb = frame.reformat(width=_THUMB[0], height=_THUMB[1], format="gray").to_ndarray().astype(np.int16)
        if shot is None or changed(shot.thumb, thumb) > _SHARE:
            if shot is not None:
                yield Shot(shot.start, time, shot.picture, shot.thumb)
            shot = Shot(time, time, _rgb(frame), thumb)
        else:
            shot.picture, shot.thumb, shot.end = _rgb(frame), thumb, time
    if shot is not None:
        duration = float(container.duration or 0) / av.time_base
        yield Shot(shot.start, max(duration, shot.end, shot.start + 0.04), shot.picture, shot.thumb)


def _rgb(frame: Any) -> np.ndarray:
    picture = frame.to_ndarray(format="rgb24")
    turns = round((getattr(frame, "rotation", 0) or 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(picture, turns)) if turns else picture


def changed(a: np.ndarray, b: np.ndarray) -> float:
    """Share of thumbnail pixels that differ clearly."""
    return float((np.abs(a - b) > _CHANGED).mean())


def _compose(composer: Composer, shots: list[Shot], limits: Limits, issues: list[Issue]) -> None:
    """Frames as segments; what looks equal shares one picture; very short shots are transitions."""
    from PIL import Image

    shortest = 1.5 / limits.samples_per_s
    kept = [s for s in shots if s.end - s.start >= shortest] or shots[:1]
    for before, after in pairwise(kept):
        before.end = after.start  # a fade belongs to the shot before it
    if len(kept) > limits.max_frames:
        message = f"{len(kept)} shots; {limits.max_frames} are kept, evenly spread (video.max_frames)"
        issues.append(Issue("read", "too-many-frames", message, composer.source.id, severity="warning"))
        kept = [kept[i * len(kept) // limits.max_frames] for i in range(limits.max_frames)]
    seen: list[tuple[np.ndarray, str]] = []
    for shot in kept:
        sha = next((s for thumb, s in seen if changed(thumb, shot.thumb) < _EQUAL), "")
        if not sha:
            data = BytesIO()
            Image.fromarray(shot.picture).save(data, "PNG", compress_level=1)
            sha = hashlib.sha256(data.getvalue()).hexdigest()
            composer.blobs[sha] = data.getvalue()
            seen.append((shot.thumb, sha))
        height, width = shot.picture.shape[:2]
        span = TimeSpan(round(shot.start, 3), round(shot.end, 3))
        composer.add("frame", (span, Box(0, 0, width, height)), blob=sha)


def _sound(composer: Composer, container: Any, limits: Limits, issues: list[Issue]) -> None:
    """The sound of a video without subtitles; if it is broken, the pictures are still good."""
    try:
        add_sound(composer, container, limits, issues)
    except SourceError as err:
        issues.append(Issue("read", err.code, str(err), composer.source.id, severity="warning"))


def _subtitles(composer: Composer, container: Any) -> None:
    for stream in container.streams.subtitles[:4]:
        for packet in container.demux(stream):
            if packet.pts is None or packet.duration is None or packet.time_base is None:
                continue
            start = float(packet.pts * packet.time_base)
            span = TimeSpan(round(start, 3), round(start + float(packet.duration * packet.time_base), 3))
            text = _cue_text(bytes(packet), stream.codec_context.name)
            if text and span.end > span.start:
                composer.passage(Passage(text, (), (), (span,), "cue"))
        break  # the first track: others are translations of it


def _cue_text(data: bytes, codec: str) -> str:
    if codec == "mov_text":  # two bytes of length, then UTF-8
        data = data[2 : 2 + int.from_bytes(data[:2], "big")]
    text = data.decode("utf-8", "replace")
    if codec in ("ass", "ssa"):
        text = text.split(",", 8)[-1].replace("\\N", " ")
        text = re.sub(r"\{[^}]*\}", "", text)
    return " ".join(re.sub(r"<[^>]*>", "", text).split())


READER = VideoReader()
