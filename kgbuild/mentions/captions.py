"""Sentences that a model says of photos: segments whose place is the picture, read by the extractors of text."""

from __future__ import annotations

from collections.abc import Sequence

from kgbuild.config import Config
from kgbuild.identity import segment_iri
from kgbuild.mentions.photos import nonsense, photos
from kgbuild.models.captioners import load_captioner
from kgbuild.models.hub import called
from kgbuild.types import Extraction, Reading, Segment

VERSION = "1"


class CaptionExtractor:
    """Derives a caption for each photo and frame. Without ``models.captioner`` it derives and loads nothing."""

    name = "captions"
    version = VERSION

    def __init__(self, config: Config) -> None:
        self._config, self._model = config, config["models"]["captioner"]
        self._lost: dict[str, int] = {}

    def derive(self, reading: Reading) -> tuple[Segment, ...]:
        """Segments of modality ``caption``, each with the ``score`` of its words; unsure ones are left out."""
        shown = photos(reading) if self._model else []
        images = {p.segment.blob: p.image for p in shown}
        if not images:
            return ()
        said = dict(zip(images, load_captioner(self._config)(list(images.values())), strict=True))
        self._lost[reading.source.id] = sum(not said[p.segment.blob].text for p in shown)
        made: list[Segment] = []
        for photo in shown:
            one = said[photo.segment.blob]
            if one.text and one.score >= self._config["photos"]["caption_score"]:
                iri = segment_iri(reading.source.id, len(reading.segments) + len(made) + 1)
                context = (*photo.segment.context, ("score", f"{one.score:.3f}"))
                agent = f"{self.name}/{VERSION} {called(self._model)}"
                made.append(
                    Segment(iri, photo.segment.target, "caption", one.text, agent, context, blob=photo.segment.blob)
                )
        return tuple(made)

    def __call__(self, readings: Sequence[Reading]) -> list[Extraction]:
        """The issues of captions that were none; what the captions say, the extractors of text find."""
        lost = [nonsense(r, "captioner", self._lost.pop(r.source.id, 0)) for r in readings]
        return [Extraction(r.source.id, issues=issues) for r, issues in zip(readings, lost, strict=True)]


def extractor(config: Config) -> CaptionExtractor:
    """The extractor of ``[mentions] extractors = ["captions"]``."""
    return CaptionExtractor(config)
