"""Tables by places: rows and columns are found, prose and loose texts are not."""

from __future__ import annotations

from kgbuild.sources.grids import Cell, Rule, Table, find_tables, likely

ROWS = [["Station", "Country", "Antennas"], ["Goldstone", "United States", "6"], ["Madrid", "Spain", "5"]]


def placed(rows: list[list[str]], *, pitch: float = 20, width: float = 120) -> list[Cell]:
    return [
        Cell(t, c * width, r * pitch, c * width + 7 * len(t), r * pitch + 12)
        for r, row in enumerate(rows)
        for c, t in enumerate(row)
        if t
    ]


def words(table: Table) -> list[list[str]]:
    return [[c.text if c else "" for c in row] for row in (table.header, *table.rows)]


def net(rows: int, columns: int, *, pitch: float = 20, width: float = 120) -> list[Rule]:
    right, bottom = columns * width - 5, rows * pitch - 4
    level = [Rule(-5, r * pitch - 4, right, r * pitch - 4) for r in range(rows + 1)]
    return level + [Rule(c * width - 5, -4, c * width - 5, bottom) for c in range(columns + 1)]


def test_aligned_texts_are_a_table_without_rules() -> None:
    (table,) = find_tables(placed(ROWS))
    assert words(table) == ROWS and not table.ruled


def test_an_empty_cell_stays_empty() -> None:
    rows = [*ROWS, ["Canberra", "", "5"]]
    (table,) = find_tables(placed(rows))
    assert words(table) == rows


def test_rules_tell_which_lines_are_one_cell() -> None:
    texts = placed(ROWS, pitch=40)
    texts.append(Cell("of America", 120, 54, 190, 66))
    (table,) = find_tables(texts, net(3, 3, pitch=40))
    assert table.ruled and words(table)[1] == ["Goldstone", "United States of America", "6"]


def test_two_tables_on_a_page() -> None:
    below = [Cell(c.text, c.x0, c.y0 + 300, c.x1, c.y1 + 300) for c in placed(ROWS)]
    assert [words(t) for t in find_tables([*below, *placed(ROWS)])] == [ROWS, ROWS]


def test_columns_of_prose_are_no_table() -> None:
    line = "and so the antennas turn to the spacecraft again"
    assert find_tables(placed([[line, line]] * 12, width=400)) == []


def test_texts_here_and_there_are_no_table() -> None:
    texts = [Cell(f"Label {n}", 97 * n % 400, 61 * n % 350, 97 * n % 400 + 50, 61 * n % 350 + 12) for n in range(9)]
    assert find_tables(texts) == []


def test_figures_under_words_make_a_header_sure() -> None:
    plain = [["Beach", "Lake", "City"], ["Forest", "River", "Road"], ["Bridge", "Tower", "Park"]]
    (figures,), (layout,) = find_tables(placed(ROWS)), find_tables(placed(plain))
    assert likely(figures) > 0.8 > likely(layout)
    assert likely(layout, set_off=True) > 0.8
    numbers = [["1", "2", "3"], ["4", "5", "6"], ["7", "8", "9"]]
    (sums,) = find_tables(placed(numbers))
    assert likely(sums) <= 0.5


def test_thousands_of_texts_are_left_alone() -> None:
    assert find_tables(placed([["a", "1"]] * 3000)) == []
