"""Word documents as programs write them: tracked changes, fields, controls, missing parts, impossible tables."""

from __future__ import annotations

import zipfile
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from kgbuild.config import Config
from kgbuild.sources import discover
from kgbuild.sources.pool import read_file
from kgbuild.sources.reader import Limits
from kgbuild.types import Reading

CONFIG = Config.load()


def run(text: str) -> str:
    return f"<w:r><w:t xml:space='preserve'>{text}</w:t></w:r>"


def write(path: Path, *blocks: str) -> Path:
    """A document with these elements as its body."""
    document = docx.Document()
    for block in blocks:
        document.element.body.insert(-1, parse_xml(block.replace(">", f" {nsdecls('w')}>", 1)))
    document.save(str(path))
    return path


def read(path: Path) -> Reading:
    (source,), _ = discover(path.parent, CONFIG)
    return read_file(path, source, Limits.of(CONFIG))


def test_what_a_reader_of_the_document_sees_is_its_text(tmp_path: Path) -> None:
    changed = (
        f"<w:p>{run('Ada ')}<w:del><w:r><w:delText>Byron</w:delText></w:r></w:del><w:ins>{run('Lovelace')}</w:ins>"
        f"<w:fldSimple w:instr='DATE'>{run(' lived')}</w:fldSimple>{run(' in ')}"
        f"<w:sdt><w:sdtContent>{run('London')}</w:sdtContent></w:sdt></w:p>"
    )
    control = f"<w:sdt><w:sdtContent><w:p>{run('In a control.')}</w:p></w:sdtContent></w:sdt>"
    cell = f"<w:tbl><w:tr><w:tc><w:p><w:ins>{run('Inserted')}</w:ins></w:p></w:tc></w:tr></w:tbl>"
    found = read(write(tmp_path / "a.docx", changed, control, cell))
    assert [s.text for s in found.segments] == ["Ada Lovelace lived in London", "In a control.", "Inserted"]


@pytest.mark.parametrize("span", ["2000000000", "-5", "x"])
def test_a_cell_of_a_billion_columns_is_one(tmp_path: Path, span: str) -> None:
    cells = "".join(
        f"<w:tc><w:tcPr><w:gridSpan w:val='{n}'/></w:tcPr><w:p>{run(t)}</w:p></w:tc>"
        for n, t in ((span, "wide"), ("1", "b"))
    )
    found = read(write(tmp_path / "a.docx", f"<w:tbl><w:tr>{cells}</w:tr></w:tbl>"))
    assert [s.text for s in found.segments] == ["wide; b"]


def copy(path: Path, target: Path, **changes: str) -> Path:
    """A copy of a container without some parts, or with text added to them. Keys are the ends of names."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            change = next(
                (v for k, v in changes.items() if name.endswith(k.replace("_xml", ".xml").replace("_rels", ".rels"))),
                "",
            )
            if change != "drop":
                new.writestr(name, old.read(name).replace(b"</Relationships>", change.encode() + b"</Relationships>"))
    path.unlink()
    return target


def test_a_part_that_is_missing_costs_itself_only(tmp_path: Path) -> None:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
    dangling = f'<Relationship Id="rId99" Type="{kind}" Target="NULL"/>'
    path = write(tmp_path / "a.docx", f"<w:p>{run('Ada lived in London.')}</w:p>")
    found = read(copy(path, tmp_path / "b.docx", document_xml_rels=dangling))
    assert found.text == "Ada lived in London."
    assert [(i.code, i.severity) for i in found.issues] == [("missing-part", "warning")] and "NULL" in found.issues[
        0
    ].message


def test_what_is_no_document_is_refused_in_words(tmp_path: Path) -> None:
    path = write(tmp_path / "a.docx", f"<w:p>{run('Ada')}</w:p>")
    found = read(copy(path, tmp_path / "b.docx", **{"[Content_Types]_xml": "drop"}))
    assert found.outcome == "rejected" and found.issues[0].message.startswith(
        "no Word document: a part that belongs to"
    )
