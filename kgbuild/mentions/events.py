"""What happens on the screen of a video: shots and scenes, what appears and disappears, moves, or builds up.

It is read off what the other extractors found in the key frames: labels, parts of diagrams, detected objects. A thing
that stays is one appearance over all its frames, with the second at which it comes and at which it goes.
"""

from __future__ import annotations

from collections.abc import Sequence

from kgbuild.config import Config
from kgbuild.identity import event_iri, normalise
from kgbuild.mentions.scenes import Scene, Shot, scenes
from kgbuild.mentions.tracks import Item, Track, tracks
from kgbuild.types import Box, Event, Following, Mention, Reading, Segment, Target, TextQuote, TimeSpan

VERSION = "1"
AGENT = f"events/{VERSION}"
_MOVED = 0.5  # of its own size that a thing has to move for a movement


class EventExtractor:
    """Events of videos, from the mentions of all other extractors (``follow``)."""

    name = "events"
    version = VERSION

    def __init__(self, config: Config) -> None:
        self.enabled: bool = config["video"]["events"]

    def follow(self, reading: Reading, mentions: Sequence[Mention]) -> Following:
        """The events of a video; none of anything else, and none of a single picture. An object that a model of
        detection saw in several frames is one thing.
        """
        frames = [s for s in reading.segments if s.modality == "frame"]
        if not self.enabled or len(frames) < 2:
            return Following()
        seen = _Seen(reading, mentions)
        made: list[Event] = []
        same: list[tuple[str, ...]] = []
        names: list[str] = []
        for scene in scenes([Shot(f, seen.items(f)) for f in frames]):
            event = _scene(scene, names)
            names.append(event.id)
            made.append(event)
            if len(scene.shots) > 1:
                made += [_event("Shot", s.frame.target, part_of=event.id) for s in scene.shots]
            for track in tracks([s.items for s in scene.shots]):
                if named := seen.named(track):
                    made += _of_track(track, scene, named, event.id)
                if seen.is_object(track) and len(named) > 1:
                    same.append(tuple(m.id for m in named))
        return Following(tuple(made), tuple(same))


def _event(
    kind: str, target: Target, *, score: float = 1.0, label: str = "", mentions: Sequence[str] = (),
    part_of: str = "", resumes: str = "", into: Target | None = None,
) -> Event:  # fmt: skip
    id = event_iri(target, kind, *mentions)
    return Event(id, kind, target, round(score, 4), AGENT, label, tuple(mentions), part_of, resumes, into)


def _scene(scene: Scene, names: Sequence[str]) -> Event:
    first, last = scene.shots[0].frame.target, scene.shots[-1].frame.target
    target = Target(first.source, (_around(first, last),))
    resumes = names[scene.resumes] if scene.resumes >= 0 else ""
    return _event("BuildUp" if scene.grows else "Scene", target, label=scene.title, resumes=resumes)


def _of_track(track: Track, scene: Scene, mentions: Sequence[Mention], part_of: str) -> list[Event]:
    """The appearance of a thing, and its movements in it."""
    ids = tuple(m.id for m in mentions)
    score = max(m.score for m in mentions)
    frames = [scene.shots[n].frame.target for n, _ in track.seen]
    boxes = [item.box for _, item in track.seen]
    target = Target(frames[0].source, (_around(frames[0], frames[-1]), boxes[-1]))
    made = [_event("Appearance", target, score=score, mentions=ids, part_of=part_of)]
    for n in track.moves:
        old, new = boxes[n - 1], boxes[n]
        if abs(old.x - new.x) < _MOVED * old.w and abs(old.y - new.y) < _MOVED * old.h:
            continue
        span = _around(frames[n - 1], frames[n])
        before, after = (Target(frames[0].source, (span, box)) for box in (old, new))
        made.append(_event("Movement", before, score=score, mentions=ids, part_of=part_of, into=after))
    return made


def _around(first: Target, last: Target) -> TimeSpan:
    a, b = first.find(TimeSpan), last.find(TimeSpan)
    assert a is not None and b is not None  # every frame has its time
    return TimeSpan(a.start, b.end)


class _Seen:
    """What is seen in each frame: its labels, and its objects that no label names; and the mentions of each."""

    def __init__(self, reading: Reading, mentions: Sequence[Mention]) -> None:
        self._labels: dict[tuple[object, ...], list[Segment]] = {}
        for s in reading.segments:
            if s.modality == "label" and s.target.find(TimeSpan) is not None:
                self._labels.setdefault(s.target.selectors[:-1], []).append(s)
        self._of_label: dict[str, list[Mention]] = {}
        self._of_frame: dict[str, list[Mention]] = {}
        for m in sorted(mentions, key=lambda m: m.id):
            if m.target.find(TimeSpan) is not None and m.target.find(Box) is not None:
                self._of_label.setdefault(m.segment, []).append(m)
                self._of_frame.setdefault(m.segment, []).append(m)
        self._objects: dict[str, Mention] = {}

    def items(self, frame: Segment) -> list[Item]:
        """Labels, and the objects that a model saw, of a frame."""
        found = []
        for s in self._labels.get(frame.target.selectors[:-1], ()):
            box = s.target.find(Box)
            if box is not None and (key := normalise(s.text)):
                found.append(Item(key, box, s.id, s.text))
        for m in self._of_frame.get(frame.id, ()):
            box = m.target.find(Box)
            if box is not None and m.target.find(TextQuote) is None:  # what is quoted stands in a label
                self._objects[m.id] = m
                found.append(Item(f"{m.label} {normalise(m.surface)}", box, m.id))
            elif box is not None:
                self._draw(m, box, found)
        return found

    def _draw(self, node: Mention, box: Box, found: Sequence[Item]) -> None:
        """A part of a diagram is named by the labels in its box: where they stand, it stands."""
        name = normalise(node.surface)
        for item in found:
            x, y = item.box.x + item.box.w / 2, item.box.y + item.box.h / 2
            if box.x <= x <= box.x + box.w and box.y <= y <= box.y + box.h and item.key in name:
                self._of_label.setdefault(item.id, []).append(node)

    def is_object(self, track: Track) -> bool:
        """Whether a model saw what a track shows, and no label names it."""
        return track.seen[0][1].id in self._objects

    def named(self, track: Track) -> list[Mention]:
        """The mentions of what a track shows, each once."""
        found: dict[str, Mention] = {}
        for _, item in track.seen:
            own = [self._objects[item.id]] if item.id in self._objects else self._of_label.get(item.id, [])
            found |= {m.id: m for m in own}
        return [found[id] for id in sorted(found)]


def extractor(config: Config) -> EventExtractor:
    """The extractor of ``[mentions] extractors = ["events"]``."""
    return EventExtractor(config)
