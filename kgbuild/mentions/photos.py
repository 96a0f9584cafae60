"""What of a reading is a photo: the pictures and frames that models of photos look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kgbuild.mentions.ocr import split_box
from kgbuild.models.arrays import pixels
from kgbuild.types import Issue, Mention, Reading, Segment, TimeSpan

SEEN = "objects/"  # agents of this name see things that nobody names
LOOKED_AT = frozenset({"picture", "frame", "label"})  # modalities of segments; labels say what a picture is
_LEAST = 48  # pixels of the shorter side: smaller ones are icons


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A picture or frame with its pixels, uint8 RGB (h, w, 3)."""

    segment: Segment
    image: np.ndarray

    @property
    def modality(self) -> str:
        return "frame" if self.segment.target.find(TimeSpan) is not None else "picture"


def photos(reading: Reading) -> list[Photo]:
    """The pictures and frames of a source that were not read as a diagram, chart, table, page or screen.

    What a picture is, its labels say; one without labels may be a photo.
    """
    kinds = {s.blob: kind for s in reading.segments if (kind := dict(s.context).get("picture"))}
    shown = [
        s
        for s in reading.segments
        if s.modality in ("picture", "frame") and reading.blobs.get(s.blob) and kinds.get(s.blob, "photo") == "photo"
    ]
    large = [s for s in shown if (box := split_box(s.target.selectors)[1]) and min(box.w, box.h) >= _LEAST]
    images = {blob: pixels(reading.blobs[blob]) for blob in dict.fromkeys(s.blob for s in large)}
    return [Photo(s, images[s.blob]) for s in large]


def is_seen(mention: Mention) -> bool:
    """Whether a mention is of a thing that a picture shows and nobody names: two of one word are two things."""
    return mention.agent.startswith(SEEN)


def nonsense(reading: Reading, role: str, count: int) -> tuple[Issue, ...]:
    """The issue of outputs of a model that cannot be, one for a source; none for none."""
    message = f"models.{role}: {count} outputs were left out: no numbers, outside of the picture, or unknown"
    return (Issue("extract", "model-nonsense", message, reading.source.id, severity="warning"),) if count else ()
