"""Boxes found by a point, by another box, and by what lies inside."""

from __future__ import annotations

from kgbuild.mentions.boxes import Boxes

BOXES = Boxes([("a", (0, 0, 10, 10)), ("b", (5, 5, 20, 20)), ("c", (6, 6, 8, 8))])


def test_boxes_are_found_in_the_order_given() -> None:
    assert BOXES.around((7, 7)) == ["a", "b", "c"] and BOXES.around((20, 20)) == ["b"] and BOXES.around((30, 0)) == []
    assert BOXES.meeting((12, 0, 14, 2), 2.0) == ["a"] and BOXES.meeting((12, 0, 14, 2), 1.0) == []
    assert BOXES.within((5, 5, 20, 20)) == ["b", "c"]
    assert Boxes([]).around((0, 0)) == []
