"""Scenes of a video: shots in a row that show one slide or picture, also while it grows; and which scene comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kgbuild.mentions.tracks import Item, overlap
from kgbuild.types import Segment

_KEPT = 0.6  # share of the texts of the emptier picture that the fuller one shows at the same place
_WHOLE = 0.8  # the same of a slide that only grows, and of both pictures where one comes back
_PLACE = 0.5  # overlap of the boxes of one text at one place


@dataclass(slots=True)
class Shot:
    """A key frame, and what is seen in it."""

    frame: Segment
    items: list[Item]


@dataclass(slots=True)
class Scene:
    """Shots in a row. ``grows``: each shows what the one before did, and some more; ``resumes``: the number of the
    scene before it whose picture it shows again, -1 if none.
    """

    shots: list[Shot]
    grows: bool = False
    resumes: int = -1

    @property
    def fullest(self) -> Shot:
        return max(self.shots, key=lambda s: len(s.items))

    @property
    def title(self) -> str:
        """The largest text in the upper quarter of the fullest shot, else in all of it; "" if there is none."""
        shot = self.fullest
        frame = shot.frame.target.selectors[-1]
        upper = [i for i in shot.items if i.box.y + i.box.h / 2 < frame.h / 4]  # type: ignore[union-attr]
        best = max(upper or shot.items, key=lambda i: (i.box.h, -i.box.y, -i.box.x), default=None)
        return best.text if best else ""


def scenes(shots: Sequence[Shot]) -> list[Scene]:
    """The scenes of a video, in order."""
    found: list[Scene] = []
    for shot in shots:
        before = found[-1].shots[-1] if found else None
        if before is not None and _one(before, shot):
            found[-1].shots.append(shot)
        else:
            found.append(Scene([shot]))
    for n, scene in enumerate(found):
        steps = list(zip(scene.shots, scene.shots[1:], strict=False))
        scene.grows = bool(steps) and all(_adds(a, b) for a, b in steps) and _new(scene.shots[0], scene.shots[-1]) > 0
        scene.resumes = next((m for m in range(n - 2, -1, -1) if _same(found[m].fullest, scene.fullest)), -1)
    return found


def _one(a: Shot, b: Shot) -> bool:
    """Whether two shots in a row belong to one scene."""
    least = min(len(a.items), len(b.items))
    return a.frame.blob == b.frame.blob or (least > 0 and _common(a, b) >= _KEPT * least)


def _adds(a: Shot, b: Shot) -> bool:
    """Whether the second shot still shows what the first did."""
    return _common(a, b) >= _WHOLE * len(a.items)


def _new(a: Shot, b: Shot) -> int:
    return len(b.items) - _common(a, b)


def _same(a: Shot, b: Shot) -> bool:
    """Whether two shots show the same picture."""
    most = max(len(a.items), len(b.items))
    return a.frame.blob == b.frame.blob or (most > 0 and _common(a, b) >= _WHOLE * most)


def _common(a: Shot, b: Shot) -> int:
    """How many texts stand at the same place in both."""
    others: dict[str, list[Item]] = {}
    for item in b.items:
        others.setdefault(item.key, []).append(item)
    return sum(any(overlap(i.box, o.box) >= _PLACE for o in others.get(i.key, ())) for i in a.items)
