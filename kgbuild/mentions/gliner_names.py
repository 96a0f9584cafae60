"""Names by GLiNER (Zaratiana et al. 2024): asked for the classes of the ontologies, by their labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from kgbuild.config import Config
from kgbuild.errors import ModelUnavailable
from kgbuild.mentions.names_by_model import Span, extraction, spoken
from kgbuild.models.classes import NamedClass, classes
from kgbuild.models.devices import batches, device
from kgbuild.models.loading import load
from kgbuild.types import Extraction, Reading

VERSION = "1"
ROLE = "gliner"
_MOST = 25  # classes that are asked for at once: their labels take of the tokens that the model sees
_WORDS = 200  # of a text at once: models are trained on 384 tokens, labels included
THRESHOLD = 0.5


class GlinerExtractor:
    """Mentions of the classes that ``models.gliner`` is asked for. One extraction per reading."""

    name = ROLE
    version = VERSION
    roles = (ROLE,)
    every_language = True

    def __init__(self, config: Config) -> None:
        self._config, self._name = config, config["models"][ROLE]
        self._agent = f"{ROLE}/{VERSION} {Path(self._name).name}"
        self.wanted = bool(self._name)

    def __call__(self, readings: Sequence[Reading]) -> list[Extraction]:
        return [self._extract(reading) if self._name else Extraction(reading.source.id) for reading in readings]

    def _extract(self, reading: Reading) -> Extraction:
        segments = spoken(reading, frozenset())
        if not segments:
            return Extraction(reading.source.id)
        model, asked = load(self._config, ROLE, _load), classes(self._config)
        pieces = [(n, at, text) for n, s in enumerate(segments) for at, text in _pieces(s.text)]
        found: list[list[Span]] = [[] for _ in segments]
        for start in range(0, len(asked), _MOST):
            some = asked[start : start + _MOST]
            run = partial(_asked, model, some)
            said = batches([text for *_, text in pieces], self._config, run, role=ROLE)
            for (n, at, _), spans in zip(pieces, said, strict=True):
                found[n] += [Span(at + s.start, at + s.end, s.label, s.score) for s in spans]
        return extraction(reading, segments, [_apart(spans) for spans in found], self._agent)


def _asked(model: Any, some: Sequence[NamedClass], texts: Sequence[str]) -> list[list[Span]]:
    """The spans of each text, in one batch."""
    meant = {c.label: c.mentioned for c in reversed(some)}
    said = model.inference(list(texts), list(meant), threshold=THRESHOLD, flat_ner=True, batch_size=len(texts))
    return [[Span(e["start"], e["end"], meant[e["label"]], float(e["score"])) for e in one] for one in said]


def _pieces(text: str) -> list[tuple[int, str]]:
    """A text in runs of ``_WORDS`` words at most, with the character at which each begins."""
    words = [m.span() for m in re.finditer(r"\S+", text)]
    runs = [words[n : n + _WORDS] for n in range(0, len(words), _WORDS)]
    return [(run[0][0], text[run[0][0] : run[-1][1]]) for run in runs]


def _apart(spans: Sequence[Span]) -> list[Span]:
    """Spans that do not overlap, the surer before the others."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: (-s.score, s.start, s.end, s.label)):
        if all(span.end <= k.start or k.end <= span.start for k in kept):
            kept.append(span)
    return sorted(kept, key=lambda s: s.start)


def _load(folder: Path, config: Config, role: str) -> Any:
    if not (folder / "model.safetensors").is_file():
        raise ModelUnavailable(
            f"there is no model.safetensors in {folder}: pickled weights are never loaded", lasting=True
        )
    from gliner import GLiNER

    return GLiNER.from_pretrained(str(folder), local_files_only=True, map_location=device(config, role)).eval()


def extractor(config: Config) -> GlinerExtractor:
    """The extractor of ``[mentions] extractors = ["gliner"]``: it finds nothing unless ``models.gliner`` is set."""
    return GlinerExtractor(config)
