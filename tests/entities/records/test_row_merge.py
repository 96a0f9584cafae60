"""Two files of records about overlapping things become one graph: merged things, both files' facts, exact deletion."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import kgbuild
from kgbuild.config import Config
from kgbuild.embeddings import embed
from kgbuild.embeddings.text import TextEncoder
from kgbuild.entities import Alignment, Decisions, align, read_records
from kgbuild.identity import source_iri
from kgbuild.mentions.records import extractor
from kgbuild.sources.pool import read_file
from kgbuild.sources.reader import Limits
from kgbuild.sources.sniff import media_type
from kgbuild.types import Extraction, Mention, Reading, Source
from kgbuild.workspace import file_sha256

SHOP = """\
Title,Brand,Model,Price,Released
Aurora 300 desk lamp,Lumeo,AUR-300,"49.90",2019-03-01
Borealis floor lamp 12W,Lumeo,BOR-12F,129.00,2020-05-01
Kettle Quickboil 1.7 l,Hotwell,QB1700,34.50,2021-01-15
Kettle Quickboil 1.2 l,Hotwell,QB1200,29.50,2021-01-15
Stand mixer Massa Pro,Impasto,MP-5000X,399.00,2018-09-30
Espresso machine Crema Uno,Barista,CU-15,189.00,2022-02-01
"""
CATALOGUE = [
    {"product": "Lumeo Aurora desk lamp AUR300", "brand": "Lumeo", "price": 47.5, "colour": "white"},
    {"product": "Hotwell Quickboil kettle 1.7 litre (QB1700)", "brand": "Hotwell", "price": 36.0, "colour": "steel"},
    {"product": "Hotwell Quickboil kettle 1.2 litre (QB1200)", "brand": "Hotwell", "price": 31.0, "colour": "black"},
    {"product": "Impasto Massa Pro mixer MP5000X", "brand": "Impasto", "price": 410, "colour": "red"},
    {"product": "Solari garden lantern", "brand": "Solari", "price": 22, "colour": "green"},
]
PAIRS = {
    ("Aurora 300 desk lamp", "Lumeo Aurora desk lamp AUR300"),
    ("Kettle Quickboil 1.7 l", "Hotwell Quickboil kettle 1.7 litre (QB1700)"),
    ("Kettle Quickboil 1.2 l", "Hotwell Quickboil kettle 1.2 litre (QB1200)"),
    ("Stand mixer Massa Pro", "Impasto Massa Pro mixer MP5000X"),
}


def write(folder: Path) -> Path:
    folder.mkdir()
    (folder / "shop.csv").write_text(SHOP, "utf-8")
    (folder / "catalogue.jsonl").write_text("\n".join(map(json.dumps, CATALOGUE)), "utf-8")
    return folder


def read(path: Path, config: Config) -> Reading:
    source = Source(
        source_iri("https://x.org/", path.name), path.name, media_type(path)[0], file_sha256(path), path.stat().st_size
    )
    return read_file(path, source, Limits.of(config))


class Rows:
    """The files read, their mentions and vectors; aligned as often as a test likes."""

    def __init__(self, folder: Path, config: Config) -> None:
        self.config = config
        self.readings = [read(folder / name, config) for name in ("shop.csv", "catalogue.jsonl")]
        self.mentions: list[Mention] = [m for e in extractor(config)(self.readings) for m in e.mentions]
        self.table = embed(Extraction("x", tuple(self.mentions)), TextEncoder(config))
        self.records = read_records(self.readings, self.mentions)

    def align(self, **decisions: tuple[tuple[str, str], ...]) -> Alignment:
        told = Decisions(**decisions)  # type: ignore[arg-type]
        return align(self.mentions, self.table, config=self.config, decisions=told, records=self.records)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory, config: Config) -> Rows:
    return Rows(write(tmp_path_factory.mktemp("rows") / "corpus"), config)


def merged(found: Alignment) -> set[tuple[str, str]]:
    return {(m.left, m.right) for m in found.merges if m.reason == "like records"}


def one(found: Alignment, *names: str) -> bool:
    """Whether some entity has all these names."""
    return any({e.pref_label, *e.alt_labels} >= set(names) for e in found.entities)


def test_rows_of_one_thing_are_merged_with_score_and_reason(rows: Rows) -> None:
    found = rows.align()
    assert {tuple(sorted(p)) for p in merged(found)} == {tuple(sorted(p)) for p in PAIRS}
    for merge in found.merges:
        assert 0.72 <= merge.score <= 1
        assert merge.features
        assert merge.entity in {e.id for e in found.entities}
    assert all(one(found, *pair) for pair in PAIRS)
    assert not one(found, "Kettle Quickboil 1.7 l", "Kettle Quickboil 1.2 l")


def test_the_users_word_holds(rows: Rows) -> None:
    mixer = ("Stand mixer Massa Pro", "Impasto Massa Pro mixer MP5000X")
    lamps = ("Borealis floor lamp 12W", "Solari garden lantern")
    found = rows.align(different=(mixer,), same=(lamps,))
    assert not one(found, *mixer)
    assert one(found, *lamps)
    assert len(merged(found)) == len(PAIRS) - 1


def test_order_of_tables_and_mentions_changes_nothing(rows: Rows) -> None:
    first = rows.align()
    again = align(
        rows.mentions[::-1], rows.table, config=rows.config, records=read_records(rows.readings[::-1], rows.mentions)
    )
    assert again == first


def test_rows_of_one_name_stay_apart(tmp_path: Path, config: Config) -> None:
    (tmp_path / "shop.csv").write_text(
        "name,country,population\nParis,France,2100000\nParis,United States,25000\n", "utf-8"
    )
    (tmp_path / "catalogue.jsonl").write_text('{"name": "Lyon", "country": "France", "population": 520000}', "utf-8")
    found = Rows(tmp_path, config).align()
    assert sum(e.pref_label == "Paris" for e in found.entities) == 2


def facts(out: Path, name: str) -> set[tuple[str, str, str]]:
    """(source, property, value) of the thing that bears a name."""
    lines = (out / "graph.nq").read_text("utf-8").splitlines()
    [iri] = {line.split()[0] for line in lines if f'abel> "{name}"' in line}
    pattern = re.compile(re.escape(iri) + r" <.*/relation/([^>]*)> (.*) <.*/source/([^>]*)> \.")
    return {(m[3], m[1], m[2]) for line in lines if (m := pattern.fullmatch(line))}


def test_a_graph_of_two_files_and_what_is_left_when_one_is_deleted(tmp_path: Path) -> None:
    def build(folder: Path, out: Path) -> None:
        """Only rows are extracted: no network of text has to be loaded."""
        given = {"run.workers": 1, "mentions.extractors": ["records"]}
        assert kgbuild.build(folder, out=out, config=Config.load(overrides=given)).status == "success"

    folder, out = write(tmp_path / "corpus"), tmp_path / "out"
    build(folder, out)
    found = facts(out, "Aurora 300 desk lamp")
    assert {"shop.csv", "catalogue.jsonl"} == {source for source, _, _ in found}
    assert any(p == "released" and o.startswith('"2019-03-01"') for _, p, o in found)
    assert ("catalogue.jsonl", "colour", '"white"') in found
    (folder / "catalogue.jsonl").unlink()
    build(folder, out)
    build(folder, tmp_path / "fresh")
    assert (out / "graph.nq").read_bytes() == (tmp_path / "fresh" / "graph.nq").read_bytes()
    assert {source for source, _, _ in facts(out, "Aurora 300 desk lamp")} == {"shop.csv"}
