"""Rows of tables as passages: the cells are marked where they stand."""

from __future__ import annotations

from kgbuild.sources.rows import row_passage


def test_cells_are_marked_with_their_columns() -> None:
    found = row_passage(["Madrid", "", "5"], ["Station", "Country", "Antennas"], (("heading", "Network"),))
    assert found.text == "Madrid: Antennas: 5."
    assert [(found.text[a:b], kind) for a, b, kind in found.marks] == [("Madrid", "cell"), ("5", "cell")]
    assert [v for k, v in found.context if k == "column"] == ["Station", "Antennas"]
    assert found.context[0] == ("heading", "Network")


def test_a_row_without_header_or_first_cell_has_no_marks() -> None:
    assert row_passage(["Madrid", "Spain"]).marks == ()
    assert row_passage(["Madrid", "Spain"]).text == "Madrid; Spain"
    assert row_passage(["", "Spain"], ["Station", "Country"]).marks == ()
    assert row_passage(["Madrid"], ["Station", "Country"]).marks == ()
