"""Files of records: rows become passages with marked cells; what is wrong is named with its line, nothing else is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from kgbuild.config import Config
from kgbuild.identity import source_iri
from kgbuild.mentions.records import extractor, fields
from kgbuild.sources.pool import read_file
from kgbuild.sources.reader import Limits
from kgbuild.sources.sniff import media_type
from kgbuild.types import Reading, Source, TextPosition


def read(path: Path, data: bytes | str | None = None, **limits: object) -> Reading:
    if data is not None:
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    kind, reason = media_type(path)
    assert kind, reason
    config = Config.load(overrides={f"sources.{k}": v for k, v in limits.items()})
    from kgbuild.workspace import file_sha256

    source = Source(source_iri("https://x.org/", path.name), path.name, kind, file_sha256(path), path.stat().st_size)
    return read_file(path, source, Limits.of(config))


def table(reading: Reading) -> list[dict[str, str]]:
    """The rows by header; every cell stands in the rendition to the letter."""
    rows = []
    for segment in reading.segments:
        place = segment.target.find(TextPosition)
        assert place is not None
        assert reading.text[place.start : place.end] == segment.text
        rows.append({f.column: f.text for f in fields(segment)})
    return rows


def codes(reading: Reading) -> dict[str, str]:
    return {i.code: i.message for i in reading.issues}


WANTED = [{"name": "Ada", "born": "1815", "place": "London"}, {"name": "Grace", "born": "1906", "place": "New York"}]


@pytest.mark.parametrize(
    "data",
    [
        "born,name,place\n1815,Ada,London\n1906,Grace,New York\n",
        "born;name;place\r\n1815;Ada;London\r\n1906;Grace;New York\r\n",
        "\ufeffborn\tname\tplace\n1815\tAda\tLondon\n\n1906\tGrace\tNew York",
        'sep=|\nborn|name|place\n"1815"|"Ada"|London\n1906|Grace|"New\nYork"\n',
        "born,name,place\n1815,Ada,London\n1906,Grace,New York\n".encode("utf-16"),
    ],
    ids=["comma", "semicolon", "tab with mark", "quoted newline", "UTF-16"],
)
def test_delimited_forms(tmp_path: Path, data: bytes | str) -> None:
    found = read(tmp_path / "people.csv", data)
    assert table(found) == WANTED
    assert {s.modality for s in found.segments} == {"record"}
    assert found.issues == ()


def test_windows_1252(tmp_path: Path) -> None:
    found = read(tmp_path / "a.csv", "name,city\nJosé,Málaga\nZoë,Köln\n".encode("cp1252"))
    assert [r["city"] for r in table(found)] == ["Málaga", "Köln"]


def test_json_lines_and_parquet_say_the_same(tmp_path: Path) -> None:
    rows = [{"born": 1815, "name": "Ada", "place": "London"}, {"born": 1906, "name": "Grace", "place": "New York"}]
    lines = read(tmp_path / "a.jsonl", "\n".join(json.dumps(r) for r in rows))
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "a.bin")  # named like nothing: its bytes say it
    assert table(lines) == table(read(tmp_path / "a.bin")) == WANTED


def test_nested_values_give_longer_names(tmp_path: Path) -> None:
    row = {"name": "Box", "size": {"width": 3, "height": 4}, "tags": ["red", "small"], "sold": True, "raw": None}
    assert table(read(tmp_path / "a.jsonl", json.dumps(row))) == [
        {"name": "Box", "size width": "3", "size height": "4", "tags": "red, small", "sold": "true"}
    ]


def test_what_is_wrong_with_a_row_stays_in_the_row(tmp_path: Path) -> None:
    data = (
        "name,price,price,\n"
        "Lamp,10,11,a\n"
        "Desk,20\n"  # too short
        "Chair,30,31,b,c\n"  # too long
        'Shelf,=HYPERLINK("http://x.example"),41,d\n'
        f"Sofa,{'x' * 300},51,e\n"
        "Bed,NaN,N/A,f\n"
        "Temp,-5,+4,g\n"
    )
    found = read(tmp_path / "a.csv", data, max_cell=200)
    rows = table(found)
    assert [r["name"] for r in rows] == ["Lamp", "Desk", "Chair", "Shelf", "Sofa", "Bed", "Temp"]
    assert rows[0] == {"name": "Lamp", "price": "10", "price 3": "11", "column 4": "a"}
    assert rows[3] == {"name": "Shelf", "price 3": "41", "column 4": "d"}
    assert rows[4] == {"name": "Sofa", "price 3": "51", "column 4": "e"}
    assert rows[5] == {"name": "Bed", "column 4": "f"}
    assert rows[6]["price"] == "-5"
    found_codes = codes(found)
    assert set(found_codes) == {"header", "ragged", "formula", "cell"}
    assert found_codes["formula"].startswith("line 5: ")
    assert found_codes["cell"].startswith("line 6: ")
    assert found_codes["ragged"].startswith("line 3: ")


def test_a_quote_that_never_closes_costs_its_row_only(tmp_path: Path) -> None:
    lines = ["name,note", 'Bad,"open', *(f"Row {i},fine" for i in range(1000))]
    found = read(tmp_path / "a.csv", "\n".join(lines))
    assert len(table(found)) >= 1000
    assert table(found)[-1] == {"name": "Row 999", "note": "fine"}
    assert codes(found)["row"].startswith("line 2: ")


def test_damaged_json_lines(tmp_path: Path) -> None:
    data = '{"name": "A", "n": NaN}\n{"name": "B"\n[1]\n{"name": "C", "n": 3}\n' + "[" * 100_000 + "\n"
    found = read(tmp_path / "a.jsonl", data)
    assert table(found) == [{"": "A"}, {"name": "C", "n": "3"}]
    assert codes(found)["row"].startswith("line 2: ")
    assert "3 times" in codes(found)["row"]


def test_a_line_without_end_is_left_out(tmp_path: Path) -> None:
    found = read(tmp_path / "a.csv", "name,n\nA,1\n" + "x" * 30_000 + "\nB,2\n", max_characters=20_000)
    assert [r["name"] for r in table(found)] == ["A", "B"]
    assert codes(found)["row"].startswith("line 3: ")


def test_rows_beyond_the_limit_are_left_out(tmp_path: Path) -> None:
    found = read(tmp_path / "a.csv", "name,n\n" + "Some name,1\n" * 1000, max_characters=2000)
    assert found.outcome == "processed"
    assert 0 < len(found.segments) < 1000
    assert "too-large" in codes(found)


def test_damaged_parquet_is_refused_with_the_reason(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"name": ["A"] * 100}), tmp_path / "a.parquet")
    data = (tmp_path / "a.parquet").read_bytes()
    found = read(tmp_path / "b.parquet", data[: len(data) // 2])
    assert found.outcome == "rejected"
    assert codes(found).keys() == {"damaged"}


def test_values_that_nobody_can_tell_cost_themselves_only(tmp_path: Path) -> None:
    zone = pa.timestamp("us", tz="America/Nowhere")
    columns = {
        "name": ["Gate", "Store"], "date": pa.array([2**31 - 1, 18262], pa.date32()), "time": pa.array([0, 1], zone),
        "text": pa.array([b"\xff\xfe", b"fine"]).view(pa.string()),
    }  # fmt: skip
    parquet.write_table(pa.table(columns), tmp_path / "a.parquet")
    found = read(tmp_path / "a.parquet")
    assert table(found) == [{"": "Gate"}, {"name": "Store", "date": "2020-01-01", "text": "fine"}]
    assert codes(found).keys() == {"value"} and "'date' is left out" in codes(found)["value"]


def test_halves_of_characters_are_said_and_harm_nothing(tmp_path: Path) -> None:
    found = read(tmp_path / "a.jsonl", '{"name": "Ga\\ud800te", "port\\udfff": "\\ud83d\\ude00"}\n')
    assert table(found) == [{"name": "Ga\ufffdte", "port\ufffd": "\U0001f600"}]
    assert codes(found).keys() == {"encoding"}


@pytest.mark.parametrize("data", ["name,port\n", "x", "name,port\n,\n"])
def test_a_table_without_a_value_says_so(tmp_path: Path, data: str) -> None:
    found = read(tmp_path / "a.csv", data)
    assert codes(found) == {"no-content": "no row of it holds a value"} and found.outcome == "processed"


def test_parquet_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"name": [f"{i:0200d}" for i in range(500)]}), tmp_path / "a.parquet")
    assert codes(read(tmp_path / "a.parquet", max_unpacked_bytes=1000)).keys() == {"too-large"}


@pytest.mark.parametrize(
    ("header", "lead"),
    [("id,full name,age", "full name"), ("sku,name of maker,Title", "Title"), ("id,word,n", "word")],
)
def test_the_column_that_names_rows(tmp_path: Path, header: str, lead: str) -> None:
    found = read(tmp_path / "a.csv", f"{header}\n1,Ada,2\n2,Grace,2\n")
    assert next(iter(table(found)[0])) == lead


def test_the_column_that_names_rows_can_be_told(tmp_path: Path) -> None:
    found = read(tmp_path / "a.csv", "name,code\nAda,X1\n", label_columns=["code"])
    assert list(table(found)[0]) == ["code", "name"]


def test_rows_state_typed_facts(tmp_path: Path, config: Config) -> None:
    data = (
        "name,Maker,Model,price,released\nLamp,Lumeo,AU-3,$49.90,2019-03-01\n"
        "Desk,Hotwell,DE-4,$120,2020-01-05\nLamp,Lumeo,AU-4,n/a,2021-02-01\n"
    )
    reading = read(tmp_path / "a.csv", data)
    [found] = extractor(config)([reading])
    by_id = {m.id: m for m in found.mentions}
    facts = {
        (by_id[r.subject].surface, r.phrase, by_id[r.object].surface, by_id[r.object].label) for r in found.relations
    }
    assert {("Lamp", "maker", "Lumeo", "Thing"), ("Desk", "price", "$120", "Quantity")} <= facts
    assert ("Lamp", "released", "2019-03-01", "Time") in facts
    assert len({m.id for m in found.mentions if m.surface == "Lamp"}) == 2  # two rows, two things
    for m in found.mentions:
        place = m.target.find(TextPosition)
        assert place is not None
        assert reading.text[place.start : place.end] == m.surface
