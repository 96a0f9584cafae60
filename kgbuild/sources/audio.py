"""Audio files through PyAV: what their tags say, how long they are, and their sound for a model of speech.

The container format is forced from the sniffed type and only the ``file`` protocol is open, as for videos.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kgbuild.errors import SourceError
from kgbuild.sources.language import declared
from kgbuild.sources.metadata import MODALITY
from kgbuild.sources.reader import Composer, Limits, Passage
from kgbuild.sources.sound import LOCAL, add_sound, subtitled, undecodable
from kgbuild.types import Field, Issue, Reading, Source

_CONTAINERS = {
    "audio/wav": "wav", "audio/mpeg": "mp3", "audio/flac": "flac", "audio/ogg": "ogg", "audio/mp4": "mp4",
    "audio/aac": "aac",
}  # fmt: skip
# By name of a tag, as FFmpeg calls them whatever the format: the kind of value.
_TAGS = {"artist": "creator", "album": "album", "date": "created", "copyright": "rights"}
_LONGEST = 200  # characters of a name
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")


class AudioReader:
    """``.wav``, ``.mp3``, ``.flac``, ``.ogg``, ``.opus``, ``.m4a``, ``.aac``."""

    name = "audio"
    version = "1"
    media_types = frozenset(_CONTAINERS)

    def __call__(self, path: Path, source: Source, limits: Limits) -> Reading:
        return read_audio(path, source, limits, container=_CONTAINERS[source.media_type])


def read_audio(path: Path, source: Source, limits: Limits, *, container: str) -> Reading:
    """The reading of a file of sound alone; ``container`` is FFmpeg's name of its format.

    Raises ``SourceError`` with the code "no-content" or "broken-audio".
    """
    import av

    composer = Composer(source, f"{AudioReader.name}/{AudioReader.version}")
    issues: list[Issue] = []
    try:
        with av.open(str(path), format=container, options=LOCAL, metadata_errors="replace") as opened:
            if not opened.streams.audio:
                raise SourceError("the container holds no sound", "no-content")
            tags = {**opened.streams.audio[0].metadata, **opened.metadata}
            add_sound(composer, opened, limits, issues, written=limits.beside and subtitled(path))
    except (av.error.FFmpegError, EOFError, ValueError) as err:
        raise undecodable(err, "broken-audio") from err
    for field, kind, text in values(tags):
        composer.passage(Passage(text, (("kind", kind),), selectors=(Field(field),), modality=MODALITY))
    named = {name.lower(): _line(str(value)) for name, value in tags.items()}
    title, language = named.get("title", ""), language_tag(named.get("language", ""))
    reading = composer.reading(replace(source, title=title or source.title, language=language))
    return replace(reading, issues=tuple(issues))


def values(tags: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Field, kind and value of what tags say, in the order of ``_TAGS``, without what is no value of its kind."""
    named = {name.lower(): str(value) for name, value in tags.items()}
    for name, kind in _TAGS.items():
        text = _line(named.get(name, ""))
        if kind == "created":
            found = _DATE.match(text)
            text = found.group() if found else ""
        if text:
            yield f"tag:{name}", kind, text


def language_tag(text: str) -> str:
    """The code of ISO 639 of a language that a tag names ("eng", "en-GB"), "" if it is none."""
    code = declared(text)
    if len(code) != 3:
        return code
    from spacy.util import find_matching_language

    return find_matching_language(code) or code


def _line(text: str) -> str:
    """A text on one line, "" if nobody could have meant it."""
    text = " ".join(text.replace("\x00", " ").split())
    return text if any(c.isalnum() for c in text) and len(text) <= _LONGEST and "\ufffd" not in text else ""


READER = AudioReader()
