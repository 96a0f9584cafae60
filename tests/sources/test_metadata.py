"""What pictures say of themselves: read from every format, and never trusted."""

from __future__ import annotations

import random
import zlib
from pathlib import Path

import pytest
from photos import alt, bag, exif, jpeg, save, scene, with_iptc, xmp
from PIL import Image, PngImagePlugin

from kgbuild.config import Config
from kgbuild.sources import discover
from kgbuild.sources.pool import read_file
from kgbuild.sources.reader import Limits
from kgbuild.types import Field, Reading, TextPosition

CONFIG = Config.load()
PICTURE = scene(1, size=(64, 48))
TAKEN = "2024:05:01 12:30:00"


def read(path: Path) -> Reading:
    (source,) = discover(path, CONFIG)[0]
    return read_file(path, source, Limits.of(CONFIG))


def said(reading: Reading) -> dict[str, list[str]]:
    """Texts by kind, in order."""
    found: dict[str, list[str]] = {}
    for segment in reading.segments:
        field, span = segment.target.find(Field), segment.target.find(TextPosition)
        if field is not None and span is not None:
            assert reading.text[span.start : span.end] == segment.text
            found.setdefault(dict(segment.context)["kind"], []).append(segment.text)
    return found


def left_out(reading: Reading) -> str:
    assert reading.outcome == "processed"
    return " ".join(i.message for i in reading.issues if i.code == "metadata" and i.severity == "warning")


@pytest.mark.parametrize("kind", ["jpg", "png", "tif", "webp"])
def test_exif_and_xmp_in_every_format(kind: str, tmp_path: Path) -> None:
    made = exif(
        taken=TAKEN, zone="+02:00", place=("S", (33.0, 51.0, 30.0), "E", (151.0, 12.0, 36.0)),
        x010F="NIKON CORPORATION", x0110="NIKON D750",
    )  # fmt: skip
    packet = xmp(
        alt("dc:description", de="Die Oper", x_default="The opera house.") + bag("dc:subject", "opera", "Sydney")
    )
    options: dict[str, object] = {"exif": made, "xmp": packet}
    if kind == "png":
        options["pnginfo"] = info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet.decode())
    if kind == "tif":
        made[700] = packet
        for number in (0x8769, 0x8825):  # Pillow writes those of TIFF only if they stand among the tags
            made[number] = dict(made.get_ifd(number))
    found = said(read(save(PICTURE, tmp_path / f"a.{kind}", **options)))
    assert found["created"] == ["2024-05-01T12:30:00+02:00"]
    assert found["latitude"] == ["-33.858333"] and found["longitude"] == ["151.210000"]
    assert found["camera"] == ["NIKON D750"]
    assert found["caption"] == ["The opera house."] and found["keyword"] == ["opera", "Sydney"]


def test_iptc_and_the_order_of_precedence(tmp_path: Path) -> None:
    packet = xmp(alt("dc:title", x_default="From XMP") + bag("dc:subject", "Sea"), 'photoshop:City="Lisbon"')
    data = jpeg(PICTURE, exif=exif(x010E="From EXIF", x0110="ILCE-7M3", x010F="SONY"), xmp=packet)
    sets = ((5, b"From IPTC"), (25, b"sea"), (25, "café".encode("latin-1")), (80, b"Ada Lovelace"), (101, b"Portugal"))
    (tmp_path / "a.jpg").write_bytes(with_iptc(data, *sets, (55, b"20240501"), (60, b"123000+0100")))
    found = said(read(tmp_path / "a.jpg"))
    assert found["title"] == ["From XMP"] and found["caption"] == ["From EXIF"]
    assert found["keyword"] == ["Sea", "café"]  # each once, whatever its case
    assert found["creator"] == ["Ada Lovelace"] and found["taken in"] == ["Lisbon", "Portugal"]
    assert found["camera"] == ["SONY ILCE-7M3"]
    assert found["created"] == ["2024-05-01T12:30:00+01:00"]


def test_people_by_name_and_by_face(tmp_path: Path) -> None:
    faces = (
        '<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:RegionList><rdf:Bag>'
        '<rdf:li><rdf:Description mwg-rs:Name="Grace Hopper" mwg-rs:Type="Face"/></rdf:li>'
        '<rdf:li rdf:parseType="Resource"><mwg-rs:Name>Alan Turing</mwg-rs:Name><mwg-rs:Type>Face</mwg-rs:Type></rdf:li>'
        '<rdf:li><rdf:Description mwg-rs:Name="Rex" mwg-rs:Type="Pet"/></rdf:li></rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>'
    )
    packet = xmp(bag("Iptc4xmpExt:PersonInImage", "Ada Lovelace") + faces)
    reading = read(save(PICTURE, tmp_path / "a.jpg", xmp=packet))
    assert said(reading)["person"] == ["Ada Lovelace", "Grace Hopper", "Alan Turing"] and not reading.issues


def test_the_title_is_the_source_s_and_the_caption_is_the_picture_s(tmp_path: Path) -> None:
    reading = read(
        save(
            PICTURE,
            tmp_path / "a.jpg",
            xmp=xmp(alt("dc:title", x_default="T one") + alt("dc:description", x_default="C one")),
        )
    )
    assert reading.source.title == "T one"
    (picture,) = [s for s in reading.segments if s.modality == "picture"]
    assert picture.text == "C one" and ("caption", "C one") in picture.context


def test_a_picture_without_metadata_has_none(tmp_path: Path) -> None:
    reading = read(save(PICTURE, tmp_path / "a.jpg"))
    assert [s.modality for s in reading.segments] == ["picture"] and not reading.text and not reading.issues


@pytest.mark.parametrize(
    "options",
    [
        {"exif": exif(taken="0000:00:00 00:00:00")},
        {"exif": exif(taken="2024:13:41 25:61:00")},
        {"exif": exif(taken="1024:05:01 12:00:00")},
        {"exif": exif(taken="yesterday")},
        {"exif": exif(place=("N", (93.0, 0.0, 0.0), "E", (181.0, 0.0, 0.0)))},
        {"exif": exif(place=("N", (0.0, 0.0, 0.0), "E", (0.0, 0.0, 0.0)))},
        {"exif": exif(place=("Q", (9.0, 0.0, 0.0), "", (8.0, 99.0, 0.0)))},
        {"exif": exif(x010E="CafÃ© at dawn".encode())},
        {"exif": exif(x013B="\x07\x08\x01 bell")},
        {"exif": exif(x8298="x" * 5000)},
        {"xmp": b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><unclosed>"},
        {"xmp": b"\xff\xfe\x00binary"},
        {"xmp": b'<!DOCTYPE a [<!ENTITY b "Ada"><!ENTITY c "&b;&b;">]><a>&c;</a>'},
        {"xmp": xmp(alt("dc:description", x_default="a" * 20_000))},
        {"xmp": xmp(bag("dc:subject", *(f"word {n}" for n in range(400))))},
        {"xmp": xmp(bag("dc:subject", "\ufffd\ufffd", "...", "GroÃŸstadt"))},
    ],
    ids=lambda o: next(iter(o)),
)  # fmt: skip
def test_what_is_no_value_is_left_out_and_counted(options: dict[str, object], tmp_path: Path) -> None:
    reading = read(save(PICTURE, tmp_path / "a.jpg", **options))
    assert left_out(reading)
    assert len(said(reading).get("keyword", ())) in (0, 100)
    assert set(said(reading)) <= {"keyword"}


@pytest.mark.parametrize("chunk", ["zTXt", "iTXt", "iCCP"])
def test_a_bomb_in_a_chunk_of_text_costs_the_chunk_alone(chunk: str, tmp_path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    bomb = zlib.compress(b"a" * 50_000_000, 9)
    heads = {b"zTXt": b"k\x00\x00", b"iTXt": b"XML:com.adobe.xmp\x00\x01\x00\x00\x00"}
    if chunk.encode() in heads:
        info.add(chunk.encode(), heads[chunk.encode()] + bomb)
    profile = b"a" * 50_000_000 if chunk == "iCCP" else None
    reading = read(save(PICTURE, tmp_path / "a.png", pnginfo=info, icc_profile=profile))
    assert "too large (1)" in left_out(reading) and [s.modality for s in reading.segments] == ["picture"]


def test_damaged_metadata_never_costs_the_picture(tmp_path: Path) -> None:
    packet = xmp(alt("dc:description", x_default="A caption") + bag("dc:subject", "sea"))
    whole = exif(taken=TAKEN, place=("N", (1.0, 2.0, 3.0), "E", (1.0, 2.0, 3.0)), x0110="Camera 1", x0112=6)
    good = with_iptc(jpeg(PICTURE, exif=whole, xmp=packet), (25, b"sea"), (120, b"A caption"))
    pixels = good.index(b"\xff\xdb")  # tables and pixels: not metadata
    dice = random.Random(7)
    for _ in range(150):
        data = bytearray(good)
        for _ in range(dice.randint(1, 12)):
            at = dice.randrange(24, pixels)
            if data[at - 3] != 0xFF and data[at] != 0xFF and data[at - 1] != 0xFF and data[at - 2] != 0xFF:
                data[at] = dice.randrange(255)  # the lengths of segments stay
        (tmp_path / "a.jpg").write_bytes(data)
        reading = read(tmp_path / "a.jpg")
        assert reading.outcome == "processed", reading.issues
        assert {i.severity for i in reading.issues} <= {"warning"}


def test_the_pixels_are_those_of_the_picture(tmp_path: Path) -> None:
    """A PNG with a chunk cut out is the same picture, and one whose chunks end too early is read as before."""
    path = save(PICTURE, tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(path.read_bytes()[:-40])
    whole, cut = read(path), read(tmp_path / "b.png")
    (blob,) = whole.blobs.values()
    with Image.open(path) as image:
        assert image.convert("RGB").size == PICTURE.size and blob
    assert cut.outcome in ("processed", "rejected")
