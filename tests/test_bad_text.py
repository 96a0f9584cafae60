"""Bad text through the real build: nothing crashes, what is left out is said, every place is exact."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

import kgbuild
from kgbuild.config import Config
from kgbuild.queries.evidence import check_evidence, compare_with_corpus
from kgbuild.report import Report
from kgbuild.statements.shapes import validate

LIMIT = 40_000  # characters: the mechanism is that of the 5,000,000 of the defaults
ENGLISH = "Ada Lovelace was born in London in 1815. She worked with Charles Babbage on the Analytical Engine. "
CHINESE = "马云在杭州创立了阿里巴巴集团。华为技术有限公司总部位于深圳市龙岗区。"
FRENCH = (
    "La tour Eiffel est une tour de fer puddlé de 330 mètres de hauteur située à Paris. Gustave Eiffel et ses "
    "collaborateurs l'ont construite pour l'Exposition universelle de 1889. Elle appartient à la ville de Paris."
)
RUSSIAN = "Москва является столицей Российской Федерации. В 2020 году здесь жили двенадцать миллионов человек."
ARABIC = "القاهرة هي عاصمة جمهورية مصر العربية وأكبر مدنها من حيث عدد السكان والمساحة."

FILES: dict[str, bytes] = {
    "too-long-line.txt": b"a line without an end " * (LIMIT // 20),
    "long-line.txt": (CHINESE * 200).encode(),
    "long-words.txt": f"{ENGLISH}{'x' * 10_000} {'北' * 10_000} {'é' * 10_000}. {ENGLISH}".encode(),
    "mixed.txt": f"{ENGLISH}{CHINESE}{RUSSIAN} {ARABIC} Ada Lovelace visited 北京 and Москва.".encode(),
    "control.txt": f"\x07{ENGLISH}\x1b[31mCharles\x00\x0b Babbage\x0c lived in London.\x7f\x85 The end of it.".replace(
        "\x00", "\x01"
    ).encode(),
    "invisible.txt": "A\u200bda Love\u00adlace met \u202eCharles Babbage\u202c in Lon\u2060don in 1833, as the letters of her mother say.\n\n"
    "华为\u200b技术有限公司总部位于\u2066深圳市\u2069龙岗区。王\ufeff小明于1998年出生在上海。".encode(),
    "combining.txt": "Kurt Go\u0308del taught in Zu\u0308rich, and Andre\u0301 Weil went to Princeton with Z\u0351\u036b\u0343\u036aalgo Smith.".encode(),
    "damaged.txt": f"{CHINESE}王小明".encode() + b"\xed\xa0\x80" + f"于1998年出生在上海。{CHINESE}".encode(),
    "utf16.txt": b"\xff\xfe" + ENGLISH.encode("utf-16-le") + b"\x00\xd8" + f" {ENGLISH}".encode("utf-16-le"),
    "emoji.txt": "Ada Lovelace 👩‍🚀👨‍👩‍👧‍👦 met Charles Babbage 🏳️‍🌈 in London. 🇬🇧 They built the Analytical Engine together.".encode(),
    "french.txt": FRENCH.encode(),
    "russian.md": f"# Москва\n\n{RUSSIAN} **Яндекс** находится здесь.\n\n```mermaid\nflowchart LR\n A[Сервер] --> B[База данных]\n```\n".encode(),
    "chinese.md": f"# 公司\n\n{CHINESE} 张伟不喜欢北京。据报道，腾讯收购了京东。\n\n```mermaid\nflowchart LR\n A[负载均衡器] --> B[数据库]\n```\n".encode(),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path, Report, Config]]:
    corpus, out = tmp_path_factory.mktemp("bad"), tmp_path_factory.mktemp("out") / "out"
    for name, data in FILES.items():
        (corpus / name).write_bytes(data)
    config = Config.load(overrides={"run.workers": 1, "sources.max_characters": LIMIT})
    yield corpus, out, kgbuild.build(corpus, out=out, config=config), config


Built = tuple[Path, Path, Report, Config]


def rows(built: Built, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = parquet.read_table(built[1] / f"{table}.parquet").to_pylist()
    return found


def mentions(built: Built, name: str) -> list[dict[str, Any]]:
    return [m for m in rows(built, "mentions") if m["source"].endswith(f"/{name}")]


def issues(built: Built, name: str) -> dict[str, dict[str, str]]:
    return {i["code"]: i for i in reversed(built[2].issues) if i["source"] == name}


def test_all_evidence_resolves(built: Built) -> None:
    corpus, out, _, config = built
    check = check_evidence(out)
    assert check.failures == [] and check.share == 1.0 and check.checked["text"] > 500
    assert compare_with_corpus(out, corpus, config) == []
    assert validate(out / "graph.nq") == []


@pytest.mark.parametrize(
    "name",
    sorted(n for n in FILES if n.endswith(".txt") and n not in ("too-long-line.txt", "utf16.txt", "damaged.txt")),
)
def test_places_count_the_characters_of_the_file(built: Built, name: str) -> None:
    text = FILES[name].decode()
    for m in mentions(built, name):
        start, end = map(int, re.findall(r"char=(\d+),(\d+)", m["place"])[-1])
        assert text[start:end] == m["surface"]


def test_only_the_line_that_is_too_long_is_refused(built: Built) -> None:
    rejected = {r["path"]: r for r in built[2].sources if r["outcome"] != "processed"}
    assert list(rejected) == ["too-long-line.txt"] and built[2].status == "partial"
    row = rejected["too-long-line.txt"]
    assert row["code"] == "too-large" and "sources.max_characters is 40000" in row["reason"]


@pytest.mark.parametrize(
    ("name", "language"), [("french.txt", "French (fr)"), ("russian.md", "Russian (ru)"), ("mixed.txt", "Arabic (ar)")]
)
def test_a_language_that_nobody_reads_is_said(built: Built, name: str, language: str) -> None:
    issue = issues(built, name)["language"]
    assert language in issue["message"] and issue["severity"] == "warning"
    assert name == "mixed.txt" or not any(m["agent"].startswith(("text/", "chinese/")) for m in mentions(built, name))


def test_no_name_is_made_up_from_its_letters(built: Built) -> None:
    for m in mentions(built, "mixed.txt"):
        assert not re.search("[\u0400-\u04ff\u0600-\u06ff]{2}", m["surface"]) or m["surface"] == "Москва"


def test_marks_and_diagrams_of_such_a_text_are_read(built: Built) -> None:
    assert {(m["surface"], m["language"]) for m in mentions(built, "russian.md")} == {
        ("Яндекс", "ru"),
        ("Сервер", "ru"),
        ("База данных", "ru"),
    }


@pytest.mark.parametrize("name", ["damaged.txt", "utf16.txt"])
def test_characters_that_cannot_be_read_are_said(built: Built, name: str) -> None:
    assert "U+FFFD" in issues(built, name)["encoding"]["message"]
    assert {"damaged.txt": "阿里巴巴集团", "utf16.txt": "Ada Lovelace"}[name] in {
        m["surface"] for m in mentions(built, name)
    }


def test_names_are_found_all_the_same(built: Built) -> None:
    def surfaces(name: str) -> set[str]:
        return {m["surface"] for m in mentions(built, name)}

    assert "Ada Lovelace" in surfaces("long-words.txt")
    assert any(s.startswith("Ada Lovelace") for s in surfaces("emoji.txt"))
    assert "Ada Lovelace" in {e["label"] for e in rows(built, "entities")}  # of "\x07Ada Lovelace", among others
    assert {"王\ufeff小明", "上海"} <= surfaces("invisible.txt")
    assert {"Zu\u0308rich", "Princeton"} & surfaces("combining.txt")
    assert {"Ada Lovelace", "阿里巴巴集团", "杭州"} <= surfaces("mixed.txt")


def test_names_that_look_the_same_are_the_same(built: Built) -> None:
    entity = {
        m["entity"]
        for m in rows(built, "mentions")
        if m["surface"] in ("王\ufeff小明", "华为\u200b技术有限公司", "华为技术有限公司")
    }
    labels = {e["id"]: e["label"] for e in rows(built, "entities")}
    assert sorted(labels[e] for e in entity) == ["华为技术有限公司", "王小明"]


def test_chinese_has_its_language_and_its_negations_are_no_facts(built: Built) -> None:
    found = mentions(built, "chinese.md")
    assert {"马云", "负载均衡器", "数据库", "张伟"} <= {m["surface"] for m in found if m["language"] == "zh"}
    names = {m["entity"]: m["surface"] for m in found}
    stated = {
        (names.get(s["subject"]), names.get(s["object"]))
        for s in rows(built, "statements")
        if any("chinese.md" in i for i in s["sources"])
    }
    assert ("马云", "阿里巴巴集团") in stated
    assert not any("北京" in pair or "京东" in pair for pair in stated)
