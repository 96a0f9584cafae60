"""What a reader is, its limits, and what readers share."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from kgbuild.config import Config
from kgbuild.errors import SourceError
from kgbuild.identity import segment_iri
from kgbuild.sources.sniff import HEAD, utf16
from kgbuild.types import Reading, Segment, Selector, Source, Target, TextPosition


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one file: seconds, MiB, bytes, characters, pixels, pages, characters of a cell, frames.

    ``label_columns`` are headers of columns that name the rows of a table of records. ``max_seconds``: of sound that
    is heard; ``speech``: whether a model is to hear it; ``actions``: whether one is to see clips; ``beside``: whether
    files beside a file belong to the corpus.
    """

    timeout_s: int
    memory_mb: int
    max_bytes: int
    max_characters: int
    max_pixels: int
    max_unpacked_bytes: int
    max_pages: int
    max_cell: int
    label_columns: tuple[str, ...]
    samples_per_s: float
    max_frames: int
    max_seconds: int
    speech: bool
    actions: bool
    beside: bool = True

    @classmethod
    def of(cls, config: Config, *, beside: bool = True) -> Limits:
        """The limits that ``[sources]``, ``[video]`` and ``[audio]`` set."""
        sources = {k: v for k, v in config["sources"].items() if k not in ("exclude", "hidden")}
        sources["label_columns"] = tuple(sources["label_columns"])
        video = {k: v for k, v in config["video"].items() if k != "events"}
        asked: dict[str, Any] = {role: bool(config["models"][role]) for role in ("speech", "actions")}
        return cls(**sources, **video, **config["audio"], **asked, beside=beside)


class Reader(Protocol):
    """Turns one file into segments. Runs in a killable child process only."""

    name: str
    version: str
    media_types: frozenset[str]

    def __call__(self, path: Path, source: Source, limits: Limits) -> Reading:
        """Raises ``SourceError`` with a stable code if the file cannot be read."""
        ...


_BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip


_DAMAGED = 0.05  # share of characters of a text that may be damaged


def decode(data: bytes) -> str:
    """Text of a file: by byte-order mark, else UTF-16 without one, UTF-8 or Windows-1252; newlines become ``\\n``.

    Bytes that are wrong in an otherwise good text become U+FFFD.
    Raises ``SourceError`` ("not-text") for bytes that are no text in any of them: read as Windows-1252, a text in
    Cyrillic, Chinese or EBCDIC of old would be words that nobody wrote.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            try:
                return _newlines(data[len(mark) :].decode(encoding))
            except UnicodeDecodeError as err:
                damaged = data[len(mark) :].decode(encoding, "replace")
                if damaged.count("\ufffd") <= _DAMAGED * len(damaged):
                    return _newlines(damaged)
                raise SourceError(f"not valid {encoding}: {err.reason} at byte {err.start}", "not-text") from err
    try:
        return _newlines(data.decode(utf16(data[:HEAD]) or "utf-8"))
    except UnicodeDecodeError as err:
        if b"\x00" in data:
            raise SourceError("holds zero bytes: this is no text file", "not-text") from err
        damaged = data.decode("utf-8", "replace")
        bad = damaged.count("\ufffd")
        if sum(len(run.group()) for run in re.finditer(r"[^\x00-\x7f\ufffd]+", damaged)) > bad:
            return _newlines(damaged)  # UTF-8 with a few wrong bytes, not Windows-1252
        text = data.decode("cp1252", "replace")
        letters = [c for c in text if c.isalpha()]
        if len(letters) >= 20 and sum(c > "\x7f" for c in letters) > len(letters) / 2:  # a text of the West has a tenth
            raise SourceError(
                "its bytes are in an encoding that is not read (neither Unicode nor Windows-1252): save it as UTF-8",
                "not-text",
            ) from err
        return _newlines(text)


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@dataclass(slots=True)
class Passage:
    """A stretch of text on its way to become a segment; ``selectors`` stand before the text position."""

    text: str
    context: tuple[tuple[str, str], ...] = ()
    marks: tuple[tuple[int, int, str], ...] = ()
    selectors: tuple[Selector, ...] = ()
    modality: str = "text"


_HALVES = re.compile("[\ud800-\udfff]")


def whole(text: str) -> str:
    """The text with U+FFFD for each lone half of a character, as escapes of JSON can write it: no encoder takes one."""
    return _HALVES.sub("\ufffd", text) if _HALVES.search(text) else text


class Composer:
    """Collects segments in document order and the rendition: passages joined by blank lines."""

    def __init__(self, source: Source, agent: str) -> None:
        self.source, self.agent = source, agent
        self.segments: list[Segment] = []
        self.blobs: dict[str, bytes] = {}
        self._parts: list[str] = []
        self._length = 0

    def passage(self, passage: Passage) -> None:
        """Append a text-bearing segment; empty ones are dropped."""
        if not passage.text.strip():
            return
        if self._parts:
            self._length += 2
        start, self._length = self._length, self._length + len(passage.text)
        self._parts.append(passage.text)
        place = TextPosition(start, self._length)
        self.add(passage.modality, (*passage.selectors, place), passage.text, passage.context, passage.marks)

    def add(
        self,
        modality: str,
        selectors: Iterable[Selector],
        text: str = "",
        context: tuple[tuple[str, str], ...] = (),
        marks: tuple[tuple[int, int, str], ...] = (),
        blob: str = "",
    ) -> None:
        """Append any segment as it is."""
        number = len(self.segments) + 1
        target = Target(self.source.id, tuple(selectors))
        self.segments.append(
            Segment(segment_iri(self.source.id, number), target, modality, text, self.agent, context, marks, blob)
        )

    def reading(self, source: Source, text: str | None = None) -> Reading:
        """The finished reading; ``text`` replaces the joined passages where positions count in the file."""
        rendition = "\n\n".join(self._parts) if text is None else text
        return Reading(source, tuple(self.segments), rendition, self.blobs)
