"""Pictures: checked before they are decoded, turned as EXIF says, on white, as RGB PNG; and their metadata.

One pixel frame everywhere: Pillow's after EXIF rotation (OpenCV turns pictures by
itself, Pillow does not; a box must mean the same to all).
"""

from __future__ import annotations

import hashlib
import struct
import warnings
import zlib
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from kgbuild.errors import SourceError
from kgbuild.sources.embedded import add_embedded, source_in_png
from kgbuild.sources.metadata import MODALITY, PROSE, metadata
from kgbuild.sources.reader import Composer, Limits, Passage
from kgbuild.types import Box, Issue, Part, Reading, Source

_FORMATS = ("PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP")
_MAX_PAGES = 50
_MAX_TEXT, _MAX_TEXTS = 1 << 20, 1 << 25  # bytes of a PNG's text, and of all: Pillow refuses a picture with more


class ImageReader:
    """Raster pictures; a TIFF of several pages gives one picture a page.

    A PNG that carries the source of its diagram is a drawing, read from that source and shown as its pixels. The values
    of its metadata are the passages of its text rendition, its own title is the source's.
    """

    name = "image"
    version = "3"
    media_types = frozenset({"image/png", "image/jpeg", "image/gif", "image/tiff", "image/webp", "image/bmp"})

    def __call__(self, path: Path, source: Source, limits: Limits) -> Reading:
        composer = Composer(source, f"{self.name}/{self.version}")
        data, issues = path.read_bytes(), tuple[Issue, ...]()
        lean, cut = without_large_chunks(data)
        with open_picture(lean, limits) as image:
            values, dropped = metadata(image)
            dropped.update({"too large": cut} if cut else {})
            title, caption = (next((v.text for v in values if v.kind == kind), "") for kind in PROSE)
            context = (("caption", caption),) if caption else ()
            pages = min(getattr(image, "n_frames", 1), _MAX_PAGES) if image.format == "TIFF" else 1
            for page in range(pages):
                try:
                    image.seek(page)
                    check_size(image.size, limits)
                except EOFError:
                    break
                png, width, height = _encode(image)
                sha = hashlib.sha256(png).hexdigest()
                composer.blobs[sha] = png
                outer = (Part(f"page-{page + 1}"),) if pages > 1 else ()
                canvas = (*outer, Box(0, 0, width, height))
                if image.format == "PNG":
                    find = partial(source_in_png, data, limits.max_unpacked_bytes)
                    issues = add_embedded(composer, find, canvas, blob=sha)
                if not composer.segments or image.format != "PNG":
                    composer.add("picture", canvas, caption, context, blob=sha)
        for value in values:
            modality = "text" if value.kind in PROSE else MODALITY
            composer.passage(Passage(value.text, (("kind", value.kind),), selectors=(value.field,), modality=modality))
        if dropped:
            told = ", ".join(f"{reason} ({count})" for reason, count in sorted(dropped.items()))
            message = f"of its metadata was left out: {told}"
            issues += (Issue("read", "metadata", message, source.id, severity="warning"),)
        reading = composer.reading(replace(source, title=title or source.title))
        return replace(reading, issues=issues)


def without_large_chunks(data: bytes) -> tuple[bytes, int]:
    """A PNG without the text chunks and colour profiles that unpack to more than Pillow takes, and how many they were.

    Anything else is returned as it is.
    """
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return data, 0
    kept, cut, room, at = [data[:8]], 0, _MAX_TEXTS, 8
    while at < len(data):
        (size,), kind = struct.unpack(">I", data[at : at + 4].rjust(4, b"\xff")), data[at + 4 : at + 8]
        chunk, at = data[at : at + 12 + size], at + 12 + size
        if kind in (b"tEXt", b"zTXt", b"iTXt", b"iCCP"):
            size = _unpacked(kind, chunk[8:-4])
            if size > min(room, _MAX_TEXT):
                cut += 1
                continue
            room -= size
        kept.append(chunk)
    return b"".join(kept), cut


def _unpacked(kind: bytes, body: bytes) -> int:
    """Bytes of a chunk's text, counted up to one more than is taken."""
    rest = body.partition(b"\x00")[2]
    packed = rest[1:] if kind in (b"zTXt", b"iCCP") else b""
    if kind == b"iTXt" and rest[:1] == b"\x01":
        packed = rest[2:].split(b"\x00", 2)[-1]
    try:
        return max(len(body), len(zlib.decompressobj().decompress(packed, _MAX_TEXT + 1)))
    except zlib.error:
        return len(body)


def open_picture(data: bytes, limits: Limits) -> Any:
    """A Pillow image whose size is within limits; no pixel is decoded yet."""
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # our own check below names the limit and the size
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(BytesIO(data), formats=_FORMATS)
    except UnidentifiedImageError as err:
        raise SourceError(
            "the bytes are no picture that can be read, or its header is damaged", "broken-picture"
        ) from err
    except (OSError, ValueError, SyntaxError) as err:
        raise SourceError(f"the picture's header is damaged: {err}", "broken-picture") from err
    check_size(image.size, limits)
    return image


def check_size(size: tuple[int, int], limits: Limits) -> None:
    """Raises ``SourceError`` ("too-many-pixels") above ``sources.max_pixels``."""
    width, height = size
    if width * height > limits.max_pixels:
        raise SourceError(f"{width} x {height} pixels; sources.max_pixels is {limits.max_pixels}", "too-many-pixels")


def _encode(image: Any) -> tuple[bytes, int, int]:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image.load()
            turned = _turned(image)
            if turned.mode in ("I;16", "I;16B", "I"):
                turned = turned.point(lambda v: v / 257).convert("L")
            if turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info:
                layer = turned.convert("RGBA")
                turned = Image.new("RGBA", layer.size, "white")
                turned.alpha_composite(layer)
            flat = turned.convert("RGB")
    except (OSError, ValueError, SyntaxError, IndexError) as err:
        raise SourceError(f"the picture is damaged: {err}", "broken-picture") from err
    out = BytesIO()
    flat.save(out, "PNG", compress_level=1)
    return out.getvalue(), flat.width, flat.height


def _turned(image: Any) -> Any:
    from PIL import ImageOps

    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # the border: of damaged EXIF Pillow raises many kinds, and the pixels are good
        return image


def picture_png(data: bytes, limits: Limits) -> tuple[bytes, int, int]:
    """RGB PNG bytes, width and height of a picture given as bytes. Raises ``SourceError``."""
    with open_picture(data, limits) as image:
        return _encode(image)


READER = ImageReader()
