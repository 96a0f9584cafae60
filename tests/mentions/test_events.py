"""Events of videos: scenes that build up and come back, appearances over frames, movements, objects."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from kgbuild.config import Config
from kgbuild.identity import mention_iri, segment_iri
from kgbuild.mentions.events import extractor
from kgbuild.mentions.tracks import Item, tracks
from kgbuild.types import Box, Event, Following, Mention, Reading, Segment, Source, Target, TextQuote, TimeSpan

BASE = "https://example.org/kg/source/film.mp4"
SOURCE = Source(BASE, "film.mp4", "video/mp4", "0" * 64, 1)
FRAME = Box(0, 0, 640, 360)
TITLE = ("How data travel", Box(40, 20, 400, 40))
A, B, C = ("Antenna", Box(50, 150, 80, 20)), ("Recorder", Box(250, 150, 90, 20)), ("Archive", Box(450, 150, 80, 20))
Shown = tuple[str, Box]


class Film:
    """A reading of seven-second shots with labels, and a mention of each label (as ``labels`` makes them)."""

    def __init__(self, *shots: Sequence[Shown], blobs: Sequence[str] = ()) -> None:
        self.segments: list[Segment] = []
        self.mentions: list[Mention] = []
        for n, shot in enumerate(shots):
            span = TimeSpan(7.0 * n, 7.0 * n + 7)
            blob = blobs[n] if blobs else f"{n:064}"
            self._add("frame", (span, FRAME), "", blob)
            for text, box in shot:
                label = self._add("label", (span, box), text, blob)
                self._mention(label.target.within(TextQuote(text)), text, "Thing", label.id)

    def _add(self, modality: str, selectors: tuple[TimeSpan, Box], text: str, blob: str) -> Segment:
        id = segment_iri(BASE, len(self.segments) + 1)
        self.segments.append(Segment(id, Target(BASE, selectors), modality, text, blob=blob))
        return self.segments[-1]

    def _mention(self, target: Target, surface: str, label: str, segment: str) -> None:
        id = mention_iri(target, surface, label, "labels/1")
        self.mentions.append(Mention(id, target, surface, label, 0.9, "labels/1", "frame", segment))

    def object(self, shot: int, name: str, box: Box) -> None:
        """A detected object of a shot."""
        frame = [s for s in self.segments if s.modality == "frame"][shot]
        self._mention(Target(BASE, (frame.target.selectors[0], box)), name, "Thing", frame.id)

    def events(self, **settings: object) -> tuple[Event, ...]:
        return self.follow(**settings).events

    def follow(self, **settings: object) -> Following:
        config = Config.load(overrides={k.replace("__", "."): v for k, v in settings.items()})
        return extractor(config).follow(Reading(SOURCE, tuple(self.segments)), self.mentions)

    def told(self, **settings: object) -> list[tuple[str, float, float, str]]:
        """Kind, begin, end, and the name of what is shown (of scenes, their label)."""
        names = {m.id: m.surface for m in self.mentions}
        found = []
        for e in self.events(**settings):
            span = e.target.find(TimeSpan)
            assert span is not None
            found.append((e.kind, span.start, span.end, "+".join(sorted({names[i] for i in e.mentions})) or e.label))
        return found


def test_a_slide_that_builds_up_is_one_scene_with_its_parts_in_order() -> None:
    told = Film([TITLE, A], [TITLE, A, B], [TITLE, A, B, C], [("Thank you", Box(200, 100, 300, 60))]).told()
    assert ("BuildUp", 0, 21, "How data travel") in told
    assert ("Scene", 21, 28, "Thank you") in told
    assert [t for t in told if t[0] == "Shot"] == [("Shot", s, s + 7, "") for s in (0.0, 7.0, 14.0)]
    parts = [t[1:] for t in told if t[0] == "Appearance" and t[1] < 21]
    assert parts == [(0, 21, "How data travel"), (0, 21, "Antenna"), (7, 21, "Recorder"), (14, 21, "Archive")]


def test_what_goes_has_disappeared_at_the_end_of_its_appearance() -> None:
    told = Film([TITLE, A, B], [TITLE, B, C], [TITLE, B, C]).told()
    assert ("Scene", 0, 21, "How data travel") in told, "nothing is built up where something goes"
    assert ("Appearance", 0, 7, "Antenna") in told and ("Appearance", 7, 21, "Archive") in told


def test_a_line_that_one_frame_does_not_show_has_not_gone() -> None:
    told = Film([TITLE, A, B, C], [TITLE, A, C], [TITLE, A, B, C]).told()
    assert ("Appearance", 0, 21, "Recorder") in told
    assert not [t for t in told if t[0] == "Movement"]


def test_movements_have_both_places() -> None:
    there = ("Antenna", Box(500, 300, 80, 20))
    film = Film([TITLE, A, B, C], [TITLE, there, B, C])
    (move,) = [e for e in film.events() if e.kind == "Movement"]
    assert move.target.selectors == (TimeSpan(0, 14), A[1]) and move.into is not None
    assert move.into.selectors == (TimeSpan(0, 14), there[1])
    assert ("Appearance", 0, 14, "Antenna") in film.told()


def test_a_picture_that_comes_back_resumes_its_scene() -> None:
    other = [("Questions", Box(100, 30, 300, 50)), ("Answers", Box(100, 200, 200, 30))]
    events = [e for e in Film([TITLE, A, B], other, [TITLE, A, B]).events() if e.kind == "Scene"]
    assert [bool(e.resumes) for e in events] == [False, False, True]
    assert events[2].resumes == events[0].id


def test_pictures_without_words_are_known_again_by_their_pixels() -> None:
    events = Film([], [], [], blobs=["a", "b", "a"]).events()
    assert [(e.kind, bool(e.resumes)) for e in events] == [("Scene", False), ("Scene", False), ("Scene", True)]


def test_objects_are_followed_by_overlap_not_by_order() -> None:
    film = Film([TITLE], [TITLE])
    left, right = Box(100, 200, 60, 60), Box(400, 200, 60, 60)
    for shot, boxes in ((0, (left, right)), (1, (Box(405, 205, 60, 60), Box(95, 195, 60, 60)))):
        for box in boxes:
            film.object(shot, "car", box)
    ends = [e.target.find(Box) for e in film.events() if e.kind == "Appearance" and len(e.mentions) == 2]
    assert Box(95, 195, 60, 60) in ends and Box(405, 205, 60, 60) in ends
    boxes = {m.id: m.target.find(Box) for m in film.mentions}
    one_thing = [{boxes[i].x for i in group if boxes[i]} for group in film.follow().same]  # type: ignore[union-attr]
    assert sorted(map(sorted, one_thing)) == [[95, 100], [400, 405]], "and each is one thing"
    assert not [t for t in film.told() if t[0] == "Movement"]


def test_parts_of_a_diagram_stay_as_long_as_their_labels() -> None:
    film = Film([TITLE, A], [TITLE, A, B])
    film.mentions = []  # the diagram names them, in the frame in which they came first
    first, second = (s for s in film.segments if s.modality == "frame")
    for frame, (text, box) in ((first, A), (second, B)):
        around = Box(box.x - 10, box.y - 10, box.w + 20, box.h + 20)
        target = Target(BASE, (frame.target.selectors[0], around, TextQuote(text)))
        film._mention(target, text, "Thing", frame.id)
    appearances = [t[1:] for t in film.told() if t[0] == "Appearance"]
    assert appearances == [(0, 14, "Antenna"), (7, 14, "Recorder")]


def test_single_pictures_and_who_wants_none_have_no_events() -> None:
    assert Film([TITLE, A]).events() == ()
    assert Film([TITLE, A], [TITLE, B]).events(video__events=False) == ()


@pytest.mark.parametrize("shift", [10, 60])
def test_the_nearest_of_two_alike_moves(shift: int) -> None:
    def at(x: int, id: str) -> Item:
        return Item("car", Box(x, 0, 40, 40), id)

    found = tracks([[at(0, "a"), at(300, "b")], [at(300 + shift, "c"), at(shift, "d")]])
    assert [[item.id for _, item in t.seen] for t in found] == [["a", "d"], ["b", "c"]]
    assert [t.moves for t in found] == ([[], []] if shift == 10 else [[1], [1]])
