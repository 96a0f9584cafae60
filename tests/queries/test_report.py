"""The report shows real evidence, escapes everything and loads nothing."""

from __future__ import annotations

import base64
import re
from io import BytesIO
from pathlib import Path

import lxml.html
from PIL import Image

import kgbuild
from kgbuild.report import Report


def test_samples_show_sentence_box_and_time(example: tuple[Path, Report]) -> None:
    page = lxml.html.parse(str(example[0] / "report.html")).getroot()
    text = page.text_content()
    for name, value in example[1].counts.items():
        assert name in text and f"{value:,}" in text
    assert len(page.xpath("//mark")) >= 3
    pictures = page.xpath("//img/@src") + page.xpath("//*[local-name()='image']/@href")
    assert pictures
    for uri in pictures:
        with Image.open(BytesIO(base64.b64decode(uri.removeprefix("data:image/png;base64,")))) as image:
            assert image.size[0] > 50
    assert re.search(r"\d:\d\d\.\d to \d:\d\d\.\d", text)


def test_nothing_is_loaded_from_elsewhere(example: tuple[Path, Report]) -> None:
    html = (example[0] / "report.html").read_text("utf-8")
    page = lxml.html.fromstring(html)
    policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy and "default-src 'none'" in policy[0]
    for uri in page.xpath("//@src | //link/@href | //script"):
        assert str(uri).startswith("data:")


def test_labels_cannot_break_out(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    evil = "<script>alert(1)</script>"
    (corpus / "<b>x.md").write_text(
        f'```dot\ndigraph {{ "{evil}" -> "</style><img src=x onerror=alert(1)>" }}\n```\n', "utf-8"
    )
    out = tmp_path / "out"
    kgbuild.build(corpus, out=out)
    page = lxml.html.fromstring((out / "report.html").read_text("utf-8"))
    assert not page.xpath("//script") and not page.xpath("//*[@onerror]") and not page.xpath("//img[@src='x']")
