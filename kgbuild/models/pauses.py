"""Where somebody may be speaking: stretches of sound between pauses, by their energy.

It needs no model and no language. Noise without pauses counts as sound: what is said in it is for the model to hear.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

RATE = 16000  # samples a second
LONGEST = 29.0  # seconds of a stretch: Whisper hears 30
_STEP = 320  # samples of a frame: 20 ms
_SILENT = -55.0  # dB of full scale below which nothing is heard, however quiet the rest is
_ABOVE = 12.0  # dB over the quietest tenth, from which a frame is sound
_BELOW = 20.0  # dB under the loudest, down to which it is in any case
_PAUSE = 0.4  # seconds without sound that end a stretch once it is long enough
_MARGIN = 0.15  # seconds kept before and after: consonants are quiet
_CLICK = 0.08  # seconds: shorter sounds are no words
_LONG_PAUSE = 3.0  # seconds without sound that end a stretch in any case: in silence models hear what nobody says
_ENOUGH = 12.0  # seconds from which a stretch ends at the next pause: models need words around a word


def stretches(samples: np.ndarray, *, enough: float = _ENOUGH) -> Iterator[tuple[float, float]]:
    """Seconds (start, end) of sound in samples int16 (n,) at 16 kHz, none longer than ``LONGEST``, in order.

    Each has its margins and, while it is shorter than ``enough``, the pauses in it.
    """
    levels = _levels(samples)
    parts = _merged(_sounding(levels))
    start, end = -1, -1
    for a, b in parts:
        full = end - start >= _frames(enough) or b - start > _frames(LONGEST) or a - end > _frames(_LONG_PAUSE)
        if start >= 0 and full:
            yield from _cut(levels, start, end)
            start = a
        start, end = (a if start < 0 else start), b
    if start >= 0:
        yield from _cut(levels, start, end)


def _levels(samples: np.ndarray) -> np.ndarray:
    """dB of full scale of each frame of 20 ms, float32 (n,)."""
    count = len(samples) // _STEP
    frames = samples[: count * _STEP].reshape(count, _STEP)
    power = np.empty(count, np.float32)
    for at in range(0, count, 4096):  # a long film is no float array as a whole
        power[at : at + 4096] = np.square(frames[at : at + 4096].astype(np.float32) / 32768).mean(1)
    decibels: np.ndarray = 10 * np.log10(power + 1e-10)
    return decibels


def _sounding(levels: np.ndarray) -> np.ndarray:
    """Which frames sound."""
    if not len(levels):
        return np.zeros(0, bool)
    quiet, loud = np.percentile(levels, (10, 99))
    threshold = max(_SILENT, min(quiet + _ABOVE, loud - _BELOW))
    return np.asarray(levels > threshold)


def _merged(sounding: np.ndarray) -> list[tuple[int, int]]:
    """Runs of frames that sound, over short pauses, with margins; clicks are left out."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], sounding, [False])).astype(np.int8)))
    runs: list[tuple[int, int]] = []
    for a, b in edges.reshape(-1, 2).tolist():
        if runs and a - runs[-1][1] < _frames(_PAUSE):
            runs[-1] = runs[-1][0], b
        else:
            runs.append((a, b))
    margin = _frames(_MARGIN)
    return [(max(0, a - margin), min(len(sounding), b + margin)) for a, b in runs if b - a >= _frames(_CLICK)]


def _cut(levels: np.ndarray, start: int, end: int) -> Iterator[tuple[float, float]]:
    """A stretch in seconds; one that is too long in parts, cut where it is quietest in the last third of each."""
    most = _frames(LONGEST)
    while end - start > most:
        low = start + 2 * most // 3
        at = low + int(np.argmin(levels[low : start + most]))
        yield start * _STEP / RATE, at * _STEP / RATE
        start = at
    yield start * _STEP / RATE, end * _STEP / RATE


def _frames(seconds: float) -> int:
    return round(seconds * RATE / _STEP)
