"""What a picture file says of itself in EXIF, IPTC-IIM and XMP: when and where it was taken, with what, whom it shows.

EXIF: CIPA DC-008. IPTC: Information Interchange Model 4.2 and Photo Metadata Standard. XMP: ISO 16684-1. Of time, place
and camera EXIF has the first word, of texts XMP, as the guidelines of the Metadata Working Group have it; keywords and
people are those of all. Anybody may write anything there: what is no value of its kind is left out and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kgbuild.sources.xmp import read_xmp
from kgbuild.types import Field

MODALITY = "metadata"  # of segments that hold one value of a field
PROSE = ("title", "caption")  # kinds of fields that hold sentences
_MOST = 100  # values of a field
_SHORT, _LONG = 200, 10_000  # characters of a name, and of a caption
_FIRST_PHOTOGRAPH = 1826
# What cameras write into every picture.
_BY_MACHINE = re.compile(r"(?i)(\w+ )*digital (still )?camera|sony dsc|dcim?|untitled|screenshot|\W*")
_IPTC = {
    5: "title", 25: "keyword", 80: "creator", 90: "taken in", 92: "taken in", 95: "taken in", 101: "taken in",
    105: "title", 116: "rights", 120: "caption",
}  # fmt: skip
_IPTC_NAMES = {
    5: "ObjectName", 25: "Keywords", 55: "DateCreated", 80: "By-line", 90: "City", 92: "Sub-location",
    95: "Province-State", 101: "Country", 105: "Headline", 116: "CopyrightNotice", 120: "Caption-Abstract",
}  # fmt: skip
_EXIF = {0x010E: ("ImageDescription", "caption"), 0x013B: ("Artist", "creator"), 0x8298: ("Copyright", "rights")}
_WINDOWS = {
    0x9C9B: ("XPTitle", "title"), 0x9C9C: ("XPComment", "caption"), 0x9C9D: ("XPAuthor", "creator"),
    0x9C9E: ("XPKeywords", "keyword"),
}  # fmt: skip
_EXIF_IFD, _GPS_IFD, _XMP_TAG = 0x8769, 0x8825, 700


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a field. ``kind``: ``created`` | ``latitude`` | ``longitude`` | ``camera`` | ``title`` |
    ``caption`` | ``keyword`` | ``person`` | ``creator`` | ``rights`` | ``taken in``.
    """

    field: Field
    kind: str
    text: str


def metadata(image: Any) -> tuple[list[Value], Counter[str]]:
    """The values that an opened Pillow image carries, and how many were left out, by reason."""
    dropped: Counter[str] = Counter()
    said: list[tuple[str, str, Any]] = []  # field, kind, raw value: those with the first word first
    for read in (_of_exif, _of_xmp, _of_iptc):
        try:
            said += read(image, dropped)
        except Exception:  # the border: libraries that parse what anybody may have written there raise many kinds
            dropped["unreadable"] += 1
    found: list[Value] = []
    for field, kind, raw in _in_order(said):
        text = _KINDS.get(kind, _line)(raw)
        if text:
            found.append(Value(Field(field), kind, text))
        elif str(raw).strip("\x00 "):
            dropped[f"no {kind} that can be read"] += 1
    return _once(found, dropped), dropped


def _in_order(said: Sequence[tuple[str, str, Any]]) -> list[tuple[str, str, Any]]:
    """Texts of XMP before those of IPTC and EXIF; all else as it is."""
    last = ("exif:", "windows:")
    return sorted(
        said, key=lambda s: s[1] not in ("created", "latitude", "longitude", "camera") and s[0].startswith(last)
    )


def _once(found: Iterable[Value], dropped: Counter[str]) -> list[Value]:
    """One value of what a picture has one of; each of the others once."""
    single: set[str] = set()
    seen: set[tuple[str, str]] = set()
    counts: Counter[str] = Counter()
    kept = []
    for value in found:
        key = value.kind, value.text.casefold()
        if key in seen or value.kind in single:
            continue
        seen.add(key)
        counts[value.kind] += 1
        if counts[value.kind] > _MOST:
            dropped["too many values"] += 1
            continue
        if value.kind not in ("keyword", "person", "creator", "taken in"):
            single.add(value.kind)
        kept.append(value)
    return kept


def _of_exif(image: Any, dropped: Counter[str]) -> list[tuple[str, str, Any]]:
    exif = image.getexif()
    said: list[tuple[str, str, Any]] = []
    own = exif.get_ifd(_EXIF_IFD)
    for name, tag, zone in (("DateTimeOriginal", 0x9003, 0x9011), ("DateTimeDigitized", 0x9004, 0x9012)):
        if own.get(tag):
            said.append((f"exif:{name}", "created", f"{_text(own[tag])}{_text(own.get(zone, ''))}"))
    gps = exif.get_ifd(_GPS_IFD)
    for name, kind, tag in (("GPSLatitude", "latitude", 2), ("GPSLongitude", "longitude", 4)):
        if tag in gps:
            said.append((f"exif:{name}", kind, (gps[tag], _text(gps.get(tag - 1, "")))))
    if 2 in gps and 4 in gps and _latitude(said[-2][2]) == _longitude(said[-1][2]) == _decimal(0):
        del said[-2:]  # a receiver that saw no satellite
        dropped["no place that can be read"] += 1
    make, model = _text(exif.get(0x010F, "")), _text(exif.get(0x0110, ""))
    if model or make:
        said.append(("exif:Model" if model else "exif:Make", "camera", _camera(make, model)))
    said += [(f"exif:{name}", kind, _text(exif[tag])) for tag, (name, kind) in _EXIF.items() if tag in exif]
    for tag, (name, kind) in _WINDOWS.items():
        if isinstance(raw := exif.get(tag), bytes | tuple):
            text = bytes(raw).decode("utf-16-le", "replace")
            values = text.split(";") if kind in ("keyword", "creator") else [text]
            said += [(f"windows:{name}", kind, v) for v in values]
    return said


def _of_xmp(image: Any, dropped: Counter[str]) -> list[tuple[str, str, Any]]:
    packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    if not packet and hasattr(image, "tag_v2"):
        packet = image.tag_v2.get(_XMP_TAG)
    if not packet:
        return []
    return read_xmp(packet if isinstance(packet, bytes) else str(packet).encode("utf-8", "surrogatepass"), dropped)


def _of_iptc(image: Any, dropped: Counter[str]) -> list[tuple[str, str, Any]]:
    from PIL import IptcImagePlugin

    records = IptcImagePlugin.getiptcinfo(image) if image.format in ("JPEG", "TIFF") else None
    if not records:
        return []
    in_utf8 = b"\x1b%G" in b"".join(_all(records.get((1, 90))))
    said: list[tuple[str, str, Any]] = []
    for date, time in zip(_all(records.get((2, 55))), [*_all(records.get((2, 60))), b""], strict=False):
        said.append(("iptc:DateCreated", "created", f"{date.decode('latin-1')}T{time.decode('latin-1')}"))
    for number, kind in _IPTC.items():
        for raw in _all(records.get((2, number))):
            try:
                text = raw.decode("utf-8")
            except UnicodeDecodeError:
                text = raw.decode("utf-8", "replace") if in_utf8 else raw.decode("cp1252", "replace")
            said.append((f"iptc:{_IPTC_NAMES[number]}", kind, text))
    return said


def _all(value: Any) -> list[bytes]:
    """The values of a dataset that may be repeated."""
    return [bytes(v) for v in value] if isinstance(value, list) else [bytes(value)] if value else []


def _text(raw: Any) -> str:
    """An EXIF text: ASCII by the standard, UTF-8 by many programs; Pillow reads it as Latin-1."""
    data = raw if isinstance(raw, bytes) else str(raw).encode("latin-1", "replace")
    data = data.rstrip(b"\x00 ")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _camera(make: str, model: str) -> str:
    """ "NIKON CORPORATION" and "NIKON D750" are a NIKON D750, "SONY" and "ILCE-7M3" a SONY ILCE-7M3."""
    make, model = " ".join(make.split()), " ".join(model.split())
    first = make.partition(" ")[0]
    return model if not make or first.casefold() in model.casefold() or not model else f"{first} {model}"


# -- values as text, "" for what is none --


def _line(raw: Any, most: int = _SHORT) -> str:
    """A text on one line, without what nobody could have meant: controls, lost characters, letters misread."""
    text = " ".join(str(raw).replace("\x00", " ").split())
    if not text or len(text) > most or re.search(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd\ud800-\udfff\ufffe\uffff]", text):
        return ""
    return text if any(c.isalnum() for c in text) and not _misread(text) else ""


def _misread(text: str) -> bool:
    """Whether a text is UTF-8 that was read as Latin-1 or Windows-1252 ("CafÃ©"): as bytes of these it is UTF-8."""
    if text.isascii():
        return False
    for code in ("cp1252", "latin-1"):
        try:
            if text.encode(code).decode("utf-8"):
                return True
        except UnicodeError:
            continue
    return False


def _prose(raw: Any) -> str:
    text = _line(raw, _LONG)
    return "" if _BY_MACHINE.fullmatch(text) else text


def _name(raw: Any) -> str:
    text = _line(raw)
    return text if sum(c.isalpha() for c in text) > 1 else ""


def _moment(raw: Any) -> str:
    """A time as ISO 8601: EXIF writes 2024:05:01 12:30:00, IPTC 20240501 and 123000+0200, XMP ISO 8601 or a part."""
    text = re.sub(r"\.\d+", "", str(raw).replace("\x00", " ").strip())
    found = re.fullmatch(
        r"(\d{4})(?:[-:]?(\d\d)(?:[-:]?(\d\d)(?:[T ]+(?:(\d\d):?(\d\d)(?::?(\d\d))?)?\s*(Z|[+-]\d\d:?\d\d)?)?)?)?", text
    )
    if not found or int(found[1]) < _FIRST_PHOTOGRAPH:
        return ""
    year, month, day, hour, minute, second, zone = found.groups()
    date = "-".join(part for part in (year, month, day) if part)
    if not hour:
        return date if _is_date(f"{year}-{month or '01'}-{day or '01'}") else ""
    zone = zone if zone in (None, "Z") else f"{zone[:3]}:{zone[-2:]}"
    made = f"{date}T{hour}:{minute}:{second or '00'}{zone or ''}"
    return made if _is_date(made) else ""


def _is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _degrees(raw: Any, sides: str) -> float | None:
    """Degrees of EXIF (up to three rationals, and a letter) or of XMP ("48,51.504N", "48,51,30N").

    ``sides``: the letter of what counts up and of what counts down.
    """
    parts: Sequence[Any]
    if isinstance(raw, str):
        found = re.fullmatch(r"\s*(\d{1,3}),(\d{1,2}(?:\.\d+)?)(?:,(\d{1,2}(?:\.\d+)?))?\s*([NSEW])\s*", raw)
        parts, side = ([p or 0 for p in found.groups()[:3]], found[4]) if found else ((), "")
    else:
        parts, side = raw[0] if isinstance(raw[0], tuple) else (raw[0],), raw[1][:1].upper()
    try:
        degrees, minutes, seconds = (float(p) for p in (*parts, 0, 0)[:3])
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    value = degrees + minutes / 60 + seconds / 3600
    most = 90 if sides == "NS" else 180
    if not (0 <= minutes < 60 and 0 <= seconds < 60 and 0 <= value <= most and side and side in sides):
        return None  # a number that is none fails here too
    return -value if side == sides[1] else value


def _latitude(raw: Any) -> str:
    return _decimal(_degrees(raw, "NS"))


def _longitude(raw: Any) -> str:
    return _decimal(_degrees(raw, "EW"))


def _decimal(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"  # a tenth of a metre


_KINDS: dict[str, Callable[[Any], str]] = {
    "created": _moment, "latitude": _latitude, "longitude": _longitude, "camera": _name, "title": _prose,
    "caption": _prose, "keyword": _name, "person": _name, "creator": _name, "taken in": _name,
    "rights": lambda raw: _line(raw, 1000),
}  # fmt: skip
