"""Pictures: checked before they are decoded, turned as EXIF says, on white, as RGB PNG.

One pixel frame everywhere: Pillow's after EXIF rotation (OpenCV turns pictures by
itself, Pillow does not; a box must mean the same to all).
"""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from kgbuild.errors import SourceError
from kgbuild.sources.embedded import add_embedded, source_in_png
from kgbuild.sources.reader import Composer, Limits
from kgbuild.types import Box, Issue, Part, Reading, Source

_FORMATS = ("PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP")
_MAX_PAGES = 50


class ImageReader:
    """Raster pictures; a TIFF of several pages gives one picture a page.

    A PNG that carries the source of its diagram is a drawing, read from that source and shown as its pixels.
    """

    name = "image"
    version = "2"
    media_types = frozenset({"image/png", "image/jpeg", "image/gif", "image/tiff", "image/webp", "image/bmp"})

    def __call__(self, path: Path, source: Source, limits: Limits) -> Reading:
        composer = Composer(source, f"{self.name}/{self.version}")
        data, issues = path.read_bytes(), tuple[Issue, ...]()
        with open_picture(data, limits) as image:
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
                    composer.add("picture", canvas, blob=sha)
        return replace(composer.reading(source, ""), issues=issues)


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
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image.load()
            turned = ImageOps.exif_transpose(image)
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


def picture_png(data: bytes, limits: Limits) -> tuple[bytes, int, int]:
    """RGB PNG bytes, width and height of a picture given as bytes. Raises ``SourceError``."""
    with open_picture(data, limits) as image:
        return _encode(image)


READER = ImageReader()
