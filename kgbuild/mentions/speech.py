"""Speech: what a model hears in audio files and in videos without subtitles, as cues with the time of each word.

A cue is a sentence, or what is said between two pauses. It is read as subtitles are: by the extractors of text, with
the second as evidence. A model that writes no capitals and no punctuation gets both at the ends of its cues.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO

import numpy as np

from kgbuild.config import Config
from kgbuild.identity import segment_iri
from kgbuild.models.speech import Heard, Word, recogniser
from kgbuild.sources.sound import MODALITY
from kgbuild.types import Derived, Issue, Reading, Segment, Target, TimeSpan

VERSION = "1"
_PAUSE = 0.35  # seconds between two words that end a cue where nothing is punctuated
_LONG_PAUSE = 1.2  # the same where it is
_WORDS = 24  # of a cue; longer ones are cut at their longest pauses
_ENDS = (".", "?", "!", "…", "。", "？", "！")


class SpeechExtractor:
    """Derives cues of what sounds, by ``models.speech``."""

    name = "speech"
    version = VERSION
    roles = ("speech",)
    reads = frozenset({MODALITY})

    def __init__(self, config: Config) -> None:
        self.config = config
        self.model: str = config["models"]["speech"]

    def derive(self, readings: Sequence[Reading]) -> list[Derived]:
        """Cues without a place in the rendition, which ``extract`` gives them; what was nonsense as an issue. Raises
        ``ModelUnavailable``.
        """
        return [self._derive(reading) for reading in readings]

    def _derive(self, reading: Reading) -> Derived:
        made, dropped = list[Segment](), 0
        for sound in reading.segments:
            flac = reading.blobs.get(sound.blob) if sound.modality == MODALITY else None
            if not self.model or not flac:
                continue
            heard = recogniser(self.config)(samples(flac))
            dropped += heard.dropped
            offset = sound.target.find(TimeSpan) or TimeSpan(0, 0)
            for words in sentences(heard):
                number = len(reading.segments) + len(made) + 1
                made.append(self._cue(reading, words, heard, offset.start, segment_iri(reading.source.id, number)))
        return Derived(tuple(made), self._issues(reading, dropped))

    def _issues(self, reading: Reading, dropped: int) -> tuple[Issue, ...]:
        message = (
            f"{self.model} heard {dropped} words that go in circles or lie outside of the sound: they are left out"
        )
        return (Issue("extract", "model-nonsense", message, reading.source.id, severity="warning"),) if dropped else ()

    def _cue(self, reading: Reading, words: Sequence[Word], heard: Heard, offset: float, id: str) -> Segment:
        text, times = "", []
        for word in words:
            said = word.text
            if not heard.punctuated and not text:
                said = said[:1].upper() + said[1:]
            text += " " if text and heard.spaced else ""
            times.append((len(text), len(text) + len(said), round(offset + word.start, 3), round(offset + word.end, 3)))
            text += said
        text += "" if heard.punctuated else "."
        span = TimeSpan(times[0][2], times[-1][3])
        score = min(1.0, float(np.mean([w.score for w in words])))
        return Segment(
            id, Target(reading.source.id, (span,)), "cue", text, f"speech/{VERSION} {self.model}",
            (("score", f"{score:.3f}"),), language=heard.language, times=tuple(times),
        )  # fmt: skip


def samples(flac: bytes) -> np.ndarray:
    """The samples int16 (n,) of a sound segment's bytes."""
    import av

    with av.open(BytesIO(flac), "r", format="flac") as opened:
        parts = [frame.to_ndarray()[0] for frame in opened.decode(audio=0)]
    return np.concatenate(parts) if parts else np.zeros(0, np.int16)


def sentences(heard: Heard) -> Iterator[Sequence[Word]]:
    """Runs of words that make a cue: to the end of a sentence, or to the next pause where there are none."""
    pause = _LONG_PAUSE if heard.punctuated else _PAUSE
    start = 0
    for n, word in enumerate(heard.words):
        after = heard.words[n + 1] if n + 1 < len(heard.words) else None
        ends = heard.punctuated and word.text.endswith(_ENDS)
        if after is None or ends or after.start - word.end >= pause:
            yield from _short(heard.words[start : n + 1])
            start = n + 1


def _short(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """A run as it is, or in two at the longest pause in its middle, until none is too long."""
    if len(words) <= _WORDS:
        yield words
        return
    middle = range(len(words) // 4, 3 * len(words) // 4)
    cut = max(middle, key=lambda n: (words[n].text.endswith((",", ";", ":")), words[n + 1].start - words[n].end, -n))
    yield from _short(words[: cut + 1])
    yield from _short(words[cut + 1 :])


def extractor(config: Config) -> SpeechExtractor:
    """The extractor of ``[mentions] extractors = ["speech"]``."""
    return SpeechExtractor(config)
