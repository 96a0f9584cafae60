"""Sound through PyAV: how long it is and, where a model of speech is to hear it, its samples at 16 kHz on one channel.

Samples leave the reader as FLAC (lossless, about half of their size). Where nobody listens only the first seconds are
decoded, to see that they are sound.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from kgbuild.errors import SourceError
from kgbuild.sources.reader import Composer, Limits
from kgbuild.types import Issue, TimeSpan

RATE = 16000  # samples a second
MODALITY = "sound"  # of the segment that stands for a stretch of sound
SUBTITLES = (".srt", ".vtt")
LOCAL = {"protocol_whitelist": "file"}  # no file leads elsewhere
_LOOKED_AT = 10.0  # seconds that are decoded where nobody listens
_BROKEN = 0.5  # share of packets that cannot be decoded, from which a file is no sound


@dataclass(frozen=True, slots=True)
class Sound:
    """Seconds on the media's clock; the samples as FLAC, empty if nobody listens; packets that could not be decoded;
    whether it was cut off at ``audio.max_seconds``.
    """

    start: float
    end: float
    flac: bytes
    lost: int
    cut: bool


def undecodable(err: Exception, code: str) -> SourceError:
    """The error of a file that FFmpeg cannot decode, in words: neither its number nor the path on this machine."""
    said = getattr(err, "strerror", None) or str(err)
    return SourceError("it ends too early" if said == "End of file" else f"cannot be decoded: {said}", code)


def subtitled(path: Path) -> bool:
    """Whether subtitles of the same name stand beside a file: who has them needs no transcript."""
    return any(path.with_suffix(suffix).is_file() for suffix in SUBTITLES)


def add_sound(
    composer: Composer, container: Any, limits: Limits, issues: list[Issue], *, written: bool = False
) -> None:
    """The segment of a container's first sound track. ``written``: there are subtitles, so nobody has to listen.

    Raises ``SourceError`` if what calls itself sound cannot be decoded.
    """
    id = composer.source.id
    sound = read_sound(container, limits, listen=limits.speech and not written)
    if sound.lost:
        message = f"{sound.lost} packets of sound could not be decoded and are left out"
        issues.append(Issue("read", "broken-audio", message, id, severity="warning"))
    if sound.cut:
        message = f"only the first {limits.max_seconds} seconds are transcribed (audio.max_seconds)"
        issues.append(Issue("read", "too-long", message, id, severity="warning"))
    if not limits.speech and not written:
        message = f"{sound.end - sound.start:.0f} s of sound without subtitles: `models.speech` would transcribe it"
        issues.append(Issue("read", "speech", message, id, severity="info"))
    sha = hashlib.sha256(sound.flac).hexdigest() if sound.flac else ""
    if sha:
        composer.blobs[sha] = sound.flac
    composer.add(MODALITY, (TimeSpan(round(sound.start, 3), round(sound.end, 3)),), blob=sha)


def read_sound(container: Any, limits: Limits, *, listen: bool) -> Sound:
    """Length of the first sound track and, if somebody is to ``listen``, its samples.

    Raises ``SourceError`` ("broken-audio") if most of it cannot be decoded, or nothing comes out.
    """
    import av

    stream = container.streams.audio[0]
    stream.thread_type = "NONE"
    begins = float(container.start_time or 0) / av.time_base
    start = max(0.0, float((stream.start_time or 0) * (stream.time_base or 0)) - begins)
    buffer = BytesIO()
    flac = _Flac(buffer)
    packets = lost = samples = 0
    end, cut = start, False
    for packet in container.demux(stream):
        if packet.pts is not None and packet.time_base:
            end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base) - begins)
        if not listen and end - start > _LOOKED_AT:
            continue
        if cut := end - start > limits.max_seconds:
            break
        packets += bool(packet.size)
        try:
            for frame in packet.decode():
                samples += frame.samples
                if listen:
                    flac.add(frame)
        except av.error.FFmpegError:
            lost += 1
    if not samples or lost > _BROKEN * packets:
        raise SourceError("its sound cannot be decoded", "broken-audio")
    if end <= start:  # a container without times
        end = start + samples / (stream.codec_context.sample_rate or RATE)
    if listen:
        flac.close()
    return Sound(start, end, buffer.getvalue() if listen else b"", lost, cut)


class _Flac:
    """Frames of any format, written as FLAC of 16 bits, 16 kHz and one channel."""

    def __init__(self, buffer: BytesIO) -> None:
        import av

        self._out = av.open(buffer, "w", format="flac")
        self._stream = self._out.add_stream("flac", rate=RATE, layout="mono", format="s16")
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)

    def add(self, frame: Any) -> None:
        frame.pts = None  # times with gaps would make the encoder stop: samples are counted instead
        for part in self._resampler.resample(frame):
            self._encode(part)

    def close(self) -> None:
        for part in self._resampler.resample(None):
            self._encode(part)
        self._out.mux(self._stream.encode(None))
        self._out.close()

    def _encode(self, frame: Any) -> None:
        frame.pts = None
        self._out.mux(self._stream.encode(frame))
