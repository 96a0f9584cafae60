"""Sentences that a model says of photos: segments whose place is the picture, read by the extractors of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kgbuild.config import Config
from kgbuild.identity import segment_iri
from kgbuild.mentions.photos import LOOKED_AT, Photo, nonsense, photos
from kgbuild.models.captioners import Caption, load_captioner
from kgbuild.models.hub import called
from kgbuild.types import Derived, Reading, Segment

VERSION = "1"


class CaptionExtractor:
    """Derives a caption for each photo and frame. Without ``models.captioner`` it derives and loads nothing."""

    name = "captions"
    version = VERSION
    roles = ("captioner",)
    reads = LOOKED_AT
    across = True

    def __init__(self, config: Config) -> None:
        self._config, self._model = config, config["models"]["captioner"]

    def derive(self, readings: Sequence[Reading]) -> list[Derived]:
        """Segments of modality ``caption``, each with the ``score`` of its words; unsure ones are left out, and those
        that are none an issue. Raises ``ModelUnavailable``.
        """
        shown = [photos(reading) if self._model else [] for reading in readings]
        images = {p.segment.blob: p.image for some in shown for p in some}
        said = dict(zip(images, load_captioner(self._config)(list(images.values())), strict=True)) if images else {}
        return [self._derived(reading, some, said) for reading, some in zip(readings, shown, strict=True)]

    def _derived(self, reading: Reading, shown: Sequence[Photo], said: Mapping[str, Caption]) -> Derived:
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
        lost = sum(not said[p.segment.blob].text for p in shown)
        return Derived(tuple(made), nonsense(reading, "captioner", lost))


def extractor(config: Config) -> CaptionExtractor:
    """The extractor of ``[mentions] extractors = ["captions"]``."""
    return CaptionExtractor(config)
