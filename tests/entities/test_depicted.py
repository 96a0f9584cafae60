"""Pairs of places of different sources, from vectors and a comparison: which, where, how sure, in any order."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kgbuild.cache import Cache
from kgbuild.entities.copies import Copy, Look, look
from kgbuild.entities.depicted import Comparer, depictions
from kgbuild.types import Box, EmbeddingTable, Page, Segment, Target, TimeSpan

BASE = "https://x.org/"


def shown(source: str, number: int, blob: str, *outer: Page | TimeSpan) -> Segment:
    target = Target(f"{BASE}source/{source}", (*outer, Box(0, 0, 100, 80)))
    return Segment(f"{BASE}source/{source}#segment-{number}", target, "picture", blob=blob)


PICTURES = [
    shown("a.png", 0, "A"),
    shown("copy.png", 0, "A"),
    shown("talk.mp4", 2, "F", TimeSpan(6, 14)),
    shown("talk.mp4", 10, "F", TimeSpan(30, 40)),
    shown("talk.mp4", 11, "G", TimeSpan(40, 50)),
    shown("paper.pdf", 3, "B", Page(2)),
]
TABLE = EmbeddingTable("s", tuple(p.id for p in PICTURES), np.eye(6, dtype="f4"))


def compared(a: str, b: str) -> Copy | None:
    return Copy(0.97, Box(0, 0, 100, 80), Box(10, 10, 50, 40)) if {a, b} == {"A", "F"} else None


def test_places_are_joined_across_sources_only() -> None:
    asked: list[set[str]] = []

    def listening(a: str, b: str) -> Copy | None:
        asked.append({a, b})
        return compared(a, b)

    found = depictions(PICTURES, [TABLE], listening, base=BASE)
    assert {"F", "G"} not in asked and {"A", "B"} in asked  # two frames of one video are not compared
    same, *copies = sorted(found, key=lambda d: (-d.score, d.left.source))
    assert same.score == 1.0 and {same.left.source, same.right.source} == {
        BASE + "source/a.png",
        BASE + "source/copy.png",
    }
    copy = copies[0]
    assert [c.left.source[-8:] for c in copies] == ["ce/a.png", "copy.png"]  # each source that has the pixels
    assert copy.score == 0.97 and copy.left == PICTURES[0].target
    assert copy.right == Target(BASE + "source/talk.mp4", (TimeSpan(6, 14), Box(10, 10, 50, 40)))
    assert copy.segments == (PICTURES[0].id, PICTURES[2].id)


def test_the_order_changes_nothing() -> None:
    found = depictions(PICTURES, [TABLE], compared, base=BASE)
    order = [3, 5, 0, 2, 1, 4]
    table = EmbeddingTable("s", tuple(TABLE.ids[i] for i in order), TABLE.matrix[order])
    assert depictions([PICTURES[i] for i in order], [table], compared, base=BASE) == found


def test_a_logo_on_every_page_does_not_grow_quadratically() -> None:
    many = [shown(f"{n:03d}.png", 0, "L") for n in range(100)]
    found = depictions(many, [EmbeddingTable("", (), np.zeros((0, 0), dtype="f4"))], compared, base=BASE)
    assert len(found) == 12 * 11 // 2 + 88
    assert len({t.source for d in found for t in (d.left, d.right)}) == 100


def test_without_vectors_equal_pixels_are_joined() -> None:
    empty = EmbeddingTable("", (), np.zeros((0, 0), dtype="f4"))
    assert [d.score for d in depictions(PICTURES, [empty, empty], compared, base=BASE)] == [1.0]


def test_a_comparison_is_made_once(tmp_path: Path) -> None:
    read: list[str] = []

    def ready(blob: str) -> Look | None:
        read.append(blob)
        return look(np.full((90, 90, 3), 255, np.uint8)) if blob != "lost" else None

    cache = Cache(str(tmp_path))
    assert Comparer(ready, cache=cache)("A", "B") is None and Comparer(ready, cache=cache)("A", "B") is None
    assert read == ["A", "B"]
    assert Comparer(ready, cache=cache)("A", "lost") is None and Comparer(ready, cache=cache)("A", "lost") is None
    assert read.count("lost") == 2  # what could not be read may be there the next time
