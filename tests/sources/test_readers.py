"""Every reader through one battery, on the example corpus: evidence can be resolved, twice the same."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from kgbuild.config import Config
from kgbuild.sources import discover
from kgbuild.sources.pool import read_file
from kgbuild.sources.reader import Limits
from kgbuild.types import Box, Reading, TextPosition, TimeSpan

CORPUS = Path(__file__).parents[2] / "examples" / "corpus"
CONFIG = Config.load()
SOURCES = discover(CORPUS, CONFIG)[0]


def read(folder: Path, config: Config = CONFIG) -> dict[str, Reading]:
    """All files of a folder, read in this process, by path."""
    return {s.path: read_file(folder / s.path, s, Limits.of(config)) for s in discover(folder, config)[0]}


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.path)
def test_battery(source) -> None:
    reading = read_file(CORPUS / source.path, source, Limits.of(CONFIG))
    assert reading.outcome == "processed" and reading.segments and not reading.issues
    assert len({s.id for s in reading.segments}) == len(reading.segments)
    for segment in reading.segments:
        assert segment.target.source == source.id == segment.id.partition("#")[0]
        span = segment.target.find(TextPosition)
        if span is not None:
            assert reading.text[span.start : span.end] == segment.text
        if segment.blob:
            with Image.open(BytesIO(reading.blobs[segment.blob])) as image:
                assert segment.target.find(Box) == Box(0, 0, *image.size)
        time = segment.target.find(TimeSpan)
        assert time is None or 0 <= time.start < time.end
        for start, end, _ in segment.marks:
            assert 0 <= start < end <= len(segment.text)
    again = read_file(CORPUS / source.path, source, Limits.of(CONFIG))
    assert again == reading


def test_the_corpus_has_every_kind() -> None:
    kinds = {s.media_type for s in SOURCES}
    assert len(kinds) >= 9 and len(SOURCES) >= 12


def texts(reading: Reading) -> list[str]:
    return [s.text for s in reading.segments if s.modality == "text"]


def test_markdown_keeps_what_stands_around_a_picture(corpus) -> None:
    folder = corpus({"a.md": "# Top\n\n## Part\n\nBefore it.\n\n![An alt](pic.png)\n\nAfter *it*.\n\n- one **two**\n"})
    Image.new("RGB", (40, 30), "white").save(folder / "pic.png")
    reading = read(folder)["a.md"]
    link = next(s for s in reading.segments if s.modality == "link")
    context = dict(link.context)
    assert context["alt"] == "An alt" and context["link"] == "pic.png" and "Part" in context["heading"]
    assert texts(reading) == ["Top", "Part", "Before it.", "After it.", "one two"]
    marked = {s.text[a:b]: kind for s in reading.segments for a, b, kind in s.marks}
    assert marked == {"it": "emphasis", "two": "strong"}


def test_fenced_diagrams_are_diagrams(corpus) -> None:
    folder = corpus(
        {
            "a.md": "Text.\n\n```mermaid\nflowchart LR\n A --> B\n```\n\n```python\nx = 1\n```\n\n```dot\ndigraph { a -> b }\n```\n"
        }
    )
    found = [s for s in read(folder)["a.md"].segments if s.modality == "diagram"]
    assert [s.text.split()[0] for s in found] == ["flowchart", "digraph"]


def test_html_reads_what_a_person_sees(corpus) -> None:
    page = (
        "<html><head><title>The title</title><style>p {}</style></head><body><script>alert(1)</script><h1>Head</h1>"
        "<p>One <b>two</b> &amp; three.</p><table><tr><th>Station</th><th>Country</th></tr><tr><td>Madrid</td><td>Spain</td></tr>"
        "</table><div>Four<!-- hidden --></div></body></html>"
    )
    reading = read(corpus({"a.html": page}))["a.html"]
    assert reading.source.title == "The title"
    assert texts(reading) == ["Head", "One two & three.", "Station; Country", "Madrid: Country: Spain.", "Four"]


def test_endless_comments_do_not_hang(corpus) -> None:
    reading = read(corpus({"a.html": "<p>Good text here.</p>" + "<!--" * 200_000}))["a.html"]
    assert "Good text here." in texts(reading) or reading.outcome == "rejected"


def test_pdf_text_has_page_and_box() -> None:
    reading = read(CORPUS)["mission-brief.pdf"]
    segment = next(s for s in reading.segments if "Northrop Grumman was" in s.text)
    kinds = [type(s).__name__ for s in segment.target.selectors]
    assert kinds[0] == "Page" and kinds[-1] == "TextPosition" and "Box" in kinds
    picture = next(s for s in reading.segments if s.modality == "picture")
    assert picture.blob in reading.blobs
    assert "Figure 1" in dict(picture.context).get("caption", "")


def test_docx_tables_are_sentences() -> None:
    assert "Goldstone: Country: United States; Operator: NASA." in texts(read(CORPUS)["operations-note.docx"])


def test_transparent_pictures_lie_on_white(corpus) -> None:
    folder = corpus({"x.txt": "x"})
    Image.new("RGBA", (20, 10), (0, 0, 0, 0)).save(folder / "a.png")
    (blob,) = read(folder)["a.png"].blobs.values()
    with Image.open(BytesIO(blob)) as image:
        assert image.convert("RGB").getpixel((5, 5)) == (255, 255, 255)


def test_rotated_pictures_have_one_frame(corpus) -> None:
    folder = corpus({"x.txt": "x"})
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (60, 20), "red").save(folder / "a.jpg", exif=exif)
    reading = read(folder)["a.jpg"]
    assert reading.segments[0].target.find(Box) == Box(0, 0, 20, 60)


def test_pixels_are_counted_before_they_are_decoded(corpus) -> None:
    folder = corpus({"x.txt": "x"})
    Image.new("1", (9000, 9000)).save(folder / "a.png")
    reading = read(folder)["a.png"]
    assert reading.outcome == "rejected" and reading.issues[0].code == "too-many-pixels"


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "gif", "tiff"])
def test_raster_formats(corpus, suffix: str) -> None:
    folder = corpus({"x.txt": "x"})
    Image.new("RGB", (33, 22), "blue").save(folder / f"a.{suffix}")
    assert read(folder)[f"a.{suffix}"].segments[0].target.find(Box) == Box(0, 0, 33, 22)


def test_broken_files_say_why(corpus) -> None:
    png = BytesIO()
    Image.effect_noise((200, 200), 50).save(png, "PNG")
    folder = corpus(
        {"cut.png": png.getvalue()[: len(png.getvalue()) // 2], "bad.pdf": b"%PDF-1.7\nnothing", "good.txt": "Good."}
    )
    found = read(folder)
    assert found["good.txt"].outcome == "processed"
    for name in ("cut.png", "bad.pdf"):
        assert found[name].outcome == "rejected"
        assert len(found[name].issues[0].message) > 10 and str(folder) not in found[name].issues[0].message


@pytest.mark.parametrize(
    ("encoding", "text", "read_as"),
    [
        ("cp1252", "Jürgen Müller wohnt in Köln, über dem Café Größe.", "Jürgen Müller"),
        ("koi8-r", "Москва является столицей Российской Федерации.", ""),
        ("gbk", "华为技术有限公司总部位于深圳市，马云在杭州创立了阿里巴巴集团。", ""),
        ("cp037", "Marta Keller works for Halden Systems in Oslo. " * 4, ""),
    ],
)
def test_old_encodings_are_read_or_refused_never_made_up(corpus, encoding: str, text: str, read_as: str) -> None:
    reading = read(corpus({"a.txt": text.encode(encoding)}))["a.txt"]
    assert reading.text.startswith(read_as) and (reading.outcome == "processed") == bool(read_as)
    assert read_as or (reading.issues[0].code == "not-text" and "save it as UTF-8" in reading.issues[0].message)


def test_subtitles_keep_times_and_characters(corpus) -> None:
    srt = (
        "1\n00:00:01,000 --> 00:00:02,500\n<i>Hello</i> there\nsecond line\n\n2\n00:00:03,000 --> 00:00:04,000\nMore\n"
    )
    reading = read(corpus({"a.srt": srt, "b.vtt": "WEBVTT\n\nNOTE x\n\n00:01.000 --> 00:02.000 align:start\nOne\n"}))
    cues = [s for s in reading["a.srt"].segments if s.modality == "cue"]
    assert [s.target.find(TimeSpan) for s in cues] == [TimeSpan(1.0, 2.5), TimeSpan(3.0, 4.0)]
    assert "there\nsecond line" in cues[0].text and not cues[0].text.startswith("<")
    assert [s.text for s in reading["b.vtt"].segments] == ["One"]


@pytest.mark.parametrize("charset", ["punycode", "undefined", "hex", "unknown-1"])
def test_a_charset_that_is_none_is_passed_over(corpus, charset: str) -> None:
    assert read(corpus({"a.html": f"<meta charset={charset}><p>In Zürich</p>"}))["a.html"].text == "In Zürich"
