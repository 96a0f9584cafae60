"""Models that hear words: Whisper through ``transformers`` (Radford et al. 2022), PocketSphinx with its English model.

Both get stretches of at most 30 s between pauses (see ``pauses``): where nobody speaks nothing is heard.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from kgbuild.config import Config
from kgbuild.errors import ModelUnavailable
from kgbuild.models.devices import batches
from kgbuild.models.loading import load, once, pretrained
from kgbuild.models.pauses import RATE, stretches

SPHINX = "pocketsphinx"
_UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "yue"})  # without blanks between words
_LOST = "\ufffd"
_SHORTEST = 0.02  # seconds of a word: Whisper's own steps
_LONG, _RATIO = 80, 2.4  # bytes of a text, and how far it may be compressed
_Token = tuple[int, float, float]  # id, second at which it ends, probability


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is written, with the seconds in which it is said and how sure the model is of it."""

    text: str
    start: float
    end: float
    score: float


@dataclass(frozen=True, slots=True)
class Heard:
    """What a model heard: words in the order of time, the language (ISO 639, "" if unknown) and whether the words carry
    capitals and punctuation; ``dropped`` counts words that were nonsense: out of the sound, in circles, or unscored.
    """

    words: tuple[Word, ...]
    language: str
    punctuated: bool
    dropped: int = 0

    @property
    def spaced(self) -> bool:
        """Whether the language writes blanks between words."""
        return self.language not in _UNSPACED


def recogniser(config: Config) -> Callable[[np.ndarray], Heard]:
    """What ``models.speech`` names, over samples int16 (n,) at 16 kHz; loaded once a process.

    Raises ``ModelUnavailable``.
    """
    name = config["models"]["speech"]
    if name == SPHINX:
        decoder = once(config, "speech", name, _sphinx, _sphinx)
        return lambda samples: sphinx_words(decoder, samples)
    whisper: Whisper = load(config, "speech", Whisper)
    return whisper


def _sphinx() -> Any:
    from pocketsphinx import Decoder

    return Decoder(samprate=RATE, loglevel="FATAL")


def sphinx_words(decoder: Any, samples: np.ndarray) -> Heard:
    """Words of English speech. Each stretch is normalised on its own, so nothing depends on what was heard before."""
    words = []
    for start, end in stretches(samples):
        decoder.reinit_feat()  # it goes on adapting to noise: what was heard before must not matter
        decoder.start_utt()
        decoder.process_raw(samples[round(start * RATE) : round(end * RATE)].tobytes(), full_utt=True)
        decoder.end_utt()
        rate = decoder.config["frate"]
        for w in decoder.seg() or ():
            text = w.word.partition("(")[0]  # "the(2)": its second pronunciation
            if text and text[0] not in "<[+":  # silence and noises
                words.append(
                    Word(text, start + w.start_frame / rate, start + (w.end_frame + 1) / rate, min(1.0, w.prob))
                )
    return _sane(words, len(samples) / RATE, "en", punctuated=False)


class Whisper:
    """A Whisper of ``transformers``. Words get their times from the attention between words and sound, aligned by
    dynamic time warping over the heads that the checkpoint names; without those they share the time of their stretch.
    """

    def __init__(self, folder: Path, config: Config, role: str) -> None:
        from transformers import AutoFeatureExtractor, AutoTokenizer, WhisperForConditionalGeneration
        from transformers.utils import logging as transformers_logging

        transformers_logging.set_verbosity_error()  # it warns of its own arguments at each call
        self.config, self.role = config, role
        self.model = pretrained(WhisperForConditionalGeneration, folder, config, role)
        self.tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self.features = AutoFeatureExtractor.from_pretrained(folder, local_files_only=True)
        settings = self.model.generation_config
        self.timed = bool(getattr(settings, "alignment_heads", None))
        self.languages = {id: token.strip("<|>") for token, id in (getattr(settings, "lang_to_id", None) or {}).items()}
        if self.features.sampling_rate != RATE:
            raise ModelUnavailable(f"it hears {self.features.sampling_rate} samples a second, not {RATE}")

    def __call__(self, samples: np.ndarray) -> Heard:
        spans = list(stretches(samples))
        parts = [samples[round(a * RATE) : round(b * RATE)].astype(np.float32) / 32768 for a, b in spans]
        language = self._language(spans, parts)
        said = batches(parts, self.config, lambda some: self._say(some, language), role=self.role)
        words: list[Word] = []
        circles = 0
        for (start, end), tokens in zip(spans, said, strict=True):
            found = [
                replace(w, start=start + w.start, end=start + w.end) for w in self._words(tokens, language, end - start)
            ]
            if _repeats(" ".join(w.text for w in found)):
                circles += len(found)
            else:
                words += found
        heard = _sane(words, len(samples) / RATE, language or "en", punctuated=True)
        return replace(heard, dropped=heard.dropped + circles)

    def _language(self, spans: Sequence[tuple[float, float]], parts: Sequence[np.ndarray]) -> str:
        """The language of most of the time; "" for a model of English alone."""
        if not self.languages or not parts:
            return ""

        def run(some: Sequence[np.ndarray]) -> list[int]:
            found: list[int] = self.model.detect_language(**self._input(some)).tolist()
            return found

        votes: dict[str, float] = {}
        for (start, end), id in zip(spans, batches(parts, self.config, run, role=self.role), strict=True):
            votes[self.languages[id]] = votes.get(self.languages[id], 0.0) + end - start
        return min(votes, key=lambda code: (-votes[code], code))

    def _input(self, parts: Sequence[np.ndarray], *, mask: bool = False) -> Any:
        given = self.features(list(parts), sampling_rate=RATE, return_tensors="pt", return_attention_mask=mask)
        return given.to(self.model.device)

    def _say(self, parts: Sequence[np.ndarray], language: str) -> list[list[_Token]]:
        """Each token of each stretch with the second at which it ends and its probability."""
        import torch

        told = {"language": language, "task": "transcribe"} if language else {}
        made = self.model.generate(
            **self._input(parts, mask=True), **told, do_sample=False, num_beams=1, return_token_timestamps=self.timed,
            return_dict_in_generate=True, output_scores=True,
        )  # fmt: skip
        first = made["sequences"].shape[1] - len(made["scores"])  # the prompt comes before
        tokens = made["sequences"][:, first:]
        chances = torch.stack(list(made["scores"]), 1).float().softmax(-1).gather(-1, tokens[..., None].cpu())[..., 0]
        times = made["token_timestamps"][:, first:] if self.timed else torch.full(tokens.shape, float("nan"))
        rows = zip(tokens.tolist(), times.tolist(), chances.tolist(), strict=True)
        last = self.tokenizer.eos_token_id  # all special tokens follow it
        return [[t for t in zip(*row, strict=True) if t[0] < last] for row in rows]

    def _words(self, tokens: Sequence[_Token], language: str, seconds: float) -> Iterator[Word]:
        """Words out of tokens: one begins with a blank, in languages without blanks with each character."""
        texts: list[tuple[str, float, float]] = []  # what is written whole, when it ends, how sure
        open_ids: list[int] = []
        for id, end, chance in tokens:
            open_ids.append(id)
            text = str(self.tokenizer.decode(open_ids))
            if not text.endswith(_LOST):  # a character can be two tokens
                texts.append((text, end, chance))
                open_ids = []
        words: list[list[tuple[str, float, float]]] = []
        for one in texts:
            begins = language in _UNSPACED or one[0][:1].isspace()
            if (begins or not words) and any(c.isalnum() for c in one[0]):
                words.append([one])
            elif words:
                words[-1].append(one)
        length, said, start = sum(len(t) for t, _, _ in texts), 0, 0.0
        for parts in words:
            text = "".join(t for t, _, _ in parts)
            said += len(text)
            end = parts[-1][1] if self.timed else seconds * said / length
            yield Word(text.strip(), start, max(end, start + _SHORTEST), float(np.mean([c for _, _, c in parts])))
            start = end


def _sane(words: Sequence[Word], seconds: float, language: str, *, punctuated: bool) -> Heard:
    """Without words that lie out of the sound or have no score."""
    kept = []
    for word in words:
        start, end = round(max(0.0, word.start), 3), round(min(seconds, word.end), 3)
        if end > start and 0 <= word.score <= 1 and _LOST not in word.text:
            kept.append(replace(word, start=start, end=end))
    return Heard(tuple(kept), language, punctuated, len(words) - len(kept))


def _repeats(text: str) -> bool:
    """Whether a text goes round in circles, as Whisper does where it hears nothing (section 4.5 of the paper)."""
    data = text.encode()
    return len(data) > _LONG and len(data) / len(zlib.compress(data)) > _RATIO
