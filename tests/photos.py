"""Photos of our own drawing with metadata as cameras and programs write it."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" {attributes}>{elements}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def xmp(elements: str = "", attributes: str = "") -> bytes:
    """A packet with these properties."""
    return XMP.format(elements=elements, attributes=attributes).encode()


def bag(name: str, *values: str, kind: str = "Bag") -> str:
    """A property with several values."""
    return f"<{name}><rdf:{kind}>{''.join(f'<rdf:li>{v}</rdf:li>' for v in values)}</rdf:{kind}></{name}>"


def alt(name: str, **values: str) -> str:
    """A property in several languages ("x_default", "de")."""
    items = "".join(f'<rdf:li xml:lang="{k.replace("_", "-")}">{v}</rdf:li>' for k, v in values.items())
    return f"<{name}><rdf:Alt>{items}</rdf:Alt></{name}>"


def exif(*, taken: str = "", zone: str = "", place: tuple[object, ...] = (), **tags: object) -> Image.Exif:
    """EXIF with the time, the place (letter, degrees, letter, degrees) and tags by number ("x010F")."""
    made = Image.Exif()
    for name, value in tags.items():
        made[int(name[1:], 16)] = value
    own = made.get_ifd(0x8769)
    if taken:
        own[0x9003] = taken
    if zone:
        own[0x9011] = zone
    if place:
        made.get_ifd(0x8825).update(dict(enumerate(place, 1)))
    return made


def iptc(*sets: tuple[int, bytes]) -> bytes:
    """An APP13 segment of JPEG with datasets of record 2."""
    data = b"".join(struct.pack(">BBBH", 0x1C, 2, number, len(value)) + value for number, value in sets)
    block = b"8BIM\x04\x04\x00\x00" + struct.pack(">I", len(data)) + data + b"\x00" * (len(data) % 2)
    body = b"Photoshop 3.0\x00" + block
    return b"\xff\xed" + struct.pack(">H", len(body) + 2) + body


def with_iptc(jpeg: bytes, *sets: tuple[int, bytes]) -> bytes:
    """A JPEG with an IPTC segment behind its start."""
    return jpeg[:2] + iptc(*sets) + jpeg[2:]


def scene(seed: int, *, sign: str = "", size: tuple[int, int] = (640, 480)) -> Image.Image:
    """A "photo": sky, hills, trees and houses with noise, the same for the same seed; with words on a sign."""
    random = np.random.default_rng(seed)
    width, height = size
    sky = np.linspace(random.uniform(90, 160, 3), random.uniform(180, 250, 3), height)
    picture = Image.fromarray(np.repeat(sky[:, None], width, 1).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    for layer in range(4):
        line = height * (0.4 + 0.15 * layer) + np.cumsum(random.normal(0, 3, width // 8 + 2))
        colour = tuple(int(c) for c in random.uniform(30, 170, 3))
        draw.polygon([(8 * i, int(y)) for i, y in enumerate(line)] + [(width, height), (0, height)], fill=colour)
        for _ in range(random.integers(5, 12)):
            x, y, s = random.uniform(0, width), random.uniform(height * 0.4, height), random.uniform(10, 60)
            fill = tuple(int(c) for c in random.uniform(20, 230, 3))
            shape = draw.ellipse if random.random() < 0.5 else draw.rectangle
            shape((x, y, x + s, y + s * random.uniform(0.5, 1.5)), fill=fill, outline="black")
    if sign:
        draw.rectangle((60, 40, width - 60, 110), fill="white", outline="black", width=3)
        draw.text((80, 55), sign, fill="black", font=ImageFont.load_default(36))
    noisy = np.asarray(picture, np.int16) + random.normal(0, 6, (height, width, 3)).astype(np.int16)
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def save(picture: Image.Image, path: Path, **options: object) -> Path:
    """The picture as a file, its format by the name."""
    picture.save(path, **({"quality": 90} | options))  # type: ignore[arg-type]
    return path


def jpeg(picture: Image.Image, **options: object) -> bytes:
    """The picture as bytes of JPEG."""
    out = BytesIO()
    picture.save(out, "JPEG", **({"quality": 90} | options))  # type: ignore[arg-type]
    return out.getvalue()
