"""Facts of tables: drawn, written or typeset, the same rows state the same; layouts state nothing."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from kgbuild.config import Config
from kgbuild.mentions import extract
from kgbuild.mentions.ocr import extractor as pictures
from kgbuild.mentions.tables import extractor as tables
from kgbuild.sources import html, markdown, pdf
from kgbuild.sources.reader import Limits
from kgbuild.types import Box, Extraction, Page, Reading, Segment, Source, Target, TextPosition

ROWS = [
    ["Station", "Country", "Antennas", "Opened"],
    ["Goldstone", "United States", "6", "1958"],
    ["Madrid", "Spain", "5", "1961"],
    ["Canberra", "Australia", "5", "1965"],
]
TRUTH = {(row[0], name.lower(), cell) for row in ROWS[1:] for name, cell in zip(ROWS[0][1:], row[1:], strict=True)}


def read(reader, data: bytes, path: Path, config: Config) -> Reading:
    path.write_bytes(data)
    source = Source(f"https://x.org/source/{path.name}", path.name, next(iter(reader.media_types)), "0", len(data))
    found: Reading = reader(path, source, Limits.of(config))
    return found


def stated(found: Extraction) -> set[tuple[str, str, str]]:
    m = {x.id: x.surface for x in found.mentions}
    return {(m[r.subject], r.phrase, m[r.object]) for r in found.relations}


def drawn(rows: Sequence[Sequence[str]], *, ruled: bool) -> bytes:
    image = Image.new("RGB", (180 * len(rows[0]) + 60, 44 * len(rows) + 60), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(18)
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            x, y = 30 + 180 * c, 30 + 44 * r
            if ruled:
                draw.rectangle((x, y, x + 180, y + 44), outline="grey")
            draw.text((x + 10, y + 12), text, "black", font)
    data = BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def typeset(rows: Sequence[Sequence[str]]) -> bytes:
    """A page of one table by hand, and a sentence below it."""
    shown = [
        f"BT /F1 11 Tf {60 + 110 * c} {700 - 22 * r} Td ({text}) Tj ET"
        for r, row in enumerate(rows)
        for c, text in enumerate(row)
    ]
    body = "\n".join([*shown, "BT /F1 11 Tf 60 400 Td (It began in 1958 and goes on.) Tj ET"]).encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(body), body),
    ]
    out, offsets = b"%PDF-1.4\n", []
    for n, one in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (n, one)
    table = b"".join(b"%010d 00000 n \n" % at for at in offsets)
    return out + b"xref\n0 5\n0000000000 65535 f \n%strailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        table, len(out),
    )  # fmt: skip


def shown(png: bytes) -> Reading:
    with Image.open(BytesIO(png)) as image:
        box = Box(0, 0, *image.size)
    source = Source("https://x.org/source/a.png", "a.png", "image/png", "0", 1)
    segment = Segment(f"{source.id}#segment-1", Target(source.id, (box,)), "picture", blob="b")
    return Reading(source, (segment,), blobs={"b": png})


def test_markdown_and_html(tmp_path: Path, config: Config) -> None:
    lines = ["| " + " | ".join(row) + " |" for row in ROWS]
    lines.insert(1, "|---|---|---|---|")
    one = read(markdown.READER, "\n".join(lines).encode(), tmp_path / "a.md", config)
    head = "".join(f"<th>{c}</th>" for c in ROWS[0])
    body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in ROWS[1:])
    two = read(html.READER, f"<table><tr>{head}</tr>{body}</table>".encode(), tmp_path / "a.html", config)
    for reading, found in zip((one, two), tables(config)([one, two]), strict=True):
        assert stated(found) == TRUTH
        for m in found.mentions:
            span = m.target.find(TextPosition)
            assert span is not None and reading.text[span.start : span.end] == m.surface
        assert {m.surface: m.label for m in found.mentions}["1958"] == "Time"
        assert {m.surface: m.label for m in found.mentions}["6"] == "Quantity"


def test_pdf(tmp_path: Path, config: Config) -> None:
    reading = read(pdf.READER, typeset(ROWS), tmp_path / "a.pdf", config)
    (found,) = tables(config)([reading])
    assert stated(found) == TRUTH
    assert all(r.target.find(Page) == Page(1) and r.target.find(Box) for r in found.relations)
    assert reading.segments[-1].text == "It began in 1958 and goes on."


@pytest.mark.parametrize("ruled", [True, False])
def test_a_picture(ruled: bool, config: Config) -> None:
    _, found = extract(shown(drawn(ROWS, ruled=ruled)), [pictures(config), tables(config)])
    assert stated(found) == TRUTH and min(r.score for r in found.relations) >= 0.8
    goldstone = next(m for m in found.mentions if m.surface == "Goldstone").target.find(Box)
    assert goldstone is not None and 30 <= goldstone.x <= 40 and 74 <= goldstone.y <= 90 and goldstone.h < 30


def test_a_layout_states_no_fact(config: Config) -> None:
    rows = [["Photo A", "Photo B", "Photo C"], ["Beach", "Mountain", "City"], ["Forest", "Lake", "Road"]]
    _, found = extract(shown(drawn(rows, ruled=True)), [pictures(config), tables(config)])
    assert all(r.score < config["statements"]["min_confidence"] for r in found.relations)


@pytest.mark.parametrize(
    "rows",
    [
        "| Question | |\n|---|---|\n| Design a hash map | Solution |\n",
        "| Step | Description |\n|---|---|\n| Put | Writes the value to the store |\n| Get | Reads a value from it |\n",
        "| Feature | Basic | Pro |\n|---|---|---|\n| Backup | yes | yes |\n| Audit log | no | yes |\n",
        "| 2020 | 2021 |\n|---|---|\n| 5 | 6 |\n| 7 | 8 |\n",
        "| Call | Path |\n|---|---|\n| Login | POST /login |\n| Logout | POST /logout |\n",
    ],
)
def test_what_is_no_value_and_no_name_states_nothing(rows: str, tmp_path: Path, config: Config) -> None:
    (found,) = tables(config)([read(markdown.READER, rows.encode(), tmp_path / "a.md", config)])
    assert stated(found) == set()


def test_rows_that_are_numbered_are_about_the_second_column(tmp_path: Path, config: Config) -> None:
    text = "| # | City | Population |\n|---|---|---|\n| 1 | Tokyo | 37,000,000 |\n| 2 | Delhi | 32,900,000 |\n"
    (found,) = tables(config)([read(markdown.READER, text.encode(), tmp_path / "a.md", config)])
    assert stated(found) == {("Tokyo", "population", "37,000,000"), ("Delhi", "population", "32,900,000")}


def test_a_cell_that_lists_things_states_one_fact_for_each(tmp_path: Path, config: Config) -> None:
    text = "| Mission | Partners |\n|---|---|\n| Webb | NASA, ESA and CSA |\n| Euclid | ESA |\n"
    (found,) = tables(config)([read(markdown.READER, text.encode(), tmp_path / "a.md", config)])
    assert {o for s, _, o in stated(found) if s == "Webb"} == {"NASA", "ESA", "CSA"}
