"""Resolution of tables whose truth is known: products of our own making under two shops' habits of naming."""

from __future__ import annotations

import random
from collections.abc import Mapping

import numpy as np
import pytest

from kgbuild.entities.records import RecordTable, blocks, resolve
from kgbuild.entities.records.codes import codes, said, squeeze
from kgbuild.entities.records.table import kind_of, number
from kgbuild.entities.records.weak import calibrate, is_best, margins
from kgbuild.types import Match

BRANDS = ["Lumeo", "Hotwell", "Impasto", "Barista", "Solari", "Ventora", "Kelbrook", "Nordval"]
THINGS = ["desk lamp", "kettle", "stand mixer", "espresso machine", "garden lantern", "table fan", "toaster", "heater"]
COLOURS = ["black", "white", "red", "steel", "green"]
Row = Mapping[str, str]


def products(count: int, seed: int) -> list[dict[str, str]]:
    """Things with look-alikes: several models of each line of each brand."""
    rnd = random.Random(seed)
    found = []
    for n in range(count):
        brand, thing = rnd.choice(BRANDS), rnd.choice(THINGS)
        code = f"{brand[:2].upper()}{rnd.randint(100, 999)}{rnd.choice('ABCX')}{n % 10}"
        found.append(
            {
                "brand": brand,
                "thing": thing,
                "code": code,
                "colour": rnd.choice(COLOURS),
                "price": f"{rnd.randint(10, 400)}.90",
            }
        )
    return found


def shop(things: list[dict[str, str]], seed: int, side: str) -> list[dict[str, str]]:
    """How a shop lists them: order of words, written codes, missing values and prices of its own."""
    rnd = random.Random(seed)
    rows = []
    for n, p in enumerate(things):
        code = p["code"] if side == "a" else f"{p['code'][:2]}-{p['code'][2:]}"
        parts = [p["brand"], p["thing"], p["colour"]]
        if rnd.random() < 0.85:
            parts.append(code)
        if side == "b":
            parts = [p["brand"], parts[-1], p["thing"], *(["new"] if rnd.random() < 0.3 else [])]
        price = float(p["price"]) * rnd.uniform(0.9, 1.1)
        rows.append(
            {
                "id": f"{side}{n}",
                "name": " ".join(parts),
                "brand": p["brand"] if rnd.random() < 0.8 else "",
                "price": f"{price:.2f}",
            }
        )
    return rows


@pytest.fixture(scope="module")
def shops() -> tuple[RecordTable, RecordTable, set[tuple[str, str]]]:
    """Two tables of 160 things, 110 of which both list."""
    made = products(210, 1)
    first, second = [*range(110), *range(110, 160)], [*range(110), *range(160, 210)]
    a, b = shop([made[i] for i in first], 2, "a"), shop([made[i] for i in second], 3, "b")
    return RecordTable.of(a), RecordTable.of(b), {(f"a{i}", f"b{i}") for i in range(110)}


def f1(found: list[Match], truth: set[tuple[str, str]]) -> float:
    said = {(m.left, m.right) for m in found if m.score >= 0.5}
    return 2 * len(said & truth) / (len(said) + len(truth))


def test_matches_without_labels(shops: tuple[RecordTable, RecordTable, set[tuple[str, str]]]) -> None:
    left, right, truth = shops
    found = resolve(left, right)
    assert f1(found, truth) > 0.85
    scores = {(m.left, m.right): m.score for m in found}
    right_ones = np.mean([scores.get(pair, 0.0) for pair in truth])
    assert right_ones > 0.8  # a chance, not just an order
    assert [m.score for m in found] == sorted((m.score for m in found), reverse=True)
    assert any(name == "price:near" for name, _ in found[0].features)


def test_labels_help(shops: tuple[RecordTable, RecordTable, set[tuple[str, str]]]) -> None:
    left, right, truth = shops
    pairs = [(left.ids[i], right.ids[j]) for i, j in blocks(left, right).tolist()]
    taught = {p: p in truth for p in pairs if int(p[0][1:]) % 2}
    held = {p for p in truth if not int(p[0][1:]) % 2}
    found = [m for m in resolve(left, right, labels=taught) if not int(m.left[1:]) % 2]
    free = [m for m in resolve(left, right) if not int(m.left[1:]) % 2]
    assert f1(found, held) >= max(0.9, f1(free, held) - 0.02)


def test_labels_of_one_kind_teach_nothing_but_do_no_harm(
    shops: tuple[RecordTable, RecordTable, set[tuple[str, str]]],
) -> None:
    left, right, truth = shops
    assert f1(resolve(left, right, labels={("a0", "b0"): True}), truth) > 0.85


def test_tables_without_a_thing_in_common_hardly_match() -> None:
    made = products(300, 7)
    left, right = RecordTable.of(shop(made[:150], 8, "a")), RecordTable.of(shop(made[150:], 9, "b"))
    found = [m for m in resolve(left, right) if m.score >= 0.72]
    assert len(found) < 0.1 * 150


def test_blocking_keeps_the_matches(shops: tuple[RecordTable, RecordTable, set[tuple[str, str]]]) -> None:
    left, right, truth = shops
    kept = {(left.ids[i], right.ids[j]) for i, j in blocks(left, right, neighbours=5).tolist()}
    assert len(kept & truth) >= 0.98 * len(truth)
    assert len(kept) < 0.15 * len(left.ids) * len(right.ids)


def test_order_of_rows_changes_nothing(shops: tuple[RecordTable, RecordTable, set[tuple[str, str]]]) -> None:
    left, right, _ = shops
    some = [i for i in range(len(left.ids)) if i % 8 == 0]  # few: the plain similarity decides

    def taken(order: list[int]) -> RecordTable:
        return RecordTable(
            tuple(left.ids[i] for i in order), {n: tuple(v[i] for i in order) for n, v in left.columns.items()}
        )

    first = {(m.left, m.right, m.score) for m in resolve(taken(some), right)}
    assert first
    assert first == {(m.left, m.right, m.score) for m in resolve(taken(some[::-1]), right)}
    assert resolve(left, right) == resolve(left, right)


def test_duplicates_within_one_table(shops: tuple[RecordTable, RecordTable, set[tuple[str, str]]]) -> None:
    left, right, truth = shops
    columns = {n: left.columns[n] + right.columns[n] for n in left.columns}
    both = RecordTable(left.ids + right.ids, columns)
    found = resolve(both)
    assert all(m.left != m.right for m in found)
    assert f1(found, truth) > 0.8


def test_few_records_are_compared_by_a_plain_similarity() -> None:
    left = RecordTable.of(
        [
            {"id": 1, "name": "Aurora desk lamp AUR-300", "price": "49.90"},
            {"id": 2, "name": "Solari lantern", "price": "9"},
        ]
    )
    right = RecordTable.of(
        [
            {"id": 7, "name": "Lumeo Aurora desk lamp AUR300", "price": "48"},
            {"id": 8, "name": "Egg boiler EB6", "price": None},
        ]
    )
    found = {(m.left, m.right): m.score for m in resolve(left, right)}
    assert found.pop(("1", "7")) > 0.72
    assert max(found.values(), default=0) < 0.3


@pytest.mark.parametrize("rows", [[], [{"id": 1}], [{"id": 1, "name": ""}, {"id": 2, "name": "x" * 20_000}]])
def test_empty_and_odd_tables(rows: list[Row]) -> None:
    table = RecordTable.of(rows)
    other = RecordTable.of([{"id": 5, "name": "Lamp"}, {"id": 6, "name": ""}])
    assert all(m.score <= 1 for m in resolve(table, other))
    assert resolve(table) == [] or rows


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1999", "2003", "1850"], "year"), (["$1,299.00", "12.5", "7 EUR"], "number"), (["", ""], "empty"),
        (["AB-12", "CX9000", "12345-9", "ZZ1"], "code"), (["red", "blue"] * 40, "category"),
        (["Ada Lovelace", "Grace Hopper"], "name"), (["word " * 30, "more " * 25], "prose"),
    ],
)  # fmt: skip
def test_kinds_of_columns(values: list[str], kind: str) -> None:
    assert kind_of(values) == kind


def test_numbers_and_codes() -> None:
    assert number("$1,299.50") == 1299.5
    assert number("none") is None
    assert codes("Panasonic DMR-EA38VK 320GB recorder 1920x1080") == ["dmrea38vk"]
    assert said("dmrea38vk", squeeze("the DMR EA38VK, black")) == 1.0
    assert said("dmrea38vk", squeeze("DMR-EA28VK")) < 1.0


def test_margins_and_best_pairs() -> None:
    pairs = np.array([[0, 0], [0, 1], [1, 1], [2, 2]])
    score = np.array([0.9, 0.5, 0.6, 0.1])
    assert margins(pairs[:, 0], score) == pytest.approx([0.4, -0.4, 0.6, 0.1])
    assert is_best(pairs, score).tolist() == [True, False, True, True]


@pytest.mark.parametrize("pairs", [[[0, 0]], [[0, 0], [1, 1]], []])
def test_pairs_without_a_rival(pairs: list[list[int]]) -> None:
    """Two tables may hold no pair but best ones: nothing is left to tell how often those are wrong."""
    found = calibrate(np.array(pairs, dtype=int).reshape(-1, 2), np.full(len(pairs), 0.9))
    assert found.tolist() == [1.0] * len(pairs)
