"""What is done in a video, as a model of actions (``models.actions``) sees it in clips of a few seconds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kgbuild.config import Config
from kgbuild.identity import event_iri
from kgbuild.models.actions import classifier
from kgbuild.models.arrays import pixels
from kgbuild.sources.clips import MODALITY, unstacked
from kgbuild.types import Box, Event, Extraction, Reading, Target, TimeSpan

VERSION = "1"
_LEAST = 0.5  # chance of an action: below, another is as likely


class ActionExtractor:
    """One event for each run of clips with one action. Nobody is recognised: actions are classes."""

    name = "actions"
    version = VERSION
    roles = ("actions",)
    reads = frozenset({MODALITY})

    def __init__(self, config: Config) -> None:
        self.config = config
        self.agent = f"actions/{VERSION} {config['models']['actions']}"

    def __call__(self, readings: Sequence[Reading]) -> list[Extraction]:
        """The actions of videos, none where no model is named. Raises ``ModelUnavailable``."""
        return [Extraction(r.source.id, events=self._events(r)) for r in readings]

    def _events(self, reading: Reading) -> tuple[Event, ...]:
        spans, clips = [], []
        for s in reading.segments:
            span, box = s.target.find(TimeSpan), s.target.find(Box)
            if s.modality == MODALITY and span is not None and box is not None and s.blob in reading.blobs:
                spans.append(span)
                clips.append(unstacked(pixels(reading.blobs[s.blob]), box.h))
        if not clips or not self.config["models"]["actions"]:
            return ()
        model = classifier(self.config)
        found: list[Event] = []
        for span, chances in zip(spans, model(clips), strict=True):
            best = int(np.argmax(chances))
            if not chances[best] >= _LEAST:  # nor if it is no number
                continue
            name = model.labels[best].replace("_", " ")
            before = found[-1] if found else None
            if before is not None and before.label == name and _time(before).end >= span.start - 1e-3:
                span, score = TimeSpan(_time(before).start, span.end), max(before.score, float(chances[best]))
                found.pop()
            else:
                score = float(chances[best])
            target = Target(reading.source.id, (span,))
            found.append(Event(event_iri(target, "Action", name), "Action", target, round(score, 4), self.agent, name))
        return tuple(found)


def _time(event: Event) -> TimeSpan:
    return event.target.find(TimeSpan) or TimeSpan(0, 0)


def extractor(config: Config) -> ActionExtractor:
    """The extractor of ``[mentions] extractors = ["actions"]``."""
    return ActionExtractor(config)
