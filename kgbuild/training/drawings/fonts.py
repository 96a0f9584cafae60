"""Typefaces from wheels (extra ``train``), so that drawings are the same on every machine."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kgbuild.errors import ModelError

# family name in the file: wheel, file
_FACES = {
    "Roboto": ("font_roboto", "Roboto-Regular.ttf"),
    "Source Serif Pro": ("font_source_serif_pro", "SourceSerifPro-Regular.ttf"),
    "Hanken Grotesk": ("font_hanken_grotesk", "HankenGrotesk-Regular.otf"),
    "Caladea": ("font_caladea", "Caladea-Regular.ttf"),
    "Fredoka One": ("font_fredoka_one", "FredokaOne-Regular.ttf"),
    "Amatic SC": ("font_amatic_sc", "AmaticSC-Bold.ttf"),
}
_PICTOGRAMS = ("font_font_awesome", "FontAwesome5-Free-Solid.otf")
PICTOGRAM_FAMILY = "'Font Awesome 5 Free'"  # quoted: a word of it starts with a digit
# Code points of pictograms in Font Awesome 5: server-like, people, clouds, tools.
PICTOGRAMS = (
    0xF233, 0xF1C0, 0xF0C2, 0xF007, 0xF0C0, 0xF109, 0xF10B, 0xF1B2, 0xF1B3, 0xF0E0, 0xF013, 0xF0AD, 0xF07B, 0xF15B,
    0xF0A0, 0xF2DB, 0xF023, 0xF084, 0xF0E7, 0xF0F3, 0xF217, 0xF0D6, 0xF1AD, 0xF275, 0xF0D1, 0xF0AC, 0xF02D, 0xF03E,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Face:
    """A typeface at a size in pixels."""

    family: str
    size: float

    def width(self, text: str) -> float:
        """The advance of a text in pixels."""
        return float(_font(self.family).getlength(text)) * self.size / 100

    @property
    def ascent(self) -> float:
        """From the baseline to the top of capitals and ascenders, in pixels."""
        return float(-_font(self.family).getbbox("Hdl", anchor="ls")[1]) * self.size / 100

    @property
    def descent(self) -> float:
        """From the baseline down to the foot of g and p, in pixels."""
        return float(_font(self.family).getbbox("gpq", anchor="ls")[3]) * self.size / 100


def families() -> list[str]:
    """The names of the text typefaces."""
    return list(_FACES)


def files() -> list[str]:
    """The paths of all typefaces. Raises ``ModelError`` where the extra is not installed."""
    return [_path(*face) for face in (*_FACES.values(), _PICTOGRAMS)]


@lru_cache
def _font(family: str) -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(_path(*_FACES[family]), 100)


@lru_cache
def _path(wheel: str, file: str) -> str:
    spec = find_spec(wheel)
    if spec is None or not spec.origin:
        raise ModelError(f"the typeface {file} is not installed: `pip install kgbuild[train]`.")
    return str(Path(spec.origin).parent / "files" / file)
