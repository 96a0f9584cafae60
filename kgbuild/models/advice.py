"""Which roles of models would add more to a graph, by what its corpus holds."""

from __future__ import annotations

from collections.abc import Sequence

from kgbuild.config import Config
from kgbuild.models.catalog import ROLES
from kgbuild.types import Box, Reading

_OF_PHOTOS, _OF_SPEECH = ("detector", "captioner", "zero_shot"), ("speech",)
_LEAST = 48  # pixels of the shorter side of a picture that shows more than an icon


def advice(config: Config, readings: Sequence[Reading]) -> list[str]:
    """A sentence for photos, and one for recordings without subtitles, if there are any that a role not named is for.

    ``readings`` with the segments that extractors derived: labels say what a picture is.
    """
    photos = sum(map(_photos, readings))
    silent = sum(
        r.source.media_type.startswith(("audio/", "video/")) and all(s.modality != "cue" for s in r.segments)
        for r in readings
    )
    told = []
    for count, what, roles in (
        (photos, "photos and frames without a diagram", _OF_PHOTOS),
        (silent, "recordings without subtitles", _OF_SPEECH),
    ):
        absent = [r for r in roles if not config["models"][r]]
        if count and absent:
            gains = "; ".join(f"models.{r}: {ROLES[r].gives}" for r in absent)
            told.append(f"{count} {what}: a model by name would add more ({gains}).")
    return told


def _photos(reading: Reading) -> int:
    kinds = {s.blob: kind for s in reading.segments if (kind := dict(s.context).get("picture"))}
    shown = {
        s.blob
        for s in reading.segments
        if s.modality in ("picture", "frame") and s.blob and (box := s.target.find(Box)) and min(box.w, box.h) >= _LEAST
    }
    return sum(kinds.get(blob, "photo") == "photo" for blob in shown)
