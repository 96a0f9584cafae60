"""Functions over places: what fragments say, boxes, intervals, extents."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgbuild.queries.functions import boxes, fragments, intervals
from kgbuild.queries.functions.fragments import Extent, Where, where

F: dict[str, Any] = fragments.functions() | boxes.functions() | intervals.functions()
P = "http://x.org/source/a%20b.png"


def test_what_a_fragment_says() -> None:
    assert where(f"{P}#page=3&xywh=pixel:1,2,30,40&part=picture-1&xywh=pixel:5,6,7,8") == Where(
        P, ("page=3", "part=picture-1"), (5, 6, 7, 8)
    )
    assert where("t=npt:7,14&xywh=58,1,9,9") == where("t=7,14;xywh=pixel:58,1,9,9")
    assert where("t=npt:0:01:05.5,1:10").time == (65.5, 70)
    assert where("t=,20").time == (0, 20) and where("t=20").time == (20, math.inf)
    assert where("char=3,9").span == (3, 9) and where("t=1,2&char=3,9").span == (1, 2)


@pytest.mark.parametrize(
    "text",
    ["", P, "xywh=percent:1,2,3,4", "xywh=1,2,3", "xywh=1,2,3,", "t=a,b", "t=-1,2", "t=nan,2", "text=a", "#", "a=b#c"],
)
def test_what_says_nothing(text: str) -> None:
    found = where(text)
    assert found.box is None and found.span is None
    assert F["x"](text) is None and F["start"](text) is None and F["leftOf"](text, text) is None
    assert F["allen"](text, text) is None


@given(st.text(max_size=60))
def test_any_text_is_a_place_or_none(text: str) -> None:
    for function in (f for f in (F["source"], F["fragment"], F["page"], F["start"], F["end"], F["x"], F["width"])):
        function(text)
    F["overlaps"](text, text)
    F["allen"](text, text)


def test_parts_of_a_place() -> None:
    place = f"{P}#page=2&t=npt:1.5,2&xywh=pixel:10,20,30,40"
    assert (F["source"](place), F["page"](place), F["start"](place), F["end"](place)) == (P, 2, 1.5, 2)
    assert [F[n](place) for n in ("x", "y", "width", "height")] == [10, 20, 30, 40]
    assert F["source"]("t=1,2") is None and F["end"]("t=5") is None
    assert where(F["box"]("1", "2.5", "3", "4")).box == (1, 2.5, 3, 4)
    assert where(F["span"]("60", "180.25")).time == (60, 180.25)


A, B = f"{P}#xywh=pixel:0,0,10,10", f"{P}#xywh=pixel:13,14,10,10"


def test_boxes_beside_each_other() -> None:
    assert F["leftOf"](A, B) and F["above"](A, B) and F["rightOf"](B, A) and F["below"](B, A)
    assert not F["leftOf"](B, A) and not F["above"](B, A) and not F["overlaps"](A, B)
    assert F["distance"](A, B) == F["distance"](B, A) == 5
    assert F["distance"]("xywh=0,0,5,5", "xywh=5,0,5,5") == 0 and not F["overlaps"]("xywh=0,0,5,5", "xywh=5,0,5,5")


def test_boxes_within_each_other() -> None:
    inner, outer = "xywh=2,2,5,5", "xywh=0,0,10,10"
    assert F["inside"](inner, outer) and F["encloses"](outer, inner) and not F["inside"](outer, inner)
    assert F["inside"](outer, outer) and F["overlaps"](inner, outer)
    assert F["iou"](inner, outer) == 0.25 and F["iou"]("xywh=0,0,0,0", "xywh=0,0,0,0") is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (A, A.replace("a%20b", "c")),
        (f"{P}#page=1&xywh=0,0,9,9", f"{P}#page=2&xywh=0,0,9,9"),
        (f"{P}#t=0,7&xywh=0,0,9,9", f"{P}#t=7,14&xywh=0,0,9,9"),
        (A, P),
    ],
)
def test_boxes_of_unlike_wholes_have_no_relation(one: str, other: str) -> None:
    assert all(F[name](one, other) is None for name in boxes.functions())


def test_one_relation_of_allen_holds_and_its_converse() -> None:
    converse = dict(zip(intervals.ALLEN[:-1:2], intervals.ALLEN[1::2], strict=True))
    converse |= {b: a for a, b in converse.items()} | {"Equals": "Equals"}
    spans = [(a, b) for a, b in itertools.combinations(range(5), 2)]
    seen = set()
    for a, b in itertools.product(spans, spans):
        one, other = (F["span"](*map(str, s)) for s in (a, b))
        held = [n for n in intervals.ALLEN if F[f"interval{n}"](one, other)]
        assert held == [F["allen"](one, other)] and F["allen"](other, one) == converse[held[0]]
        shares = set(range(*a)) & set(range(*b))
        assert F["intervalIntersects"](one, other) == bool(shares)
        assert F["intervalIn"](one, other) == (set(range(*a)) < set(range(*b)))
        seen.add(held[0])
    assert seen == set(intervals.ALLEN)


def test_intervals_of_one_kind_and_source() -> None:
    assert F["allen"]("char=1,5", "char=1,9") == "Starts" and F["allen"]("char=1,5", "t=1,9") is None
    assert F["allen"](f"{P}#t=1,2", f"{P}2#t=1,2") is None and F["allen"](f"{P}#t=1,2", "t=1,2") == "Equals"
    assert F["allen"](f"{P}#page=1&char=1,2", f"{P}#page=2&char=1,2") is None
    assert F["allen"]("t=5", "t=1,5") == "MetBy"


def extent(*places: str) -> str | None:
    found = Extent()
    for place in places:
        found.add(place)
    return found.finish()


def test_extent() -> None:
    assert extent(A, B) == f"{P}#xywh=pixel:0,0,23,24"
    assert extent("t=1,2", "t=4.5,7") == "t=npt:1,7" and extent("char=9,12", "char=1,3") == "char=1,12"
    assert extent() is None and extent(A, "xywh=1,1,1,1") is None and extent(P, P) is None
