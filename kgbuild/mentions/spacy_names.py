"""Names by any pipeline of spaCy: an installed package or a folder, those with transformers included."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kgbuild.config import Config
from kgbuild.errors import ModelUnavailable
from kgbuild.mentions.names_by_model import Span, extraction, spoken
from kgbuild.models.classes import classes
from kgbuild.models.devices import device
from kgbuild.models.hub import location
from kgbuild.models.labels import Labels
from kgbuild.models.loading import once
from kgbuild.types import Extraction, Reading, Segment

if TYPE_CHECKING:
    from spacy.language import Language

VERSION = "1"
ROLE = "spacy"
SCORE = 0.75  # pipelines say no number


class SpacyExtractor:
    """Mentions of the entities that the pipeline ``models.spacy`` finds. One extraction per reading."""

    name = ROLE
    version = VERSION
    roles = (ROLE,)

    def __init__(self, config: Config) -> None:
        self._config, self._name = config, config["models"][ROLE]
        self._agent = f"{ROLE}/{VERSION} {Path(self._name).name}"

    @property
    def languages(self) -> frozenset[str]:
        """That of the pipeline, as its folder says; none for one of all languages, or that cannot be used."""
        folder = location(self._name) if self._name else None
        try:
            lang = json.loads((folder / "meta.json").read_text("utf-8"))["lang"] if folder is not None else "xx"
        except (OSError, ValueError, KeyError):
            lang = "xx"
        return frozenset() if lang == "xx" else frozenset((str(lang),))

    def __call__(self, readings: Sequence[Reading]) -> list[Extraction]:
        return [self._extract(reading) if self._name else Extraction(reading.source.id) for reading in readings]

    def _extract(self, reading: Reading) -> Extraction:
        nlp = once(self._config, ROLE, self._name, "spacy.load", lambda: _load(self._config))
        segments = spoken(reading, self.languages)
        labels = Labels(classes(self._config), self._config["models"]["spacy_labels"])
        return extraction(reading, segments, self._spans(nlp, labels, segments), self._agent)

    def _spans(self, nlp: Language, labels: Labels, segments: Sequence[Segment]) -> list[list[Span]]:
        longest = nlp.max_length
        texts = (s.text[:longest] for s in segments)
        docs = nlp.pipe(texts, batch_size=max(1, self._config["models"]["batch"]))
        return [[Span(e.start_char, e.end_char, labels(e.label_), SCORE) for e in doc.ents] for doc in docs]


def _load(config: Config) -> Language:
    import spacy

    where = device(config, ROLE)
    if where.startswith("cuda"):
        spacy.require_gpu(int(where.partition(":")[2] or 0))
    name = config["models"][ROLE]
    if not Path(name).is_dir() and not spacy.util.is_package(name):
        raise ModelUnavailable(f"{name!r} is no folder here and no installed pipeline of spaCy", lasting=True)
    nlp = spacy.load(name)
    if not any("doc.ents" in nlp.get_pipe_meta(pipe).assigns for pipe in nlp.pipe_names):
        raise ModelUnavailable(f"the pipeline has no component that finds names (it has {', '.join(nlp.pipe_names)})")
    return nlp


def extractor(config: Config) -> SpacyExtractor:
    """The extractor of ``[mentions] extractors = ["spacy"]``: it finds nothing unless ``models.spacy`` is set."""
    return SpacyExtractor(config)
