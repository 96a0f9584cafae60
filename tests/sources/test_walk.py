"""What is read, what is left out and why; types by content, not by name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kgbuild.config import Config
from kgbuild.errors import UsageError
from kgbuild.sources import discover
from kgbuild.sources.reader import decode


def test_order_types_and_reasons(corpus, config: Config, tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("secret", "utf-8")
    folder = corpus({"b.txt": "B", "a/c.md": "# C", ".hidden.txt": "h", "empty.txt": "", "data.bin": bytes(range(256))})
    (folder / "link.txt").symlink_to(outside)
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe")
    sources, issues = discover(folder, config)
    assert [s.path for s in sources] == ["a/c.md", "b.txt"]
    codes = {i.source.rsplit("/", 1)[1]: i.code for i in issues}
    assert set(codes) == {".hidden.txt", "empty.txt", "data.bin", "link.txt", "loop", "pipe"}
    assert all(i.message for i in issues)


def test_type_is_decided_by_content(corpus, config: Config) -> None:
    from PIL import Image

    folder = corpus(
        {"notes.png": "# Notes\n\nThis is text.\n", "page.txt": "<!doctype html><html><body>x</body></html>"}
    )
    Image.new("RGB", (4, 4)).save(folder / "picture.png")
    for name in ("picture.jpg", "picture", "picture.txt", "talk.srt"):
        (folder / name).write_bytes((folder / "picture.png").read_bytes())
    sources, issues = discover(folder, config)
    assert {s.path: s.media_type for s in sources} == {
        "page.txt": "text/html", "picture": "image/png", "picture.jpg": "image/png", "picture.png": "image/png",
        "picture.txt": "image/png",
    }  # fmt: skip
    reasons = {i.source.rsplit("/", 1)[1]: i.message for i in issues}
    assert set(reasons) == {"notes.png", "talk.srt"}
    assert ".png" in reasons["notes.png"] and "image/png" in reasons["talk.srt"] and ".srt" in reasons["talk.srt"]


def test_exclude_patterns(corpus) -> None:
    folder = corpus({"a.txt": "A", "drafts/b.txt": "B", "drafts/deep/c.txt": "C"})
    config = Config.load(overrides={"sources.exclude": ["drafts/**"]})
    assert [s.path for s in discover(folder, config)[0]] == ["a.txt"]


def test_names_are_kept_apart(corpus, config: Config) -> None:
    folder = corpus({"a b.txt": "1", "a%20b.txt": "2", "ä.txt": "3", "x#y?.txt": "4"})
    (folder / os.fsdecode(b"\xff\xfe.txt")).write_text("5", "utf-8")
    sources = discover(folder, config)[0]
    assert len({s.id for s in sources}) == len(sources) == 5


def test_a_missing_folder_is_named(config: Config, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        discover(tmp_path / "nowhere", config)


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ("Ada Lovelace met Charles.\n".encode("utf-16-le"), "Ada Lovelace met Charles.\n"),
        ("Ada Lovelace met Charles.\n".encode("utf-16-be"), "Ada Lovelace met Charles.\n"),
        ("Ada Lovelace met Charles.\n".encode("utf-16"), "Ada Lovelace met Charles.\n"),
        (
            b"Ada Lovelace met Charles in the old town.\0\0\x01 end\n",
            "Ada Lovelace met Charles in the old town.\0\0\x01 end\n",
        ),
        ("Ada\r\nLovelace é".encode("cp1252"), "Ada\nLovelace é"),
    ],
)
def test_encodings(corpus, config: Config, data: bytes, wanted: str) -> None:
    folder = corpus({"a.txt": data})
    (source,) = discover(folder, config)[0]
    assert source.media_type == "text/plain" and decode(data) == wanted


@pytest.mark.parametrize("data", [bytes(range(256)), b"\0" * 50, b"\x7fELF\0\0\1\2\xff\xfe\0\0" * 9])
def test_binary_data_is_no_text(corpus, config: Config, data: bytes) -> None:
    sources, issues = discover(corpus({"a.txt": data}), config)
    assert not sources and issues[0].message == "binary data of unknown kind"


def test_a_workspace_in_the_corpus_is_no_source(corpus, config: Config) -> None:
    folder = corpus({"a.txt": "A", "out/workspace.json": '{"format": 1}', "out/.lock": "", "out/report.html": "<html>"})
    sources, issues = discover(folder, config)
    assert [s.path for s in sources] == ["a.txt"] and issues == []


def test_names_of_types_are_found_in_bounded_time(corpus, config: Config) -> None:
    """What a hostile head or list of members costs the parent process, which no limit protects."""
    folder = corpus({"a.xml": "<!---->" * 60 + "<x/>", "b.drawio": "<!-- a --><?xml version='1.0'?><mxfile></mxfile>"})
    end = b"PK\x05\x06" + bytes(4) + b"\xff\xff" * 2 + (1 << 28).to_bytes(4, "little") + bytes(6)
    (folder / "many.docx").write_bytes(b"PK\x03\x04" + bytes(1000) + end)
    sources, issues = discover(folder, config)
    assert [s.path for s in sources] == ["b.drawio"]
    assert [i.message for i in issues] == [
        "no reader for .xml files",
        "a zip container with more members than any docx has",
    ]
