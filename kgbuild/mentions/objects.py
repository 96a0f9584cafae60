"""Things in photos and frames: objects with their boxes, what each is, and how they stand to each other.

The detector (``models.detector``) finds them. ``models.zero_shot`` says of what class an object is whose word no
ontology knows, and what a photo shows as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kgbuild.config import Config
from kgbuild.errors import ModelUnavailable
from kgbuild.identity import mention_iri, normalise, relation_iri
from kgbuild.mentions import unavailable
from kgbuild.mentions.boxed import place
from kgbuild.mentions.labels import caption
from kgbuild.mentions.photos import LOOKED_AT, SEEN, Photo, nonsense, photos
from kgbuild.mentions.spatial import relations
from kgbuild.models.classes import NamedClass, by_word, classes, visual_classes
from kgbuild.models.detectors import Corners, load_detector
from kgbuild.models.hub import called
from kgbuild.models.zero_shot import load_zero_shot
from kgbuild.types import Extraction, Mention, Reading, RelationMention

VERSION = "1"
_MARGIN = 0.1  # of its sides that is seen around an object when its class is asked for


@dataclass(frozen=True, slots=True)
class Seen:
    """A thing in a picture: the word for it, its class as ``Mention.label`` says it, box, score in [0, 1], agent."""

    word: str
    label: str
    box: Corners
    score: float
    agent: str


class ObjectExtractor:
    """Things in photos as mentions with boxes, and relations between them. One extraction per reading.

    Without ``models.detector`` and ``models.zero_shot`` it finds nothing and loads nothing.
    """

    name = "objects"
    version = VERSION
    roles = ("detector", "zero_shot")
    reads = LOOKED_AT
    across = True

    def __init__(self, config: Config) -> None:
        self._config = config
        self._detector, self._typer = (config["models"][role] for role in ("detector", "zero_shot"))

    def __call__(self, readings: Sequence[Reading]) -> list[Extraction]:
        """Raises ``ModelUnavailable`` where one source alone may fare better than several at once."""
        shown = [photos(reading) if self._detector or self._typer else [] for reading in readings]
        images = {p.segment.blob: p.image for some in shown for p in some}
        seen: dict[str, list[Seen]] = {blob: [] for blob in images}
        bad: dict[str, Counter[str]] = {"detector": Counter(), "zero_shot": Counter()}
        lacking: list[ModelUnavailable] = []
        visual = visual_classes(self._config) if images else ()
        for role, look in (("detector", self._detect), ("zero_shot", self._type)):
            if images and self._config["models"][role]:
                try:
                    seen, bad[role] = look(images, seen, visual)
                except ModelUnavailable as err:  # the other one may be there
                    if len(readings) > 1 and not err.lasting:
                        raise
                    lacking.append(err)
        return [self._extraction(r, some, seen, bad, lacking) for r, some in zip(readings, shown, strict=True)]

    def _extraction(
        self, reading: Reading, shown: Sequence[Photo], seen: Mapping[str, Sequence[Seen]],
        bad: Mapping[str, Counter[str]], lacking: Sequence[ModelUnavailable],
    ) -> Extraction:  # fmt: skip
        blobs = {p.segment.blob for p in shown}
        issues = [unavailable(reading.source, err) for err in lacking if shown]
        issues += [i for role, counts in bad.items() for i in nonsense(reading, role, sum(counts[b] for b in blobs))]
        mentions: list[Mention] = []
        stated: list[RelationMention] = []
        for photo in shown:
            own = [_mention(photo, one) for one in seen[photo.segment.blob]]
            mentions += own
            stated += _relations(photo, seen[photo.segment.blob], own)
        return Extraction(reading.source.id, tuple(mentions), tuple(stated), tuple(issues))

    def _detect(
        self, images: dict[str, np.ndarray], seen: dict[str, list[Seen]], visual: Sequence[NamedClass]
    ) -> tuple[dict[str, list[Seen]], Counter[str]]:
        """The objects of each picture, and how many outputs were nonsense, by blob."""
        known, agent = by_word([*visual, *classes(self._config)]), _agent(self._detector)
        words = list(dict.fromkeys(w for c in visual for w in (c.label, *c.words)))
        found = load_detector(self._config)(list(images.values()), words)
        made = {}
        for blob, (objects, _) in zip(images, found, strict=True):
            kinds = [known.get(normalise(o.word)) for o in objects]
            made[blob] = [
                Seen(o.word, k.mentioned if k else "Thing", o.box, o.score, agent)
                for o, k in zip(objects, kinds, strict=True)
            ]
        return made, Counter({blob: bad for blob, (_, bad) in zip(images, found, strict=True)})

    def _type(
        self, images: dict[str, np.ndarray], seen: dict[str, list[Seen]], visual: Sequence[NamedClass]
    ) -> tuple[dict[str, list[Seen]], Counter[str]]:
        """The same with classes for the objects that have none, and the whole picture as what it shows, unless an
        object of that class is in it.
        """
        known = by_word(visual)
        unknown = [(blob, n) for blob, found in seen.items() for n, one in enumerate(found) if one.label == "Thing"]
        crops = [_crop(images[blob], seen[blob][n].box) for blob, n in unknown]
        looks = load_zero_shot(self._config, [c.label for c in visual])
        found, lost = looks([*images.values(), *crops])
        bad = Counter(b for b, nan in zip([*images, *(b for b, _ in unknown)], lost, strict=True) if nan)
        made, agent = {blob: list(objects) for blob, objects in seen.items()}, _agent(self._typer)
        for (blob, n), told in zip(unknown, found[len(images) :], strict=True):
            if told:
                one = made[blob][n]
                score = min(one.score, told[1])
                agents = f"{one.agent} {called(self._typer)}"
                made[blob][n] = replace(one, label=known[normalise(told[0])].mentioned, score=score, agent=agents)
        for blob, told in zip(images, found, strict=False):
            kind = known[normalise(told[0])].mentioned if told else ""
            if told and all(one.label != kind for one in made[blob]):
                height, width = images[blob].shape[:2]
                made[blob].append(Seen(told[0], kind, (0.0, 0.0, float(width), float(height)), told[1], agent))
        return made, bad


def _agent(name: str) -> str:
    return f"{SEEN}{VERSION} {called(name)}"


def _crop(image: np.ndarray, box: Corners) -> np.ndarray:
    x, y = _MARGIN * (box[2] - box[0]), _MARGIN * (box[3] - box[1])
    x0, y0 = max(0, int(box[0] - x)), max(0, int(box[1] - y))
    return np.ascontiguousarray(image[y0 : int(np.ceil(box[3] + y)), x0 : int(np.ceil(box[2] + x))])


def _mention(photo: Photo, seen: Seen) -> Mention:
    target = place(photo.segment, seen.box)
    return Mention(
        mention_iri(target, seen.word, seen.label, seen.agent), target, seen.word, seen.label, round(seen.score, 4),
        seen.agent, photo.modality, photo.segment.id, caption(photo.segment) or seen.word, nominal=True,
    )  # fmt: skip


def _relations(photo: Photo, seen: Sequence[Seen], mentions: Sequence[Mention]) -> list[RelationMention]:
    made = []
    for a, predicate, b, box in relations([one.box for one in seen]):
        target, agent = place(photo.segment, box), mentions[a].agent
        iri = relation_iri(mentions[a].id, predicate, mentions[b].id, target, agent)
        score = round(min(seen[a].score, seen[b].score), 4)
        made.append(
            RelationMention(
                iri, mentions[a].id, predicate, mentions[b].id, target, score, agent, modality=photo.modality
            )
        )
    return made


def extractor(config: Config) -> ObjectExtractor:
    """The extractor of ``[mentions] extractors = ["objects"]``."""
    return ObjectExtractor(config)
