"""What a question holds, as vectors: words, and pictures in files or data. The models are loaded at the first."""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np

from kgbuild import registry
from kgbuild.config import Config
from kgbuild.embeddings.pictures import load_encoder
from kgbuild.errors import QueryError, SourceError
from kgbuild.models.arrays import pixels
from kgbuild.queries.functions.things import WORDS, Things
from kgbuild.sources.image import picture_png
from kgbuild.sources.reader import Limits

_REMEMBERED = 256  # vectors of texts


class Encoders:
    """The encoders that the graph's vectors are of. Raises ``QueryError`` where the configuration has others."""

    def __init__(self, things: Things, config: Config) -> None:
        self._things, self._config = things, config
        self._words: Any = None
        self._pictures: Any = None
        self.text = lru_cache(_REMEMBERED)(self._text)

    def _text(self, text: str, kind: str) -> np.ndarray:
        """float32 (1, d): a text to compare with vectors of that kind, ``WORDS`` or ``PICTURES``."""
        if not text.strip():
            raise QueryError("the text to compare with is empty.")
        if kind == WORDS or self._things.comparable:
            made: np.ndarray = self._encoder_of_words().encode([text])
        else:
            made = self._encoder_of_pictures().texts([text])
        return made

    def picture(self, data: bytes, name: str) -> np.ndarray:
        """float32 (1, d) of an encoded picture. Raises ``QueryError`` if it cannot be read."""
        try:
            png, _, _ = picture_png(data, Limits.of(self._config))
        except (OSError, SourceError) as err:
            raise QueryError(f"{name}: no picture that can be read ({err}).") from err
        made: np.ndarray = self._encoder_of_pictures().encode([pixels(png)])
        return made

    def _encoder_of_words(self) -> Any:
        if self._words is None:
            from kgbuild.embeddings.single import SingleEncoder
            from kgbuild.embeddings.text import TextEncoder

            made = registry.load("encoders", self._config["embeddings"]["encoder"])(self._config)
            self._words = SingleEncoder(made) if isinstance(made, TextEncoder) else made
            _same("vectors", self._things.words.space, self._words.space)
        return self._words

    def _encoder_of_pictures(self) -> Any:
        if self._things.pictures is None:
            raise QueryError("the graph has no vectors of pictures: none were found, or embeddings.vision was none.")
        if self._pictures is None:
            self._pictures = load_encoder(self._config)
            space = self._pictures.space if self._pictures is not None else "none"
            _same("pictures", self._things.pictures.space, space)
        return self._pictures


def picture_data(given: str, *, files: bool) -> bytes | None:
    """The bytes of a picture that an IRI or text names: ``data:image/...`` or, where allowed, ``file:``.

    None if it is something else. Raises ``QueryError`` if it cannot be read or files are not to be read.
    """
    if given.startswith("data:image/"):
        head, _, body = given.partition(",")
        try:
            return base64.b64decode(unquote(body), validate=True) if head.endswith(";base64") else None
        except binascii.Error as err:
            raise QueryError("the data: picture is not base64.") from err
    if not given.startswith("file:"):
        return None
    if not files:
        raise QueryError("files are not read here; put the picture into the query as <data:image/png;base64,...>.")
    path = Path(unquote(urlsplit(given).path))
    try:
        return path.read_bytes()
    except OSError as err:
        raise QueryError(f"{path}: no picture that can be read ({err.strerror}).") from err


def _same(what: str, have: str, asked: str) -> None:
    if have != asked:
        raise QueryError(
            f"the graph's {what} are of space {have!r}, the encoder's of {asked!r}. "
            "Ask with the configuration that the graph was built with."
        )
