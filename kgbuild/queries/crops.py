"""Evidence in pictures and frames made visible: the part of the picture around a box, with the box drawn."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from kgbuild.errors import QueryError
from kgbuild.identity import fragment
from kgbuild.queries.rows import rows
from kgbuild.types import Box, Target, TextPosition, TimeSpan

_AROUND = 0.6  # of the box's longer side, on each side of it
_LEAST = 40  # pixels around the box
_COLOUR = (214, 40, 40)


class Pictured:
    """Finds the published picture that a place lies in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, target: Target) -> str:
        """The picture's file relative to the graph's folder, "" if the place lies in none that was published."""
        last = max((n for n, s in enumerate(target.selectors) if isinstance(s, Box)), default=-1)
        if last < 0:
            return self._frame(target)
        start = ";".join([*(fragment(s) for s in target.selectors[:last]), "xywh=pixel:0,0,"])
        found = rows(self._folder / "segments.parquet", "source", "source", "place", "picture").of(target.source)
        for place, picture in ((row["place"], row["picture"]) for row in found if row["picture"]):
            if place.startswith(start) and ";" not in place[len(start) :]:
                path = f"pictures/{picture}.png"
                return path if (self._folder / path).is_file() else ""
        return ""

    def _frame(self, target: Target) -> str:
        """The first frame of a time without a box, as a scene has it."""
        time = target.find(TimeSpan)
        if time is None or target.find(TextPosition) is not None:
            return ""
        found = rows(self._folder / "segments.parquet", "source", "source", "place", "picture").of(target.source)
        frames = []
        for row in found:
            start, whole, rest = row["place"].partition(";xywh=pixel:0,0,")
            if row["picture"] and whole and ";" not in rest and start.startswith("t=npt:"):
                frames.append((float(start.removeprefix("t=npt:").split(",")[0]), row["picture"]))
        path = next((f"pictures/{p}.png" for at, p in sorted(frames) if time.start <= at < time.end), "")
        return path if path and (self._folder / path).is_file() else ""


def crop(picture: Path, box: Box) -> bytes:
    """PNG of what stands in and around a box of a picture, the box drawn in red.

    Raises ``QueryError`` if the picture cannot be read.
    """
    from PIL import Image, ImageDraw

    around = max(_LEAST, round(_AROUND * max(box.w, box.h)))
    try:
        with Image.open(picture) as image:
            shown = image.convert("RGB")
    except OSError as err:
        raise QueryError(f"{picture} cannot be read: {err}") from err
    left, top = max(0, box.x - around), max(0, box.y - around)
    part = shown.crop((left, top, min(shown.width, box.x + box.w + around), min(shown.height, box.y + box.h + around)))
    x, y = box.x - left, box.y - top
    ImageDraw.Draw(part).rectangle((x - 2, y - 2, x + box.w + 1, y + box.h + 1), outline=_COLOUR, width=2)
    data = BytesIO()
    part.save(data, "PNG")
    return data.getvalue()
